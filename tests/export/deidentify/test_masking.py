"""Text in pixels: blacked out in every encoding, every other pixel identical, and declared."""

from __future__ import annotations

import json

import numpy as np
import pydicom
import pytest
from PIL import Image, ImageDraw
from pydicom.uid import ExplicitVRBigEndian, RLELossless

from napari_medscan.cli import INCOMPLETE, SHOWN, main
from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.walk import DroppedFile
from napari_medscan.dicom.headers.read_many import read_headers
from napari_medscan.dicom.pixels.read_frames import read_all_stored
from napari_medscan.export import ExportError
from napari_medscan.export.deidentify import Mask, Profile, deidentify

from ...dicom.making import ct, item, write

ROWS, COLUMNS, FRAMES = 20, 32, 3
MASK = Mask(2, 4, 6, 10)
INSIDE = np.zeros((ROWS, COLUMNS), bool)
INSIDE[2:8, 4:14] = True
CONFIRMED = Profile(masks=(MASK,), pixels_checked=True)
CLEAN_PIXELS = "113101"


def values(dtype, *more, low=0, high=255):
    generator = np.random.default_rng(7)
    return generator.integers(low, high, (FRAMES, ROWS, COLUMNS, *more), endpoint=True).astype(
        dtype
    )


def image(pixels, photometric="MONOCHROME2", **changes):
    """Return a multi-frame image of the pixels, which are in the order of the file."""
    bits = 8 * pixels.dtype.itemsize
    samples = 1 if photometric.startswith(("MONO", "PALETTE")) else 3
    return ct(
        **{
            "SOPClassUID": "1.2.840.10008.5.1.4.1.1.3.1",
            "Modality": "US",
            "NumberOfFrames": FRAMES,
            "Rows": ROWS,
            "Columns": COLUMNS,
            "SamplesPerPixel": samples,
            "PlanarConfiguration": 0 if samples > 1 else None,
            "PhotometricInterpretation": photometric,
            "BitsAllocated": bits,
            "BitsStored": bits,
            "HighBit": bits - 1,
            "PixelRepresentation": int(pixels.dtype.kind == "i"),
            "BurnedInAnnotation": "YES",
            "PixelData": pixels.tobytes(),
            **changes,
        }
    )


def planes(pixels):
    return np.ascontiguousarray(np.moveaxis(pixels, -1, 1))


