"""What each case of the corpus should come out as, read from the headers by hand.

A stack is written as "axes sizes", with "-n" for n missing slices and "n*" for so many of them.
Where the standard leaves room there is more than one alternative; the first is the best one.
A file that is not mentioned has to be shown.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatch


@dataclass(frozen=True)
class Case:
    """Expected stacks and files of one case.

    Attributes
    ----------
    stacks : tuple of str
        The alternatives, each a comma-separated list of stacks.
    why : str
        The reason in short.
    hidden : tuple of str
        Patterns of files that are skipped or unreadable.
    either : tuple of str
        Patterns of files that may be shown or may not.
    same : tuple of tuple of str
        Files that hold one and the same image: one is shown, the others are its duplicates.
    """

    stacks: tuple[str, ...]
    why: str
    hidden: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    same: tuple[tuple[str, ...], ...] = ()

    def alternatives(self) -> list[Counter[str]]:
        return [count_stacks(text) for text in self.stacks]

    def may_be(self, file: str) -> set[str]:
        """Return in which list of the report a file may be."""
        if any(fnmatch(file, pattern) for pattern in self.hidden):
            return {"skipped", "unreadable"}
        if any(fnmatch(file, pattern) for pattern in self.either):
            return {"shown", "skipped", "unreadable", "duplicates"}
        if any(file in group for group in self.same):
            return {"shown", "duplicates"}
        return {"shown"}


def count_stacks(text: str) -> Counter[str]:
    stacks: Counter[str] = Counter()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        times, _, stack = part.rpartition("* ")
        stacks[stack] += int(times or 1)
    return stacks


def _one(stack: str, why: str, *hidden: str) -> Case:
    return Case((stack,), why, hidden)


def _nothing(why: str) -> Case:
    return Case(("",), why, ("*",))


_J2K, _LL, _LS, _RLE = (f"{d}/IM-0001-000%d-0001.dcm" for d in ("j2k", "jpegll", "jpegls", "rle"))

_CAPTURES = (
    "3* zyxc 1 256 256 3, zyxc 1 400 400 3, %d* zyxc 1 100 100 3, 2* zyxc 1 3 3 3, "
    "tzyxc 2 1 100 100 3"
)
_CAPTURES_TOGETHER = (
    "3* zyxc 1 256 256 3, zyxc 1 400 400 3, tzyxc 6 1 100 100 3, tzyxc 2 1 3 3 3, "
    "tzyxc 2 1 100 100 3"
)
_CAPTURES_BY_DEPTH = _CAPTURES_TOGETHER + ", 2* zyxc 1 100 100 3"

CASES: dict[str, Case] = {
    # ------------------------------------------------------------------ CT and radiotherapy
    "ct-head-slicer93": _one("zyx 93 64 64", "one series; file names are not in order"),
    "ct-tilt-ge-variable-spacing": Case(
        ("2* zyx 6 512 512", "zyx 12 512 512"),
        "ImageType (AXIAL\\ADD, AXIAL) parts gaps of 4 from gaps of 7 mm; else one, irregular",
    ),
    "ct-dupe-positions": Case(
        ("zyx 10 512 512, zyx 1 512 512", "zyx 11 512 512"),
        "two instances at one place, and no common step: nothing to fill",
    ),
    "ct-missing-slice": _one("zyx 5 512 512 -1", "gaps of 5, 5 and 10 mm"),
    "ct-toshiba-4d-perfusion-tiny": _one("19* zyx 4 2 3", "19 series; any SOP class with pixels"),
    "ct-toshiba-4d-multiframe-sc": _one("19* zyx 4 2 3", "19 series of one multi-frame file"),
    "ct-rescale-slope-intercept": Case(
        ("3* zyx 2 2 3", "2* zyx 2 2 3, zyx 1 2 3"),
        "same UIDs in three folders, but another rescale is another image",
        same=(("intercept/1.dcm", "slope/1.dcm", "window_level/1.dcm"),),
    ),
    "ct-skewed-orientation-3slice": Case(
        ("zyx 3 50 100", "3* zyx 1 50 100"),
        "a series is one by its UID (PS3.3 C.7.3.1) although the study UIDs differ",
    ),
    "ct-overlay-brain": _one("zyx 1 512 512", "one image"),
    "rt-phantom-ibsi-pat2": _one("zyx 41 138 141", "CT; contours"),
    "rt-phantom-study": Case(
        ("zyx 5 171 512, 4* zyx 5 22 22, 2* zyx 1 256 84, 4* zyx 1 256 85",),
        "each dose is a volume of its own; each DRR another gantry angle",
        ("RP*",),
    ),
    "rt-struct-on-ct-rtutils": _one("zyx 2 512 512", "CT; contours"),
    "ts-j2k-pixelrep-mismatch": _one("2* zyx 1 512 512", "two series"),
    "lect-dcmqi-23x38x3-seg": _one("2* zyx 3 38 23", "CT, the same enhanced; a segment"),
    "seg-liver-ct3": _one("zyx 3 512 512", "CT; its segment is labels"),
    "seg-ct-highdicom": Case(
        ("zyx 1 128 128, 2* zyx 3 16 16",),
        "CT and fractions; three segmentations are labels, one with segments that overlap",
    ),
    "dicomdir-tree-pydicom": Case(
        (
            "3* zyx 1 16 16, zyx 165 16 16 -161, zyx 5 16 16, 19* zyx 1 16 16",
            "3* zyx 1 16 16, zyx 4 16 16, zyx 5 16 16, 19* zyx 1 16 16",
        ),
        "3 CR, 2 CT series, 2 scouts, 4 + 6 planes of surveys, 7 projections round an axis",
        ("DICOMDIR",),
    ),
    "dicomdir-no-images-tinyalpha": _nothing("headers without pixels"),
    "rtdose-variants": Case(
        ("zyx 15 10 10, zyx 1 10 10",),
        "three encodings of one dose; the single frame has other pixels",
        same=(("rtdose.dcm", "rtdose_expb.dcm", "rtdose_rle.dcm"),),
    ),
    # ------------------------------------------------------------------------------------ MR
    "mr-axial-oblique-ge20": _one("zyx 20 256 256", "one series; SpacingBetweenSlices lies"),
    "mr-sag-siemens10": _one("zyx 10 256 256", "one series"),
    "mr-sag-mprage192": _one("zyx 192 256 256", "one series"),
    "mr-cor-ge16-archivetree": _one("zyx 16 256 256", "one series"),
    "mr-three-plane-survey-zip": _one(
        "zyx 5 256 256, 2* zyx 3 256 256", "three planes in a ZIP archive"
    ),
    "mr-mixed-orientation-series": _one("2* zyx 2 288 288", "two orientations and spacings"),
    "mr-hitachi-oblique39": _one("zyx 4 64 64", "one series"),
    "mr-nonisotropic-slope-per-slice": _one("zyx 4 28 64", "one series, a slope each"),
    "mr-compressed-series": Case(
        ("2* zyx 4 256 256",),
        "four encodings of four instances, and the same pixels under other UIDs",
        same=tuple(tuple(d % n for d in (_J2K, _LL, _LS, _RLE)) for n in (1, 2, 3, 4)),
    ),
    "mr-rgb-overlay-series": _one("zyxc 4 77 52 3", "one series in color"),
    "mr-fmri-ge-4d-15x7": _one("tzyx 10 15 64 64", "15 places, 10 times"),
    "mr-dti-ge-4d": _one("tzyx 2 4 128 128", "4 places, b 0 and 1000"),
    "mr-dti-philips-4d": _one("tzyx 4 2 128 128", "2 places, b 0 and three directions"),
    "mr-fmri-philips-4d": _one("tzyx 4 2 80 80", "2 places, 4 times"),
    "mr-multiecho-incomplete": Case(
        (
            "zyx 4 192 192 -1, 2* zyx 2 192 192",
            "tzyx 3 2 192 192, zyx 1 192 192",
            "zyx 3 192 192, 2* zyx 2 192 192",
        ),
        "echo 20 at three places with one missing between, echoes 40 and 60 at two",
        ("*.nii.gz",),
    ),
    "mr-mosaic-axial": _one("tzyx 2 36 64 64", "two mosaics of 36 slices"),
    "mr-mosaic-sagittal-odd35": _one("tzyx 2 35 64 64", "two mosaics of 35 slices, one tile empty"),
    "mr-mosaic-9-transfer-syntaxes": Case(
        ("9* zyx 35 64 64", "tzyx 9 35 64 64"),
        "one series UID, but nine series numbers and instance UIDs",
    ),
    "mr-overlay-siemens": _one("zyx 1 300 484", "one image"),
    "mrs-voxel-nopixels": Case(("",), "spectra"),
    "emr-philips-anat": _one("zyx 8 256 256", "one volume"),
    "emr-philips-dti-4d": _one("tzyx 4 8 128 128", "8 places, b 0 and three directions"),
    "emr-philips-fmri-4d": _one("tzyx 4 8 64 64", "8 places, 4 times"),
    "emr-siemens-anat": _one("zyx 8 256 256", "one volume"),
    "ect-nema-2frame": _one("zyx 2 512 512", "two places"),
    "emr-small-compressed": Case(
        ("zyx 10 64 64", "tzyx 10 1 64 64"),
        "five encodings of one instance; its functional groups are gone",
        same=(
            (
                "emri_small.dcm",
                "emri_small_RLE.dcm",
                "emri_small_big_endian.dcm",
                "emri_small_jpeg_2k_lossless.dcm",
                "emri_small_jpeg_ls_lossless.dcm",
            ),
        ),
    ),
    "ts-mr-small": Case(
        ("zyx 1 64 64",),
        "seven encodings of one instance",
        same=(
            (
                "MR_small.dcm",
                "MR_small_RLE.dcm",
                "MR_small_bigendian.dcm",
                "MR_small_implicit.dcm",
                "MR_small_jp2klossless.dcm",
                "MR_small_jpeg_ls_lossless.dcm",
                "MR_small_padded.dcm",
            ),
        ),
    ),
    # ------------------------------------------------- ultrasound, projections, nuclear, color
    "us-rgb": _one("zyxc 1 240 320 3", "one image in color"),
    "us-j2k-rct": _one("zyxc 1 480 640 3", "one image in color"),
    "us-palette": _one("zyxc 1 350 800 3", "a palette is color"),
    "us-palette-rle-10frames": _one("tzyxc 10 1 430 600 3", "cine"),
    "us-ybr422-30frames": _one("tzyxc 30 1 240 320 3", "cine"),
    "us-ybr-full-multiframe-frag": _one("tzyxc 8 1 240 320 3", "cine"),
    "us-planar-vs-interleaved": Case(
        ("zyxc 1 120 256 3",),
        "one instance, in two planar configurations",
        same=(("color-pl.dcm", "color-px.dcm"),),
    ),
    "ts-bigendian-us": _one("zyxc 1 60 80 3", "one image in color"),
    "ts-htj2k-lossless-rgb": _one("zyxc 1 480 640 3", "one image, no series UID"),
    "sc-rgb-variants": Case(
        (_CAPTURES % 8, _CAPTURES % 6, _CAPTURES_TOGETHER, _CAPTURES_BY_DEPTH),
        "captures do not lie anywhere: one stack an image, or one after the other; 16 and 32 bits "
        "of one instance are the same colors in eight",
        same=(
            (
                "SC_rgb.dcm",
                "SC_rgb_rle.dcm",
                "SC_rgb_16bit.dcm",
                "SC_rgb_rle_16bit.dcm",
                "SC_rgb_32bit.dcm",
            ),
            ("SC_rgb_2frame.dcm", "SC_rgb_rle_2frame.dcm"),
            ("SC_ybr_full_422_uncompressed.dcm", "SC_ybr_full_uncompressed.dcm"),
        ),
    ),
    "xa-jpegll-12frames": _one("tzyx 12 1 512 512", "cine"),
    "cr-monochrome1-small": _one("zyx 1 254 202", "one image"),
    "dx-monochrome1-small": _one("zyx 1 169 211", "one image"),
    "mg-8bit": _one("zyx 1 512 512", "one image"),
    "nm-heart-13frames": Case(
        ("zyx 13 64 64", "tzyx 13 1 64 64"),
        "FrameIncrementPointer is the slice vector: 13 slices, not 13 times (PS3.3 C.8.4.8)",
    ),
    "pet-slices": _one("2* zyx 1 168 168", "two studies"),
    "pet-jpegll-rescale": _one("zyx 1 128 128", "one image"),
    "pm-float": _one("zyx 1 128 128", "FloatPixelData"),
    "lut-modality-voi": _one("zyx 1 512 512", "one image with a VOI LUT"),
    "pr-luts-with-image": _one("zyx 1 512 512", "one image, and a presentation state of it"),
    "ts-deflated": _one("zyx 1 512 512", "one image"),
    "ts-jpegls-variants": Case(
        (
            "2* zyx 1 128 128, zyx 1 50 10, 3* zyxc 1 256 256 3",
            "2* zyx 1 128 128, zyx 1 50 10, 2* zyxc 1 256 256 3",
        ),
        "no series UID: each alone; three begin at group 2 without preamble",
        either=("JLSL_RGB_ILV?.dcm",),
    ),
    "ts-nm-jpeg-lossy-12bit": Case(
        ("3* zyx 1 1024 256", "4* zyx 1 1024 256", "tzyx 3 1 1024 256, zyx 1 1024 256"),
        "three images in six encodings; the embedded delimiter breaks one of them",
        either=("JPEG2000-embedded-sequence-delimiter.dcm",),
        same=(("JPEG-lossy.dcm", "JPGExtended.dcm"), ("JPEG2000.dcm", "JPEG2000_UNC.dcm")),
    ),
    "seg-labelmap-sm": Case(("",), "a slide of 50 x 50 in tiles, its label maps and segments"),
    "wsi-camelyon-jpeg-12tiles": Case(("",), "a slide of 957 x 715 in 12 tiles"),
    "wsi-highdicom-tiny": Case(
        ("",),
        "slides of 50 x 50 in 25 tiles; annotations are no image",
        ("sm_annotations.dcm",),
    ),
    "seg-liver-encapsulated": Case(
        ("",),
        "labels in six encodings",
        either=("liver_deflate.dcm", "liver_rle.dcm", "liver_nonbyte_aligned_rle.dcm"),
    ),
    # ------------------------------------------------------------------ malformed and no image
    "bad-gzipped": _one("zyx 1 64 64", "an image that is compressed by gzip"),
    "bad-zip-mixed": _one(
        "zyx 1 32 32", "an image in a ZIP archive; one without Rows, twice", "*no-number-rows.dcm"
    ),
    "bad-no-meta": _nothing("plans and fragments without images"),
    "bad-truncated": Case(
        (
            "zyx 1 512 512, zyx 1 64 64, zyx 10 64 64",
            "zyx 1 512 512, zyx 10 64 64",
            "zyx 1 512 512, zyx 1 64 64",
            "zyx 1 512 512",
        ),
        "one whole image; what is cut short may be shown with a warning",
        ("rtplan_truncated.dcm",),
        either=("MR_truncated.dcm", "emri_small_jpeg_2k_lossless_too_short.dcm"),
    ),
    "bad-vr-and-sequences": Case(
        ("zyx 1 512 512, zyx 15 10 10", "zyx 1 512 512"),
        'one image; NumberOfFrames "1A" with the bytes of 15 frames',
        ("UN_sequence.dcm", "empty_charset_LEI.dcm", "nested_priv_SQ.dcm", "priv_SQ.dcm"),
        either=("badVR.dcm",),
    ),
    "charset-dev": _one("5* zyx 1 32 32", "one has no pixels", "chrJapMulti.dcm"),
    "doc-pdf": Case(("",), "a document"),
    "ecg-12lead": Case(("",), "a waveform"),
    "sr-reports": Case(("",), "reports"),
    "rtplan-rtstruct-nonimage": Case(("",), "a plan, and contours", ("rtplan.dcm",)),
}
