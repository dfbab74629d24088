"""Hold one stack of the plugin against the headers, the decoders and the other tools.

Every check adds to a `Verdict`: one more exact comparison, or a named difference. Frames are
looked up by where they lie, so the direction of the slices is the plugin's choice but a slice in
the wrong place, order or time is not.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from .decode import header
from .oracle import (
    Json,
    box_corners,
    case_files,
    corner_distance,
    nifti_corners,
    nifti_volumes,
    sitk_corners,
    sitk_series,
)
from .places import Frame, frames
from .slides import compare_slide
from .values import compare_values, known
from .verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medscan.dicom import LoadReport

Slot = tuple[int, int]

CLOSE_MM = 0.01
# The plugin calls a series regular when its gaps are within 1 % (dicom-rules.md, 6): the slices
# between the first and the last can then be that far from where one affine puts them.
REGULAR = 0.01


def compare_stack(
    case: str, stack: Json, array: np.ndarray, valid: np.ndarray, verdict: Verdict
) -> list[Frame]:
    """Check one stack; `array` is what the Python API hands out for it.

    Returns
    -------
    list of Frame
        The frames it shows; empty when it is not clear which they could be.
    """
    files = list(dict.fromkeys(stack["files"]))
    label = name_of(files)
    _check_pixels_agree(case, stack, array, label, verdict)
    _check_summary(stack, array[valid], label, verdict)
    images = [frame for file in files for frame in frames(case, file)]
    segmented = bool(header(case, files[0]).get("SegmentSequence"))
    groups = segments(images) if segmented else [images]
    tries: list[tuple[list[Frame], Verdict, list[Slot]]]
    if images[0].tile is not None:
        tries = [
            (group, compare_slide(stack["axes"], array, group, label), [])
            for group in ([*groups, images] if segmented else groups)
        ]
    else:
        cube = as_tzyx(stack["axes"], array)
        fitting = [group for group in groups if fits(group, cube, stack)]
        if not verdict.check(bool(fitting), f"count: {label}", _count_detail(images, stack)):
            return []
        tries = [(group, *_compare_frames(stack, cube, group, label)) for group in fitting]
    # Which segment a stack is, its values say: the one that fits.
    chosen, best, slots = min(tries, key=lambda one: len(one[1].differences))
    verdict.exact += best.exact
    verdict.differences.update(best.differences)
    if slots:
        cube = as_tzyx(stack["axes"], array)
        _compare_sitk(case, stack, cube, chosen, slots, verdict)
        _compare_dcm2niix(case, stack, cube, chosen, verdict)
    return chosen


def compare_volumes(case: str, opened: LoadReport, verdict: Verdict) -> None:
    """Check that each of dcm2niix's volumes has the corners of a stack or a segmentation."""
    from napari_medscan.dicom import Segmentation

    grids = [(s.geometry.affine, s.array.shape, s.axes.find("z")) for s in opened.stacks]
    for each in opened.objects:
        if isinstance(each, Segmentation):
            own = each.place(())
            grids.append((own.geometry.affine, own.shape, 0))
    ours = [
        box_corners(affine, shape[z : z + 3])
        for affine, shape, z in grids
        if affine is not None and z >= 0
    ]
    for volume in nifti_volumes(case):
        theirs = nifti_corners(volume)
        apart = min((corner_distance(corners, theirs) for corners in ours), default=np.inf)
        verdict.check(apart < CLOSE_MM, f"dcm2niix volume: {volume['name']}", f"{apart:.4f} mm")


def name_of(files: Sequence[str]) -> str:
    """Return what a stack is called in differences: the same whatever order it has."""
    return min(files) if len(files) == 1 else f"{min(files)} +{len(files) - 1}"


def _check_pixels_agree(
    case: str, stack: Json, array: np.ndarray, label: str, verdict: Verdict
) -> None:
    """The command and the Python API must hand out the same array.

    The command may only give up on it when nobody can decode one of its files.
    """
    pixels = stack["pixels"]
    if "error" in pixels:
        undecodable = not all(known(case, file) for file in stack["files"])
        verdict.check(undecodable, f"pixels: {label}", str(pixels["error"]))
        return
    values = np.ascontiguousarray(array, "<f4")
    digest = hashlib.sha256(values.tobytes()).hexdigest()
    same = digest == pixels["sha256_float32"]
    verdict.check(same, f"sha256: {label}", "the command's hash is not the array's")
    right = list(array.shape) == stack["shape"] and str(array.dtype) == stack["dtype"]
    verdict.check(right, f"shape/dtype: {label}", f"{array.shape} {array.dtype}")


