"""Events are the same however the bytes are cut, and bounded."""

from __future__ import annotations

import asyncio
import contextlib
import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medscan.assistant.answer_text import harmless, parted
from napari_medscan.assistant.answers import Answer
from napari_medscan.assistant.errors import (
    AnswerError,
    AssistantError,
    IncompleteError,
    RefusedError,
)
from napari_medscan.assistant.failures import ServerSaidError, error_in
from napari_medscan.assistant.providers import Protocol
from napari_medscan.assistant.transport import Limits, Response

LINE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


def events(chunks):
    """Return the data of all events in a stream that comes in these pieces."""

    async def come():
        for chunk in filter(None, chunks):
            yield chunk

    async def read():
        response = Response(come(), "text/event-stream", Limits())
        return [data async for data in response.events()]

    return asyncio.run(read())


def cut(data, places):
    ends = sorted({place % (len(data) + 1) for place in places})
    return [data[a:b] for a, b in zip([0, *ends], [*ends, len(data)], strict=True)]


@settings(deadline=None)
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
    assert events(cut(data, places)) == ["\n".join(event) for event in texts]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=30), max_size=8))
def test_any_bytes_are_the_same_however_they_are_cut(chunks):
    assert events(chunks) == events([b"".join(chunks)])


def test_an_event_that_was_not_ended_is_none():
    assert events([b"data: a\n\ndata: b\n"]) == ["a"]


@pytest.mark.parametrize("endless", [b"data: a", b"data: a\n", b": a"])
def test_an_endless_event_is_given_up(endless):
    with pytest.raises(AnswerError, match="too long"):
        events([endless * 10_000] * (Limits().answer // 10_000 + 1))


def delta(text=None, finish=None, **more):
    choice = {"index": 0, "delta": {"content": text, **more}, "finish_reason": finish}
    return json.dumps({"choices": [choice]}).encode()


def read(protocol, *data):
    answer = Answer(protocol)
    for event in data:
        answer.event(event if isinstance(event, str) else event.decode())
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
@settings(max_examples=60, deadline=None)
@given(said=JSON)
def test_strange_json_is_an_error_of_ours_or_nothing(protocol, said):
    data = json.dumps(said)
    with contextlib.suppress(AssistantError):
        assert isinstance(Answer(protocol).event(data), str)
    with contextlib.suppress(AssistantError):
        assert isinstance(Answer(protocol).whole(data.encode()), str)


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
    assert (caught.value.kind, caught.value.message) == ("overloaded_error", "x")


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


PARTS = [{"type": "text", "text": "A "}, {"type": "image"}, {"type": "text", "text": "chest."}]


@pytest.mark.parametrize("content", ["A chest.", PARTS], ids=["string", "parts"])
@pytest.mark.parametrize("protocol", Protocol)
def test_content_is_read_as_a_string_or_as_parts(protocol, content):
    said = {"content": content, "stop_reason": "end_turn"}
    if protocol is Protocol.CHAT:
        said = {"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}
    answer = Answer(protocol)
    answer.whole(json.dumps(said).encode())
    answer.check_end()
    assert answer.text == "A chest."


def test_parts_are_read_in_a_stream():
    assert read(Protocol.CHAT, delta(PARTS), delta(finish="stop")).text == "A chest."


HARMFUL = {
    "reversed": ("\u202elive\u202c", "live"),
    "isolated": ("a\u2066b\u2069c", "abc"),
    "escape": ("\x1b[31mred\x00", "[31mred"),
    "lone surrogate": ("a\ud83db", "a\ufffdb"),
    "kept": ("a\tb\n\u00e9\U0001f600<b>", "a\tb\n\u00e9\U0001f600<b>"),
}


@pytest.mark.parametrize("case", HARMFUL)
def test_control_and_direction_characters_are_taken_out(case):
    said, expected = HARMFUL[case]
    answer = read(Protocol.CHAT, delta(said), delta("x", finish="stop"))
    assert answer.text == expected + "x"
    answer.text.encode()


@given(st.text(st.characters()))
def test_any_harmless_text_can_be_saved_and_has_one_direction(text):
    kept = harmless(text)
    kept.encode()
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in kept if c not in "\n\t")
    assert not any(unicodedata.bidirectional(c) in DIRECTIONS for c in kept)
    assert harmless(kept) == kept


DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
THOUGHTS = {
    "none": ("A chest.", "", "A chest."),
    "whole": ("<think>\nhm\n</think>\n\nA chest.", "hm", "A chest."),
    "open": ("<think>hm", "hm", ""),
    "its end alone": ("hm\n</think>\nA chest.", "hm", "A chest."),
    "two": ("<think>a</think><think>b</think>A chest.", "a\n\nb", "A chest."),
    "another word": ("<thinking>hm</thinking>A chest.", "hm", "A chest."),
    "within": ("A <think>chest</think>.", "", "A <think>chest</think>."),
}


@pytest.mark.parametrize("case", THOUGHTS)
def test_reasoning_is_parted_from_the_answer(case):
    answer, thought, said = THOUGHTS[case]
    assert parted(answer) == (thought, said)


def test_an_answer_of_reasoning_alone_is_empty():
    with pytest.raises(AnswerError, match="empty"):
        read(Protocol.CHAT, delta("<think>hm</think>\n"), delta(finish="stop")).check_end()
