"""Where the plugin and an oracle differ, and why the standard is on the plugin's side.

An entry is keyed by case and difference, as narrowly as the comparison names it. One that no
longer occurs makes the test fail: an excuse must not outlive its reason.
"""

from __future__ import annotations

INVERTED = (
    "SimpleITK inverts MONOCHROME1. The photometric interpretation says how to draw a value, not "
    "what it is (PS3.3 C.7.6.3.1.2): values stay, the colormap is turned round."
)
FRACTIONS = (
    "SimpleITK leaves the stored parts of Maximum Fractional Value; the fraction is their quotient "
    "(PS3.3 C.8.20.2.3)."
)
SHEET = (
    "SimpleITK leaves a Siemens mosaic as one sheet of tiles; the slices are where dcm2niix and "
    "the header's position of the sheet's center put them."
)
TIME_ALONG_Z = (
    "SimpleITK stacks the repeats of every position along z, so its box is too long; positions "
    "are in PlanePositionSequence (PS3.3 C.7.6.16.2.3)."
)
DOSE_GRID = (
    "dcm2niix does not read GridFrameOffsetVector (PS3.3 C.8.8.3.2) and takes a step of 1 mm for "
    "75 mm; SimpleITK and the header agree with the plugin."
)
UNEVEN = (
    "The slices are unevenly spaced, and dcm2niix takes the first gap for all. The plugin's "
    "affine joins the first and the last slice, and says that the stack is not regular."
)
SCOUTS = (
    "dcm2niix puts the two scouts, at right angles, into one volume of two slices; each is a "
    "stack of its own, where its own header says."
)
GAP_CLOSED = (
    "A slice is missing, and dcm2niix puts the others side by side; the plugin leaves its place "
    "blank, so that all others stay where Image Position (Patient) puts them."
)
TILES = (
    "dcm2niix stacks the tiles of a slide as if they were slices; they lie side by side in one "
    "plane (PS3.3 C.8.12.6.1), which is drawn as a slide."
)
TWO_SPACINGS = (
    "Six slices 4.22 mm apart and six 7.38 mm apart in one series, of other slice thickness and "
    "Image Type. dcm2niix takes the first gap for all, and adds a resampled volume; the plugin "
    "makes two stacks, each with its spacing, at the positions of the files."
)
FRAMES_IN_TIME = (
    "Four frames of a file lie 0.5 mm apart (Plane Position Sequence, PS3.3 C.7.6.16.2.3). "
    "dcm2niix takes them for times of one or two slices in 2 of 19 files that are laid out alike."
)
JPEG_ROUNDING = (
    "Lossy JPEG: decoders may round differently (ISO/IEC 10918-2), and the plugin's libjpeg-turbo "
    "converts YBR to RGB in fixed point, where pydicom follows PS3.3 C.7.6.3.1.2 in floating point."
)