def _check_summary(stack: Json, values: np.ndarray, label: str, verdict: Verdict) -> None:
    """The command must sum up the values of the slices that there are."""
    pixels = stack["pixels"]
    if "error" in pixels:
        return
    summary = [float(np.min(values)), float(np.max(values)), float(np.mean(values, dtype="f8"))]
    told = [pixels["min"], pixels["max"], pixels["mean"]]
    close = np.allclose(told, summary, rtol=1e-5, atol=1e-6)
    verdict.check(bool(close), f"min/max/mean: {label}", f"{told} != {summary}")


def as_tzyx(axes: str, array: np.ndarray) -> np.ndarray:
    """Return (t, z, y, x[, c]) whatever axes there are."""
    assert axes.endswith(("zyx", "zyxc")), axes
    return array if axes.startswith("t") else array[np.newaxis]


def segments(images: list[Frame]) -> list[list[Frame]]:
    """Return the frames of a segmentation, a list a segment."""
    numbers = sorted({frame.segment for frame in images if frame.segment is not None})
    return [[f for f in images if f.segment == number] for number in numbers] or [images]


def fits(group: list[Frame], cube: np.ndarray, stack: Json) -> bool:
    """Say whether the frames and the blank slices together fill the stack."""
    filled = len(group) + stack["missing_slices"] * cube.shape[0]
    rows, columns = (part.stop - part.start for part in group[0].part)
    return filled == cube.shape[0] * cube.shape[1] and cube.shape[2:4] == (rows, columns)


def _count_detail(images: list[Frame], stack: Json) -> str:
    return f"{len(images)} frames, stack {stack['shape']} missing {stack['missing_slices']}"


def _compare_frames(
    stack: Json, cube: np.ndarray, group: list[Frame], label: str
) -> tuple[Verdict, list[Slot]]:
    """Compare every frame with the slice it should be, and blanks with nothing.

    Returns
    -------
    verdict : Verdict
    slots : list of tuple of int
        Time and slice of every frame; empty when they could not be told.
    """
    verdict = Verdict()
    where: dict[Frame, Slot] = {}
    slots = place(stack, group, cube.shape[1], label, verdict)
    if slots is None:
        return verdict, []
    if cube.shape[0] == 1 and len({frame.file for frame in group}) == len(group):
        ordered = slots == sorted(slots)
        verdict.check(ordered, f"file order: {label}", "files are not listed in stack order")
    seen = np.zeros(cube.shape[:2], bool)
    for z in sorted(set(slots)):
        here = [frame for frame, slot in zip(group, slots, strict=True) if slot == z]
        here.sort(key=lambda frame: frame.time)
        full = len(here) == cube.shape[0]
        if not verdict.check(full, f"times: {label}", f"slice {z}: {len(here)} frames"):
            return verdict, []
        for t, frame in enumerate(here):
            seen[t, z] = True
            where[frame] = (t, z)
            _compare_values(cube[t, z], frame, label, verdict)
    for t, z in np.argwhere(~seen):
        blank = float(np.ptp(cube[t, z])) == 0
        verdict.check(blank, f"blank: {label}", f"slice {z} is missing but not blank")
    return verdict, [where[frame] for frame in group]


def _compare_values(ours: np.ndarray, frame: Frame, label: str, verdict: Verdict) -> None:
    if not known(frame.case, frame.file):
        blank = float(np.ptp(ours)) == 0
        verdict.check(blank, f"invented: {label}", f"{frame.file}: no tool can decode it")
        return
    compare_values(ours, frame.values(), f"{frame.file} frame {frame.number}", label, verdict)


def place(
    stack: Json, group: list[Frame], depth: int, label: str, verdict: Verdict
) -> list[int] | None:
    """Return the slice index of every frame, or None when that cannot be said."""
    if any(frame.corners() is None for frame in group):
        unknown = stack["affine_lps"] is None
        verdict.check(unknown, f"affine: {label}", "an affine, but the header has no position")
        return _place_without_positions(group, depth)
    along = np.array([frame.along() for frame in group])
    slots = np.unique(np.round(along, 3), return_inverse=True)[1].tolist()
    if not verdict.check(stack["affine_lps"] is not None, f"affine: {label}", "no affine"):
        return slots if max(slots) < depth else None
    affine = np.array(stack["affine_lps"])
    _compare_spacing(stack, affine, label, verdict)
    if not (stack["regular"] or stack["missing_slices"]):
        first = group[slots.index(0)]
        _compare_corners(affine, 0, first, CLOSE_MM, label, verdict)
        return slots if max(slots) < depth else None
    inner = max(CLOSE_MM, REGULAR * float(np.linalg.norm(affine[:3, 0])))
    slots = [frame.index_in(affine) for frame in group]
    for frame, slot in zip(group, slots, strict=True):
        outermost = slot in {min(slots), max(slots)}
        tolerance = CLOSE_MM if outermost else inner
        _compare_corners(affine, slot, frame, tolerance, label, verdict)
    inside = min(slots) >= 0 and max(slots) < depth
    return slots if verdict.check(inside, f"inside: {label}", f"slots {slots}") else None


