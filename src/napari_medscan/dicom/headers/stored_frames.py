"""How many frames a file contains, and how they are stored, by the bytes that are there.

Number of Frames, Photometric Interpretation and the transfer syntax may be wrong; the length of
Pixel Data and the code streams in it are not. Whatever is assumed from them is a note.
"""

from __future__ import annotations

from dataclasses import replace

from napari_medscan.counted import agreeing
from napari_medscan.dicom.elements.part10 import ScannedFile
from napari_medscan.dicom.elements.scanner import PixelElement
from napari_medscan.dicom.elements.transfer_syntaxes import (
    RLE,
    is_encapsulated,
    unsupported,
    video_name,
)
from napari_medscan.dicom.elements.values import DataSet
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.errors import FrameError, UnreadableError
from napari_medscan.dicom.headers.codestream import (
    RLE_HEADER,
    CodeStream,
    is_start,
)
from napari_medscan.dicom.headers.fragments import first_stream, item_length
from napari_medscan.dicom.headers.frame_index import OffsetTable, index_frames
from napari_medscan.dicom.headers.native_lengths import (
    THOUGH,
    by_length,
    fits,
    up_to_the_end,
    wider,
)
from napari_medscan.dicom.headers.pixel_layout import (
    PixelLayout,
    frame_count,
)

MAX_FRAME_BYTES = 512 * 2**20
_MOST_WALKED = 4000
"""Frames whose fragments are counted when a file is opened."""

_AS = {1: ("MONOCHROME2", "grayscale"), 3: ("RGB", "color")}
"""By samples per pixel: Photometric Interpretation, and in words."""
WRONG_LENGTH = "The length of the pixel data is wrong; they are read up to the end of the file"
_COMPRESSED = "The pixel data are compressed, although the header describes them as native"
_NATIVE = "The pixel data are native, although the header describes them as compressed"

Stored = tuple[PixelLayout, PixelElement, tuple[str, ...]]
"""Layout and place of the pixels, and what the user should know about them."""


def stored_frames(
    layout: PixelLayout, scanned: ScannedFile, pixels: PixelElement, table: OffsetTable | None
) -> Stored:
    """Return how the frames that are in a file are stored.

    Parameters
    ----------
    layout : PixelLayout
        As the header describes it.
    scanned : ScannedFile
        The file.
    pixels : PixelElement
        Its pixel data.
    table : OffsetTable or None
        Where its Extended Offset Table lies.

    Raises
    ------
    UnreadableError
        If not even one frame is there, or no decoder here reads them.
    """
    if not layout.is_consistent:
        layout, note = _consistent(layout, scanned, pixels)
        layout, pixels, notes = stored_frames(layout, scanned, pixels, table)
        return layout, pixels, (note, *notes)
    if layout.decoded_bytes > MAX_FRAME_BYTES:
        raise UnreadableError(
            f"image size in header ({layout.decoded_bytes / 1e9:.1f} GB) is far larger than the "
            f"file ({_amount(scanned.size)})"
        )
    whole = up_to_the_end(layout, scanned, pixels)
    if whole is not None:
        layout, pixels, notes = _native(layout, scanned, whole)
        return layout, pixels, (WRONG_LENGTH, *notes)
    if pixels.length is None:
        return _encapsulated(layout, scanned, pixels, table)
    return _native(layout, scanned, pixels)


def _consistent(
    layout: PixelLayout, scanned: ScannedFile, pixels: PixelElement
) -> tuple[PixelLayout, str]:
    """Return a layout of as many samples as pixels have, be they gray or color, and a note.

    For headers whose Samples per Pixel and Photometric Interpretation contradict each other.
    """
    gray = replace(layout, samples=1, planar=False)
    if layout.samples == 1:
        gray = replace(gray, photometric="MONOCHROME2")
    color = replace(layout, samples=3, photometric="RGB")
    if layout.samples == 1 and layout.photometric != "RGB":
        color = replace(color, photometric=layout.photometric)
    if pixels.length is None:
        stream = _first_stream(scanned, pixels)
        samples = stream.samples if stream is not None else 0
    else:
        samples = next((each.samples for each in (gray, color) if fits(pixels.length, each)), 0)
    note = "Samples per Pixel and Photometric Interpretation do not agree; shown as"
    if samples == 1:
        return gray, f"{note} grayscale"
    if samples == color.samples:
        return color, f"{note} color"
    raise UnreadableError("unsupported photometric interpretation")


