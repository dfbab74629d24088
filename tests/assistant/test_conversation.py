"""States follow each other, answers stay with their image, and nothing old is told."""

from __future__ import annotations

import queue
import time

import pytest

from napari_medscan.assistant import errors
from napari_medscan.assistant.client import Client
from napari_medscan.assistant.consent import consent_to
from napari_medscan.assistant.conversation import Conversation, State
from napari_medscan.assistant.hosts import parse
from napari_medscan.assistant.keys import Keys
from napari_medscan.assistant.requests import Question
from napari_medscan.privacy.gate import Gate

from .serving import CHAT, PATIENCE, WHOLE, Server, consent, head, image, piece, says


@pytest.fixture
def told():
    return queue.SimpleQueue()


@pytest.fixture
def conversation(limits, audit, told, network_allowed):  # noqa: ARG001 - asked for, not used
    client = Client(Keys(), audit, limits)
    conversation = Conversation(client, told.put)
    yield conversation
    conversation.close()
    client.close()


def asked(conversation, server, seed=0, prompt="What is in view?", path=""):
    endpoint = parse(server.url + path)
    return conversation.continued(Question(CHAT, endpoint, "m", (image(seed),), prompt))


def send(conversation, question):
    conversation.send(question, consent(question))


def until(told, state):
    states = []
    while not states or states[-1] is not state:
        states.append(told.get(timeout=PATIENCE).state)
    return states


def answered(conversation, told, server, **kwargs):
    send(conversation, asked(conversation, server, **kwargs))
    until(told, State.DONE)


def test_from_idle_to_done(conversation, told):
    assert conversation.state is State.IDLE
    with Server(says(*WHOLE)) as server:
        question = asked(conversation, server)
        send(conversation, question)
        assert until(told, State.DONE) == [State.SENDING, State.STREAMING, State.DONE]
    (exchange,) = conversation.exchanges
    assert exchange.answer == "A chest."
    assert exchange.sha256 == question.sha256
    assert (exchange.host, exchange.model) == (f"127.0.0.1:{server.port}", "m")


@pytest.mark.parametrize(
    ("parts", "state", "error"),
    [
        ((head("401 no"),), State.FAILED, errors.RefusedError),
        ((head(), piece("A")), State.INCOMPLETE, errors.IncompleteError),
        ((head(),), State.FAILED, errors.IncompleteError),
    ],
)
def test_how_it_fails_and_that_it_recovers(parts, state, error, conversation, told):
    with Server(says(*parts)) as server:
        send(conversation, asked(conversation, server))
        until(told, state)
    assert type(conversation.exchanges[0].error) is error
    with Server(says(*WHOLE)) as server:
        answered(conversation, told, server)
    assert conversation.state is State.DONE


def test_cancel_is_at_once_and_the_last_word(conversation, told):
    def slow(connection):
        connection.sendall(head() + piece("A"))
        while True:
            time.sleep(0.01)
            connection.sendall(piece("B"))

    with Server(slow) as server:
        send(conversation, asked(conversation, server))
        until(told, State.STREAMING)
        # The thread's own time: on a busy computer others may run meanwhile.
        start = time.thread_time()
        conversation.cancel()
        assert conversation.state is State.CANCELED
        assert time.thread_time() - start < 0.1
        until(told, State.CANCELED)
        assert conversation.exchanges[0].answer.startswith("A")
        time.sleep(0.1)
        assert told.empty()
        conversation.cancel()
        assert told.empty()


def test_the_whole_answer_is_there_although_pieces_are_gathered(conversation, told):
    letters = [piece("x") for _ in range(2000)]
    with Server(says(head(), *letters, piece("", '"stop"'))) as server:
        send(conversation, asked(conversation, server))
        states = until(told, State.DONE)
    assert conversation.exchanges[0].answer == "x" * 2000
    assert len(states) < 200


def test_without_a_look_nothing_is_sent(conversation, told):
    with Server(says(*WHOLE)) as server:
        with pytest.raises(errors.ConsentError):
            consent_to(asked(conversation, server), Gate())
        assert server.connections == 0
    assert conversation.state is State.IDLE
    assert told.empty()


def test_the_same_preview_can_be_sent_again_by_another_press(conversation, told):
    with Server(says(head("429 Too Many", Retry_After="0"))) as server:
        question = asked(conversation, server)
        for count in (1, 2):
            send(conversation, question)
            until(told, State.FAILED)
            assert server.connections == count


def test_questions_on_the_same_image_follow_each_other(conversation, told):
    with Server(says(*WHOLE)) as server:
        answered(conversation, told, server, prompt="First?")
        second = asked(conversation, server, prompt="Second?")
        assert [(t.prompt, t.answer) for t in second.history] == [("First?", "A chest.")]
        assert "sent again" in second.repeats
        assert asked(conversation, server, seed=1).history == ()
        with Server(says(*WHOLE)) as another:
            # Another service is not told what was said here.
            assert asked(conversation, another).history == ()
        conversation.forget()
        assert asked(conversation, server).history == ()
        assert len(conversation.exchanges) == 1


def test_reasoning_is_neither_sent_again_nor_part_of_the_answer(conversation, told):
    thought = piece("<think>Canary thought.</think>A chest.")
    with Server(says(head(), thought, *WHOLE[2:])) as server:
        answered(conversation, told, server)
        (exchange,) = conversation.exchanges
        assert (exchange.reasoning, exchange.said) == ("Canary thought.", "A chest.")
        assert [turn.answer for turn in asked(conversation, server).history] == ["A chest."]
    assert "Canary" not in exchange.note


def test_another_service_of_the_same_gateway_is_not_told(conversation, told):
    with Server(says(*WHOLE)) as server:
        answered(conversation, told, server)
        assert asked(conversation, server, path="/another").history == ()
        assert len(asked(conversation, server).history) == 1


def test_one_at_a_time(conversation, told):
    with Server(lambda connection: connection.recv(1)) as server:
        send(conversation, asked(conversation, server))
        with pytest.raises(errors.NotSentError, match="Waiting"):
            send(conversation, asked(conversation, server))
        conversation.cancel()
    with Server(says(*WHOLE)) as server:
        told.get()
        told.get()
        answered(conversation, told, server)


def test_the_note_holds_the_answer_and_what_it_is_about_and_no_more(conversation, told):
    with Server(says(*WHOLE)) as server:
        answered(conversation, told, server, prompt="canary?")
    (exchange,) = conversation.exchanges
    note = exchange.note
    assert "canary" not in note
    assert note.startswith("**Written by a language model. Not for diagnosis.**")
    for part in ("A chest.", exchange.sha256, "m (127.0.0.1", f"{exchange.asked:%Y-%m-%d}"):
        assert part in note
    assert "incomplete" not in note


def test_a_note_of_half_an_answer_says_so(conversation, told):
    with Server(says(head(), piece("A"))) as server:
        send(conversation, asked(conversation, server))
        until(told, State.INCOMPLETE)
    assert "incomplete" in conversation.exchanges[0].note
