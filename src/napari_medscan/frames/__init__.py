"""A lazy array over any source of frames, and the cache behind it."""

from napari_medscan.frames.cache import FrameCache, shared_cache
from napari_medscan.frames.display import DisplayArray
from napari_medscan.frames.editable import EditableArray
from napari_medscan.frames.errors import ReadCanceledError, UnreadableFramesError
from napari_medscan.frames.lazy import LazyStack
from napari_medscan.frames.many import FrameSource

__all__ = [
    "DisplayArray",
    "EditableArray",
    "FrameCache",
    "FrameSource",
    "LazyStack",
    "ReadCanceledError",
    "UnreadableFramesError",
    "shared_cache",
]
