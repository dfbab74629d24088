"""Every folder of several series shows what was opened; Show only shows the one it is told to."""

from __future__ import annotations

import os

import pytest

from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.objects.shown_object import object_of

from ..corpus.oracle import case_path, corpus_dir
from ..messy_disc import IMAGE_SERIES, NEWEST_DATE, study_uid
from ..view_session import NO_CORPUS, corpus

SEVERAL = [name for name, report in corpus().reports.items() if len(report.stacks) > 1]
SCOUT_FIRST = corpus_dir().parent / "situations" / "view-scout-first" / "input"
EVERY = bool(os.environ.get("MEDSCAN_TORTURE"))
"""Whether each series of a folder is shown on its own, and not only two of many."""


def shown_alone(stacks):
    """Return the series to be shown on their own: the first and the last."""
    return list(stacks) if EVERY else list(dict.fromkeys((stacks[0], stacks[-1])))


def faults_of_show_only(session, stacks):
    """Show only some of the series, listed in the panel; return what is wrong."""
    found = []
    for stack in shown_alone(stacks):
        session.show_only(stack)
        faults = session.faults_of_opening([stack], anywhere=True)
        found += [f"{stack.name}: {fault}" for fault in faults]
    return found


@pytest.mark.skipif(not SEVERAL, reason=NO_CORPUS)
@pytest.mark.parametrize("case", SEVERAL or [""])
def test_folder_of_several_series_shows_what_was_opened_and_each_series(view_session, case):
    view_session.start()
    opened = view_session.open(case_path(case))
    assert view_session.faults_of_opening(opened) == []
    assert len(opened) == len(corpus().reports[case].stacks)
    assert faults_of_show_only(view_session, opened) == []


@pytest.mark.skipif(not SEVERAL, reason=NO_CORPUS)
def test_slide_is_shown_below_its_segmentations(view_session):
    view_session.start()
    view_session.open(case_path("seg-labelmap-sm"))
    slide, *labels = [layer for layer in view_session.viewer.layers if layer.visible]
    assert object_of(slide).source.role == "slide"
    assert len(labels) == 3
    for layer in labels:
        assert layer.extent.world == pytest.approx(slide.extent.world, abs=1.1 * layer.scale[0])


@pytest.mark.skipif(not SCOUT_FIRST.is_dir(), reason=NO_CORPUS)
def test_scout_before_the_axial_series_shows_the_axial_series(view_session):
    view_session.start()
    opened = view_session.open(SCOUT_FIRST)
    (axial,) = (stack for stack in opened if stack.series_number == 2)
    assert view_session.faults_of_opening([axial]) == []
    assert faults_of_show_only(view_session, opened) == []


def test_messy_disc_drop_shows_the_first_useful_series_of_the_newest_study(
    view_session, messy_disc
):
    """Dropped on the panel: no dialog, one layer, the rest listed; then each on its own."""
    from napari_medscan.napari_.session import record

    view_session.start()
    view_session.drop_on_panel(messy_disc)
    layers = [stack_of(layer) for layer in view_session.viewer.layers]
    assert view_session.dialogs == []
    assert [stack.series_number for stack in layers] == [2]
    assert layers[0].description == "Chest 2.5 B30f"
    assert layers[0].header.study == study_uid(NEWEST_DATE)
    assert view_session.faults_of_opening(layers) == []
    assert len(record.stacks) == IMAGE_SERIES
    assert faults_of_show_only(view_session, record.stacks) == []
