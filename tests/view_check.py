"""What the canvas should show of a series, rendered without the code that shows it.

An image is judged by Lin's concordance with the canvas, which falls with another content, a
shift, another brightness and another contrast, and against the seven ways of turning and mirroring
it, none of which may fit better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from napari.utils.colormaps import AVAILABLE_COLORMAPS
from numpy.typing import NDArray
from qtpy.QtTest import QTest

from napari_medscan.dicom import Stack
from napari_medscan.dicom.intensity.voi_lut import Curve
from napari_medscan.napari_.layer_identity import stack_of

ALIKE = 0.95
"""Least concordance of a canvas with what it should show."""
BETTER = 0.002
"""How much better a turned or mirrored image must fit to count as what is on the canvas."""
_HALF_TURNED = 0.95
"""Of two directions that differ by less than this factor, either may decide the convention."""
FITTED = 0.95
"""Part of the canvas that napari gives to what it fits."""
_STEP = 3
"""Every third row and column of a canvas is compared."""

_L, _P, _S = np.eye(3)
_DOWN_AND_RIGHT = ((_P, _L), (-_S, _L), (-_S, _P))
"""Axial from the feet, coronal from the front, sagittal from the left, in the order of the axes
along which these planes are stacked: S, P, L."""
_TURNS = {
    "as expected": (False, False, False),
    "mirrored left to right": (False, False, True),
    "upside down": (False, True, False),
    "turned by 180 degrees": (False, True, True),
    "with rows for columns": (True, False, False),
    "turned to the right": (True, False, True),
    "turned to the left": (True, True, False),
    "with rows for columns and turned by 180 degrees": (True, True, True),
}
"""By name: whether rows become columns, then whether rows and columns are reversed."""

Pixels = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Image:
    """An image as it should stand on the canvas.

    Attributes
    ----------
    values
        (rows, columns, 1), or 3 for color.
    height, width
        In the viewer's world, mm if the series is calibrated.
    shade
        Returns what values look like, 0 to 1.
    smooth
        Whether values are interpolated linearly.
    """

    values: Pixels
    height: float
    width: float
    shade: Callable[[Pixels], Pixels]
    smooth: bool = True

    @property
    def is_black(self) -> bool:
        """Whether nothing of it can be seen."""
        return bool(self.shade(self.values).max() < 1 / 255)

    def turned(self, transpose: bool, reverse_rows: bool, reverse_columns: bool) -> Image:
        """Return it turned or mirrored."""
        values, height, width = self.values, self.height, self.width
        if transpose:
            values, height, width = values.swapaxes(0, 1), width, height
        values = values[:: -1 if reverse_rows else 1, :: -1 if reverse_columns else 1]
        return replace(self, values=values, height=height, width=width)

    def on_canvas(self, shape: tuple[int, ...], fill: float = FITTED, step: int = 1) -> Pixels:
        """Return a black canvas with the image in its middle, as a graphics card samples it.

        Parameters
        ----------
        shape
            Rows and columns of the canvas.
        fill
            Part of the canvas that the image takes along the side that limits it.
        step
            Only every so many rows and columns are returned.
        """
        scale = fill * min(shape[0] / self.height, shape[1] / self.width)
        sides = (self.height, self.width)
        drawn = self.values
        inside = np.ones([len(range(0, side, step)) for side in shape[:2]], bool)
        for axis, (extent, side) in enumerate(zip(shape[:2], sides, strict=True)):
            count = self.values.shape[axis]
            middles = np.arange(0, extent, step) + 0.5 - extent / 2
            places = (middles / (scale * side) + 0.5) * count - 0.5
            outside = (places < -0.5) | (places > count - 0.5)
            inside &= ~np.expand_dims(outside, 1 - axis)
            drawn = _sampled(drawn, places, axis, smooth=self.smooth)
        # As on the graphics card, the window comes after the interpolation.
        return np.where(inside[..., None], self.shade(drawn), np.float32(0)) * np.ones(
            3, np.float32
        )


def _sampled(pixels: Pixels, places: NDArray[Any], axis: int, *, smooth: bool) -> Pixels:
    """Return pixels at fractional places along an axis."""
    places = np.clip(places, 0, pixels.shape[axis] - 1)
    if not smooth:
        return pixels.take(np.floor(places + 0.5).astype(int), axis)
    low = np.floor(places).astype(int)
    high = np.minimum(low + 1, pixels.shape[axis] - 1)
    weight = np.expand_dims((places - low).astype(np.float32), [1 - axis, 2])
    sampled: Pixels = pixels.take(low, axis) * (1 - weight) + pixels.take(high, axis) * weight
    return sampled


def images_of(stack: Stack, number: int | None = None) -> list[Image]:
    """Return what may stand on the canvas for a slice of a series, upright.

    Parameters
    ----------
    stack
        The series.
    number
        Index into its slices; without one, its middle slices.

    Returns
    -------
    list of Image
        More than one if the middle lies between two slices, or between two conventions.
    """
    numbers = middle_slices(stack) if number is None else [number]
    drawn = [_acquired(stack, number) for number in numbers]
    if stack.modality == "RTDOSE":
        # As a color wash once it was shown on images, and in gray before.
        drawn += [_washed(stack, image) for image in drawn]
    elif stack.kind.measures == "parameters":
        drawn = [_mapped(image, "viridis") for image in drawn]
    elif stack.kind.measures == "uptake":
        # In hot colors once it was shown on a CT, and in gray before.
        drawn += [_mapped(image, "inferno") for image in drawn]
    return [
        image.turned(*turn) for image in drawn for turn in conventional_turns(stack, number or 0)
    ]


def middle_slices(stack: Stack) -> list[int]:
    """Return the slices in the middle, of the middle and of the first point in time."""
    places = stack.array.places
    middles = [{(extent - 1) // 2, extent // 2} for extent in places.shape]
    if len(middles) > 1:
        middles[0].add(0)
    numbers = {int(places[index]) for index in product(*middles)} - {-1}
    return sorted(numbers) or [stack.typical]


def conventional_turns(stack: Stack, number: int = 0) -> list[tuple[bool, bool, bool]]:
    """Return the turns that make an acquired image upright; more than one if it is a close call.

    Axial has the patient's right on the left and the front up, coronal right and head, sagittal
    front and head. A projection has the head up and, if it is frontal, right on the left; seen
    from the side, either way. An image of unknown orientation stands as acquired, and so does a
    projection without head or feet.
    """
    along = _acquired_axes(stack, number)
    if along is None:
        return [_TURNS["as expected"]]
    right, down = along
    if stack.kind.organ == "breast" and stack.header.laterality in ("R", "L"):
        hung = _hung_breast(down, right, stack.header.laterality)
        if hung is not None:
            return _upright(down, right, [hung])
    if stack.geometry.orientation is not None:
        normal = np.abs(np.cross(right, down))[::-1]
        planes = [
            plane
            for plane, weight in zip(_DOWN_AND_RIGHT, normal, strict=True)
            if weight >= _HALF_TURNED * normal.max()
        ]
        return _upright(down, right, planes)
    if not any(_is_along(axis, _S) for axis in along):
        return [_TURNS["as expected"]]
    frontal = any(_is_along(axis, _L) for axis in along)
    return _upright(down, right, [(-_S, _L)] if frontal else [(-_S, _P), (-_S, -_P)])


def _acquired_axes(stack: Stack, number: int) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """Return where a row and a column of a slice lead in the patient, None if that is unknown."""
    orientation = stack.geometry.orientation
    if orientation is not None:
        right, down = np.reshape(orientation, (2, 3))
        return right, down
    toward = {"L": _L, "R": -_L, "P": _P, "A": -_P, "H": _S, "F": -_S}
    axes = [
        toward[letters[0]]
        for letters in stack.slices[number].patient_orientation
        if letters[:1] in toward
    ]
    return (axes[0], axes[1]) if len(axes) == 2 and not axes[0] @ axes[1] else None


def _hung_breast(
    down: NDArray[Any], right: NDArray[Any], side: str
) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """Return where down and right lead if breasts hang back to back; None if neither is to P or A.

    The chest wall of the right breast is on the right. Cranio-caudal views have the outer side up,
    all others the head.
    """
    if not any(_is_along(axis, _P) for axis in (down, right)):
        return None
    to_wall = _P if side == "R" else -_P
    has_head = any(_is_along(axis, _S) for axis in (down, right))
    return (-_S if has_head else _L if side == "R" else -_L), to_wall


def _is_along(axis: NDArray[Any], other: NDArray[Any]) -> bool:
    """Return whether an axis leads to an end of another, more than to any other end."""
    return bool(abs(axis @ other) == np.abs(axis).max())


def _upright(
    down: NDArray[Any], right: NDArray[Any], planes: list[tuple[NDArray[Any], NDArray[Any]]]
) -> list[tuple[bool, bool, bool]]:
    found = []
    for wanted_down, wanted_right in planes:
        scores = {}
        for turn in _TURNS.values():
            vertical, horizontal = (right, down) if turn[0] else (down, right)
            scores[turn] = float(
                (-1 if turn[1] else 1) * vertical @ wanted_down
                + (-1 if turn[2] else 1) * horizontal @ wanted_right
            )
        best = max(scores.values())
        found += [turn for turn, score in scores.items() if score >= _HALF_TURNED * best]
    return list(dict.fromkeys(found))


def _acquired(stack: Stack, number: int) -> Image:
    """Return a slice with its first row on top, in the file's first window, in gray or color."""
    values = np.asarray(stack.array.frame(number)).astype(np.float32)
    height, width = (
        float(side) for side in np.multiply(values.shape[:2], stack.geometry.spacing[1:])
    )
    if stack.is_rgb:
        return Image(values[..., :3], height, width, lambda values: values / 255)
    curve = stack.windows[0].curve if stack.windows else None
    window = curve or (stack.windows[0] if stack.windows else None)
    low, high = window.limits if window else stack.default_limits()
    # A LINEAR window of width 1 is a threshold (PS3.3 C.11.2.1.2.1).
    high = max(high, low + 2**-12)

    def shade(values: Pixels) -> Pixels:
        part = np.clip((values - low) / (high - low), 0, 1)
        gray = _bent(part, curve) if curve else part
        return (1 - gray if stack.is_inverted else gray).astype(np.float32)

    return Image(values[..., None], height, width, shade, smooth=stack.modality != "SEG")


