"""Whether the panel is open."""

from __future__ import annotations

from napari_medscan.napari_.dicom_panel import has_panel, note_open


def test_has_panel_until_the_last_one_is_closed(model):
    assert not has_panel(model)
    stops = [note_open(model), note_open(model)]
    stops[0]()
    assert has_panel(model)
    assert not has_panel(None)
    stops[1]()
    assert not has_panel(model)
