"""The questions and answers of this dock."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QListWidget

from napari_medscan.assistant.conversation import Exchange
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.widgets.assistant.answer import AnswerPane
from napari_medscan.widgets.panel.form import Page, holder
from napari_medscan.widgets.texts import PlainLabel

_NOTHING = "No questions yet. Questions and answers stay here until this dock is closed."


class HistoryTab(Page):
    """A list of exchanges, the newest first, and the one that is chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._exchanges: list[Exchange] = []
        self.nothing = PlainLabel(_NOTHING)
        self.list = QListWidget()
        self.list.setMaximumHeight(140)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.answer = AnswerPane()
        self.extend([holder(self.nothing), holder(self.list), self.answer])
        self.native.layout().addStretch(1)
        self.list.currentRowChanged.connect(guarded(self._show_row))
        self.show_exchanges(())

    def show_exchanges(self, exchanges: Sequence[Exchange]) -> None:
        """Show what was asked, the newest last."""
        finished = [e for e in exchanges if not e.state.is_busy]
        # Only what is new: the one that is read stays as it is, where it is scrolled to.
        for exchange in finished[len(self._exchanges) :]:
            first = defuse(exchange.prompt)[:60]
            time = exchange.asked.astimezone()
            self._exchanges.insert(0, exchange)
            self.list.insertItem(0, f"{time:%H:%M} {exchange.state.value}: {first}")
        has_some = bool(self._exchanges)
        self.nothing.setVisible(not has_some)
        self.list.setVisible(has_some)
        if has_some and self.list.currentRow() < 0:
            self.list.setCurrentRow(0)

    def release(self) -> None:
        """Stop counting."""
        self.answer.release()

    def _show_row(self, number: int) -> None:
        if 0 <= number < len(self._exchanges):
            self.answer.show_exchange(self._exchanges[number])
