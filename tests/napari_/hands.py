"""What hands do on a real canvas: wheel, keys and drags, as Qt sends them."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent, QWheelEvent
from qtpy.QtWidgets import QApplication

NONE = Qt.KeyboardModifier.NoModifier
START = QPoint(150, 150)


def canvas_of(viewer):
    return viewer.window._qt_window._qt_viewer.canvas.native


def wheel(viewer, notches, keys=NONE, place=START, *, sideways=False):
    """Turn the wheel away from the user by notches, or by parts of them as a trackpad does."""
    canvas = canvas_of(viewer)
    angle = round(120 * notches)
    event = QWheelEvent(
        QPointF(place),
        QPointF(canvas.mapToGlobal(place)),
        QPoint(0, 0),
        QPoint(angle, 0) if sideways else QPoint(0, angle),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def press(qtbot, viewer, key, keys=NONE):
    qtbot.keyClick(canvas_of(viewer), key, keys)


def drag(qtbot, viewer, x, y, button, keys=NONE):
    canvas = canvas_of(viewer)
    qtbot.mousePress(canvas, button, keys, START)
    for part in (1, 2):
        qtbot.wait(20)  # vispy passes over moves that follow each other too soon
        _move(canvas, START + QPoint(x * part // 2, y * part // 2), button, keys)
    qtbot.mouseRelease(canvas, button, keys, START + QPoint(x, y))


def _move(canvas, place, button, keys):
    """Send what Qt sends while a button is held; qtbot's move holds none."""
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(place),
        QPointF(canvas.mapToGlobal(place)),
        Qt.MouseButton.NoButton,
        button,
        keys,
    )
    QApplication.sendEvent(canvas, event)
