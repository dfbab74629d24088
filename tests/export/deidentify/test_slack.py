"""Nothing that is in pixel data beside the images is in a copy, and the images are the same."""

from __future__ import annotations

import io
import struct
import zlib

import imagecodecs
import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.filewriter import dcmwrite
from pydicom.pixels.encoders.base import RLELosslessEncoder
from pydicom.uid import (
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from napari_medscan.dicom import load
from napari_medscan.export.deidentify import Profile, deidentify
from napari_medscan.export.deidentify.streams import (
    _after_deflated,
    _in_jpeg,
    _in_jpeg_2000,
    _without,
)

from ...dicom.making import ct, item, write

NAME = b"Smith^Granny, born 19310203"
SHAPE = 16, 24
PIXELS = (np.arange(np.prod(SHAPE), dtype=np.uint8) // 3).reshape(SHAPE)


def gray(**changes):
    """Return an image of 8 bits that no header tells to be of somebody."""
    rows, columns = SHAPE
    about = {"Rows": rows, "Columns": columns, "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    about |= {"PixelRepresentation": 0, "Modality": "OT", "PixelData": PIXELS.tobytes()}
    return ct(**about | changes)


def jpeg():
    """Return a JPEG with a comment, EXIF, a thumbnail's extent and bytes behind its end."""
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "JPEG", quality=95)
    data = file.getvalue()
    segments = b"".join(
        b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body
        for marker, body in (
            (0xFE, NAME),
            (0xE1, b"Exif\0\0" + NAME),
            (0xEE, b"Adobe" + NAME),
            # Shorter than it has to be.
            (0xEE, b"Adobe"),
        )
    )
    return data[:20] + segments + data[20:] + NAME


def jpeg_2000(*, wrapped=False):
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "JPEG2000", irreversible=False, no_jp2=not wrapped)
    data = file.getvalue()
    (length,) = struct.unpack_from(">H", data, data.index(b"\xff\x51") + 2)
    start = data.index(b"\xff\x51") + 2 + length
    comment = b"\xff\x64" + struct.pack(">HH", len(NAME) + 4, 1) + NAME
    if wrapped:
        return data + struct.pack(">I4s", len(NAME) + 8, b"xml ") + NAME
    return data[:start] + comment + data[start:] + NAME


def jpeg_ls():
    data = imagecodecs.jpegls_encode(PIXELS)
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(NAME) + 2) + NAME + data[2:] + NAME


def jpeg_xl():
    """Return JPEG XL in a container with EXIF before the code stream and XML behind it."""
    data = imagecodecs.jpegxl_encode(PIXELS, lossless=True, usecontainer=True)
    start = data.index(b"ftyp") - 4 + struct.unpack_from(">I", data, data.index(b"ftyp") - 4)[0]
    exif, xml = (struct.pack(">I4s", len(NAME) + 8, kind) + NAME for kind in (b"Exif", b"xml "))
    return data[:start] + exif + data[start:] + xml


def rle():
    """Return RLE with bytes between and behind its segments."""
    frame = RLELosslessEncoder.encode(
        PIXELS.tobytes(), rows=SHAPE[0], columns=SHAPE[1], samples_per_pixel=1, bits_allocated=8,
        bits_stored=8, number_of_frames=1, pixel_representation=0,
        photometric_interpretation="MONOCHROME2",
    )  # fmt: skip
    return frame + NAME


STREAMS = {
    "jpeg": (JPEGBaseline8Bit, jpeg),
    "jpeg-2000": (JPEG2000Lossless, jpeg_2000),
    "jpeg-ls": (JPEGLSLossless, jpeg_ls),
    "jpeg-xl": ("1.2.840.10008.1.2.4.110", jpeg_xl),
    "jp2": (JPEG2000Lossless, lambda: jpeg_2000(wrapped=True)),
    "rle": (RLELossless, rle),
}


def compressed(path, syntax, pixels, **changes):
    data = gray(PixelData=pixels, **changes)
    data["PixelData"].VR, data["PixelData"].is_undefined_length = "OB", True
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    path.parent.mkdir(exist_ok=True)
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    # pydicom does not know JPEG XL yet.
    data.file_meta.FileMetaInformationVersion = b"\0\1"
    data.preamble = bytes(128)
    dcmwrite(path, data, implicit_vr=False, little_endian=True, force_encoding=True)
    return path


