"""Views of text are as high as their lines."""

from __future__ import annotations

import pytest

from napari_medscan.widgets.texts import PlainView


@pytest.mark.parametrize("count", [4, 9])
def test_a_view_ends_with_a_whole_line(count, qtbot):
    view = PlainView(most=4)
    qtbot.addWidget(view)
    view.say("\n".join("A line" for _ in range(count)))
    view.show()
    qtbot.waitExposed(view)
    last = view.document().findBlockByNumber(3)
    place = view.blockBoundingGeometry(last).translated(view.contentOffset())
    room = view.viewport().height()
    assert place.bottom() <= room
    # What is below it is scrolled to, and shows no upper half.
    assert count == 4 or room <= place.bottom() + 1
