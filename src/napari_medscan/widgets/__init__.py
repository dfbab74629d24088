"""The parts of the MedScan panel, and the panel itself."""
