"""From what a viewer shows to an image of it."""
