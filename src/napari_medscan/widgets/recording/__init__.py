"""Docks for what was recorded over time or frequency: waveforms and spectra."""
