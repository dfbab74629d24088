"""An image that may leave: shown, masked, cropped, confirmed, and saved without metadata."""
