"""Measurements as CSV."""

from napari_medscan.measure import Quantity, Statistics
from napari_medscan.measure.table import HEADINGS, Row, to_csv


def test_rows_have_a_cell_for_every_heading():
    found = Statistics(3, 1.5, 0.5, 1, 2, 1.5, "HU", Quantity(4, "mm²"))
    rows = [
        Row("Length 1", "CT 3", "slice 2", Quantity(12.345678, "mm", "at the detector")),
        Row("Ellipse 1", "CT 3", "slice 2", Quantity(4, "mm²"), found),
        Row("Ellipse 2", "CT 3", "slice 2", note="Slice spacing is uneven"),
    ]
    assert {len(row.cells()) for row in rows} == {len(HEADINGS)}
    lines = to_csv(rows).splitlines()
    assert lines[1] == "Length 1,12.3457,mm,,,,,,,,slice 2,CT 3,at the detector,,,"
    assert lines[2] == "Ellipse 1,4,mm²,1.5,0.5,1,2,1.5,3,HU,slice 2,CT 3,,,,"
    assert lines[3].endswith(",Slice spacing is uneven,,,")


def test_empty_region_has_no_values():
    nothing = Statistics(0, *(float("nan"),) * 5, "HU", Quantity(4, "mm²"))
    cells = Row("Ellipse 1", "CT 3", "", Quantity(4, "mm²"), nothing).cells()
    assert cells[3:10] == ("", "", "", "", "", "0", "HU")


def test_name_of_a_series_is_no_formula():
    assert "'=1+2" in to_csv([Row("Length 1", "=1+2", "", Quantity(-3, "mm"))])
    assert ",-3," in to_csv([Row("Length 1", "=1+2", "", Quantity(-3, "mm"))])
