"""Headers, frames and stacks made by hand, with pixels in memory."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from napari_medscan.dicom.elements.scanner import PixelElement
from napari_medscan.dicom.elements.values import DataSet, Element
from napari_medscan.dicom.elements.wanted_tags import Tag
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.source import Memory
from napari_medscan.dicom.headers.frame_header import FrameHeader
from napari_medscan.dicom.headers.header import ImageHeader, SliceRef
from napari_medscan.dicom.headers.pixel_layout import PixelLayout
from napari_medscan.dicom.intensity.rescale import IDENTITY
from napari_medscan.dicom.series.stacking import build_stacks
from napari_medscan.frames import FrameCache

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
OBLIQUE = (0.8, 0.6, 0.0, -0.36, 0.48, -0.8)
EIGHT_FLIPS = [
    tuple(float(sign * v) for sign, v in zip(signs, base, strict=True))
    for base in (AXIAL, (0.0, 1.0, 0.0, 1.0, 0.0, 0.0))
    for signs in ((1,) * 6, (1, 1, 1, -1, -1, -1), (-1, -1, -1, 1, 1, 1), (-1,) * 6)
]
"""In-plane flips and transposition."""


NOWHERE = FileRef("/nowhere/file")


@dataclass(frozen=True)
class File(Memory):
    """Bytes in memory that claim to be a file."""

    file: FileRef = NOWHERE


LITTLE = "1.2.840.10008.1.2.1"
ROWS, COLUMNS = 2, 3


def normal(orientation):
    """Unit normal by numpy: row direction x column direction."""
    return np.cross(orientation[:3], orientation[3:])


def along(orientation, distance, origin=(0.0, 0.0, 0.0)):
    """Position that lies `distance` along the normal from `origin`."""
    return tuple(float(v) for v in np.add(origin, normal(orientation) * distance))


def make_layout(rows=ROWS, columns=COLUMNS, bits=16, **changes):
    """Pixel layout: unsigned gray unless changed."""
    facts = {
        "samples": 1,
        "bits_allocated": bits,
        "bits_stored": bits,
        "high_bit": changes.get("bits_stored", bits) - 1,
        "signed": False,
        "floating": False,
        "planar": False,
        "photometric": "MONOCHROME2",
        "frames": 1,
        "big_endian": False,
    }
    return PixelLayout(rows=rows, columns=columns, **{**facts, **changes})


def make_frame(position=None, orientation=AXIAL, number=0, **changes):
    """One frame; `number` is its instance number, keywords are dimensions or fields."""
    names = FrameHeader.__dataclass_fields__
    dimensions = {k: v for k, v in changes.items() if k not in names}
    fields = {k: v for k, v in changes.items() if k in names}
    frame = FrameHeader(
        position=position,
        orientation=orientation,
        spacing=(1.0, 1.0),
        transform=IDENTITY,
        windows=(),
        dimensions=dimensions,
        order=(number,),
    )
    return replace(frame, **fields)


def make_header(*frames, pixels=None, layout=None, **changes):
    """One file; `pixels` are the bytes of its pixel data."""
    layout = layout or make_layout(frames=max(len(frames), 1))
    if pixels is None:
        pixels = bytes((layout.frame_bits * layout.frames + 7) // 8)
    facts = {
        "name": "a",
        "transfer_syntax": LITTLE,
        "sop_class": "1.2.840.10008.5.1.4.1.1.4",
        "sop_instance": "",
        "study": "1",
        "series": "1.1",
        "frame_of_reference": "1.2",
        "patient": b"patient",
        "modality": "MR",
        "description": "",
        "series_number": 1,
        "instance_number": None,
    }
    return ImageHeader(
        **{
            "source": File(pixels),
            "size": len(pixels),
            "pixels": PixelElement(Tag.PixelData, 0, len(pixels), b"OW"),
            "layout": layout,
            "frames": frames or (make_frame(),),
            **facts,
            **changes,
        }
    )


def files(frames, **changes):
    """One single-frame file for every frame; pixel values are the files' numbers."""
    layout = changes.pop("layout", make_layout())
    return [
        make_header(
            frame,
            layout=layout,
            pixels=np.full((layout.rows, layout.columns), i, dtype=np.uint16).tobytes(),
            **{"name": f"f{i:04d}", "sop_instance": f"1.9.{i}", **changes},
        )
        for i, frame in enumerate(frames)
    ]


def refs(headers):
    """Every slice of some files."""
    return [SliceRef(header, i) for header in headers for i in range(len(header.frames))]


def stacks_of(headers):
    """Stacks with a cache of their own."""
    return build_stacks(headers, FrameCache())


def headers_of(stack):
    """Header of every slice, read from its file when it is not in memory."""
    return [stack.read_header(number) for number in range(len(stack.slices))]


def frames_of(stack):
    """Frame header of every slice."""
    return [
        header.frames[record.index]
        for header, record in zip(headers_of(stack), stack.slices, strict=True)
    ]


def file_numbers(stack):
    """Which file of `files` each plane of a stack shows, by its pixels."""
    planes = stack.read(errors="blank")[..., 0, 0]
    return planes.tolist()


def data_set(big_endian=False, **values):
    """Data set from keywords: bytes, text, whole numbers, a pair (VR, bytes), or items."""
    order = ">" if big_endian else "<"
    found = {}
    for keyword, value in values.items():
        if isinstance(value, DataSet):
            found[Tag[keyword]] = (value,)
        elif isinstance(value, bytes):
            found[Tag[keyword]] = Element(b"OW", value)
        elif isinstance(value, str):
            found[Tag[keyword]] = Element(b"LO", value.encode())
        elif isinstance(value[0], bytes):
            found[Tag[keyword]] = Element(*value)
        else:
            words = struct.pack(f"{order}{len(value)}H", *(int(v) & 0xFFFF for v in value))
            found[Tag[keyword]] = Element(b"US", words)
    return DataSet(found, big_endian)


def offsets(frames):
    """Return the Basic Offset Table of frames given as lists of fragments."""
    found, place = [], 0
    for fragments in frames:
        found.append(place)
        place += sum(8 + len(fragment) for fragment in fragments)
    return found


def encapsulate(fragments: Sequence[bytes], table: Sequence[int] = ()) -> bytes:
    """Encapsulated pixel data (PS3.5 A.4) with a Basic Offset Table."""
    items = [struct.pack(f"<{len(table)}I", *table), *fragments]
    parts = [struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in items]
    return b"".join(parts) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def encapsulated_header(data, *, frames=1, syntax="1.2.840.10008.1.2.4.50", **changes):
    """A file of which there is only its encapsulated pixel data."""
    layout = changes.pop("layout", make_layout(bits=8))
    header = make_header(
        *(make_frame(number=i) for i in range(frames)),
        pixels=data,
        layout=replace(layout, frames=frames),
        transfer_syntax=syntax,
        **changes,
    )
    return replace(header, pixels=PixelElement(Tag.PixelData, 0, None, b"OB"))
