"""Fields that fit into a dock."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QBoxLayout, QComboBox, QPushButton, QSizePolicy, QWidget

_SHORT = 6
_MARGIN = 16
"""Pixels of a button that its text leaves free."""


def narrow(choice: QComboBox) -> QComboBox:
    """Keep the longest entry from deciding how wide the dock is."""
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    choice.setMinimumContentsLength(_SHORT)
    choice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return choice


class ElidingButton(QPushButton):
    """A button as wide as there is room, whatever it says: a long text is cut in its middle."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._said = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.say(text)

    def say(self, text: str) -> None:
        """Say something, with "&" before the letter that presses the button with Alt."""
        self._said = text
        self.setToolTip(text.replace("&", ""))
        self._elide()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size that no text makes wider."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Cut the text anew."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        room = self.width() - _MARGIN
        self.setText(self.fontMetrics().elidedText(self._said, Qt.TextElideMode.ElideMiddle, room))


def add_all(layout: QBoxLayout, *parts: QWidget | QBoxLayout) -> None:
    """Put parts after each other."""
    for part in parts:
        if isinstance(part, QWidget):
            layout.addWidget(part)
        else:
            layout.addLayout(part)
