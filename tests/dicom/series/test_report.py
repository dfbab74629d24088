"""What becomes of a single image whose only frame cannot be read."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

from napari_medscan.dicom.elements.isolation import workers
from napari_medscan.dicom.series.report import LoadReport
from napari_medscan.frames.late_frames import queue
from napari_medscan.workers import WorkerError

from ..building import encapsulate, encapsulated_header, make_layout, stacks_of


@pytest.mark.parametrize(
    ("reason", "told"), [("timed out", {}), ("corrupt data", {"a": "corrupt pixel data"})]
)
def test_tried_single_image_keeps_what_is_late_and_drops_what_is_corrupt(monkeypatch, reason, told):
    data = encapsulate([imagecodecs.jpegls_encode(np.ones((4, 5), np.uint8))])
    (stack,) = stacks_of([encapsulated_header(data, layout=make_layout(4, 5, 8))])

    def fail(*_, **__):
        raise WorkerError(reason)

    monkeypatch.setattr(workers, "fill", fail)
    with queue.reading():
        report = LoadReport((stack,), {}, {}, {}).tried([stack])
    assert report.unreadable == told
    assert bool(report.stacks) is not bool(told)
