"""Images as they would be sent, large enough to read what is written in them."""

from __future__ import annotations

import math

from qtpy.QtCore import QPoint, QSize, Qt, QTimer
from qtpy.QtWidgets import QDialog, QFrame, QScrollArea, QVBoxLayout, QWidget

from napari_medscan.napari_.failure_log import guarded
from napari_medscan.widgets.image.contact_sheet import Sheet
from napari_medscan.widgets.image.image_view import ImageView
from napari_medscan.widgets.panel.form import button, toggle
from napari_medscan.widgets.texts import PlainLabel

_LEAST = QSize(320, 240)
_SHARE = 0.85
"""Of the screen, the most that the window takes by itself."""
_MANY = 10_000
_FRAME = 16
"""Pixels of the window's frame."""


class FullSizeWindow(QDialog):
    """Shows each pixel of an image on at least one of the screen; Escape closes it.

    Several images are a contact sheet at first, at a size at which text can be read; a click on
    one shows them at full size, there.

    Attributes
    ----------
    confirm : PushButton
        Confirms what the images are asked about; hidden when nothing is.
    enlarge : PushButton
        Down while several images are at full size; hidden for one, which always is.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self._clicked = 0
        self.view = ImageView()
        self.note = PlainLabel()
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setMinimumSize(_LEAST)
        self.area.setWidget(self.view)
        size = "Show each pixel of the images on one of the screen. Clicking an image does the same"
        self.enlarge = toggle("full_size", "Full size", size, self._on_size)
        self.confirm = button("confirm_here", "", "Confirm, and close this window")
        layout = QVBoxLayout(self)
        layout.addWidget(self.area, 1)
        # Beside a button, the note would be broken and take height from the image.
        layout.addWidget(self.note)
        for part in (self.enlarge, self.confirm):
            part.native.setAutoDefault(False)
            part.visible = False
            layout.addWidget(part.native)
        self.view.clicked.connect(guarded(self._on_clicked))

    def open_sheet(self, sheet: Sheet) -> None:
        """Show images before other windows, and beside what the window belongs to."""
        is_one = len(sheet.images) == 1
        self.setWindowTitle("Image at full size" if is_one else "All images")
        self.enlarge.value = False
        self.show_sheet(sheet)
        self.show()
        # What is around the images has its size by now.
        around = self.size() - self.area.maximumViewportSize()
        rows, columns = sheet.largest
        self._place(QSize(columns, rows) + around if is_one else QSize(_MANY, _MANY))
        self.raise_()
        self.activateWindow()
        # So that the arrow keys scroll.
        self.area.setFocus()

    def show_sheet(self, sheet: Sheet) -> None:
        """Show images; those that were there already stay where they are."""
        is_one = len(sheet.images) == 1
        self.enlarge.visible = sheet.readable < 1 and not is_one
        always, needed = Qt.ScrollBarPolicy.ScrollBarAlwaysOn, Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.area.setVerticalScrollBarPolicy(needed if is_one else always)
        if is_one:
            # No smaller, but larger in a larger window.
            rows, columns = sheet.largest
            self.view.setMinimumSize(columns, rows)
        scale = max(sheet.readable, 1.0 if self.enlarge.value else 0.0)
        self.view.show_sheet(sheet, scale=None if is_one else scale)

    @property
    def is_full_size(self) -> bool:
        """Whether each pixel of the images is on at least one of the screen now."""
        return bool(self.enlarge.value) or not self.enlarge.visible

    def ask(self, question: str, *, may_confirm: bool) -> None:
        """Offer to confirm something, once it may be; nothing without a question."""
        self.confirm.text = question
        self.confirm.visible = bool(question)
        self.confirm.enabled = may_confirm

    def withdraw(self) -> None:
        """Close it, and show the images no more."""
        self.view.clear()
        self.reject()

    def _place(self, wanted: QSize) -> None:
        """Take so much of the screen, but leave what the window belongs to free if possible."""
        parent, screen = self.parentWidget(), self.screen()
        window = None if parent is None else parent.window()
        if parent is None or window is None or screen is None:
            return
        free = screen.availableGeometry()
        beside = parent.mapToGlobal(QPoint()).x() - free.left() - _FRAME
        room = free.size() * _SHARE
        if beside >= 2 * _LEAST.width():
            room = room.boundedTo(QSize(beside, room.height()))
        self.resize(wanted.boundedTo(room))
        x, y = self.x(), max(window.y(), free.top())
        if self.width() <= beside:
            x = free.left() + beside - self.width()
        self.move(
            max(free.left(), min(x, free.right() - self.width())),
            max(free.top(), min(y, free.bottom() - self.height())),
        )

    def _on_size(self, _is_full: object) -> None:
        if self.view.sheet.images:
            self.show_sheet(self.view.sheet)

    def _on_clicked(self, number: int) -> None:
        """Change the size of the images, and go to the one that was clicked."""
        if self.enlarge.visible:
            self.enlarge.value = not self.enlarge.value
            # The area has its new height when the event loop comes round.
            self._clicked = number
            QTimer.singleShot(0, self._go_to_clicked)

    @guarded
    def _go_to_clicked(self) -> None:
        place = self.view.place(self._clicked)
        center, size = place.center().toPoint(), place.size() / 2
        self.area.ensureVisible(
            center.x(), center.y(), math.ceil(size.width()), math.ceil(size.height())
        )
