"""Dose-volume histograms: how much of a structure gets which dose.

A structure is what its closed contours enclose, by the even-odd rule, from half-way to the plane
before to half-way to the plane after (PS3.3 C.8.8.6). It is sampled on a grid of its own, finer
than the voxels of images and dose; the dose between voxels is interpolated linearly.
"""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from napari_medscan.dicom.objects.cut_region import spans_of_planes
from napari_medscan.dicom.objects.even_odd import fill_even_odd
from napari_medscan.dicom.objects.structure_set import StructureSet
from napari_medscan.dicom.objects.structures import CLOSED, Contour
from napari_medscan.dicom.series.relations import same_frame_of_reference
from napari_medscan.dicom.series.stack import Stack
from napari_medscan.dicom.space.tolerances import ONE_CONTOUR_PLANE
from napari_medscan.measure.quantity import MeasureError

Progress = Callable[[int, int], object]
"""Called with (structures done, structures in all); what it raises ends the calculation."""
Points = NDArray[np.float64]

_SAMPLES: Final = 500_000
"""Of a structure, about."""
_FINEST, _COARSEST = 0.2, 3.0
"""Distance of samples, mm."""
_ACROSS: Final = 40
"""Samples across a structure that is smaller than that."""
_MOST_LAYERS: Final = 24
"""Samples of one plane of contours along the normal."""
_SPREAD: Final = np.array((0.8191725, 0.6710436, 0.5497005))
"""Multiples of these fill a cube evenly (the R3 sequence)."""
_BINS: Final = 2000


@dataclass(frozen=True, slots=True, eq=False)
class DoseVolume:
    """The dose-volume histogram of one structure.

    Parameters
    ----------
    name : str
        Of the structure.
    color : tuple of float
        Of the structure; red, green and blue between 0 and 1.
    unit : str
        Of the dose: "Gy" or "relative dose".
    edges : ndarray, shape (bins + 1,)
        Doses between the bins, from 0.
    volumes : ndarray, shape (bins,)
        Volume that gets a dose of each bin, cm³.
    minimum, mean, maximum : float
        Dose in the structure.
    outside : float
        Share of the structure beyond the dose grid, which counts as no dose; 0 to 1.
    """

    name: str
    color: tuple[float, float, float]
    unit: str
    edges: Points
    volumes: Points
    minimum: float
    mean: float
    maximum: float
    outside: float

    @property
    def volume(self) -> float:
        """Of the whole structure, cm³."""
        return float(self.volumes.sum())

    @property
    def cumulative(self) -> Points:
        """Volume that gets at least the dose of each edge, cm³; shape (bins + 1,)."""
        return np.concatenate((np.cumsum(self.volumes[::-1])[::-1], [0.0]))

    def volume_at(self, dose: float) -> float:
        """Return the volume that gets at least a dose, cm³: V20 for 20."""
        return float(np.interp(dose, self.edges, self.cumulative))

    def dose_at(self, share: float) -> float:
        """Return the dose that a share of the volume gets at least: D95 for 0.95."""
        wanted = share * self.volume
        return float(np.interp(-wanted, -self.cumulative, self.edges))


def dose_volumes(
    structures: StructureSet,
    dose: Stack,
    numbers: Iterable[int] | None = None,
    progress: Progress | None = None,
) -> tuple[DoseVolume, ...]:
    """Return the dose-volume histograms of structures.

    Parameters
    ----------
    structures : StructureSet
        Its regions with closed contours.
    dose : Stack
        An RT Dose in the same frame of reference.
    numbers : iterable of int, optional
        ROI numbers; all regions when not given.
    progress : callable, optional
        See `Progress`.

    Raises
    ------
    MeasureError
        If it is no dose, or lies in another frame of reference.
    MedscanError, OSError
        If a file cannot be read.
    """
    if dose.kind.measures != "dose":
        raise MeasureError("The series is no RT Dose")
    if len(dose.array.places.shape) > 1:
        raise MeasureError("The dose has several values at one place")
    if not same_frame_of_reference(structures, dose):
        raise MeasureError("Dose and structures have different frames of reference")
    wanted = None if numbers is None else frozenset(numbers)
    contours = structures.read_contours()
    rois = [
        roi
        for roi in structures.rois
        if (wanted is None or roi.number in wanted)
        and closed_contours(contours.get(roi.number, ()))
    ]
    grid = _DoseGrid(dose)
    # A region on one plane is as thick as the others are far apart.
    heights = [_planes(closed_contours(contours[roi.number]))[1] for roi in rois]
    gaps = [high - low for same in heights for low, high in pairwise(same)]
    usual = statistics.median_low(gaps) if gaps else 1.0
    found = []
    for index, roi in enumerate(rois):
        if progress is not None:
            progress(index, len(rois))
        parts = samples(closed_contours(contours[roi.number]), usual)
        sampled = [(grid.at(points), volume) for points, volume in parts]
        found.append(_histogram(roi.name, roi.color, grid, sampled))
    return tuple(found)