def _amount(count: int) -> str:
    if count < 1e3:
        return f"{count} bytes"
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"


def _encapsulated(
    layout: PixelLayout, scanned: ScannedFile, pixels: PixelElement, table: OffsetTable | None
) -> Stored:
    """Count the frames of encapsulated pixel data (PS3.5 A.4)."""
    why = unsupported(scanned.transfer_syntax)
    stream = _first_stream(scanned, pixels)
    if why and not _is_decoded(stream):
        raise UnreadableError(why)
    if stream is not None and stream.samples in _AS and stream.samples != layout.samples:
        (_, stated), (photometric, coded) = (_AS[n] for n in (layout.samples, stream.samples))
        note = f"Compressed frames are in {coded}, {THOUGH} {stated}"
        layout = replace(layout, samples=stream.samples, photometric=photometric, planar=False)
        layout, pixels, notes = _encapsulated(layout, scanned, pixels, table)
        return layout, pixels, (note, *notes)
    stated = scanned.data_set.text(Tag.PhotometricInterpretation).upper()
    if stream is not None and stream.kind == "jpeg" and not stated.startswith(("RGB", "YBR")):
        # PS3.5 8.2.1: color in lossy JPEG, if nothing says otherwise.
        layout = replace(layout, photometric=layout.photometric.replace("RGB", "YBR_FULL_422"))
    # A fragment takes 8 bytes at least: no file can hold more frames.
    possible = (scanned.size - pixels.offset) // 8
    if possible < 1:
        raise UnreadableError("truncated file")
    frames = layout.frames
    if video_name(scanned.transfer_syntax) and not _is_decoded(stream):
        return _video(layout, possible, pixels)
    if frames > 1 and _basic_table_agrees(scanned, pixels, frames):
        return layout, pixels, ()
    if _MOST_WALKED < frames <= possible:
        return layout, pixels, ()
    try:
        index = index_frames(
            scanned.source,
            (pixels.offset, scanned.size),
            frames,
            big_endian=layout.big_endian,
            rle=scanned.transfer_syntax == RLE,
            table=table,
        )
    except FrameError:
        if frames > possible:
            raise UnreadableError("more frames declared than the file contains") from None
        return layout, pixels, ()
    truncated = _truncated(index.whole, frames)
    if index.fragments.truncated and sum(map(bool, index.frames)) < frames:
        count = frames if frames <= possible else max(index.whole, 1)
        return replace(layout, frames=count), pixels, (truncated,)
    if index.fragments.cut and len(index.frames) == frames > 1:
        return layout, pixels, (truncated,)
    return _counted(layout, scanned.data_set, pixels, len(index.frames))


def _truncated(present: int, frames: int) -> str:
    return f"The file is truncated: {present} of {frames} frames {agreeing(present, 'is')} present"


def _video(layout: PixelLayout, possible: int, pixels: PixelElement) -> Stored:
    """Return how a video is stored: its frames are not told apart without decoding them."""
    if layout.samples == 1:
        raise UnreadableError("unsupported photometric interpretation")
    if layout.frames > possible:
        raise UnreadableError("more frames declared than the file contains")
    return layout, pixels, ()


def _counted(layout: PixelLayout, data_set: DataSet, pixels: PixelElement, count: int) -> Stored:
    """Take over the number of frames that the pixel data contain."""
    frames = layout.frames
    stated = Tag.NumberOfFrames in data_set
    if stated and frame_count(data_set) is None:
        note = "Invalid Number of Frames; derived from file size"
    elif count == frames:
        return layout, pixels, ()
    elif count > frames and _are_described(data_set, frames, count):
        are = agreeing(frames, "is")
        known = f"Only {frames} of {count} frames {are} described in the header"
        note = f"{known}; the others are hidden"
        return layout, pixels, (note,)
    else:
        what = f"is {frames}" if stated else "is missing"
        found = "1 frame; it is" if count == 1 else f"{count} frames; all are"
        note = f"Number of Frames {what}, but the file contains {found} shown"
    return replace(layout, frames=count), pixels, (note,)


