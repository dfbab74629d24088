"""Whether a person works in a window, or a script calls napari."""

from __future__ import annotations

import re
import types
from pathlib import Path

import pytest
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QDialog

import napari_medscan
from napari_medscan.napari_ import gui


def _call():
    return function()  # noqa: F821 - a global of the module that it is given


def called_by(module, function, name="_call"):
    """Return a function of a module, both by name, which calls another one."""
    code = _call.__code__.replace(co_name=name)
    return types.FunctionType(code, {"__name__": module, "function": function})


def from_the_event_loop(qtbot, function):
    """Call a function as Qt calls a slot: from within its event loop."""
    answers = []
    QTimer.singleShot(0, lambda: answers.append(function()))
    qtbot.waitUntil(lambda: bool(answers))
    return answers[0]


@pytest.mark.usefixtures("qapp")
def test_is_interactive_without_event_loop_is_false():
    assert gui.has_gui()
    assert not gui.is_interactive()


@pytest.mark.usefixtures("qapp")
def test_is_interactive_under_what_a_person_does_is_true():
    with gui.person_acts():
        assert gui.is_interactive()
        with gui.person_acts(acts=False):
            assert gui.is_interactive()
    with gui.person_acts(acts=False):
        assert not gui.is_interactive()


def test_is_interactive_from_the_event_loop_is_true(qtbot):
    assert from_the_event_loop(qtbot, gui.is_interactive)


def test_is_interactive_for_a_statement_in_napari_s_console_is_false(qtbot):
    statement = called_by("IPython.core.interactiveshell", gui.is_interactive)
    assert not from_the_event_loop(qtbot, statement)


def test_is_interactive_in_a_window_started_from_a_console_is_true(qtbot):
    """As after a cell that calls napari.run()."""
    run = called_by("napari._qt.qt_event_loop", gui.is_interactive)
    cell = called_by("IPython.core.interactiveshell", run)
    assert from_the_event_loop(qtbot, cell)


OPEN = ("napari._qt.qt_viewer", "_qt_open")
SCRIPT = ("napari.utils.io", "execute_python_code")


@pytest.mark.parametrize(
    ("callers", "expected"),
    [
        ([], False),
        ([OPEN], True),
        ([SCRIPT], False),
        ([OPEN, SCRIPT], False),
        ([SCRIPT, OPEN], True),
        ([OPEN, ("napari._qt.qt_event_loop", "run")], False),
    ],
    ids=["script", "napari PATH", "startup script", "napari script.py", "opens", "earlier"],
)
@pytest.mark.usefixtures("qapp")
def test_is_interactive_before_the_event_loop_if_napari_opens_its_paths(callers, expected):
    function = gui.is_interactive
    for module, name in reversed(callers):
        function = called_by(module, function, name)
    assert function() is expected


def test_is_interactive_for_a_script_that_is_dropped_is_false(qtbot):
    assert not from_the_event_loop(qtbot, called_by(SCRIPT[0], gui.is_interactive, SCRIPT[1]))


def test_window_is_never_larger_than_the_screen(qtbot):
    window = QDialog()
    qtbot.addWidget(window)
    gui.size_on_screen(window, 300, 200)
    assert (window.width(), window.height()) == (300, 200)
    gui.size_on_screen(window, 300, 50_000)
    room = window.screen().availableGeometry()
    assert (window.width(), window.height()) == (300, round(room.height() * gui.MOST_OF_SCREEN))


def test_windows_are_given_their_size_by_what_the_screen_has_room_for():
    folder = Path(napari_medscan.__file__).parent
    fixed = re.compile(r"self\.(resize|setFixedSize|setMinimumSize)\(\d")
    assert [p.name for p in folder.rglob("*.py") if fixed.search(p.read_text("utf-8"))] == []
