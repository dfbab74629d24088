"""Measurement groups and irradiations of reports as tables."""

from __future__ import annotations

import csv
import io

import pytest

from napari_medscan.dicom import load
from napari_medscan.dicom.objects.report_tables import report_tables, tables_csv

from ..making import item, write
from .reports import code, content, number, report


def coded(kind, name, value, *children, **values):
    """Return an item whose concept is of the standard (DCM)."""
    name = {"ConceptNameCodeSequence": code(name, value, "DCM")}
    return content(kind, "", *children, **name, **values)


def modified(item_, name, value):
    """Add a modifier to an item, as PS3.16 TID 1419 does."""
    modifier = content("CODE", name, ConceptCodeSequence=code(value))
    modifier.RelationshipType = "HAS CONCEPT MOD"
    item_.ContentSequence = [modifier]
    return item_


def group(identifier, *measurements):
    """Return a measurement group (PS3.16 TID 1411)."""
    return coded(
        "CONTAINER", "Measurement Group", "125007",
        coded("TEXT", "Tracking Identifier", "112039", TextValue=identifier),
        coded("UIDREF", "Tracking Unique Identifier", "112040", UID="1.2.840.99.5"),
        coded("UIDREF", "Source series", "121232", UID="1.2.3"),
        content("CODE", "Finding", ConceptCodeSequence=code("Nodule")),
        *measurements,
    )  # fmt: skip


def acquisition(protocol, dose, *sources):
    """Return a CT irradiation event (PS3.16 TID 10013)."""
    return coded(
        "CONTAINER", "CT Acquisition", "113819",
        coded("TEXT", "Acquisition Protocol", "125203", TextValue=protocol),
        content("CONTAINER", "CT Acquisition Parameters", *sources),
        content("CONTAINER", "CT Dose", number("Mean CTDIvol", dose, "mGy")),
    )  # fmt: skip


@pytest.fixture
def tables_of(tmp_path):
    def tables(*children):
        write(tmp_path / "sr.dcm", report(*children))
        (found,) = load(tmp_path).objects
        return report_tables(found.read())

    return tables


def test_measurement_groups_are_rows_with_a_column_for_each_kind(tables_of):
    mean = modified(number("Attenuation", "41", "[hnsf'U]"), "Derivation", "Mean")
    measurements = content(
        "CONTAINER", "Imaging Measurements",
        group("L1", number("Volume", "12.5", "cm3"), mean),
        group("L2", number("Volume", "3", "cm3")),
    )  # fmt: skip
    (table,) = tables_of(measurements)
    assert table.title == "Measurement Group"
    assert table.headings == (
        "Tracking Identifier", "Tracking Unique Identifier", "Finding", "Volume (cm3)",
        "Attenuation, Mean ([hnsf'U])",
    )  # fmt: skip
    assert table.rows == (
        ("L1", "1.2.840.99.5", "Nodule", "12.5", "41"),
        ("L2", "1.2.840.99.5", "Nodule", "3", ""),
    )


def test_irradiations_are_rows_whatever_section_holds_their_numbers(tables_of):
    total = coded(
        "CONTAINER", "CT Accumulated Dose Data", "113811", number("Total DLP", "700", "mGy.cm")
    )
    sources = [content("CONTAINER", "Source", number("KVP", kv, "kV")) for kv in ("80", "140")]
    events, accumulated = acquisition("Chest", "9.5", *sources), total
    tables = {
        each.title: each for each in tables_of(accumulated, events, acquisition("Scout", "1"))
    }
    assert tables["CT Accumulated Dose Data"].rows == (("700",),)
    assert tables["CT Acquisition"].headings == (
        "Acquisition Protocol", "KVP (kV)", "KVP (kV) · 2", "Mean CTDIvol (mGy)",
    )  # fmt: skip
    assert tables["CT Acquisition"].rows == (("Chest", "80", "140", "9.5"), ("Scout", "", "", "1"))


def test_numbers_elsewhere_are_rows_of_their_section(tables_of):
    (table,) = tables_of(
        content("CONTAINER", "Left ventricle", number("EF", "60", "%"), number("EDV", "90", "ml")),
        content("CONTAINER", "Left ventricle", number("EF", "58", "%")),
        content("TEXT", "Impression", TextValue="Normal"),
    )
    assert (table.title, table.headings) == ("Left ventricle", ("EF (%)", "EDV (ml)"))
    assert table.rows == (("60", "90"), ("58", ""))


def test_tables_name_nobody(tables_of):
    observer = coded("TEXT", "Person Observer Name", "121008", TextValue="Canary^Alice")
    person = content("PNAME", "Reader", PersonName="Canary^Alice")
    (table,) = tables_of(
        content("CONTAINER", "Lesion", number("Size", "4", "mm"), observer, person)
    )
    assert table.headings == ("Size (mm)",)


def test_report_without_numbers_has_no_table(tables_of):
    empty = content("NUM", "Size", MeasuredValueSequence=[item()])
    assert tables_of(content("CONTAINER", "Lesion", empty)) == ()


def test_csv_of_several_tables_names_each(tables_of):
    lesion = content("CONTAINER", "Lesion", number("Size", "4", "mm"))
    tables = tables_of(group("L1", number("Volume", "1", "cm3")), lesion)
    rows = list(csv.reader(io.StringIO(tables_csv(tables))))
    assert rows[0] == ["Measurement Group"]
    assert rows[3:] == [[], ["Lesion"], ["Size (mm)"], ["4"]]
    assert next(csv.reader(io.StringIO(tables_csv(tables[1:])))) == ["Size (mm)"]
