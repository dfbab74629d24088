"""From a series, or from what a viewer shows of it, to an image of it."""
