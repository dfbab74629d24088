"""Cine."""

import pytest

from napari_medscan.napari_.cine import DEFAULT_RATE, Cine, cine_axis, cine_rate
from napari_medscan.napari_.layer_identity import stack_of

from .test_planes import opened


def test_the_rate_is_that_of_the_file(model, tmp_path):
    plain = opened(model, tmp_path / "a", 3)
    heart = opened(model, tmp_path / "b", 3, series=4, Modality="US", FrameTime=40)
    assert cine_rate(stack_of(plain)) == DEFAULT_RATE
    assert cine_rate(stack_of(heart)) == pytest.approx(25)


def test_what_is_played(model, tmp_path):
    assert cine_axis(model) is None
    opened(model, tmp_path, 3)
    assert cine_axis(model) == 0
    model.dims.order = (1, 0, 2)
    assert cine_axis(model) == 1
    model.dims.ndisplay = 3
    assert cine_axis(model) is None


def test_it_loops_at_its_pace_and_stops(make_napari_viewer, tmp_path, monkeypatch):
    viewer = make_napari_viewer()
    opened(viewer, tmp_path, 4)
    stopped = []
    cine = Cine(viewer, lambda: stopped.append(1))
    now = [100.0]
    monkeypatch.setattr("napari_medscan.napari_.cine.time.monotonic", lambda: now[0])
    viewer.dims.set_current_step(0, 0)
    assert cine.play(10)
    for seconds, step in ((0.05, 0), (0.11, 1), (0.31, 3), (0.41, 0), (1.01, 2)):
        now[0] = 100 + seconds
        cine._tick()
        assert viewer.dims.current_step[0] == step
    viewer.dims.ndisplay = 3
    cine._tick()
    assert not cine.is_playing
    assert stopped == [1]