EXPLAINED: dict[tuple[str, str], str] = {
    ("bad-vr-and-sequences", "SimpleITK values: badVR.dcm"): (
        'SimpleITK takes NumberOfFrames "1A" for 1, and leaves DoseGridScaling out; the file has '
        "the bytes and the grid offsets of 15 frames."
    ),
    ("bad-vr-and-sequences", "SimpleITK corners: badVR.dcm"): (
        'SimpleITK takes NumberOfFrames "1A" for 1; GridFrameOffsetVector has 15 offsets.'
    ),
    ("cr-monochrome1-small", "SimpleITK values: cr_image.dcm"): INVERTED,
    ("dicomdir-tree-pydicom", "SimpleITK values: 77654033/CR1/6154"): INVERTED,
    ("dicomdir-tree-pydicom", "SimpleITK values: 77654033/CR2/6247"): INVERTED,
    ("dicomdir-tree-pydicom", "SimpleITK values: 77654033/CR3/6278"): INVERTED,
    ("dx-monochrome1-small", "SimpleITK values: dx_image.dcm"): INVERTED,
    (
        "seg-ct-highdicom",
        "SimpleITK values: seg_image_ct_binary_fractional.dcm",
    ): FRACTIONS,
    ("seg-ct-highdicom", "SimpleITK values: seg_image_ct_true_fractional.dcm"): FRACTIONS,
    (
        "mr-mosaic-axial",
        "SimpleITK values: MR.1.3.12.2.1107.5.2.32.35131.2014031012525641770887330 +1",
    ): SHEET,
    (
        "mr-mosaic-axial",
        "SimpleITK corners: MR.1.3.12.2.1107.5.2.32.35131.2014031012525641770887330 +1",
    ): SHEET,
    (
        "mr-mosaic-sagittal-odd35",
        "SimpleITK values: MR.1.3.12.2.1107.5.2.32.35131.2014031013010980862390698 +1",
    ): SHEET,
    (
        "mr-mosaic-sagittal-odd35",
        "SimpleITK corners: MR.1.3.12.2.1107.5.2.32.35131.2014031013010980862390698 +1",
    ): SHEET,
    ("emr-philips-dti-4d", "SimpleITK corners: IM-0001-3835-0001.dcm"): TIME_ALONG_Z,
    ("emr-philips-fmri-4d", "SimpleITK corners: IM-0001-9600-0001.dcm"): TIME_ALONG_Z,
    **{
        ("rt-phantom-study", f"dcm2niix corners: RD1.3.6.1.4.1.2452.6.{dose}.dcm"): DOSE_GRID
        for dose in (
            "2111780937.1099271091.4199586950.4014688818",
            "3499739913.1197898690.1040988309.3964043299",
            "3641918815.1239528433.2837719487.3331095889",
            "3972076813.1154767945.2697895863.3611079142",
        )
    },
    ("bad-vr-and-sequences", "dcm2niix volume: 1_0.nii"): (
        'dcm2niix takes NumberOfFrames "1A" for 1; the file has the bytes and the grid offsets of '
        "15 frames."
    ),
    ("ct-dupe-positions", "dcm2niix corners: CT2.dcm +9"): UNEVEN,
    ("ct-dupe-positions", "dcm2niix volume: 1_CT0_0.nii"): UNEVEN,
    ("ct-missing-slice", "dcm2niix size: IM-0001-0007-0001.dcm +3"): (
        "dcm2niix closes the gap, or resamples to six slices of 4 mm; the plugin leaves the "
        "missing place blank, so that all others stay where they are. SimpleITK's box agrees."
    ),
    ("ct-missing-slice", "dcm2niix volume: 2_0.nii"): GAP_CLOSED,
    ("ct-tilt-ge-variable-spacing", "dcm2niix volume: 2_0.nii"): TWO_SPACINGS,
    ("ct-tilt-ge-variable-spacing", "dcm2niix volume: 2_0_Tilt_Eq_1.nii"): TWO_SPACINGS,
    **{
        ("ct-toshiba-4d-multiframe-sc", f"dcm2niix volume: {name}"): FRAMES_IN_TIME
        for name in ("8_Head_0.5_CE_Axial_4D-Vol._0.nii", "8_Head_0.5_CE_Axial_4D-Vol._0a.nii")
    },
    ("dicomdir-tree-pydicom", "dcm2niix corners: 77654033/CT2/17106 +3"): UNEVEN,
    ("dicomdir-tree-pydicom", "dcm2niix volume: 2_Routine_Brain_0.nii"): UNEVEN,
    ("dicomdir-tree-pydicom", "dcm2niix volume: 4_Scout_0.nii"): SCOUTS,
    ("dicomdir-tree-pydicom", "dcm2niix corners: 98892001/CT2N/6293"): SCOUTS,
    ("dicomdir-tree-pydicom", "dcm2niix corners: 98892001/CT2N/6924"): SCOUTS,
    ("mr-axial-oblique-ge20", "dcm2niix corners: brain_001.dcm +19"): UNEVEN,
    ("mr-axial-oblique-ge20", "dcm2niix volume: 2_FSE_PD_AXIAL_OBL_1.nii"): UNEVEN,
    ("mr-multiecho-incomplete", "dcm2niix volume: 3_2D_16Echo_qT2_1.nii"): GAP_CLOSED,
    ("mrs-voxel-nopixels", "dcm2niix volume: 30_svs_se_ave_1.nii"): (
        "dcm2niix makes a volume of one voxel of a spectrum, which the plugin plots."
    ),
    ("rt-phantom-study", "dcm2niix volume: 1_Dose_for_Testplan_0.nii"): DOSE_GRID,
    ("seg-labelmap-sm", "dcm2niix volume: 1_0.nii"): TILES,
    **{
        ("wsi-highdicom-tiny", f"dcm2niix volume: 1_0{letter}.nii"): TILES
        for letter in ("", "a", "b", "c")
    },
    ("wsi-camelyon-jpeg-12tiles", "dcm2niix volume: 1407056443_test13_0.nii"): TILES,
    ("mr-axial-oblique-ge20", "SimpleITK corners: brain_001.dcm +19"): (
        "Positions are rounded to 0.1 mm and wander off the normal by 0.085 mm. SimpleITK stacks "
        "along the normal, the plugin along the positions, which is what the header says."
    ),
    (
        "us-ybr-full-multiframe-frag",
        "rounding: IM00001.fragmented_no_bot_jpeg_baseline.50.dcm",
    ): JPEG_ROUNDING,
    (
        "us-ybr-full-multiframe-frag",
        "SimpleITK values: IM00001.fragmented_no_bot_jpeg_baseline.50.dcm",
    ): JPEG_ROUNDING,
    ("wsi-camelyon-jpeg-12tiles", "rounding: jpeg.dicom"): JPEG_ROUNDING,
}
