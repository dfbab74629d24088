"""Key images are series of nothing but the images that a selection refers to."""

from __future__ import annotations

import numpy as np

from napari_medscan.dicom import load
from napari_medscan.dicom.objects.key_images import key_images

from ..making import write
from .labeled import COLUMNS, ROWS, position, write_ct
from .reports import selection


def opened(folder, data):
    write(folder / "key.dcm", data)
    loaded = load(folder)
    (source,) = loaded.objects
    return loaded, key_images(source, source.read(), loaded.stacks)


def test_key_images_of_two_series_are_two_series_of_these_alone(tmp_path):
    write_ct(tmp_path / "a", WindowCenter=40, WindowWidth=400)
    write_ct(tmp_path / "b", number=4)
    uids = "1.2.3.3.3", "1.2.3.4.0", "1.2.3.3.1", "1.2.3.3.1"
    loaded, found = opened(tmp_path, selection(*uids))
    assert found.missing == 0
    assert [stack.name for stack in found.stacks] == [
        "CT 3 · Chest · key images",
        "CT 4 · Chest · key images",
    ]
    first, second = found.stacks
    assert first.array.shape == (2, ROWS, COLUMNS)
    assert np.allclose(first.positions, [position(1), position(3)])
    assert second.array.shape == (1, ROWS, COLUMNS)
    series = next(stack for stack in loaded.stacks if stack.series_number == 3)
    assert np.array_equal(np.asarray(first.array), np.asarray(series.array)[[1, 3]])
    assert first.windows == series.windows


def test_key_images_that_are_not_open_are_counted(tmp_path):
    write_ct(tmp_path)
    _, found = opened(tmp_path, selection("1.2.3.3.1", "1.2.99", "1.2.98"))
    assert [len(stack.slices) for stack in found.stacks] == [1]
    assert found.missing == 2


def test_key_images_of_another_patient_are_none(tmp_path):
    write_ct(tmp_path, PatientID="another")
    data = selection("1.2.3.3.1")
    data.PatientID = "one"
    _, found = opened(tmp_path, data)
    assert (found.stacks, found.missing) == ((), 1)


def test_key_images_of_a_selection_without_images_are_none(tmp_path):
    write_ct(tmp_path)
    _, found = opened(tmp_path, selection())
    assert (found.stacks, found.missing) == ((), 0)
