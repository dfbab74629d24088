"""Objects made from images: one module per kind, found through the catalogue."""
