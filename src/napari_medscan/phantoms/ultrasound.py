"""An echocardiogram: a cine of a beating heart in a sector, with text burned into the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_medscan.phantoms.shapes import Array, smooth_noise
from napari_medscan.phantoms.writing import derived_uid, save, series_header, study_header

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

_US_MULTIFRAME = "1.2.840.10008.5.1.4.1.1.3.1"
_SHAPE = (480, 640)
_APEX = (36.0, 320.0)
_HALF_ANGLE = np.radians(41.0)
_DEPTH_MM = 160.0
_MM = 0.4
"""Millimeters a pixel."""
_FRAME_MS = 40
_REGION = (50, 30, 586, 440)
"""First column and row, last column and row of the sector; text stands outside."""
_CHAMBERS = (
    # depth and offset of the center, half axes, all in mm; how much it beats
    (58.0, 14.0, 30.0, 14.0, 0.20),
    (58.0, -16.0, 27.0, 12.0, 0.16),
    (112.0, 16.0, 17.0, 15.0, -0.12),
    (112.0, -17.0, 18.0, 15.0, -0.12),
)
# Rows of five pixels, the leftmost in the highest bit.
_GLYPHS = {
    "A": "0E11111F111111", "D": "1E11111111111E", "E": "1F10101E10101F", "H": "1111111F111111",
    "I": "0E04040404040E", "M": "111B1515111111", "N": "11191513111111", "O": "0E11111111110E",
    "P": "1E11111E101010", "T": "1F040404040404", "X": "11110A040A1111", "Z": "1F01020408101F",
    "0": "0E11131519110E", "1": "040C040404040E", "2": "0E11010204081F", "3": "1E01010E01011E",
    "4": "02060A121F0202", "5": "1F101E0101110E", "6": "0608101E11110E", "-": "0000001F000000",
    ":": "000C0C000C0C00", ".": "000000000C0C00", " ": "00000000000000",
}  # fmt: skip


def write_us_heart(folder: Path, *, frames: int = 24, seed: int = 7) -> None:
    """Write an echocardiogram as one multi-frame file (PS3.3 A.7).

    A sector with speckle in which four chambers beat once, calibrated by a Sequence of Ultrasound
    Regions (PS3.3 C.8.5.5) at 0.4 mm a pixel. The phantom's name, ID and date are burned into the
    image outside the region, as scanners do it, and Burned In Annotation says so.

    Parameters
    ----------
    folder
        Where the file goes; made if missing.
    frames
        Number of frames, 40 ms apart, of one beat.
    seed
        Decides the speckle and all UIDs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    header = _header(frames, seed)
    scatter = np.random.default_rng([seed, 8])
    grain = [_smeared(scatter.standard_normal((512, 256), np.float32)) for _ in range(2)]
    pixels = np.stack([_frame(number / frames, grain) for number in range(frames)])
    header.PixelData = pixels.tobytes()
    header["PixelData"].VR = "OB"
    save(header, folder / "IM000001.dcm")


def _frame(phase: float, grain: list[Array]) -> NDArray[np.uint8]:
    """Return one frame, (rows, columns)."""
    rows, columns = np.indices(_SHAPE, dtype=np.float32)
    down, right = (rows - _APEX[0]) * _MM, (columns - _APEX[1]) * _MM
    depth, angle = np.hypot(down, right), np.arctan2(right, down)
    inside = (np.abs(angle) < _HALF_ANGLE) & (depth < _DEPTH_MM) & (depth > 4)
    # Speckle lies in the beam's own coordinates: fine along it, wide across it with depth.
    along = np.clip(depth / _DEPTH_MM * 511, 0, 511).astype(np.intp)
    across = np.clip((angle / _HALF_ANGLE + 1) * 127.5, 0, 255).astype(np.intp)
    speckle = np.hypot(*(part[along, across] for part in grain))
    echo = _tissue(down, right, phase) * speckle * np.exp(-depth / 260)
    shown = np.where(inside, 132 + 46 * np.log(np.maximum(echo, 1e-3)), 0)
    frame: NDArray[np.uint8] = np.clip(shown, 0, 255).astype(np.uint8)
    _annotate(frame)
    return frame


