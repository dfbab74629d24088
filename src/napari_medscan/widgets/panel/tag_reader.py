"""Reading the tags of files in the background, the last few from memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from qtpy.QtCore import QObject

from napari_medscan.dicom import Stack
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.tags.comparison import compare
from napari_medscan.dicom.tags.places import MAX_ROWS
from napari_medscan.dicom.tags.reading import read_tree
from napari_medscan.dicom.tags.tree import TagTree
from napari_medscan.napari_.background_task import Latest

_MOST_TREES = 8


class TagPlace(NamedTuple):
    """Where the tags of a slice are.

    Parameters
    ----------
    file : FileRef
        The file.
    frame : int or None
        Number of the frame in a file of several; None for a file of one, and for a mosaic.
    is_tile : bool
        Whether the slice is a tile of a mosaic, which has one file for all of its slices.
    """

    file: FileRef
    frame: int | None
    is_tile: bool


def tag_place(stack: Stack, number: int) -> TagPlace:
    """Return where the tags of a slice are; opens no file."""
    record = stack.slices[number]
    is_tile = record.tile is not None
    frame = record.index if record.frames > 1 and not is_tile else None
    return TagPlace(record.file, frame, is_tile)


class TagReader:
    """Reads the tree of a file, or two of them to compare, off the GUI thread.

    Parameters
    ----------
    parent : QObject
        Lives in the GUI thread.
    """

    def __init__(self, parent: QObject) -> None:
        self._reads = Latest(parent)
        self._trees: dict[FileRef, TagTree] = {}

    def release(self) -> None:
        """Stop for good."""
        self._reads.release()

    def cancel(self) -> None:
        """Drop what is being read."""
        self._reads.cancel()

    def read(
        self,
        file: FileRef,
        other: FileRef | None,
        most: int,
        then: Callable[[TagTree], object],
        failed: Callable[[Exception], object],
    ) -> None:
        """Read a file.

        Parameters
        ----------
        file : FileRef
            The file.
        other : FileRef or None
            A file to compare it with.
        most : int
            Rows after which to stop, if there is no other file.
        then, failed : callable
            Called in the GUI thread with the tree, or with why there is none.
        """

        def task(_stale: Callable[[], bool]) -> TagTree:
            if other is not None:
                return compare(self._tree(file, MAX_ROWS), self._tree(other, MAX_ROWS))
            return self._tree(file, most)

        self._reads.start(task, then, failed)

    def _tree(self, file: FileRef, most: int) -> TagTree:
        """Return the tree of a file from memory or read it; runs in the thread."""
        if file in self._trees:
            return self._trees[file]
        tree = read_tree(file, most=most)
        if tree.complete or most == MAX_ROWS:
            while len(self._trees) >= _MOST_TREES:
                self._trees.pop(next(iter(self._trees)))
            self._trees[file] = tree
        return tree
