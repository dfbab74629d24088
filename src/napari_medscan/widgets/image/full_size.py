"""The picture as it would be sent, large enough to read what is written in it."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QDialog, QFrame, QScrollArea, QVBoxLayout, QWidget

from napari_medscan.widgets.image.picture_view import PictureView
from napari_medscan.widgets.panel.form import button
from napari_medscan.widgets.texts import PlainLabel

_LEAST = QSize(320, 240)
_SHARE = 0.85
"""Of the screen, the most that the window takes by itself."""
_SEEN = "The whole image has been viewed."


class FullSizeWindow(QDialog):
    """Shows each pixel of an image on at least one of the screen; Escape closes it.

    Parameters
    ----------
    parent : QWidget
        What it belongs to.

    Attributes
    ----------
    confirm : PushButton
        Confirms what the image is asked about; hidden when nothing is.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Image at full size")
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.view = PictureView()
        self.note = PlainLabel()
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setMinimumSize(_LEAST)
        self.area.setWidget(self.view)
        self.confirm = button("confirm_here", "", "Confirm, and close this window", lambda: None)
        self.confirm.native.setAutoDefault(False)
        self.confirm.visible = False
        layout = QVBoxLayout(self)
        layout.addWidget(self.area, 1)
        # Beside a button, the note would be broken and take height from the image.
        layout.addWidget(self.note)
        layout.addWidget(self.confirm.native)
        self.view.seen.connect(lambda _: self.note.say(_SEEN))

    def show_same(self, view: PictureView) -> None:
        """Show the picture of a view, with its outlines."""
        size = view.image.size()
        self.note.say(f"{size.width()} × {size.height()} pixels. Scroll to view the whole image.")
        # No smaller, but larger in a larger window.
        self.view.setMinimumSize(size)
        self.view.show_same(view)
        self.show()
        screen = self.screen()
        if screen is not None:
            # What is around the picture has its size by now.
            wanted = size + self.size() - self.area.maximumViewportSize()
            self.resize(wanted.boundedTo(screen.availableGeometry().size() * _SHARE))
        self.raise_()
        self.activateWindow()
        # So that the arrow keys scroll.
        self.area.setFocus()

    def ask(self, question: str, *, may_confirm: bool) -> None:
        """Offer to confirm something, once it may be; nothing without a question."""
        self.confirm.text = question
        self.confirm.visible = bool(question)
        self.confirm.enabled = may_confirm

    def withdraw(self) -> None:
        """Close it, and show the picture no more."""
        self.view.clear()
        self.reject()
