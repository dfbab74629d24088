"""The panel: series, window, views and tags."""
