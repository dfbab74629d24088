"""What the pages of the panel are made of."""

from __future__ import annotations

import gc

import pytest
from qtpy.QtCore import QLocale
from qtpy.QtGui import QGuiApplication, QKeySequence

from napari_medscan.widgets.panel.form import (
    Page,
    button,
    check,
    choice,
    column,
    form,
    note,
    number,
    offer,
    put,
    row,
    toggle,
)


@pytest.fixture
def values():
    return []


def test_page_widget_in_a_row_of_a_column_is_an_attribute(qtbot, values):
    page = Page()
    qtbot.addWidget(page.native)
    inner = check("inner", "Inner", "", values.append)
    page.append(column(row(inner), form(("Other", check("other", "Other", "")))))
    assert page.inner is inner
    assert {"inner", "other"} <= set(dir(page))
    with pytest.raises(AttributeError):
        _ = page.missing
    page.inner.value = True
    assert values == [True]


def test_choice_not_offered_raises(qtbot, values):
    box = choice("box", "", ["one", "two"], values.append)
    qtbot.addWidget(box.native)
    with pytest.raises(ValueError, match="'three' is not a valid choice"):
        box.value = "three"
    assert values == []


def test_choice_is_filled_before_a_script_sets_it(qtbot, values):
    offered = ["one"]
    box = choice("box", "", lambda _: offered, values.append, refresh=lambda: offer(box, "one"))
    qtbot.addWidget(box.native)
    offered.append("two")
    box.value = "two"
    assert (box.value, values) == ("two", ["two"])


def test_offer_shows_a_value_or_the_first_without_a_call(qtbot, values):
    offered = ["one", "two"]
    box = choice("box", "", lambda _: offered, values.append)
    qtbot.addWidget(box.native)
    offer(box, "two")
    assert box.value == "two"
    offered[:] = ["three", "four"]
    offer(box, "two")
    assert box.value == "three"
    assert values == []


def test_put_calls_nothing_a_script_does(qtbot, values):
    parts = (
        check("check", "Check", "", values.append),
        toggle("toggle", "Toggle", "", values.append),
        number("number", "", values.append, limits=(0, 9), value=1),
    )
    for part in parts:
        qtbot.addWidget(part.native)
        put(part, 1)
        part.value = 0
        put(part, 1)
    assert values == [False, False, 0.0]


def test_number_is_told_once_it_is_typed_and_has_limits(qtbot, values):
    field = number("number", "", values.append, limits=(0, 100), value=1, unit=" mm")
    qtbot.addWidget(field.native)
    field.native.selectAll()
    qtbot.keyClicks(field.native, "25")
    assert values == []
    field.native.interpretText()
    assert values == [25.0]
    assert field.native.text() == "25.0 mm"
    with pytest.raises(ValueError, match="outside of the allowed range"):
        field.value = 101


@pytest.mark.parametrize("language", ["C", "en_US", "de_DE", "fr_FR"])
def test_number_has_a_decimal_point_or_a_comma_in_every_language(qtbot, values, language):
    before = QLocale()
    QLocale.setDefault(QLocale(language))
    try:
        field = number("number", "", values.append, limits=(0, 9999), value=1, unit=" mm")
        qtbot.addWidget(field.native)
        for typed in ("50.5", "50,5", "0,7", "1234.5"):
            expected = float(typed.replace(",", "."))
            field.native.selectAll()
            qtbot.keyClicks(field.native, typed)
            field.native.interpretText()
            assert (field.value, field.native.text()) == (expected, f"{expected} mm")
            field.value = 1
            field.native.selectAll()
            QGuiApplication.clipboard().setText(typed)
            gc.collect()
            qtbot.keySequence(field.native, QKeySequence(QKeySequence.StandardKey.Paste))
            field.native.interpretText()
            assert field.value == expected
    finally:
        QLocale.setDefault(before)


def test_button_is_pressed_by_a_script(qtbot, values):
    made = button("made", "Made", "", lambda: values.append("pressed"))
    qtbot.addWidget(made.native)
    made.clicked.emit(True)
    made.native.click()
    assert values == ["pressed", "pressed"]


def test_callback_that_fails_is_logged_and_does_not_raise(qtbot, failures):
    box = check("box", "Box", "", lambda _on: 1 / 0)
    qtbot.addWidget(box.native)
    box.value = True
    assert failures[0].startswith("ZeroDivisionError")
    failures.clear()


def test_note_is_plain_text_that_breaks_where_the_panel_ends(qtbot):
    made = note("note", "<b>long</b> " * 50)
    qtbot.addWidget(made.native)
    assert made.native.textFormat().name == "PlainText"
    assert made.native.minimumSizeHint().width() < 100