def _washed(stack: Stack, image: Image) -> Image:
    most = max(float(np.max(stack.read(errors="blank"))), 1e-9)

    def shade(values: Pixels) -> Pixels:
        part = values[..., 0] / most
        colors = AVAILABLE_COLORMAPS["turbo"].map(part.ravel()).reshape(*part.shape, 4)
        shaded: Pixels = np.where(part[..., None] < 0.05, 0, 0.45 * colors[..., :3])
        return shaded.astype(np.float32)

    return replace(image, shade=shade)


def _mapped(image: Image, name: str) -> Image:
    """Return an image in the colors of a colormap."""

    def shade(values: Pixels) -> Pixels:
        part = image.shade(values)[..., 0]
        colors = AVAILABLE_COLORMAPS[name].map(part.ravel()).reshape(*part.shape, 4)
        return np.asarray(colors[..., :3], dtype=np.float32)

    return replace(image, shade=shade)


def _bent(part: NDArray[Any], curve: Curve) -> NDArray[Any]:
    if not curve.steps:
        return np.interp(part, curve.places, curve.grays)
    steps = np.searchsorted(curve.places, part, side="right") - 1
    return np.asarray(curve.grays)[np.clip(steps, 0, len(curve.grays) - 1)]


def canvas_pixels(viewer: Any, *, only: object = None) -> Pixels:
    """Return the canvas without texts and scale bar, (rows, columns, 3), 0 to 1.

    Parameters
    ----------
    viewer
        A viewer with a window.
    only
        A layer: others are left out.
    """
    with _bare(viewer, only):
        shot = viewer.screenshot(canvas_only=True, flash=False)
    pixels: Pixels = shot[..., :3].astype(np.float32) / 255
    return pixels


