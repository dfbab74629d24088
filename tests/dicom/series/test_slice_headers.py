"""Headers in memory, and headers read again."""

from __future__ import annotations

from napari_medscan.dicom.files.file_ref import file_ref
from napari_medscan.dicom.headers.header_reader import HeaderReader
from napari_medscan.dicom.series.slice_headers import FileHeaders, ParsedHeaders, RecalledHeaders
from napari_medscan.dicom.series.slice_table import SliceTable
from napari_medscan.phantoms import write_us_heart

from ..building import files, make_frame, refs


class Counted(HeaderReader):
    """Counts the files that are read."""

    def __init__(self):
        super().__init__()
        self.files = []

    def read(self, file, name):
        self.files.append(file)
        return super().read(file, name)


def test_parsed_headers_are_those_in_memory():
    slices = refs(files([make_frame((0, 0, z)) for z in (0.0, 2.0)]))
    headers = ParsedHeaders(slices)
    assert [headers.read(number) for number in (0, 1)] == slices


def test_recalled_headers_read_a_file_of_many_frames_once(tmp_path):
    write_us_heart(tmp_path, frames=3)
    (path,) = tmp_path.rglob("*.dcm")
    slices = refs([HeaderReader().read(str(path), path.name)])
    reader = Counted()
    headers = RecalledHeaders(SliceTable.of(slices), FileHeaders(reader))
    assert [headers.read(number).index for number in (2, 0, 1)] == [2, 0, 1]
    assert reader.files == [file_ref(str(path))]


def test_file_headers_stacks_of_one_file_parse_it_once(tmp_path):
    write_us_heart(tmp_path, frames=3)
    (path,) = tmp_path.rglob("*.dcm")
    slices = refs([HeaderReader().read(str(path), path.name)])
    reader = Counted()
    files = FileHeaders(reader)
    stacks = [RecalledHeaders(SliceTable.of([ref]), files) for ref in slices]
    assert [stack.read(0).index for stack in stacks] == [0, 1, 2]
    assert reader.files == [file_ref(str(path))]
