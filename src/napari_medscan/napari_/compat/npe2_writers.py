"""Which plugin writes a layer, of several that write files with the same ending."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from npe2 import PluginManager

Write = Callable[[str, object, dict[str, Any]], Sequence[str]]
"""Takes a path, and data and attributes of a layer; returns the files that it wrote."""

_PLUGIN = "napari-medscan"


def prefer_our_writers() -> None:
    """Put our writers before those of napari and other plugins.

    npe2 takes the first writer of an ending. Which that is depends on the order in which the file
    system lists the packages, and napari's own TIFF writer has no voxel size and leaves a file
    without pages if reading is canceled. Our writers hand on what is not of ours.
    """
    # npe2 has no priorities. Without this attribute, its order stays.
    writers = getattr(getattr(PluginManager.instance(), "_contrib", None), "_writers", None)
    if isinstance(writers, list):
        writers.sort(key=lambda entry: not _is_ours(entry[-1]))


def other_writer(path: str, layer_type: str) -> Write | None:
    """Return what writes a layer of another plugin to a file of this name, None without any.

    Parameters
    ----------
    path : str
        Its ending says which format.
    layer_type : {"image", "labels"}
        Of the layer.
    """
    name = path.lower()
    for writer in PluginManager.instance().iter_compatible_writers([layer_type]):
        if _is_ours(writer) or not name.endswith(tuple(writer.filename_extensions) or ("\0",)):
            continue
        takes_one = sum(constraint.max() for constraint in writer.layer_type_constraints()) <= 1

        def write(
            path: str,
            data: object,
            attributes: dict[str, Any],
            writer: Any = writer,  # noqa: ANN401 - npe2's contribution
            takes_one: bool = takes_one,  # noqa: FBT001
        ) -> Sequence[str]:
            layer = (data, attributes, layer_type)
            files = writer.exec(args=(path, data, attributes) if takes_one else (path, [layer]))
            return [files] if isinstance(files, str) else files or []

        return write
    return None


def _is_ours(writer: Any) -> bool:  # noqa: ANN401 - npe2's contribution
    return bool(writer.command.startswith(f"{_PLUGIN}."))
