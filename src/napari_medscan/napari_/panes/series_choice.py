"""Which series a pane offers, and which one it shows by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import napari.viewer
import numpy as np

from napari_medscan.dicom import Stack
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.dicom.series.orientation import axis_vectors
from napari_medscan.dicom.series.relations import same_patient
from napari_medscan.dicom.series.series_rank import SeriesRank, rank_of, side_of
from napari_medscan.dicom.series.studies import Study, studies_of
from napari_medscan.napari_.layer_identity import series_of
from napari_medscan.napari_.panes.pane_header import Title


def offered_series(viewer: napari.viewer.Viewer, found: Iterable[Stack]) -> dict[Stack, Title]:
    """Return the series to choose from with their titles, in the order of the browser.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers are offered, too: those of samples are not in the session's record.
    found : iterable of Stack
        The series of the session, open or not.

    Returns
    -------
    dict of Stack to Title
        The study is in the title where there are several, its interval first. In a narrow pane
        the interval follows the number of the series: it tells a prior from the latest.
    """
    opened = [stack for layer in viewer.layers if (stack := series_of(layer)) is not None]
    studies = studies_of(dict.fromkeys([*found, *opened]))
    return {
        stack: _title(stack, study if len(studies) > 1 else None)
        for study in studies
        for stack in study.stacks
    }


def _title(stack: Stack, study: Study | None) -> Title:
    if study is None:
        return Title(defuse(stack.name))
    number, _, description = stack.name.partition(" · ")
    return Title(
        _joined(stack.name, study.when(), study.name),
        _joined(number, study.short_interval, description, study.name),
    )


def _joined(*parts: str) -> str:
    return defuse(" · ".join(filter(None, parts)))


def next_series(
    offered: Sequence[Stack],
    current: Stack | None,
    displayed: Iterable[Stack],
    opened: Iterable[Stack],
) -> Stack | None:
    """Return the series that an empty pane shows beside the current one.

    A prior of the same kind comes first: same modality and plane, another study of the same
    patient. Then the others of the same study, then those of other studies. Of eyes and breasts
    the other side comes first, beside a B-scan the image of the same eye, of priors the same
    side. Localizers, screenshots and series that a canvas displays already, such as the CT below
    its PET, come last. A series of another patient has to be open.

    Parameters
    ----------
    offered : sequence of Stack
        The series in the order of the browser.
    current : Stack or None
        The current series of the main canvas.
    displayed : iterable of Stack
        The series that are visible on the main canvas, the current one among them.
    opened : iterable of Stack
        The series that are layers of the main viewer.

    Returns
    -------
    Stack or None
        None if there is no other series.
    """
    displayed, opened = set(displayed), set(opened)
    start = offered.index(current) + 1 if current in offered else 0
    # From the current one on, so that the prior before it comes before older ones.
    others = [stack for stack in [*offered[start:], *offered[:start]] if stack is not current]
    if current is None:
        return next((stack for stack in others if stack in opened), None)

    def rank(stack: Stack) -> tuple[bool, bool, bool, int, int, bool, bool]:
        return (
            not same_patient(current, stack),
            stack in displayed,
            rank_of(stack) >= SeriesRank.LOCALIZER,
            _relation(current, stack),
            _pairing(current, stack),
            stack.header.body_part != current.header.body_part,
            stack.description != current.description,
        )

    allowed = [stack for stack in others if same_patient(current, stack) or stack in opened]
    return min(allowed, key=rank, default=None)


def _relation(current: Stack, other: Stack) -> int:
    """Return 0 for a prior of the same kind, 1 for the same study, 2 for any other."""
    if current.header.study == other.header.study:
        return 1
    is_alike = current.modality == other.modality and _plane(current) == _plane(other)
    return 0 if is_alike else 2


def _pairing(current: Stack, other: Stack) -> int:
    """Return how well two series of a paired organ hang beside each other; 0 is best."""
    sides = side_of(current), side_of(other)
    if not current.kind.organ or current.kind.organ != other.kind.organ or "" in sides:
        return 0
    is_same = sides[0] == sides[1]
    if current.header.study != other.header.study:
        return 0 if is_same else 1
    if current.kind.organ == "eye" and current.kind.is_cross_section:
        # The image on which its B-scans lie, then the B-scans of the other eye.
        is_scan = other.kind.is_cross_section
        return 0 if is_same and not is_scan else 1 if is_scan and not is_same else 2
    is_alike = current.modality == other.modality and current.header.view == other.header.view
    return 0 if is_alike and not is_same else 1 if is_same else 2


def _plane(stack: Stack) -> int | None:
    """Return the axis of the patient that slices follow each other along; None if unknown."""
    axes = axis_vectors(stack.geometry)
    return None if axes is None else int(np.argmax(np.abs(np.cross(axes[1], axes[2]))))