def copied(tmp_path):
    """De-identify the only file of a folder, compare the images, and return the copy's bytes."""
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", Profile(pixels_checked=True))
    assert outcome.status == "written", outcome.reason
    (before,), (after,) = load(tmp_path / "in").stacks, load(tmp_path / "out").stacks
    values = after.read()
    # RLE with bytes that nothing explains is not shown.
    expected = before.read(errors="blank")
    assert np.array_equal(values[before.valid], expected[before.valid])
    return outcome.target.read_bytes()


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("frames", [1, 2])
def test_compressed_frames_have_their_image_alone(tmp_path, kind, frames):
    syntax, make = STREAMS[kind]
    frame = make()
    path = compressed(
        tmp_path / "in" / "a.dcm", syntax, encapsulate([frame] * frames), NumberOfFrames=frames
    )
    assert NAME[:8] in path.read_bytes()
    data = copied(tmp_path)
    assert b"Smith" not in data
    assert b"Granny" not in data


def test_items_and_entries_of_tables_that_belong_to_no_frame_are_gone(tmp_path):
    name = NAME.ljust(32, b"\0")
    frame = rle()[: -len(NAME)]
    pixels, offsets, lengths = encapsulate_extended([frame, frame])
    pixels = pixels + b"\xfe\xff\x00\xe0" + struct.pack("<I", 32) + name
    compressed(
        tmp_path / "in" / "a.dcm",
        RLELossless,
        pixels,
        NumberOfFrames=2,
        ExtendedOffsetTable=offsets + name,
        ExtendedOffsetTableLengths=lengths + name,
    )
    data = copied(tmp_path)
    assert b"Smith" not in data
    after = pydicom.dcmread(io.BytesIO(data))
    assert after.get("ExtendedOffsetTable") in (None, offsets)


@pytest.mark.parametrize("changes", [{}, {"NumberOfFrames": 2}])
def test_bytes_behind_the_last_frame_are_gone(tmp_path, changes):
    frames = changes.get("NumberOfFrames", 1)
    pixels = PIXELS.tobytes() * frames + NAME + b"\0"
    write(tmp_path / "in" / "a.dcm", gray(PixelData=pixels, **changes))
    data = copied(tmp_path)
    assert b"Smith" not in data
    assert pydicom.dcmread(io.BytesIO(data)).PixelData == PIXELS.tobytes() * frames


def test_frames_that_the_header_does_not_describe_are_gone(tmp_path):
    hidden = (NAME * 20)[: PIXELS.size]
    write(
        tmp_path / "in" / "a.dcm",
        gray(PixelData=PIXELS.tobytes() + hidden, NumberOfFrames=1, ImagePositionPatient=[0, 0, 0]),
    )
    assert b"Smith" not in copied(tmp_path)


def test_tables_end_with_their_last_entry(tmp_path):
    table = np.arange(0, 2048, 8, dtype="<u2").tobytes()
    lut = item(LUTDescriptor=[256, 0, 16], ModalityLUTType="US", LUTData=table + NAME + b"\0")
    lut["LUTData"].VR = "OW"
    wave = item(NumberOfWaveformChannels=1, NumberOfWaveformSamples=4, WaveformBitsAllocated=16)
    wave.WaveformSampleInterpretation, wave.WaveformData = "SS", bytes(8) + NAME + b"\0"
    changes = {"RescaleSlope": None, "RescaleIntercept": None, "WaveformSequence": [wave]}
    write(tmp_path / "in" / "a.dcm", gray(ModalityLUTSequence=[lut], **changes))
    data = copied(tmp_path)
    assert b"Smith" not in data
    assert table in data


def test_color_profiles_have_no_text_and_the_same_colors(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    text = profile.index(b"mluc") + 28
    profile = profile[:text] + NAME[:20] + profile[text + 20 :] + NAME + b"\0"
    write(tmp_path / "in" / "a.dcm", gray(ICCProfile=profile))
    data = copied(tmp_path)
    assert b"Smith" not in data
    kept = pydicom.dcmread(io.BytesIO(data)).ICCProfile
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8))
    lab = ImageCms.createProfile("LAB")
    before, after = (
        ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(each)), lab,
                                  outputMode="LAB").tobytes()
        for each in (profile, kept)
    )  # fmt: skip
    assert before == after


def test_of_deflated_frames_what_follows_them_is_cleared():
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    frame = deflater.compress(PIXELS.tobytes()) + deflater.flush()
    cleared = _without(frame + NAME, _after_deflated(frame + NAME))
    assert cleared == frame + bytes(len(NAME))


@given(st.binary(max_size=60), st.integers(0, 500))
def test_damaged_streams_are_cleared_as_far_as_they_are_read(damage, at):
    for whole, spans in ((jpeg(), _in_jpeg), (jpeg_2000(), _in_jpeg_2000)):
        data = whole[:at] + damage + whole[at + len(damage) :]
        assert len(_without(data, spans(data))) == len(data)
