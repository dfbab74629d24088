"""Lazy arrays over any source of frames or tiles, and the cache behind them."""

from napari_medscan.frames.cache import FrameCache, shared_cache
from napari_medscan.frames.display import DisplayArray
from napari_medscan.frames.editable import EditableArray
from napari_medscan.frames.errors import ReadCanceledError, UnreadableFramesError
from napari_medscan.frames.lazy import LazyStack
from napari_medscan.frames.many import FrameSource
from napari_medscan.frames.tiled import Combine, TiledArray, TilePlane, highest_of, mean_of, reduced

__all__ = [
    "Combine",
    "DisplayArray",
    "EditableArray",
    "FrameCache",
    "FrameSource",
    "LazyStack",
    "ReadCanceledError",
    "TilePlane",
    "TiledArray",
    "UnreadableFramesError",
    "highest_of",
    "mean_of",
    "reduced",
    "shared_cache",
]