def _are_described(data_set: DataSet, frames: int, count: int) -> bool:
    """Whether the header describes frames one by one, or one with its position, and not `count`.

    Frames beyond them have no place, and would take the place of the others away.
    """
    counts = (
        len(data_set.items(Tag.PerFrameFunctionalGroupsSequence)),
        len(data_set.numbers(Tag.GridFrameOffsetVector)),
        len(data_set.integers(Tag.SliceVector)),
    )
    single = frames == 1 and Tag.ImagePositionPatient in data_set
    return count not in counts and (frames in counts or single)


def _basic_table_agrees(scanned: ScannedFile, pixels: PixelElement, frames: int) -> bool:
    """Whether the Basic Offset Table has an entry for every frame, and ends with the last one.

    Then nothing has to be counted: four reads instead of one for every fragment.
    """
    big_endian = scanned.data_set.big_endian
    source, start = scanned.source, pixels.offset
    length = item_length(source, start, big_endian=big_endian)
    if length is None or length != 4 * frames:
        return False
    first = start + 8 + length
    entry = source.read_at(first - 4, 4)
    last = first + int.from_bytes(entry, "big" if big_endian else "little")
    held = item_length(source, last, big_endian=big_endian)
    if not held or last + 8 + held > scanned.size:
        return False
    return item_length(source, last + 8 + held, big_endian=big_endian) is None


def _first_stream(scanned: ScannedFile, pixels: PixelElement) -> CodeStream | None:
    big_endian = scanned.data_set.big_endian
    return first_stream(scanned.source, pixels.offset, big_endian=big_endian)


def _is_decoded(stream: CodeStream | None) -> bool:
    return stream is not None and stream.kind != "unsupported"


def _native(layout: PixelLayout, scanned: ScannedFile, pixels: PixelElement) -> Stored:
    """Check native pixel data against their length (PS3.5 8.1.1)."""
    assert pixels.length is not None  # noqa: S101 - for the type checker
    held = max(min(pixels.length, scanned.size - pixels.offset), 0)
    described = is_encapsulated(scanned.transfer_syntax)
    notes: tuple[str, ...] = ()
    if not fits(pixels.length, layout):
        if _is_compressed(layout, scanned, pixels):
            encoded = pixels._replace(length=None)
            layout, place, notes = _encapsulated(layout, scanned, encoded, None)
            return layout, place, (_COMPRESSED, *notes) if not described else notes
        changed = by_length(layout, pixels.length) or wider(layout, scanned, pixels)
        if changed is not None:
            layout, notes = changed[0], (changed[1],)
        elif described and held % ((layout.frame_bits + 7) // 8) > 1:
            raise UnreadableError(unsupported(scanned.transfer_syntax) or "corrupt pixel data")
    if described:
        notes = (*notes, _NATIVE)
    frame_bytes = (layout.stride_bits + 7) // 8
    complete = held * 8 // layout.stride_bits if layout.is_packed else held // frame_bytes
    if complete < 1:
        why = unsupported(scanned.transfer_syntax)
        amounts = f"{_amount(held)} of {_amount(frame_bytes)} of pixel data"
        is_cut = pixels.length > scanned.size - pixels.offset
        what = "truncated file" if is_cut else "pixel data shorter than the header describes"
        raise UnreadableError(why or f"{what} ({amounts})")
    counted: tuple[str, ...] = ()
    # Frames of single bits follow each other bit by bit, and a word at most is filled up.
    spare = held * 8 - complete * layout.stride_bits
    exact = spare < 16 <= layout.stride_bits if layout.is_packed else spare <= 8
    if Tag.NumberOfFrames in scanned.data_set and frame_count(scanned.data_set) is None:
        # Whole frames in the file are the best guess.
        count = complete if exact or complete == 1 else 1
        layout, _, counted = _counted(layout, scanned.data_set, pixels, count)
    elif complete < layout.frames:
        counted = (_truncated(complete, layout.frames),)
        layout = replace(layout, frames=complete)
    elif complete > layout.frames and exact:
        layout, _, counted = _counted(layout, scanned.data_set, pixels, complete)
    return layout, pixels, notes + counted


def _is_compressed(layout: PixelLayout, scanned: ScannedFile, pixels: PixelElement) -> bool:
    """Whether an element of defined length holds the items or the code stream of this image."""
    rle = scanned.transfer_syntax == RLE
    stream = _first_stream(scanned, pixels)
    if _is_decoded(stream) and stream is not None:
        return (stream.rows, stream.columns) == (layout.rows, layout.columns)
    return rle and is_start(scanned.source.read_at(pixels.offset, RLE_HEADER), rle=True)
