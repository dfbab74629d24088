"""A blank slice is redrawn when its frame can be read after all."""

from __future__ import annotations

import imagecodecs
import numpy as np

from napari_medscan.dicom.elements.isolation import workers
from napari_medscan.napari_.layers import image_layer
from napari_medscan.workers import WorkerError

from ..dicom.building import encapsulate, encapsulated_header, make_layout, stacks_of


def test_a_slice_that_was_late_appears_without_being_asked_for(qtbot, monkeypatch):
    pixels = np.arange(20, dtype=np.uint8).reshape(4, 5)
    streams = [imagecodecs.jpegls_encode(pixels + np.uint8(n)) for n in range(3)]
    header = encapsulated_header(encapsulate(streams), frames=3, layout=make_layout(4, 5, 8))
    (stack,) = stacks_of([header])
    layer = image_layer(stack)
    fill, late = workers.fill, [True]

    def busy(*args, **options):
        if late:
            late.clear()
            raise WorkerError("timed out")
        return fill(*args, **options)

    monkeypatch.setattr(workers, "fill", busy)
    layer._slice_dims(_dims(layer, 2))
    assert not layer._slice.image.view.any()
    qtbot.waitUntil(lambda: bool(layer._slice.image.view.any()), timeout=10_000)
    assert np.array_equal(layer._slice.image.view, pixels + 2)
    assert not stack.problems


def _dims(layer, step):
    from napari.components import Dims

    ndim = layer.ndim
    return Dims(ndim=ndim, ndisplay=2, range=[(0, 2, 1)] * ndim, point=[step] + [0] * (ndim - 1))
