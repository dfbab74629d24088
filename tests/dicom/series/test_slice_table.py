"""The table of slices: what comes back from JSON, and what is stored once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medscan.dicom.files.file_ref import FileRef
from napari_medscan.dicom.files.walk import DroppedFile
from napari_medscan.dicom.series.slice_table import SliceRecord, SliceTable

from ..building import AXIAL, CORONAL, OBLIQUE, files, make_frame, make_header, refs

COORDINATES = st.floats(-1e4, 1e4)
FRAMES = st.builds(
    make_frame,
    position=st.none() | st.tuples(COORDINATES, COORDINATES, COORDINATES),
    orientation=st.sampled_from([None, AXIAL, CORONAL, OBLIQUE]),
    spacing=st.sampled_from([None, (1.0, 1.0), (0.1, 1 / 3)]),
    segment=st.integers(0, 3),
    tile=st.sampled_from([None, (0, 0), (0, 64)]),
)
HEADERS = st.lists(
    st.tuples(
        st.lists(FRAMES, min_size=1, max_size=4),
        st.sampled_from([(), ("L", "F"), ("A", "FR")]),
    ),
    min_size=1,
    max_size=5,
)


def recalled(table, headers):
    """Return a table as it comes back from the index."""
    numbers = {header.name: number for number, header in enumerate(headers)}
    packed = json.loads(json.dumps(table.packed(numbers)))
    return SliceTable.unpacked(packed, [DroppedFile(h.source.file, h.name) for h in headers])


@given(HEADERS, st.randoms(use_true_random=False))
def test_table_recalled_has_equal_records(wanted, random):
    headers = [
        make_header(*frames, name=f"f{number}", patient_orientation=letters)
        for number, (frames, letters) in enumerate(wanted)
    ]
    slices = refs(headers)
    random.shuffle(slices)
    table = SliceTable.of(slices)
    assert [*table] == [SliceRecord.of(ref) for ref in slices]
    again = recalled(table, headers)
    assert [*again] == [*table]
    assert again.files == table.files == tuple(dict.fromkeys(ref.header.name for ref in slices))


def test_table_index_is_that_of_a_sequence():
    table = SliceTable.of(refs(files([make_frame((0, 0, z)) for z in (0.0, 2.0, 4.0)])))
    assert table[-1].position == (0, 0, 4)
    assert [record.position[2] for record in table[::-1]] == [4, 2, 0]
    with pytest.raises(IndexError):
        table[3]


def test_table_many_slices_stores_equal_values_once():
    headers = files([make_frame((0.1, 0.2, z / 3)) for z in range(2000)])
    packed = SliceTable.of(refs(headers)).packed({h.name: i for i, h in enumerate(headers)})
    for name in ("orientation", "spacing", "patient_orientation", "segment", "tile", "index"):
        assert len(packed[name][0]) == 1, name
        assert packed[name][1] == []
    assert len(json.dumps(packed)) < 100_000


def test_table_names_and_paths_are_not_packed_or_printed():
    headers = [make_header(make_frame((0, 0, 0)), name="Canary.dcm")]
    headers[0].source.__dict__["file"] = FileRef("/home/Canary")
    table = SliceTable.of(refs(headers))
    assert "Canary" in table[0].name
    assert "Canary" in str(table[0].file.path_on_disk)
    assert "Canary" not in json.dumps(table.packed({"Canary.dcm": 0}))
    assert "Canary" not in repr(table)
