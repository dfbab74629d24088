"""Open DICOM in napari: lazily, correctly and offline.

What this module names is the public API; it follows Semantic Versioning, and docs/python.md
explains it. Importing it imports nothing else: not pydicom, numpy, Qt or napari.

Examples
--------
>>> import napari_medscan
>>> report = napari_medscan.load("/media/cdrom")  # doctest: +SKIP
>>> report.stacks[0]  # doctest: +SKIP
<Stack CT 3 · Chest 1.0 B30f: zyx 120×512×512, int16 HU, 1×0.7×0.7 mm>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_medscan.dicom import (
        CancelledError,
        FrameError,
        GeometryError,
        LoadReport,
        MedscanError,
        NoImageError,
        NotDicomError,
        ReadCanceledError,
        Stack,
        UnreadableError,
        UnreadableFramesError,
        load,
    )

__version__ = "0.1.0"

__all__ = [
    "CancelledError",
    "FrameError",
    "GeometryError",
    "LoadReport",
    "MedscanError",
    "NoImageError",
    "NotDicomError",
    "ReadCanceledError",
    "Stack",
    "UnreadableError",
    "UnreadableFramesError",
    "__version__",
    "load",
]


def __getattr__(name: str) -> object:
    """Import the library when something of it is asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module("napari_medscan.dicom"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
