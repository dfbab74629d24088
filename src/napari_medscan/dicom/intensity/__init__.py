"""Rescale, units, SUV, windows, VOI LUTs, palettes and color models."""
