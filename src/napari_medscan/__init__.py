"""Open DICOM in napari: lazily, correctly and offline."""

__version__ = "0.1.0"