@contextmanager
def _bare(viewer: Any, only: object) -> Iterator[None]:
    overlays = [overlay for overlay in viewer.canvas.overlays.values() if overlay.visible]
    others = [layer for layer in viewer.layers if layer.visible and only not in (None, layer)]
    for thing in (*overlays, *others):
        thing.visible = False
    try:
        yield
    finally:
        for thing in (*overlays, *others):
            thing.visible = True


def fault_of_canvas(canvas: Pixels, images: list[Image]) -> str:
    """Return what is wrong with a canvas, '' if it shows one of the images, fitted."""
    if not canvas.any() and not all(image.is_black for image in images):
        return "the canvas is black"
    faults = [_fault(canvas, image) for image in images]
    return "" if "" in faults else faults[0]


def _fault(canvas: Pixels, image: Image) -> str:
    found = {}
    for name, turn in _TURNS.items():
        expected = image.turned(*turn).on_canvas(canvas.shape, step=_STEP)
        found[name] = _likeness(canvas[::_STEP, ::_STEP], expected)
    likeness = found.pop("as expected")
    name = max(found, key=found.__getitem__)
    if found[name] > likeness + BETTER and found[name] >= ALIKE:
        return f"the image is {name}"
    return "" if likeness >= ALIKE else f"not the expected image, or not fitted ({likeness:.2f})"