def _place_without_positions(group: list[Frame], depth: int) -> list[int]:
    """Without positions: slices by instance and frame number, or all at one place in time."""
    if depth == 1:
        return [0] * len(group)
    order = sorted(range(len(group)), key=lambda at: group[at].time)
    return [order.index(at) for at in range(len(group))]


def _compare_spacing(stack: Json, affine: np.ndarray, label: str, verdict: Verdict) -> None:
    told = np.array(stack["spacing_mm"], float)
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    verdict.check(
        bool(np.allclose(told, steps, rtol=1e-4)), f"spacing: {label}", f"{told} but {steps}"
    )


def _compare_corners(
    affine: np.ndarray, z: int, frame: Frame, tolerance: float, label: str, verdict: Verdict
) -> None:
    height, width = (part.stop - part.start for part in frame.part)
    index = [[z, y, x, 1] for y in (0, height - 1) for x in (0, width - 1)]
    ours = (affine @ np.array(index, float).T).T[:, :3]
    theirs = frame.corners()
    assert theirs is not None
    apart = float(np.linalg.norm(ours - theirs, axis=-1).max())
    detail = f"{frame.file} frame {frame.number}: {apart:.4f} mm from the header"
    verdict.check(apart <= tolerance, f"header corners: {label}", detail)


def _compare_sitk(
    case: str,
    stack: Json,
    cube: np.ndarray,
    group: list[Frame],
    slots: list[Slot],
    verdict: Verdict,
) -> None:
    """Compare with SimpleITK's series of the same files: values in its order, and corners."""
    files = list(dict.fromkeys(frame.file for frame in group))
    series, label = sitk_series(case, files), name_of(files)
    if series is None or len(group) != sum(len(frames(case, file)) for file in files):
        return
    theirs = sorted(range(len(group)), key=lambda at: _sitk_place(series, group[at]))
    ours = np.stack([cube[slots[at]] for at in theirs])
    digest = hashlib.sha256(np.ascontiguousarray(ours, "<f4").tobytes()).hexdigest()
    detail = f"mean {np.mean(ours, dtype='f8'):.6g}, SimpleITK {series['mean']:.6g}"
    verdict.check(digest == series["sha256_float32_zyx"], f"SimpleITK values: {label}", detail)
    corners = sitk_corners(series)
    if corners is None or stack["affine_lps"] is None or cube.shape[1] == 1:
        return
    apart = corner_distance(box_corners(np.array(stack["affine_lps"]), cube.shape[1:4]), corners)
    verdict.check(apart < CLOSE_MM, f"SimpleITK corners: {label}", f"{apart:.4f} mm")


def _sitk_place(series: Json, frame: Frame) -> tuple[int, int]:
    return series["order"].index(frame.file), frame.number


def _compare_dcm2niix(
    case: str, stack: Json, cube: np.ndarray, group: list[Frame], verdict: Verdict
) -> None:
    """Compare corners with the nearest of dcm2niix's volumes of the same size."""
    files = list(dict.fromkeys(frame.file for frame in group))
    volumes, label = nifti_volumes(case), name_of(files)
    if stack["affine_lps"] is None or group[0].position is None or not volumes:
        return
    ours = box_corners(np.array(stack["affine_lps"]), cube.shape[1:4])
    sized = [v for v in volumes if sorted(v["dim"][:3]) == sorted(cube.shape[1:4])]
    if sized:
        apart = min(corner_distance(ours, nifti_corners(volume)) for volume in sized)
        verdict.check(apart < CLOSE_MM, f"dcm2niix corners: {label}", f"{apart:.4f} mm")
    elif len(files) == len(case_files(case)):
        detail = f"{cube.shape}, dcm2niix {[volume['dim'] for volume in volumes]}"
        verdict.check(ok=False, what=f"dcm2niix size: {label}", detail=detail)
