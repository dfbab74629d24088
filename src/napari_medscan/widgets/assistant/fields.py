"""Fields that fit into a dock."""

from __future__ import annotations

from qtpy.QtWidgets import QBoxLayout, QComboBox, QSizePolicy, QWidget

_SHORT = 6


def narrow(choice: QComboBox) -> QComboBox:
    """Keep the longest entry from deciding how wide the dock is."""
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    choice.setMinimumContentsLength(_SHORT)
    choice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return choice


def add_all(layout: QBoxLayout, *parts: QWidget | QBoxLayout) -> None:
    """Put parts after each other."""
    for part in parts:
        if isinstance(part, QWidget):
            layout.addWidget(part)
        else:
            layout.addLayout(part)
