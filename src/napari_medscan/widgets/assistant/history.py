"""The questions and answers of this dock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QListWidget, QVBoxLayout, QWidget

from napari_medscan.assistant.conversation import Exchange
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.widgets.assistant.answer import AnswerPane
from napari_medscan.widgets.assistant.texts import Heading, PlainLabel, PlainView

_NOTHING = "No questions yet. Questions and answers stay here until this dock is closed."


class HistoryPane(QWidget):
    """A list of exchanges, the newest first, and the one that is chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._exchanges: list[Exchange] = []
        self._places: Mapping[str, str] = {}
        self.nothing = PlainLabel(_NOTHING)
        self.list = QListWidget()
        self.list.setMaximumHeight(140)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.question_heading = Heading("Question")
        self.question = PlainView(most=8)
        self.answer = AnswerPane()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for part in (self.nothing, self.list, self.question_heading, self.question, self.answer):
            layout.addWidget(part)
        layout.addStretch(1)
        self.list.currentRowChanged.connect(self._show_row)
        self.show_exchanges((), {})

    def show_exchanges(self, exchanges: Sequence[Exchange], places: Mapping[str, str]) -> None:
        """Show what was asked.

        Parameters
        ----------
        exchanges : sequence of Exchange
            The newest last.
        places : mapping
            The slice of each picture's SHA-256, for the user.
        """
        self._places = places
        finished = [e for e in exchanges if not e.state.is_busy]
        # Only what is new: the one that is read stays as it is, where it is scrolled to.
        for exchange in finished[len(self._exchanges) :]:
            first = defuse(exchange.prompt)[:60]
            time = exchange.asked.astimezone()
            self._exchanges.insert(0, exchange)
            self.list.insertItem(0, f"{time:%H:%M} {exchange.state.value}: {first}")
        has_some = bool(self._exchanges)
        self.nothing.setVisible(not has_some)
        for part in (self.list, self.question_heading, self.question):
            part.setVisible(has_some)
        if has_some and self.list.currentRow() < 0:
            self.list.setCurrentRow(0)

    def _show_row(self, row: int) -> None:
        if 0 <= row < len(self._exchanges):
            exchange = self._exchanges[row]
            self.question.say(exchange.prompt)
            where = self._places.get(exchange.picture_sha256, "")
            self.answer.show_exchange(exchange, where)

    def release(self) -> None:
        """Stop counting."""
        self.answer.release()
