"""Situations taken from public bug reports, a module for each kind."""
