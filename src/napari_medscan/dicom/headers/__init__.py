"""From elements to a header: geometry, intensity and pixel layout of every frame."""