def dose_volume_csv(histograms: Sequence[DoseVolume], *, reference: float = 0.0) -> str:
    """Return cumulative histograms as CSV, a line for each dose, and their figures before them.

    Parameters
    ----------
    histograms : sequence of DoseVolume
        Of one dose.
    reference : float
        Dose that is 100%; no column of percent without it.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    unit = histograms[0].unit if histograms else "Gy"
    writer.writerow(("Structure", "Volume (cm3)", *(f"{name} ({unit})" for name in FIGURES)))
    for each in histograms:
        figures = (f"{figure(each):.4f}" for figure in FIGURES.values())
        writer.writerow((each.name, f"{each.volume:.4f}", *figures))
    writer.writerow(())
    doses = max((each.edges for each in histograms), key=len, default=np.zeros(0))
    head = [f"Dose ({unit})", *(["Dose (%)"] if reference > 0 else [])]
    writer.writerow((*head, *(f"{each.name} (cm3)" for each in histograms)))
    for at in doses.tolist():
        share = [f"{100 * at / reference:.3f}"] if reference > 0 else []
        writer.writerow((f"{at:.4f}", *share, *(f"{h.volume_at(at):.5f}" for h in histograms)))
    return text.getvalue()


FIGURES: Final[dict[str, Callable[[DoseVolume], float]]] = {
    "Min": lambda each: each.minimum,
    "Mean": lambda each: each.mean,
    "Max": lambda each: each.maximum,
    "D98": lambda each: each.dose_at(0.98),
    "D95": lambda each: each.dose_at(0.95),
    "D50": lambda each: each.dose_at(0.50),
    "D2": lambda each: each.dose_at(0.02),
}
"""Doses that are listed of a structure; D95 is what 95% of its volume gets at least (ICRU 83)."""


class _DoseGrid:
    """The values of a dose grid between its voxels.

    Parameters
    ----------
    stack : Stack
        Is read as a whole.
    """

    def __init__(self, stack: Stack) -> None:
        self.unit = stack.unit or ""
        self._coordinates = stack.coordinates
        self._values = np.asarray(stack.read(), np.float32)
        top = float(self._values.max(initial=0.0)) or 1.0
        self.edges = np.linspace(0.0, top * (1 + 1 / _BINS), _BINS + 1)

    def at(self, points: Points) -> NDArray[np.float32]:
        """Return doses at places, LPS in mm; NaN beyond the outer faces of the grid."""
        from scipy.ndimage import map_coordinates

        indices = self._coordinates.to_index(points).T
        last = np.array(self._values.shape)[:, None] - 0.5
        inside = ((indices >= -0.5) & (indices <= last)).all(axis=0)
        found = np.full(len(points), np.nan, np.float32)
        found[inside] = map_coordinates(
            self._values, indices[:, inside], order=1, mode="nearest", output=np.float32
        )
        return found


def _histogram(
    name: str,
    color: tuple[float, float, float],
    grid: _DoseGrid,
    sampled: Sequence[tuple[NDArray[np.float32], float]],
) -> DoseVolume:
    """Return the histogram of doses at samples, each with the volume it stands for in mm³."""
    volumes = np.zeros(_BINS)
    total = outside = weighted = 0.0
    low, high = np.inf, 0.0
    for doses, volume in sampled:
        beyond = int(np.isnan(doses).sum())
        values = np.nan_to_num(doses, nan=0.0)
        counts, _ = np.histogram(values, grid.edges)
        volumes += counts * volume
        total += len(values) * volume
        outside += beyond * volume
        weighted += float(values.sum(dtype=np.float64)) * volume
        low, high = min(low, float(values.min())), max(high, float(values.max()))
    share = outside / total if total else 0.0
    mean = weighted / total if total else 0.0
    low = low if total else 0.0
    return DoseVolume(name, color, grid.unit, grid.edges, volumes / 1000, low, mean, high, share)


def closed_contours(contours: Sequence[Contour]) -> list[Points]:
    """Return the contours that enclose something, LPS in mm."""
    return [
        each.points for each in contours if each.geometric_type == CLOSED and len(each.points) > 2
    ]


def samples(closed: Sequence[Points], usual: float) -> Iterable[tuple[Points, float]]:
    """Yield the samples of a structure plane by plane, and the volume of each in mm³.

    Parameters
    ----------
    closed : sequence of ndarray, shape (points, 3)
        Closed contours, LPS in mm.
    usual : float
        Distance of planes if there is one alone, mm.
    """
    axes = _axes_of(closed)
    planes, heights = _planes(closed)
    spans = spans_of_planes(heights, usual)
    distance = _distance(planes, spans)
    for height, (below, above), same in zip(heights, spans, planes, strict=True):
        corner, inside, cell = _filled(same, distance)
        layers = min(max(1, round((below + above) / distance)), _MOST_LAYERS)
        thickness = (below + above) / layers
        # Samples anywhere in their cells: in rows, they would give the histogram steps.
        spread = np.outer(np.arange(1, len(inside) + 1), _SPREAD) % 1
        for layer in range(layers if len(inside) else 0):
            at = height - below + (layer + spread[:, :1]) * thickness
            within = corner + (inside + spread[:, 1:] - 0.5) * cell
            yield np.hstack((at, within)) @ axes, float(cell[0] * cell[1] * thickness)


def _planes(closed: Sequence[Points]) -> tuple[list[list[Points]], list[float]]:
    """Return contours by plane, in two axes within it, and the heights of the planes, mm."""
    axes = _axes_of(closed)
    planes: list[list[Points]] = []
    heights: list[float] = []
    for points in sorted((each @ axes.T for each in closed), key=lambda p: float(p[:, 0].mean())):
        height = float(points[:, 0].mean())
        if heights and height - heights[-1] < ONE_CONTOUR_PLANE:
            planes[-1].append(points[:, 1:])
        else:
            planes.append([points[:, 1:]])
            heights.append(height)
    return planes, heights


def _distance(planes: Sequence[Sequence[Points]], spans: Sequence[tuple[float, float]]) -> float:
    """Return how far apart samples are, mm."""
    volume, extent = 0.0, 0.0
    for same, (below, above) in zip(planes, spans, strict=True):
        area = sum(abs(_area(points)) for points in same)
        volume += area * (below + above)
        extent = max(extent, area**0.5)
    wanted = min((volume / _SAMPLES) ** (1 / 3), extent / _ACROSS)
    return float(min(max(wanted, _FINEST), _COARSEST))


def _area(points: Points) -> float:
    x, y = points.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def _filled(contours: Sequence[Points], distance: float) -> tuple[Points, Points, Points]:
    """Return the corner, the indices that lie inside, and the size of the cells of a plane."""
    every = np.vstack(contours)
    low, high = every.min(axis=0), every.max(axis=0)
    counts = np.maximum(1, np.ceil((high - low) / distance)).astype(int)
    cell = np.maximum((high - low) / counts, 1e-9)
    corner = low + cell / 2
    rows, columns = counts.tolist()
    mask = fill_even_odd([(points - corner) / cell for points in contours], (rows, columns))
    return corner, np.argwhere(mask).astype(np.float64), cell


def _axes_of(contours: Sequence[Points]) -> NDArray[np.float64]:
    """Return the normal of the planes of contours and two axes within them, (3, 3)."""
    largest = max(contours, key=lambda each: float(np.ptp(each, axis=0).sum()))
    centered = largest - largest.mean(axis=0)
    normal = np.cross(centered, np.roll(centered, -1, axis=0)).sum(axis=0)
    length = float(np.linalg.norm(normal))
    normal = normal / length if length else np.array([0.0, 0.0, 1.0])
    normal *= np.sign(normal[np.argmax(np.abs(normal))])
    first: NDArray[Any] = np.eye(3)[int(np.argmin(np.abs(normal)))]
    first = first - normal * (first @ normal)
    first /= np.linalg.norm(first)
    return np.array((normal, np.cross(normal, first), first))
