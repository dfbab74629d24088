"""Titles of panes of any width: none is cut within a letter, and what tells most is first."""

from __future__ import annotations

import pytest
from qtpy.QtGui import QFontMetrics

from napari_medscan.napari_.panes.pane_header import PaneHeader, Title

LATEST = Title("CT 2 · Chest 2.5 B30f · latest · CT chest", "CT 2 · latest · Chest 2.5 B30f")
PRIOR = Title(
    "CT 2 · Chest 2.5 B30f · 5 months before the latest · CT chest",
    "CT 2 · −5 months · Chest 2.5 B30f",
)


@pytest.fixture
def header(qtbot):
    header = PaneHeader("#f0a030")
    qtbot.addWidget(header)
    return header


@pytest.mark.parametrize("width", range(20, 500, 40))
def test_title_is_no_wider_than_asked(header, width):
    metrics = QFontMetrics(header.font())
    text = PRIOR.fitted(metrics, width)
    assert metrics.horizontalAdvance(text) <= max(width, metrics.horizontalAdvance("…"))
    assert text == PRIOR.full or text.endswith("…") or text == PRIOR.brief


def test_title_in_a_narrow_pane_still_tells_the_prior(header, qtbot):
    both = [LATEST, PRIOR]
    header.show()
    for widget, show in (
        (header.title, header.show_title),
        (header.series, lambda title: header.show_choice(both, both.index(title))),
    ):
        for title in both:
            show(title)
            header.resize(1000, 30)
            qtbot.wait(10)
            read = (lambda: header.series.shown_text) if widget is header.series else widget.text
            assert read() == title.full
            header.resize(170, 30)
            qtbot.wait(10)
            assert read().startswith(title.brief[:8])
            assert read().endswith("…")
            assert title.full in widget.toolTip()


def test_headers_with_a_title_and_with_a_choice_are_equally_high(header):
    header.show_title(LATEST)
    height = header.sizeHint().height()
    header.show_choice([LATEST, PRIOR], 1)
    assert header.sizeHint().height() == height