def _likeness(canvas: Pixels, expected: Pixels) -> float:
    """Return the concordance where the image should be and on the whole canvas, the lesser."""
    rows, columns = (np.flatnonzero(expected.any(axis=(1 - axis, 2))) for axis in (0, 1))
    if not rows.size:
        return concordance(canvas, expected)
    place = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return min(concordance(canvas[place], expected[place]), concordance(canvas, expected))


def concordance(one: Pixels, other: Pixels) -> float:
    """Return Lin's concordance correlation: 1 for equal images, 0 for unrelated ones."""
    spread = one.var() + other.var() + (one.mean() - other.mean()) ** 2
    if spread < 1e-4:
        return 1.0
    covariance = ((one - one.mean()) * (other - other.mean())).mean()
    return float(2 * covariance / spread)


def related(one: Stack, other: Stack) -> bool:
    """Whether two series may lie on each other: one patient, one known frame of reference."""
    mine, theirs = one.header, other.header
    same_patient = mine.patient == theirs.patient and (mine.patient or mine.study == theirs.study)
    same_frame = mine.frame_of_reference == theirs.frame_of_reference != ""
    return one is other or bool(same_patient and same_frame)


def current_stack(viewer: Any) -> Stack | None:
    """Return the series that the plugin says is current."""
    from napari_medscan.napari_.current_layer import current_layer

    return stack_of(current_layer(viewer))


def faults_of_view(viewer: Any, expected: Stack, slice_number: int | None = None) -> list[str]:
    """Return everything that is wrong with a view that should show a series.

    Parameters
    ----------
    viewer
        A viewer with a window.
    expected
        The series that was opened.
    slice_number
        Index into its slices; without one, its middle slices.
    """
    active = viewer.layers.selection.active
    visible = [stack_of(layer) for layer in viewer.layers if layer.visible]
    faults = []
    if stack_of(active) is not expected:
        faults.append(f"{_name(stack_of(active))} is active")
    if current_stack(viewer) is not expected:
        faults.append(f"{_name(current_stack(viewer))} is current")
    if expected not in visible:
        faults.append("the series is not visible")
    strangers = [s for s in visible if s is not None and not related(s, expected)]
    if strangers:
        faults.append(f"also visible: {', '.join(map(_name, strangers))}")
    canvas = canvas_pixels(viewer, only=active if len(visible) > 1 else None)
    fault = fault_of_canvas(canvas, images_of(expected, slice_number))
    return [*faults, fault] if fault else faults


def _name(stack: Stack | None) -> str:
    return "no series" if stack is None else stack.name


def settle(milliseconds: int = 40) -> None:
    """Let what waits in the event loop run, as between two actions of a user."""
    QTest.qWait(milliseconds)
