"""File > Open Sample: made once, opened like any study."""

from __future__ import annotations

import functools

import pytest

from napari_medscan import phantoms, samples
from napari_medscan.napari_.layer_identity import stack_of
from napari_medscan.napari_.openings import follow_openings
from napari_medscan.napari_.viewer_tools import tools_of

WRITERS = ("write_ct_chest", "write_mr_brain_oblique", "write_pet_ct")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Return the cache folder; the phantoms are small ones."""
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / name)
    for name in WRITERS:
        small = functools.partial(getattr(phantoms, name), size=32, slices=4)
        monkeypatch.setattr(phantoms, name, small)
    return tmp_path / "napari-medscan"


def files(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("sample", "names"),
    [
        ("ct_chest", ["CT 2 · Chest 2.5 B30f"]),
        ("mr_brain_oblique", None),
        ("pet_ct", None),
    ],
)
def test_samples_open(make_napari_viewer, cache, sample, names):
    viewer = make_napari_viewer()
    layers = viewer.open_sample("napari-medscan", sample)
    assert len(layers) == (2 if sample == "pet_ct" else 1)
    if names:
        assert [layer.name for layer in layers] == names
    for layer in layers:
        stack = stack_of(layer)
        assert layer.data is stack.array.display
        assert not stack.warnings
        low, high = layer.contrast_limits
        assert layer.contrast_limits_range[0] < low
        assert layer.contrast_limits_range[1] > high
        assert [str(unit) for unit in layer.units] == ["millimeter"] * 3
    before = files(cache)
    assert before
    viewer.open_sample("napari-medscan", sample)
    assert files(cache) == before


def test_the_contrast_range_is_that_of_the_file_opened_by_hand(make_napari_viewer, cache):
    viewer = make_napari_viewer()
    (sample,) = viewer.open_sample("napari-medscan", "ct_chest")
    (folder,) = cache.glob("phantoms/*/ct-chest")
    (by_hand,) = viewer.open(str(folder), plugin="napari-medscan")
    assert sample.contrast_limits_range == by_hand.contrast_limits_range
    assert sample.contrast_limits == by_hand.contrast_limits


def test_listening_ends_with_the_last_layer(make_napari_viewer):
    viewer = make_napari_viewer()
    follow_openings(viewer)
    tools_of(viewer)
    listeners = len(viewer.layers.events.inserted.callbacks)
    viewer.open_sample("napari-medscan", "pet_ct")
    assert len(viewer.layers.events.inserted.callbacks) == listeners


def test_without_a_viewer_a_sample_is_data_and_options(monkeypatch):
    monkeypatch.setattr("napari.current_viewer", lambda: None)
    ((data, options, kind),) = samples.ct_chest()
    assert kind == "image"
    assert data.shape == (4, 32, 32)
    assert options["name"] == "CT 2 · Chest 2.5 B30f"


def test_an_interrupted_writing_leaves_no_half_study(cache):
    def interrupted(folder):
        (folder / "IM000001.dcm").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        samples.study_folder("study", interrupted)
    assert files(cache) == {}

    def whole(folder):
        (folder / "IM000001.dcm").write_bytes(b"whole")

    folder = samples.study_folder("study", whole)
    assert (folder / "IM000001.dcm").read_bytes() == b"whole"
    assert list(folder.parent.iterdir()) == [folder]


def test_two_naparis_may_write_at_once():
    def slower(folder):
        (folder / "IM000001.dcm").write_bytes(b"the slower one's")
        samples.study_folder("study", lambda other: (other / "a").write_bytes(b"the quicker one's"))

    folder = samples.study_folder("study", slower)
    assert [path.name for path in folder.iterdir()] == ["a"]
    assert list(folder.parent.iterdir()) == [folder]
