"""Grouping, ordering and stacking of frames, and what a stack says of itself."""
