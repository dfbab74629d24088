"""Fields that fit into a dock."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox, QSizePolicy

_SHORT = 6


def narrow(choice: QComboBox) -> QComboBox:
    """Keep the longest entry from deciding how wide the dock is."""
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    choice.setMinimumContentsLength(_SHORT)
    choice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return choice
