"""How the picture is made: size, quality, which layers."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QCheckBox, QFormLayout, QLabel, QSpinBox, QWidget

from napari_medscan.privacy.picture import LONGEST, QUALITY


class PictureOptions(QWidget):
    """The choices about the picture that are made without looking at it.

    Attributes
    ----------
    changed : Signal
        When one of them is another.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.longest = QSpinBox()
        self.longest.setRange(64, LONGEST)
        self.longest.setSingleStep(128)
        self.longest.setSuffix(" px")
        self.longest.setValue(LONGEST)
        self.longest.setToolTip("Smaller slices are not enlarged")
        self.quality = QSpinBox()
        self.quality.setRange(50, 100)
        self.quality.setSuffix("%")
        self.quality.setValue(QUALITY)
        self.quality.setToolTip("Lower quality makes the file smaller and blurs fine detail")
        self.blended = QCheckBox("Blend all selected layers")
        self.blended.setToolTip("For example PET over CT. Off: only the current layer.")
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for name, field in (("Longest side", self.longest), ("JPEG quality", self.quality)):
            label = QLabel(name)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setBuddy(field)
            layout.addRow(label, field)
            field.setKeyboardTracking(False)
            field.valueChanged.connect(self.changed)
        layout.addRow(self.blended)
        self.blended.toggled.connect(self.changed)
