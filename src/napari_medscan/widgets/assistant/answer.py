"""The answer as it comes, how far it is, and what can be done with it."""

from __future__ import annotations

import time

from qtpy.QtCore import QTimer, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_medscan.assistant.conversation import Exchange, State
from napari_medscan.assistant.errors import NoConnectionError
from napari_medscan.assistant.notes import markdown
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.widgets.assistant.saving import save
from napari_medscan.widgets.assistant.texts import PlainLabel, PlainView

_TITLES = {
    State.SENDING: "Sending…",
    State.STREAMING: "Answering…",
    State.DONE: "Answer",
    State.INCOMPLETE: "Incomplete answer",
    State.CANCELLED: "Cancelled",
    State.FAILED: "Failed",
}


class AnswerPane(QWidget):
    """Shows one exchange.

    Attributes
    ----------
    cancelled : Signal
        When the user wants no more of it.
    """

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.exchange: Exchange | None = None
        self.title = PlainLabel()
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.cancel = QPushButton("Cancel")
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.busy.setFixedHeight(4)
        self.reason = PlainLabel()
        self.about = PlainLabel()
        self.text = PlainView(least=3, most=16)
        self.save = QPushButton("Save as note…")
        self.save.setToolTip(
            "Save the answer as Markdown, with the image's SHA-256, the model and the time"
        )
        self._tick = QTimer(self)
        self._tick.setInterval(1000)
        self._began = 0.0
        top, bottom = QHBoxLayout(), QHBoxLayout()
        self.title.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        top.addWidget(self.title, 1)
        top.addWidget(self.cancel)
        bottom.addWidget(self.save)
        bottom.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        for part in (self.busy, self.reason, self.about, self.text):
            layout.addWidget(part)
        layout.addLayout(bottom)
        self.cancel.clicked.connect(self.cancelled)
        self.save.clicked.connect(self._on_save)
        self._tick.timeout.connect(self._show_title)
        self.hide()

    def show_exchange(self, exchange: Exchange, where: str) -> None:
        """Show a question's answer, as far as it is.

        Parameters
        ----------
        exchange : Exchange
            The answer.
        where : str
            The slice that it is about, for the user.
        """
        if self.exchange is None or self.exchange.asked != exchange.asked:
            self._began = time.monotonic()
        self.exchange = exchange
        is_busy = exchange.state.is_busy
        if is_busy and not self._tick.isActive():
            self._tick.start()
        elif not is_busy:
            self._tick.stop()
        self._show_title()
        self.cancel.setVisible(is_busy)
        self.busy.setVisible(is_busy)
        self.reason.say(_reason(exchange))
        about = f"{where} · image {exchange.picture_sha256[:12]}…"
        self.about.say(f"{about}\n{defuse(exchange.model)} at {exchange.host}")
        show = self.text.say if is_busy else self.text.say_marked
        show(exchange.answer)
        self.text.setVisible(bool(exchange.answer))
        self.save.setVisible(bool(exchange.answer) and not is_busy)
        self.show()

    def release(self) -> None:
        """Stop counting."""
        self._tick.stop()

    def _show_title(self) -> None:
        if self.exchange is None:
            return
        state, error = self.exchange.state, self.exchange.error
        title = _TITLES.get(state, "")
        if state is State.FAILED and isinstance(error, NoConnectionError):
            title = "No connection"
        seconds = int(time.monotonic() - self._began)
        self.title.say(f"{title} {seconds} s" if state.is_busy and seconds else title)

    def _on_save(self) -> None:
        if self.exchange is not None:
            name = f"answer-{self.exchange.picture_sha256[:12]}.md"
            save(self, "note", markdown(self.exchange).encode(), name)


def _reason(exchange: Exchange) -> str:
    if exchange.error is None:
        kept = "The partial answer is kept." if exchange.answer else "Nothing was received."
        return kept if exchange.state is State.CANCELLED else ""
    detail = f"\nServer message: {exchange.error.detail}" if exchange.error.detail else ""
    return f"{exchange.error}{detail}"
