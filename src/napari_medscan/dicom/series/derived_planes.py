"""Derived objects that leave empty planes out: the step of the grid that their planes lie on."""

from __future__ import annotations

from collections.abc import Iterable

from napari_medscan.dicom.headers.header import ImageHeader
from napari_medscan.dicom.space.plane_grid import plane_step
from napari_medscan.dicom.space.vectors import dot, normal_of

_Plane = tuple[float, ...]


class DerivedPlanes:
    """Steps between the planes of files, each worked out once for all segments of a file."""

    def __init__(self) -> None:
        self._steps: dict[tuple[_Plane, tuple[int, ...]], float | None] = {}
        self._headers: list[ImageHeader] = []

    def step(self, headers: Iterable[ImageHeader], orientation: _Plane) -> float | None:
        """Return the distance of neighboring planes in some files, mm, None if it is not even.

        Parameters
        ----------
        headers : iterable of ImageHeader
            The files of a stack: several if a segmentation was split into a concatenation.
        orientation : tuple of float
            Of the stack; planes of other orientations lie on other grids.
        """
        files = {id(header): header for header in headers}
        key = orientation, tuple(files)
        if key not in self._steps:
            self._steps[key] = _step_of(files.values(), orientation)
            # An id is that of one header as long as the header is there.
            self._headers += files.values()
        return self._steps[key]


def _step_of(headers: Iterable[ImageHeader], orientation: _Plane) -> float | None:
    normal = normal_of(orientation)
    planes, hints = set(), []
    for header in headers:
        hints += [header.slice_spacing, header.slice_thickness]
        planes |= {
            dot(frame.position, normal)
            for frame in header.frames
            if frame.position is not None and frame.orientation == orientation
        }
    return plane_step(list(planes), [hint for hint in hints if hint])
