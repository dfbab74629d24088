"""One call, after the present events and before the window is painted."""

from __future__ import annotations

from qtpy.QtWidgets import QWidget

from napari_medscan.napari_.soon import Soon


def test_one_call_however_often_it_was_asked(qtbot):
    calls = []
    soon = Soon(lambda: calls.append(1))
    soon.start()
    soon.start()
    assert calls == []
    qtbot.waitUntil(lambda: calls == [1])
    qtbot.wait(20)
    assert calls == [1]
    soon.start()
    qtbot.waitUntil(lambda: calls == [1, 1])


def test_none_after_it_was_stopped(qtbot):
    calls = []
    soon = Soon(lambda: calls.append(1))
    soon.start()
    soon.stop()
    qtbot.wait(20)
    assert calls == []


def test_the_window_is_painted_afterwards(qtbot):
    order = []

    class Window(QWidget):
        def paintEvent(self, _event):  # noqa: N802 - Qt's name
            order.append("paint")

    window = Window()
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    qtbot.wait(50)
    order.clear()
    soon = Soon(lambda: order.append("call"))
    window.update()
    soon.start()
    qtbot.waitUntil(lambda: len(order) == 2)
    assert order == ["call", "paint"]
