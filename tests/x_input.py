"""Mouse and keyboard of the X server, by its XTEST extension: what a hand does, without a hand."""

from __future__ import annotations

import ctypes
import os
from ctypes.util import find_library

from qtpy.QtTest import QTest

LEFT, MIDDLE, RIGHT = 1, 2, 3
_WHEEL_UP, _WHEEL_DOWN = 4, 5
_PAUSE = 30
"""Milliseconds between two events, as a hand makes them."""
_TAKEN = 150
"""Milliseconds after a gesture, in which the window takes its last event."""


def why_missing() -> str:
    """Return why events cannot be sent, '' if they can."""
    if not os.environ.get("DISPLAY"):
        return "NOT TESTED: no X server takes mouse and keys"
    if not (find_library("X11") and find_library("Xtst")):
        return "NOT TESTED: libX11 or libXtst, which sends mouse and keys, is not installed"
    return ""


class XInput:
    """A mouse and a keyboard.

    Places are in pixels of the screen.
    """

    def __init__(self) -> None:
        self._x11 = ctypes.CDLL(find_library("X11"))
        self._xtst = ctypes.CDLL(find_library("Xtst"))
        self._x11.XOpenDisplay.restype = ctypes.c_void_p
        self._x11.XStringToKeysym.restype = ctypes.c_ulong
        self._display = ctypes.c_void_p(self._x11.XOpenDisplay(None))

    def close(self) -> None:
        """Leave the server."""
        self._x11.XCloseDisplay(self._display)

    def move(self, x: int, y: int) -> None:
        """Move the pointer."""
        self._xtst.XTestFakeMotionEvent(self._display, -1, int(x), int(y), 0)
        self._wait()

    def click(self, button: int, x: int, y: int) -> None:
        """Press a button and let go."""
        self.move(x, y)
        for down in (True, False):
            self._button(button, down=down)
        QTest.qWait(_TAKEN)

    def drag(self, button: int, start: tuple[int, int], way: tuple[int, int]) -> None:
        """Press a button, move by some pixels in five steps, and let go."""
        self.move(*start)
        self._button(button, down=True)
        for step in range(1, 6):
            self.move(start[0] + way[0] * step // 5, start[1] + way[1] * step // 5)
        self._button(button, down=False)
        QTest.qWait(_TAKEN)

    def wheel(self, notches: int, held: str = "") -> None:
        """Turn the wheel toward the hand, or away for a negative number, with a key held."""
        if held:
            self._key(held, down=True)
        for _ in range(abs(notches)):
            for down in (True, False):
                self._button(_WHEEL_DOWN if notches > 0 else _WHEEL_UP, down=down)
        if held:
            self._key(held, down=False)
        QTest.qWait(_TAKEN)

    def press(self, *names: str) -> None:
        """Press keys one after the other, by their X names: "a", "2", "Right", "Page_Down"."""
        for name in names:
            self._key(name, down=True)
            self._key(name, down=False)
        QTest.qWait(_TAKEN)

    def _button(self, button: int, *, down: bool) -> None:
        self._xtst.XTestFakeButtonEvent(self._display, button, int(down), 0)
        self._wait()

    def _key(self, name: str, *, down: bool) -> None:
        symbol = ctypes.c_ulong(self._x11.XStringToKeysym(name.encode()))
        code = self._x11.XKeysymToKeycode(self._display, symbol)
        assert code, f"the keyboard has no {name}"
        self._xtst.XTestFakeKeyEvent(self._display, code & 0xFF, int(down), 0)
        self._wait()

    def _wait(self) -> None:
        self._x11.XSync(self._display, 0)
        QTest.qWait(_PAUSE)
