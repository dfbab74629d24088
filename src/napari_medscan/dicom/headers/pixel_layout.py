"""How stored pixels are laid out."""

from __future__ import annotations

from dataclasses import dataclass

from napari_medscan.dicom.elements.scanner import PixelElement
from napari_medscan.dicom.elements.values import DataSet, Element
from napari_medscan.dicom.elements.wanted_tags import Tag, want
from napari_medscan.dicom.errors import UnreadableError

WANTED_LAYOUT = want(
    Tag.SamplesPerPixel,
    Tag.PhotometricInterpretation,
    Tag.PlanarConfiguration,
    Tag.NumberOfFrames,
    Tag.Rows,
    Tag.Columns,
    Tag.BitsAllocated,
    Tag.BitsStored,
    Tag.HighBit,
    Tag.PixelRepresentation,
)
_ALLOCATED = (1, 8, 16, 32)
"""Bits of one sample that pixels are read in."""
_PACKED = 12
"""Bits Allocated of samples that follow each other bit by bit, as ACR-NEMA and early DICOM had."""
_BYTE = 8
_RGB = 3
_COLOR = ("RGB", "YBR")
_PALETTE = "PALETTE COLOR"
SUBSAMPLED = ("YBR_FULL_422", "YBR_PARTIAL_422")
"""Photometric Interpretations of which native pixels have two samples each."""


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """How stored pixels are laid out (PS3.3 C.7.6.3, Image Pixel module).

    Parameters
    ----------
    rows, columns, samples : int
        Extent of one frame.
    bits_allocated, bits_stored, high_bit : int
        Bits of one sample; 32 or 64 allocated for floating point.
    signed : bool
        Pixel Representation is 1.
    floating : bool
        The values are IEEE floating point (Float/Double Float Pixel Data).
    planar : bool
        Color by plane (Planar Configuration 1).
    photometric : str
        Photometric Interpretation.
    frames : int
        Number of Frames.
    big_endian : bool
        Byte order of native pixel data.
    byte_aligned : bool
        Each native frame of one-bit pixels starts at a whole byte, against PS3.5 8.1.1.
    holds_planes : bool
        Bits beyond Bits Stored are overlay planes, also in a code stream of whole words.
    """

    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    floating: bool
    planar: bool
    photometric: str
    frames: int
    big_endian: bool
    byte_aligned: bool = False
    holds_planes: bool = False

    @property
    def is_consistent(self) -> bool:
        """Whether Samples per Pixel and Photometric Interpretation agree."""
        return (self.samples == _RGB) == self.photometric.startswith(_COLOR)

    @property
    def is_palette(self) -> bool:
        """Whether values are indices of a color lookup table."""
        return self.photometric == _PALETTE

    @property
    def is_packed(self) -> bool:
        """Whether native samples follow each other bit by bit, without filling bytes."""
        return self.bits_allocated % 8 > 0

    @property
    def frame_bits(self) -> int:
        """Bits of one native frame; 4:2:2 holds two chroma samples a pixel pair."""
        samples = 2 if self.photometric in SUBSAMPLED else self.samples
        return self.rows * self.columns * samples * self.bits_allocated

    @property
    def stride_bits(self) -> int:
        """Bits from the start of one native frame to that of the next."""
        return (self.frame_bits + 7) // 8 * 8 if self.byte_aligned else self.frame_bits

    @property
    def decoded_shape(self) -> tuple[int, ...]:
        """Shape of one decoded frame: color by pixel."""
        return (self.rows, self.columns, *([self.samples] if self.samples > 1 else []))

    @property
    def decoded_bytes(self) -> int:
        """Bytes of one decoded frame."""
        return self.rows * self.columns * self.samples * ((self.bits_allocated + 7) // 8)


def read_layout(data_set: DataSet, pixels: PixelElement) -> PixelLayout:
    """Return the pixel layout of a file.

    Raises
    ------
    UnreadableError
        When it is none that can be (PS3.3 C.7.6.3).
    """
    rows, columns = data_set.integer(Tag.Rows), data_set.integer(Tag.Columns)
    # Both are 16-bit numbers, whatever a wrong VR makes of them.
    if not rows or not columns or not 0 < rows < 65536 or not 0 < columns < 65536:
        raise UnreadableError("missing or invalid image size")
    samples = data_set.integer(Tag.SamplesPerPixel) or 1
    floating = pixels.tag != Tag.PixelData
    if floating:
        allocated = 32 if pixels.tag == Tag.FloatPixelData else 64
    else:
        count = rows * columns * samples * (frame_count(data_set) or 1)
        allocated = _bits_allocated(data_set, pixels, count)
    stored = _bits_stored(data_set, allocated) or allocated
    high_bit = data_set.integer(Tag.HighBit)
    photometric = data_set.text(Tag.PhotometricInterpretation).upper() or _usual(data_set, samples)
    if samples not in (1, 3):
        raise UnreadableError("unsupported photometric interpretation")
    return PixelLayout(
        rows=rows,
        columns=columns,
        samples=samples,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high_bit
        if high_bit is not None and stored <= high_bit + 1 <= allocated
        else stored - 1,
        signed=_is_signed(data_set),
        floating=floating,
        planar=samples > 1 and data_set.integer(Tag.PlanarConfiguration) == 1,
        photometric=photometric,
        frames=frame_count(data_set) or 1,
        big_endian=data_set.big_endian,
    )


def layout_notes(data_set: DataSet, layout: PixelLayout, *, native: bool) -> tuple[str, ...]:
    """Return what the user should know of a layout that is not quite as the header says.

    Parameters
    ----------
    data_set : DataSet
        The file's data set.
    layout : PixelLayout
        How its pixels are laid out.
    native : bool
        They are not compressed.
    """
    if layout.floating:
        return ()
    notes: tuple[str, ...] = ()
    is_color = native and layout.samples > 1
    if is_color and not data_set.has_value(Tag.PlanarConfiguration):
        notes += ("Planar Configuration is missing: colors are read pixel by pixel",)
    if not data_set.has_value(Tag.PhotometricInterpretation):
        missing = "Photometric Interpretation is missing"
        if layout.is_palette:
            notes += (f"{missing}: the color lookup table is applied",)
        elif is_color:
            notes += (f"{missing}: colors are shown as RGB",)
    if data_set.integer(Tag.BitsAllocated) not in (*_ALLOCATED, layout.bits_allocated):
        invalid = _fault(data_set, Tag.BitsAllocated)
        notes += (f"Bits Allocated is {invalid}: pixels are read as {layout.bits_allocated} bits",)
    if _bits_stored(data_set, layout.bits_allocated) is None:
        notes += ("Bits Stored is invalid: all allocated bits are shown",)
    if native and layout.high_bit >= layout.bits_stored:
        notes += (f"High Bit is not {layout.bits_stored - 1}: values are read from the upper bits",)
    states_sign = data_set.integer(Tag.PixelRepresentation) in (0, 1)
    if not states_sign and layout.samples == 1 and layout.bits_allocated > _BYTE:
        invalid = _fault(data_set, Tag.PixelRepresentation)
        sign = "signed" if layout.signed else "unsigned"
        notes += (f"Pixel Representation is {invalid}: values are read as {sign}",)
    return notes


def _fault(data_set: DataSet, tag: Tag) -> str:
    """Return what is wrong with an attribute that cannot be used."""
    return "invalid" if data_set.has_value(tag) else "missing"


def _usual(data_set: DataSet, samples: int) -> str:
    """Return the Photometric Interpretation of pixels that have none."""
    if samples > 1:
        return "RGB"
    # As WANTED_LAYOUT lacks the padding: files that are alike share it.
    return _PALETTE if Tag.RedPaletteColorLookupTableDescriptor in data_set else "MONOCHROME2"


def _is_signed(data_set: DataSet) -> bool:
    """Whether values are signed; where nothing says so, whether Pixel Padding Value is."""
    stated = data_set.integer(Tag.PixelRepresentation)
    if stated is not None:
        return stated == 1
    # It is not in WANTED_LAYOUT: the layout depends on its VR, which files that are alike share.
    padding = data_set.values.get(Tag.PixelPaddingValue)
    return isinstance(padding, Element) and padding.vr == b"SS"


def _bits_allocated(data_set: DataSet, pixels: PixelElement, count: int) -> int:
    """Return Bits Allocated; where it is no size of a pixel, what Bits Stored and length leave.

    Parameters
    ----------
    data_set : DataSet
        The file's data set.
    pixels : PixelElement
        Its pixel data.
    count : int
        Samples of all frames.

    Raises
    ------
    UnreadableError
        If that is not one size.
    """
    stated = data_set.integer(Tag.BitsAllocated) or 0
    if stated in _ALLOCATED:
        return stated
    if stated == _PACKED and pixels.length is not None:
        packed = (count * _PACKED + 7) // 8
        if 0 <= pixels.length - packed <= 1:
            return stated
    needed = max(stated, stored_bits(data_set))
    for bits in _ALLOCATED[1:]:
        fits = pixels.length is None or 0 <= pixels.length - count * bits // 8 <= 1
        if 0 < needed <= bits and fits:
            return bits
    raise UnreadableError("unsupported bit depth")


def stored_bits(data_set: DataSet) -> int:
    """Return how many bits Bits Stored and High Bit need, 0 if neither says."""
    stored, high_bit = data_set.integer(Tag.BitsStored), data_set.integer(Tag.HighBit)
    return max(0 if stored is None else stored, 0 if high_bit is None else high_bit + 1)


def _bits_stored(data_set: DataSet, allocated: int) -> int | None:
    """Return Bits Stored, that of Bits Allocated if it is absent; None if it is invalid."""
    if not data_set.has_value(Tag.BitsStored):
        return allocated
    stored = data_set.integer(Tag.BitsStored)
    return stored if stored is not None and 0 < stored <= allocated else None


def frame_count(data_set: DataSet) -> int | None:
    """Return Number of Frames, None if it is absent or invalid."""
    count = data_set.integer(Tag.NumberOfFrames)
    return count if count is not None and 0 < count < 2**31 else None
