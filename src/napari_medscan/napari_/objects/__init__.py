"""Layers of segmentations and other objects, and how they follow the series in view."""
