"""The catalogue finds images and objects in any order, and lets go of what is closed."""

from __future__ import annotations

import gc
import weakref
from itertools import permutations

import numpy as np
import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.objects.catalogue import Catalogue

from ..making import write
from .labeled import COLUMNS, ROWS, position, seg, write_ct


@pytest.fixture
def drops(tmp_path):
    """Return reports of three drops: two series, and a segmentation of the first."""
    write_ct(tmp_path / "a", number=3)
    write_ct(tmp_path / "b", number=4, FrameOfReferenceUID="1.9")
    (tmp_path / "c").mkdir()
    file = seg([(1, position(1), np.ones((ROWS, COLUMNS), bool))], {1: "liver"})
    write(tmp_path / "c" / "seg.dcm", file)
    return [load(tmp_path / name) for name in "abc"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_catalogue_finds_the_series_of_an_object_in_any_order_of_opening(drops, order):
    catalogue = Catalogue()
    (first,), (found,) = drops[0].stacks, drops[2].objects
    for number in order:
        catalogue.add(drops[number].stacks, drops[number].objects)
        assert catalogue.home_of(found) is (first if first in catalogue.stacks else None)
    catalogue.discard(drops[0].stacks)
    assert catalogue.home_of(found) is None


def test_catalogue_find_images_gives_the_slice_with_a_uid(drops):
    catalogue = Catalogue()
    catalogue.add([*drops[0].stacks, *drops[1].stacks])
    (found,) = catalogue.find_images("1.2.3.4.2")
    assert (found.stack.series_number, found.slices) == (4, (2,))
    assert list(catalogue.find_images("1.2.3.99")) == []


def test_catalogue_discard_releases_series_and_objects(drops):
    catalogue = Catalogue()
    catalogue.add(drops[0].stacks, drops[2].objects)
    list(catalogue.find_images("1.2.3.3.1"))
    catalogue.home_of(drops[2].objects[0])
    stack = weakref.ref(drops[0].stacks[0].array)
    catalogue.discard(drops[0].stacks, drops[2].objects)
    assert (catalogue.stacks, catalogue.objects) == ((), ())
    drops.clear()
    gc.collect()
    assert stack() is None


def test_catalogue_knows_an_object_that_was_opened_twice_once(drops, tmp_path):
    catalogue = Catalogue()
    catalogue.add(objects=drops[2].objects)
    again = load(tmp_path / "c").objects
    catalogue.add(objects=again)
    assert catalogue.objects == again
