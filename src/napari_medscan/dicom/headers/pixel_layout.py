"""How stored pixels are laid out."""

from __future__ import annotations

from dataclasses import dataclass

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
        return self.rows * self.columns * self.samples * max(self.bits_allocated, 8) // 8