def in_pairs():
    """Return 4:2:2: two luminances, then the chrominances of both pixels."""
    pixels = values(np.uint8, 2)
    return pixels.reshape(FRAMES, ROWS, COLUMNS // 2, 4)


def palette():
    """Return tables in which the entries for 8 and 9 are the darkest ones."""
    ramp = np.arange(256, dtype=np.uint16)
    ramp[[0, 8, 9]] = 200, 0, 0
    found = {}
    for color in ("Red", "Green", "Blue"):
        found[f"{color}PaletteColorLookupTableDescriptor"] = [256, 0, 8]
        found[f"{color}PaletteColorLookupTableData"] = ramp.astype("u1").tobytes()
    return found


def stored(path):
    """Return all frames of a file, color as RGB."""
    found = read_headers([DroppedFile(FileRef(str(path)), "")])
    assert not found.unreadable
    return np.stack(list(read_all_stored(found.images[0])))


IMAGES = {
    "MONOCHROME2": lambda: image(values("<u2", high=4000)),
    "MONOCHROME1": lambda: image(values("<u2", high=4000), "MONOCHROME1"),
    "signed": lambda: image(values("<i2", low=-1000, high=3000)),
    "12 bits, the high ones": lambda: image(values("<u2") << 4, BitsStored=12, HighBit=15),
    "8 bits": lambda: image(values("u1")),
    "palette": lambda: image(values("u1"), "PALETTE COLOR", **palette()),
    "RGB": lambda: image(values("u1", 3), "RGB"),
    "RGB by plane": lambda: image(planes(values("u1", 3)), "RGB", PlanarConfiguration=1),
    "YBR_FULL": lambda: image(values("u1", 3), "YBR_FULL"),
    "YBR_FULL_422": lambda: image(in_pairs(), "YBR_FULL_422"),
}
BLACK = {"MONOCHROME1": lambda pixels: pixels.max(axis=(1, 2)), "palette": lambda _: 8}


@pytest.mark.parametrize("encoding", ["explicit", "big", "deflated"])
@pytest.mark.parametrize("kind", IMAGES)
def test_mask_is_black_and_all_else_identical(tmp_path, kind, encoding):
    data = IMAGES[kind]()
    if encoding == "big" and data.BitsAllocated == 16:
        data.PixelData = np.frombuffer(data.PixelData, "<u2").byteswap().tobytes()
    elif encoding == "big":
        data["PixelData"].VR = "OB"
    source = write(tmp_path / "in" / "a.dcm", data, encoding)
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", CONFIRMED)
    assert outcome.status == "written", outcome.reason
    before, after = stored(source), stored(outcome.target)
    np.testing.assert_array_equal(after[:, ~INSIDE], before[:, ~INSIDE])
    black = BLACK.get(kind, lambda pixels: pixels.min(axis=(1, 2)) if pixels.ndim == 3 else 0)
    expected = np.reshape(black(before), (-1, 1))
    inside = after[:, INSIDE].reshape(FRAMES, -1)
    np.testing.assert_array_equal(inside, np.broadcast_to(expected, inside.shape))
    result = pydicom.dcmread(outcome.target)
    assert result.file_meta.TransferSyntaxUID == pydicom.dcmread(source).file_meta.TransferSyntaxUID
    assert len(result.PixelData) == len(data.PixelData)


def test_words_of_two_samples_are_swapped_in_big_endian(tmp_path):
    """PS3.5 8.1.1: in OW, the first of two 8-bit samples is the low byte."""
    pixels = values("u1")
    data = image(pixels, PixelData=pixels.view("<u2").byteswap().tobytes())
    data["PixelData"].VR = "OW"
    source = write(tmp_path / "in" / "a.dcm", data, "big")
    assert pydicom.dcmread(source).file_meta.TransferSyntaxUID == ExplicitVRBigEndian
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", CONFIRMED)
    np.testing.assert_array_equal(stored(source), pixels)
    np.testing.assert_array_equal(stored(outcome.target)[:, ~INSIDE], pixels[:, ~INSIDE])
    assert len(np.unique(stored(outcome.target)[0][INSIDE])) == 1


@pytest.mark.parametrize("kind", ["MONOCHROME1", "signed", "palette", "RGB", "YBR_FULL"])
def test_compressed_images_become_rle(tmp_path, kind):
    data = IMAGES[kind]()
    source = write(tmp_path / "in" / "a.dcm", data)
    made = pydicom.dcmread(source)
    made.compress(RLELossless, generate_instance_uid=False)
    made.save_as(source)
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", CONFIRMED)
    assert outcome.status == "written", outcome.reason
    before, after = stored(source), stored(outcome.target)
    np.testing.assert_array_equal(after[:, ~INSIDE], before[:, ~INSIDE])
    for frame in after:
        assert len(np.unique(frame[INSIDE].reshape(INSIDE.sum(), -1), axis=0)) == 1
    result = pydicom.dcmread(outcome.target)
    assert result.file_meta.TransferSyntaxUID == RLELossless
    pixels = result.pixel_array
    if kind != "palette":
        np.testing.assert_array_equal(pixels, after)


def test_lossy_images_keep_the_pixels_that_were_shown(tmp_path):
    import imagecodecs
    from pydicom.encaps import encapsulate

    frames = [imagecodecs.jpeg8_encode(frame, level=80) for frame in values("u1", 3)]
    data = image(values("u1", 3), "YBR_FULL_422", PixelData=encapsulate(frames))
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.50"
    source = tmp_path / "in" / "a.dcm"
    source.parent.mkdir()
    data.save_as(source, enforce_file_format=True)
    (outcome,) = deidentify(source.parent, tmp_path / "out", CONFIRMED)
    before, after = stored(source), stored(outcome.target)
    np.testing.assert_array_equal(after[:, ~INSIDE], before[:, ~INSIDE])
    assert after[:, INSIDE].max() == 0
    assert pydicom.dcmread(outcome.target).PhotometricInterpretation == "RGB"


SIDE = 128


def with_text(text, **changes):
    """Return an image of a disc in which the text canary is written in one of two frames."""
    frames = []
    for line in (text, ""):
        drawn = Image.new("I;16", (SIDE, SIDE), 0)
        draw = ImageDraw.Draw(drawn)
        draw.ellipse((40, 50, 90, 110), fill=1200)
        draw.text((6, 8), line, fill=2000, font_size=18)
        frames.append(np.asarray(drawn, "<u2"))
    about = {"Rows": SIDE, "Columns": SIDE, "NumberOfFrames": 2, "Modality": "CT"}
    about |= {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.3", "BurnedInAnnotation": "NO"}
    about |= {"WindowCenter": 1000, "WindowWidth": 2000}
    return image(np.stack(frames), **{**about, **changes})


@pytest.fixture
def texts(tmp_path):
    """Write a slice with a name in its pixels and one without."""
    plain = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}
    write(tmp_path / "in" / "a.dcm", with_text("ANNA MEYER", **plain))
    write(tmp_path / "in" / "b.dcm", with_text("", SOPInstanceUID="1.2.3.4.5", **plain))
    return tmp_path / "in"


def test_text_that_was_found_is_masked_in_all_frames(texts, tmp_path):
    """The gate lets out what it found nothing else in; nobody has confirmed, so no claim."""
    name, plain = deidentify(texts, tmp_path / "out", Profile(mask_text=True))
    assert (name.status, plain.status, plain.masked) == ("written", "written", ())
    before, after = stored(texts / "a.dcm"), stored(name.target)
    assert before[0, :40].max() == 2000
    assert after[0, :40].max() == 0
    masked = np.zeros((SIDE, SIDE), bool)
    for box in name.masked:
        masked[box.slices] = True
    assert not masked[64:].any()
    np.testing.assert_array_equal(after[:, ~masked], before[:, ~masked])
    result = pydicom.dcmread(name.target)
    assert CLEAN_PIXELS not in {c.CodeValue for c in result.DeidentificationMethodCodeSequence}
    assert deidentify(texts, tmp_path / "two")[0].status == "refused"


def test_clean_pixels_are_claimed_where_text_was_masked_and_confirmed(texts, tmp_path):
    """PS3.15 E.3.1."""
    profile = Profile(mask_text=True, pixels_checked=True)
    name, plain = deidentify(texts, tmp_path / "out", profile)
    for outcome, is_claimed in ((name, True), (plain, False)):
        data = pydicom.dcmread(outcome.target)
        codes = {c.CodeValue for c in data.DeidentificationMethodCodeSequence}
        assert (CLEAN_PIXELS in codes) is is_claimed
        assert ("Clean Pixel Data Option" in data.DeidentificationMethod) is is_claimed
    report = json.loads((tmp_path / "out" / "deidentification.json").read_text())
    assert list(report["masked"]) == [name.target.relative_to(tmp_path / "out").as_posix()]
    assert report["changes"]["PixelData masked"] == 1


def test_burned_in_annotation_is_no_after_a_confirmed_mask_alone(tmp_path):
    write(tmp_path / "in" / "a.dcm", IMAGES["8 bits"]())
    for number, (masks, expected) in enumerate((((MASK,), "NO"), ((), "YES"))):
        profile = Profile(masks=masks, pixels_checked=True)
        (outcome,) = deidentify(tmp_path / "in", tmp_path / f"out{number}", profile)
        assert pydicom.dcmread(outcome.target).BurnedInAnnotation == expected


def test_masked_images_with_a_suspect_header_are_refused_until_confirmed(tmp_path):
    write(tmp_path / "in" / "a.dcm", IMAGES["8 bits"]())
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", Profile(masks=(MASK,)))
    assert (outcome.status, "Burned In Annotation" in outcome.reason) == ("refused", True)


@pytest.mark.parametrize(
    ("changes", "is_masked"),
    [
        ({}, True),
        ({"modality": "US"}, True),
        ({"modality": "CT"}, False),
        ({"series": "1.2.3.3"}, True),
        ({"series": "1.2.3.4"}, False),
        ({"top": ROWS}, False),
    ],
)
def test_masks_are_for_the_images_they_name(tmp_path, changes, is_masked):
    write(tmp_path / "in" / "a.dcm", image(values("u1"), SeriesInstanceUID="1.2.3.3"))
    mask = Mask(**{"top": 2, "left": 4, "height": 6, "width": 10, **changes})
    profile = Profile(masks=(mask,), pixels_checked=True)
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", profile)
    assert bool(outcome.masked) is is_masked
    changed = not np.array_equal(stored(tmp_path / "in" / "a.dcm"), stored(outcome.target))
    assert changed is is_masked


@pytest.mark.parametrize("changes", [{"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0},
                                     {"PixelData": b"\0" * 64}])  # fmt: skip
def test_what_cannot_be_masked_is_refused(tmp_path, changes):
    write(tmp_path / "in" / "a.dcm", image(values("u1"), **changes))
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", CONFIRMED)
    assert outcome.status == "refused"
    assert "masked" in outcome.reason


@pytest.mark.parametrize("encoding", ["explicit", "big"])
@pytest.mark.parametrize("signed", [False, True])
def test_overlays_in_unused_bits_are_cleared_and_values_stay(tmp_path, signed, encoding):
    low, high = (-2048, 2047) if signed else (0, 4095)
    pixels = values("<i2" if signed else "<u2", low=low, high=high)
    drawn = np.broadcast_to(INSIDE, pixels.shape)
    dirty = (pixels.view("<u2") & 0xFFF) | (drawn.astype("<u2") << 13)
    if encoding == "big":
        dirty = dirty.byteswap()
    data = image(pixels, BitsStored=12, HighBit=11, PixelData=dirty.tobytes())
    described = ((0x10, "US", ROWS), (0x11, "US", COLUMNS), (0x40, "CS", "G"), (0x50, "SS", [1, 1]))
    for element, vr, value in (*described, (0x100, "US", 16), (0x102, "US", 13)):
        data.add_new(0x60000000 | element, vr, value)
    source = write(tmp_path / "in" / "a.dcm", data, encoding)
    profile = Profile(pixels_checked=True)
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", profile)
    np.testing.assert_array_equal(stored(source), pixels)
    np.testing.assert_array_equal(stored(outcome.target), pixels)
    after = pydicom.dcmread(outcome.target)
    found = np.frombuffer(after.PixelData, ">i2" if encoding == "big" else "<i2")
    np.testing.assert_array_equal(found, pixels.ravel().astype("i2"))
    assert after.BurnedInAnnotation == "YES"


def regions(*places):
    """Return regions of an ultrasound: left, top, right and bottom, the last pixels included."""
    names = ("MinX0", "MinY0", "MaxX1", "MaxY1")
    return {
        "SequenceOfUltrasoundRegions": [
            item(**{f"RegionLocation{n}": p for n, p in zip(names, place, strict=True)})
            for place in places
        ]
    }


REGIONS = {
    "one": ((4, 5, 30, 18),),
    "side by side": ((0, 4, 14, 19), (17, 4, 31, 19)),
    "overlapping": ((3, 3, 20, 12), (10, 8, 28, 17)),
    "beyond the frame": ((4, 5, 90, 90),),
}


@pytest.mark.parametrize(
    ("kind", "places"),
    [("RGB", places) for places in REGIONS]
    + [(kind, "overlapping") for kind in IMAGES if kind != "RGB"],
)
def test_all_outside_the_regions_of_an_ultrasound_is_black(tmp_path, kind, places):
    """PS3.3 C.8.5.5; only what a person has confirmed is declared clean (PS3.15 E.3.1)."""
    data = IMAGES[kind]()
    for name, value in regions(*REGIONS[places]).items():
        setattr(data, name, value)
    source = write(tmp_path / "in" / "a.dcm", data)
    (refused,) = deidentify(tmp_path / "in", tmp_path / "none", Profile(regions_only=True))
    assert (refused.status, "Burned In" in refused.reason) == ("refused", True)
    profile = Profile(regions_only=True, pixels_checked=True)
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", profile)
    assert outcome.status == "written", outcome.reason
    inside = np.zeros((ROWS, COLUMNS), bool)
    for left, top, right, bottom in REGIONS[places]:
        inside[top : bottom + 1, left : right + 1] = True
    if kind == "YBR_FULL_422":
        # Pairs of pixels share their color: those at the border of a region are black.
        inside = np.repeat(inside.reshape(ROWS, -1, 2).all(axis=2), 2, axis=1)
    before, after = stored(source), stored(outcome.target)
    np.testing.assert_array_equal(after[:, inside], before[:, inside])
    for frame in after:
        assert len(np.unique(frame[~inside].reshape((~inside).sum(), -1), axis=0)) == 1
    result = pydicom.dcmread(outcome.target)
    assert result.BurnedInAnnotation == "NO"
    assert CLEAN_PIXELS in {c.CodeValue for c in result.DeidentificationMethodCodeSequence}


def test_text_outside_the_regions_needs_no_confirmation_once_it_is_black(tmp_path):
    plain = {"BurnedInAnnotation": "NO", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.3.1"}
    made = {**plain, "Modality": "US", **regions((0, 40, SIDE - 1, SIDE - 1))}
    write(tmp_path / "in" / "a.dcm", with_text("ANNA MEYER", **made))
    (refused,) = deidentify(tmp_path / "in", tmp_path / "none")
    assert refused.status == "refused"
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", Profile(regions_only=True))
    assert outcome.status == "written", outcome.reason
    assert stored(outcome.target)[:, :40].max() == 0
    codes = pydicom.dcmread(outcome.target).DeidentificationMethodCodeSequence
    assert CLEAN_PIXELS not in {code.CodeValue for code in codes}


def test_ultrasound_without_regions_is_not_taken_for_masked(tmp_path):
    write(tmp_path / "in" / "a.dcm", IMAGES["8 bits"]())
    options = {"regions_only": True, "pixels_checked": True}
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "out", Profile(**options))
    assert (outcome.status, "no regions" in outcome.reason) == ("refused", True)
    (outcome,) = deidentify(tmp_path / "in", tmp_path / "two", Profile(masks=(MASK,), **options))
    assert outcome.status == "written"
    write(tmp_path / "ct" / "a.dcm", image(values("u1"), Modality="CT"))
    (outcome,) = deidentify(tmp_path / "ct", tmp_path / "three", Profile(**options))
    assert (outcome.status, outcome.masked) == ("written", ())


def test_command_line_masks_and_says_where(tmp_path, capsys):
    write(tmp_path / "in" / "a.dcm", image(values("u1")))
    to = [str(tmp_path / "in"), str(tmp_path / "out"), "--to", "dicom-deid"]
    assert main(["export", *to, "--mask", "US:2,4,6,10"]) == INCOMPLETE
    capsys.readouterr()
    to[1] = str(tmp_path / "checked")
    assert main(["export", *to, "--mask", "US:2,4,6,10", "--pixels-checked"]) == SHOWN
    line = json.loads(capsys.readouterr().out.splitlines()[0])
    assert line["masked"] == [[2, 4, 6, 10]]
    to[1] = str(tmp_path / "regions")
    write(tmp_path / "in" / "a.dcm", image(values("u1"), **regions((4, 0, 31, 19))))
    assert main(["export", *to, "--regions-only", "--pixels-checked"]) == SHOWN
    line = json.loads(capsys.readouterr().out.splitlines()[0])
    assert line["masked"] == [[0, 0, 20, 4]]


@pytest.mark.parametrize("text", ["", "1,2,3", "0,0,0,5", "US:1,2,3,x", "-1,0,5,5"])
def test_malformed_masks_are_an_error(text):
    with pytest.raises(ExportError):
        Mask.parsed(text)
