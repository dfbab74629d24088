"""The questions and answers of the dock, and the one that is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from napari_medscan.assistant.conversation import State
from napari_medscan.widgets.assistant.answer import AnswerPane
from napari_medscan.widgets.assistant.history import HistoryTab

from ...assistant.serving import WHOLE, Server, says


@pytest.fixture
def asked(user, network_allowed):  # noqa: ARG001
    """Return what asks, and the history."""
    with Server(says(*WHOLE)) as recorder:
        user.choose(recorder.url)
        user.preview()

        def ask(words):
            user.write(words)
            user.until_ready()
            user.send()
            user.wait(State.DONE)

        yield ask, user.dock.history


def rows(history):
    return [history.list.item(row).text() for row in range(history.list.count())]


def test_the_newest_is_first_and_the_one_that_is_read_stays(asked):
    ask, history = asked
    assert "until this dock is closed" in history.nothing.text()
    ask("One?")
    assert history.answer.question.toPlainText() == "One?"
    assert history.nothing.isHidden()
    ask("Two?")
    assert history.answer.question.toPlainText() == "One?"
    assert [text[6:] for text in rows(history)] == ["done: Two?", "done: One?"]
    history.list.setCurrentRow(0)
    ask("Three?")
    assert history.answer.question.toPlainText() == "Two?"
    assert history.list.currentRow() == 1


def test_the_answer_that_is_read_keeps_its_place(asked, monkeypatch):
    ask, history = asked
    ask("One?")
    shown = []
    show = AnswerPane.show_exchange
    monkeypatch.setattr(
        AnswerPane, "show_exchange", lambda pane, *args: (shown.append(pane), show(pane, *args))
    )
    ask("Two?")
    assert shown
    assert history.answer not in shown


def test_an_answer_that_is_on_its_way_is_not_listed_until_it_is_over(asked, user):
    ask, _ = asked
    ask("One?")
    (done,) = user.ask.conversation.exchanges
    history = HistoryTab()
    for state, count in ((State.SENDING, 0), (State.STREAMING, 0), (State.CANCELED, 1)):
        history.show_exchanges([replace(done, state=state)])
        assert history.list.count() == count
