"""Numbers as people write them."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QLocale

from napari_medscan.widgets.panel.number_field import NumberField


@pytest.fixture
def field(qtbot):
    field = NumberField()
    qtbot.addWidget(field)
    field.setLocale(QLocale.c())
    return field


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (40, 400, "40"),
        (-600.5, 1500, "-600.5"),
        (2.5, 5, "2.5"),
        (0.0125, 0.1, "0.0125"),
        (100, 1, "100"),
        (30157.3, 54282, "30157.3"),
    ],
)
def test_numbers_have_the_decimals_they_need(field, value, scale, text):
    field.show_number(value, scale)
    assert field.text() == text
    assert field.value() == pytest.approx(value)


def test_showing_a_number_tells_no_change(field):
    told = []
    field.valueChanged.connect(told.append)
    field.show_number(7, 100)
    assert told == []
    field.stepUp()
    assert told == [12.0]


def test_a_comma_where_people_write_one(field):
    field.setLocale(QLocale(QLocale.Language.German))
    field.show_number(2.5, 5)
    assert field.text() == "2,5"
