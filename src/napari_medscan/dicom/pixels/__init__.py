"""From the bytes of a frame to its values."""
