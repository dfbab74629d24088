"""Siemens mosaics and UIH grids, and the private headers that lay them out."""

from __future__ import annotations

import struct

from pydicom.dataset import Dataset

from ..making import ct, item

FIELDS = {
    "EchoLinePosition": ("64",),
    "NumberOfImagesInMosaic": ("5", "", ""),
    "SliceNormalVector": ("0.0", "-0.6", "0.8"),
    "Empty": (),
}


def csa(fields: dict[str, tuple[str, ...]], *, kind: int = 2) -> bytes:
    """Encode a CSA header; type 1 adds the first field's number of items to each length."""
    head = b"SV10\4\3\2\1" if kind == 2 else b""
    data = head + struct.pack("<II", len(fields), 77)
    offset = len(next(iter(fields.values()), ())) if kind == 1 else 0
    for name, values in fields.items():
        data += name.encode().ljust(64, b"\0")
        data += struct.pack("<i4siii", len(values), b"IS\0\0", 6, len(values), 77)
        for value in values:
            text = value.encode() + b"\0" if value else b""
            size = len(text) + offset
            data += struct.pack("<4i", size, len(text) if kind == 2 else size, 77, size)
            data += text + bytes(-len(text) % 4)
    return data


def protocol(count, centers=(), *, partitions=None, begin="### ASCCONV BEGIN ###") -> bytes:
    """Return a CSA series header with the text of a protocol in it."""
    lines = ['tProtocolName = ""ep2d_bold""', f"sSliceArray.lSize\t = {count}"]
    for index, center in enumerate(centers):
        for axis, value in zip(("Sag", "Cor", "Tra"), center, strict=True):
            # As Siemens does, what is 0 is left out.
            if value:
                lines.append(f"sSliceArray.asSlice[{index}].sPosition.d{axis}\t = {value}")
    if partitions is not None:
        lines.append(f"sKSpace.lImagesPerSlab\t = {partitions}")
    text = "\n".join((begin, *lines, "### ASCCONV END ###"))
    return csa({"MrPhoenixProtocol": (f"<XProtocol>\n{text}\n</XProtocol>",)})


def mosaic(image_header=None, series_header=None, **changes) -> Dataset:
    """Return a sheet of 4 x 6 pixels, to be divided into 2 x 3 or 4 tiles."""
    data = ct(
        **{
            "Modality": "MR",
            "ImageType": ["ORIGINAL", "PRIMARY", "M", "MOSAIC"],
            "PixelSpacing": [2, 3],
            "SpacingBetweenSlices": 4,
            "ImagePositionPatient": [-9, -4, 7],
            **changes,
        }
    )
    block = data.private_block(0x29, "SIEMENS CSA HEADER", create=True)
    for element, header in ((0x10, image_header), (0x20, series_header)):
        if header is not None:
            block.add_new(element, "OB", header + bytes(len(header) % 2))
    return data


def grid(positions=(), count=None, **changes) -> Dataset:
    """Return a UIH sheet of 4 x 6 pixels with a position for each tile."""
    data = ct(
        **{
            "Modality": "MR",
            "Manufacturer": "UIH",
            "ImageType": ["ORIGINAL", "PRIMARY", "M", "VFRAME"],
            "PixelSpacing": [2, 3],
            "SpacingBetweenSlices": 4,
            "ImagePositionPatient": None,
            **changes,
        }
    )
    block = data.private_block(0x65, "Image Private Header", create=True)
    if count is not None:
        block.add_new(0x50, "DS", str(count))
    if positions:
        tiles = [item(**({"ImagePositionPatient": list(p)} if p else {})) for p in positions]
        block.add_new(0x51, "SQ", tiles)
    return data
