"""Positions, spacing, orientation, and the geometry of a stack."""