def _smeared(noise: Array) -> Array:
    """Return noise that is smooth across the beams, with a deviation of 1."""
    for _ in range(3):
        noise = smooth_noise(noise, 0.12)
    wide: Array = (noise + np.roll(noise, 1, axis=1) + np.roll(noise, -1, axis=1)).astype(
        np.float32
    )
    wide /= wide.std()
    return wide


def _tissue(down: Array, right: Array, phase: float) -> Array:
    """Return how strongly tissue scatters at places in mm: walls bright, blood dark."""
    beat = np.sin(np.pi * min(phase / 0.4, 1.0)) if phase < 0.4 else 0.0
    strength = np.full(down.shape, 0.75, np.float32)
    strength[np.hypot(down - 84, right) > 62] = 0.45
    for middle, side, long, wide, squeeze in _CHAMBERS:
        scale = 1 - squeeze * beat
        distance = np.hypot((down - middle) / (long * scale), (right - side) / (wide * scale))
        strength = np.where(distance < 1.16, np.float32(1.25), strength)
        strength = np.where(distance < 1.0, np.float32(0.035), strength)
    return strength


def _annotate(frame: NDArray[np.uint8]) -> None:
    """Burn in what a scanner does: who, when, the depth scale."""
    _write(frame, 8, 8, "PHANTOM NOAH  ID 2024-0115")
    _write(frame, 456, 8, "15.01.2024 10:26")
    for centimeter in range(int(_DEPTH_MM / 10) + 1):
        row = round(_APEX[0] + centimeter * 10 / _MM)
        length = 10 if centimeter % 5 == 0 else 5
        if row < _SHAPE[0]:
            frame[row, 600 - length : 600] = 200


def _write(frame: NDArray[np.uint8], top: int, left: int, text: str) -> None:
    """Write text, two pixels a dot."""
    for letter in text:
        rows = bytes.fromhex(_GLYPHS[letter])
        dots = np.array([[row >> 4 - bit & 1 for bit in range(5)] for row in rows], dtype=bool)
        dots = dots.repeat(2, axis=0).repeat(2, axis=1)
        place = frame[top : top + dots.shape[0], left : left + dots.shape[1]]
        place[dots] = 235
        left += 12


def _header(frames: int, seed: int) -> Dataset:
    """Return the header of the cine (PS3.3 C.8.5.6, C.7.6.5, C.7.6.6)."""
    from pydicom.dataset import Dataset

    parts = ("us heart", frames, seed)
    study = study_header(
        name="NOAH", patient_id="MEDSCAN-US-1", study="Echocardiogram phantom", uid_parts=parts
    )
    header = series_header(
        study, modality="US", number=1, description="apical four-chamber", time="102600",
        uid_parts=parts,
    )  # fmt: skip
    del header.FrameOfReferenceUID, header.PositionReferenceIndicator
    header.SOPClassUID = _US_MULTIFRAME
    header.SOPInstanceUID = derived_uid(header.SeriesInstanceUID, 1)
    header.InstanceNumber = "1"
    header.ImageType = ["ORIGINAL", "PRIMARY", "", "0001"]
    header.BodyPartExamined = "HEART"
    header.BitsAllocated = header.BitsStored = 8
    header.HighBit = 7
    header.Rows, header.Columns = _SHAPE
    header.NumberOfFrames = str(frames)
    header.FrameTime = str(_FRAME_MS)
    header.FrameIncrementPointer = 0x00181063
    header.CineRate = header.RecommendedDisplayFrameRate = str(1000 // _FRAME_MS)
    header.BurnedInAnnotation = "YES"
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = _REGION[:2]
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = _REGION[2:]
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = _MM / 10
    region.ReferencePixelX0 = round(_APEX[1]) - _REGION[0]
    region.ReferencePixelY0 = round(_APEX[0]) - _REGION[1]
    header.SequenceOfUltrasoundRegions = [region]
    return header
