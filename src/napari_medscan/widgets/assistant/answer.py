"""A question and its answer as it comes, how far it is, and what can be done with it."""

from __future__ import annotations

import time

from magicgui.widgets import ProgressBar, PushButton
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from napari_medscan.assistant.answer_text import rows_of
from napari_medscan.assistant.conversation import Exchange, State
from napari_medscan.assistant.errors import NoConnectionError
from napari_medscan.dicom.elements.text import defuse
from napari_medscan.napari_.failure_log import guarded
from napari_medscan.widgets.assistant.markdown_view import MarkdownView
from napari_medscan.widgets.clipboard import copy_text
from napari_medscan.widgets.panel.form import Page, button, holder, row, toggle
from napari_medscan.widgets.save_bytes import save_bytes
from napari_medscan.widgets.texts import Heading, PlainLabel, PlainView

_TITLES = {
    State.SENDING: "Sending…",
    State.STREAMING: "Answering…",
    State.DONE: "Answer",
    State.INCOMPLETE: "Incomplete answer",
    State.CANCELED: "Canceled",
    State.FAILED: "Failed",
}


class AnswerPane(Page):
    """Shows one exchange."""

    copy: PushButton
    save: PushButton
    reasoning: PushButton

    def __init__(self) -> None:
        super().__init__(margin=0)
        self.exchange: Exchange | None = None
        self.question = PlainView(most=4)
        self.heading = Heading("")
        self.reason, self.about = PlainLabel(), PlainLabel()
        self.text = MarkdownView(least=2, most=24)
        self.thought = MarkdownView(most=8)
        self.fields = _field_table()
        busy = ProgressBar(name="busy", min=0, max=0)
        busy.native.setTextVisible(False)
        busy.native.setFixedHeight(4)
        save = "Save the answer as Markdown, with the image's SHA-256, the model and the time"
        actions = row(
            button("copy", "Copy", "Copy the answer as text", self._on_copy),
            button("save", "Save as note…", save, self._on_save),
        )
        actions.name = "actions"
        self.extend(
            [
                holder(self.question),
                holder(self.heading),
                busy,
                holder(self.reason),
                toggle("reasoning", "Reasoning", "What the model wrote first", self._on_reasoning),
                holder(self.thought),
                holder(self.text),
                holder(self.fields),
                holder(self.about),
                actions,
            ]
        )
        self._tick = QTimer(self.native)
        self._tick.setInterval(1000)
        self._tick.timeout.connect(self._show_title)
        self._began = 0.0
        self.visible = False

    def show_exchange(self, exchange: Exchange) -> None:
        """Show a question and its answer, as far as it is."""
        if self.exchange is None or self.exchange.asked != exchange.asked:
            self._began = time.monotonic()
            self.reasoning.value = False
        self.exchange = exchange
        is_busy = exchange.state.is_busy
        if is_busy and not self._tick.isActive():
            self._tick.start()
        elif not is_busy:
            self._tick.stop()
        self.visible = True
        self.question.say(exchange.prompt)
        self._show_title()
        self["busy"].visible = is_busy
        self.reason.say(_reason(exchange))
        about = f"{exchange.about} · image {exchange.sha256[:12]}…"
        self.about.say(f"{about}\n{defuse(exchange.model)} at {exchange.host}")
        self._show_answer(exchange, is_busy=is_busy)
        self["actions"].visible = bool(exchange.answer) and not is_busy

    def release(self) -> None:
        """Stop counting."""
        self._tick.stop()

    def _show_answer(self, exchange: Exchange, *, is_busy: bool) -> None:
        thought, said = exchange.reasoning, exchange.said
        self.reasoning.text = f"Reasoning ({len(thought):,} characters)"
        self.reasoning.visible = bool(thought)
        self.thought.say_marked(thought)
        self.thought.setVisible(bool(thought) and self.reasoning.value)
        rows = () if is_busy else rows_of(said)
        _fill(self.fields, rows)
        self.fields.setVisible(bool(rows))
        self.text.say_marked("" if rows else said)
        self.text.setVisible(bool(said) and not rows)

    @guarded
    def _show_title(self) -> None:
        if self.exchange is None:
            return
        state, error = self.exchange.state, self.exchange.error
        title = _TITLES.get(state, "")
        if state is State.FAILED and isinstance(error, NoConnectionError):
            title = "No connection"
        seconds = int(time.monotonic() - self._began)
        self.heading.say(f"{title} {seconds} s" if state.is_busy and seconds else title)

    def _on_reasoning(self, _is_open: object) -> None:
        self.thought.setVisible(self.reasoning.value)

    def _on_copy(self) -> None:
        if self.exchange is not None:
            copy_text(self.exchange.said.strip())

    def _on_save(self) -> None:
        if self.exchange is not None:
            name = f"answer-{self.exchange.sha256[:12]}.md"
            save_bytes(self.native, "note", self.exchange.note.encode(), name)


def _reason(exchange: Exchange) -> str:
    if exchange.error is None:
        kept = "The partial answer is kept." if exchange.answer else "Nothing was received."
        return kept if exchange.state is State.CANCELED else ""
    detail = f"\nServer message: {exchange.error.detail}" if exchange.error.detail else ""
    return f"{exchange.error}{detail}"


def _field_table() -> QTableWidget:
    table = QTableWidget(0, 2)
    table.setHorizontalHeaderLabels(["Field", "Value"])
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setMinimumHeight(220)
    across, down = table.horizontalHeader(), table.verticalHeader()
    if across is not None and down is not None:
        across.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        down.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        down.hide()
    table.hide()
    return table


def _fill(table: QTableWidget, rows: tuple[tuple[str, str], ...]) -> None:
    table.setRowCount(len(rows))
    for number, texts in enumerate(rows):
        for column, text in enumerate(texts):
            table.setItem(number, column, QTableWidgetItem(text))
