"""Cine."""

import pytest

from napari_medscan.napari_ import settings
from napari_medscan.napari_.cine import DEFAULT_RATE, Cine, cine_axis, cine_of, cine_rate
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.scroll_axis import go_to, place_on_axis

from .test_planes import opened
from .test_scroll_axis import CLIP


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


@pytest.fixture
def playing(model, qapp, tmp_path, monkeypatch):  # noqa: ARG001 - timers need it
    """Return a layer, its cine at 10 images a second, and what lets the seconds pass."""
    layer = opened(model, tmp_path / "ct", 4)
    cine = Cine(model)
    changes = []
    cine.changed.connect(lambda: changes.append(cine.is_playing))
    now = [100.0]
    monkeypatch.setattr("napari_medscan.napari_.cine.time.monotonic", lambda: now[0])
    go_to(model, layer, 0, 0)
    assert cine.play(10)

    def wait(seconds):
        now[0] = 100 + seconds
        cine._on_timer()

    yield layer, changes, wait
    cine.stop()


def test_cine_loops_at_its_pace(model, playing):
    layer, changes, wait = playing
    for seconds, place in ((0.05, 0), (0.11, 1), (0.31, 3), (0.41, 0), (1.01, 2)):
        wait(seconds)
        assert place_on_axis(model, layer, 0) == place
    assert changes == [True]


def test_cine_beside_a_hidden_finer_layer_plays_the_series_alone(model, playing):
    layer, _, wait = playing
    model.add_image(layer.data, scale=(0.3, 1, 1), visible=False)
    model.layers.selection.active = layer
    for seconds, place in ((0.11, 1), (0.31, 3), (0.41, 0)):
        wait(seconds)
        assert place_on_axis(model, layer, 0) == place


@pytest.mark.parametrize("case", ["3-D", "hidden", "another series", "other plane"])
def test_cine_stops_when_its_slider_or_series_goes(model, playing, tmp_path, case):
    layer, changes, wait = playing
    if case == "3-D":
        model.dims.ndisplay = 3
    if case == "hidden":
        layer.visible = False
    if case == "other plane":
        model.dims.order = (1, 0, 2)
    if case == "another series":
        opened(model, tmp_path / "other", 5, series=7)
    before = model.dims.point
    wait(0.5)
    assert changes == [True, False]
    assert model.dims.point == before


@pytest.mark.usefixtures("qapp")
def test_cine_of_is_one_per_viewer_and_keeps_none_alive():
    import gc
    import weakref

    from napari.components import ViewerModel

    model = ViewerModel()
    cine = cine_of(model)
    assert cine_of(model) is cine
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
    assert not cine.play()


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(
    ("wanted", "slices", "changes", "plays"),
    [(True, 4, CLIP, True), (False, 4, CLIP, False), (True, 4, {}, False), (True, 1, {}, False)],
    ids=["clip", "off", "slices", "one image"],
)
def test_autoplay_of_a_clip_if_the_settings_say_so(model, tmp_path, wanted, slices, changes, plays):
    settings.change(cine_autoplay=wanted)
    follow_openings(model)
    opened(model, tmp_path, slices, **changes)
    assert cine_of(model).is_playing == plays
    cine_of(model).stop()
    settings.change(cine_autoplay=False)
