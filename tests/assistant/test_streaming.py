"""Events are the same however the bytes are cut, and bounded."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.assistant.errors import (
    AnswerError,
    AssistantError,
    IncompleteError,
    RefusedError,
    TooLongError,
)
from napari_medscan.assistant.providers import Protocol
from napari_medscan.assistant.streaming import (
    MAX_EVENT,
    Answer,
    EventStream,
    ServerSaidError,
    error_in,
)

LINE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


def events(chunks):
    stream = EventStream()
    return [data for chunk in chunks for data in stream.feed(chunk)]


def cut(data, places):
    ends = sorted({place % (len(data) + 1) for place in places})
    return [data[a:b] for a, b in zip([0, *ends], [*ends, len(data)], strict=True)]


@given(
    st.lists(st.lists(LINE, min_size=1, max_size=3), max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(0, 10**6), max_size=8),
    st.booleans(),
)
def test_events_are_the_same_however_they_are_cut(texts, newline, places, has_bom):
    lines = [[f"data: {line}" for line in event] for event in texts]
    wire = "".join(newline.join(["event: x", ": ping", *event, "", ""]) for event in lines)
    data = ("\ufeff" if has_bom else "").encode() + wire.encode()
    assert events(cut(data, places)) == ["\n".join(event).encode() for event in texts]


@given(st.lists(st.binary(max_size=30), max_size=8))
def test_any_bytes_are_the_same_however_they_are_cut(chunks):
    assert events(chunks) == events([b"".join(chunks)])


def test_an_event_that_was_not_ended_is_none():
    assert events([b"data: a\n\ndata: b\n"]) == [b"a"]


@pytest.mark.parametrize("endless", [b"data: a", b"data: a\n", b": a"])
def test_an_endless_event_is_given_up(endless):
    with pytest.raises(TooLongError):
        events([endless * 100] * (MAX_EVENT // 100))


def delta(text=None, finish=None, **more):
    choice = {"index": 0, "delta": {"content": text, **more}, "finish_reason": finish}
    return json.dumps({"choices": [choice]}).encode()


def read(protocol, *data):
    answer = Answer(protocol)
    for event in data:
        answer.event(event)
    return answer


def test_a_chat_is_read():
    answer = read(
        Protocol.CHAT,
        delta("", role="assistant"),
        delta("A "),
        delta(None, reasoning_content="hm"),
        delta("chest."),
        delta(finish="stop"),
        b'{"choices":[],"usage":{"total_tokens":3}}',
        b"[DONE]",
    )
    answer.check_end()
    assert answer.text == "A chest."


MESSAGES = [
    b'{"type":"message_start","message":{"content":[]}}',
    b'{"type":"ping"}',
    b'{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}',
    b'{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"A chest."}}',
    b'{"type":"message_delta","delta":{"stop_reason":"end_turn"}}',
    b'{"type":"message_stop"}',
]


def test_messages_are_read():
    answer = read(Protocol.MESSAGES, *MESSAGES)
    answer.check_end()
    assert answer.text == "A chest."


@pytest.mark.parametrize("count", range(len(MESSAGES)))
def test_messages_without_their_stop_are_incomplete(count):
    with pytest.raises(IncompleteError, match="is incomplete"):
        read(Protocol.MESSAGES, *MESSAGES[:count]).check_end()


def test_a_chat_that_is_done_without_a_reason_is_incomplete():
    with pytest.raises(IncompleteError, match="is incomplete"):
        read(Protocol.CHAT, delta("A chest."), b"[DONE]").check_end()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (delta(finish="content_filter"), RefusedError),
        (delta(None, finish="stop", refusal="I cannot"), RefusedError),
        (delta("A", finish="length"), IncompleteError),
        (delta(finish="stop"), AnswerError),
    ],
    ids=["filter", "refusal", "length", "empty"],
)
def test_ends_that_are_no_answer(data, kind):
    with pytest.raises(kind):
        read(Protocol.CHAT, data).check_end()


NAMES = st.sampled_from(
    ["choices", "delta", "type", "content", "error", "message", "finish_reason", "text"]
)
JSON = st.recursive(
    st.sampled_from([None, "text_delta", "content_block_delta", 1, ""]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("protocol", Protocol)
@settings(max_examples=60)
@given(said=JSON)
def test_strange_json_is_an_error_of_ours_or_nothing(protocol, said):
    for take in (Answer(protocol).event, Answer(protocol).whole):
        with contextlib.suppress(AssistantError):
            assert isinstance(take(json.dumps(said).encode()), str)


def test_a_refusal_in_pieces_is_one():
    with pytest.raises(RefusedError):
        read(
            Protocol.CHAT, delta(refusal="I "), delta(refusal="can"), delta(finish="stop")
        ).check_end()


def test_errors_within_a_stream_are_told():
    with pytest.raises(ServerSaidError) as caught:
        read(
            Protocol.MESSAGES, b'{"type":"error","error":{"type":"overloaded_error","message":"x"}}'
        )
    assert (caught.value.kind, caught.value.detail) == ("overloaded_error", "x")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"error":{"type":"a","code":"b","message":"c"}}', ("a b", "c")),
        (b'{"error":"c"}', ("", "c")),
        (b'{"detail":"c"}', ("", "c")),
        (b"<html>", ("", "")),
        (b'{"error":[1]}', ("", "")),
    ],
)
def test_errors_of_servers_are_found(data, found):
    assert error_in(data) == found
