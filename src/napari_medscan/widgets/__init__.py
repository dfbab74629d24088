"""Parts of the MedScan panel."""
