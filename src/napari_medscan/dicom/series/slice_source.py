"""Reading the slices of a stack from their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from napari_medscan.dicom.errors import FrameError, LateFrameError, MedscanError
from napari_medscan.dicom.headers.header import SliceRef
from napari_medscan.dicom.pixels import decoded_cache
from napari_medscan.dicom.pixels.color_profile import convert_colors
from napari_medscan.dicom.pixels.read_frames import is_decoded_as_shown, read_slice, read_slices
from napari_medscan.dicom.series.slice_headers import SliceHeaders

TOGETHER_BYTES = 2 << 20
"""What is decoded in one go: enough to make a message cheap, too little to keep a core waiting."""


@dataclass(frozen=True, slots=True)
class SliceSource:
    """Reads the slices of a stack.

    Parameters
    ----------
    headers : SliceHeaders
        Gives the headers of the stack's slices.
    problems : dict of int to str
        As in `Stack`. A slice that can be read again, from a disc that was put back, is taken out.
    """

    headers: SliceHeaders
    problems: dict[int, str] = field(default_factory=dict)

    def read(self, index: int, out: NDArray[Any]) -> None:
        """Read slice number `index` after the modality transform; colors in sRGB."""
        ref = self.headers.read(index)
        key = decoded_cache.key_of(ref, out)
        if key is None or not decoded_cache.read(key, out):
            try:
                read_slice(ref.header, ref.index, out)
            except MemoryError:
                raise FrameError("not enough memory") from None
            if key is not None:
                decoded_cache.write(key, out)
        convert_colors(ref.header, out)
        self.problems.pop(index, None)

    def note_problem(self, index: int, error: Exception) -> None:
        """Note why a slice cannot be read."""
        known = isinstance(error, MedscanError)
        self.problems[index] = str(error) if known else "unexpected error"

    @staticmethod
    def is_late(error: Exception) -> bool:
        """Whether decoding a slice took too long."""
        return isinstance(error, LateFrameError)

    def together(self, indices: Sequence[int]) -> int:
        """Return how many of the first of `indices` are best read at a time."""
        first = self._ref(indices[0])
        if first is None:
            return 1
        most = max(1, TOGETHER_BYTES // max(1, first.header.layout.decoded_bytes))
        count = 1
        for index in indices[1:most]:
            ref = self._ref(index)
            if ref is None or not _is_read_like(ref, first):
                break
            count += 1
        return count

    def read_together(
        self, indices: Sequence[int], out: NDArray[Any]
    ) -> Sequence[FrameError | None]:
        """Read slices as `together` has found them; return why each could not be read."""
        refs = [self.headers.read(index) for index in indices]
        if not decoded_cache.is_used() and is_decoded_as_shown(refs[0].header, refs[0].index):
            errors = read_slices([(ref.header, ref.index) for ref in refs], out)
            for number, error in enumerate(errors):
                if error is None:
                    convert_colors(refs[number].header, out[number])
                    self.problems.pop(indices[number], None)
            return errors
        return [self._attempt(index, place) for index, place in zip(indices, out, strict=True)]

    def _ref(self, index: int) -> SliceRef | None:
        """Return a slice with its header, None when its file cannot be read."""
        try:
            return self.headers.read(index)
        except FrameError:
            return None

    def _attempt(self, index: int, out: NDArray[Any]) -> FrameError | None:
        try:
            self.read(index, out)
        except FrameError as error:
            return error
        return None


def _is_read_like(one: SliceRef, other: SliceRef) -> bool:
    """Whether a worker can decode two slices together, or none of them needs one."""
    mine, theirs = one.header, other.header
    if mine is theirs:
        return True
    decoded = is_decoded_as_shown(mine, one.index)
    if decoded != is_decoded_as_shown(theirs, other.index):
        return False
    same = mine.transfer_syntax == theirs.transfer_syntax and mine.layout == theirs.layout
    return same or not decoded
