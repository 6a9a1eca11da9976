"""Any bytes from a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from tests.clock import Clock
from tui.term.possible import is_possible
from tui.term.terminal_input import MOST_PASTED, PASTE_SECONDS, TerminalInput


def heard(*pieces: bytes, clock: Clock | None = None) -> list[Message]:
    source = TerminalInput(clock or Clock())
    return [message for piece in pieces for message in source.messages(piece) if is_possible(message)]


def keys(messages: list[Message]) -> list[str]:
    return [message.key for message in messages if isinstance(message, events.Key)]


NOISE = {
    "Latin-1": b"caf\xe9",
    "8-bit Meta": bytes([0x80 | ord("x")]),
    "C1 control": b"\x9b31m",
    "half a character": b"\xe2\x82",
    "surrogate": b"\xed\xa0\x80",
    "no such code point": b"\x1b[1114112u",
    "a code point of 20 digits": b"\x1b[99999999999999999999u",
    "event types": b"\x1b[97;1:3u",
    "text without a code point": b"\x1b[97;1;1114112u",
    "half a pair as text": b"\x1b[97;1;55296u",
    "a size": b"\x1b[48;99999;99999;1;1t",
    "a size of nothing": b"\x1b[48;0;0;0;0t",
    "a mode of sizes": b"\x1b[?2048;1$y",
    "a mouse far away": b"\x1b[<0;99999999;99999999M",
    "a mouse before the first cell": b"\x1b[<0;0;0M",
    "a button that is none": b"\x1b[<999;1;1M",
    "an old mouse": b"\x1b[M\xff\xff\xff",
    "a colon in a size": b"\x1b[48;1:;2:;3:;4:t",
    "no end": b"\x1b[" + b"1;" * 40,
}


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE.keys())
def test_after_noise_the_next_key_is_heard_and_no_size_was_made_up(noise: bytes) -> None:
    messages = heard(noise, b"", b"\x1b[A", b"q")
    assert keys(messages)[-2:] == ["up", "q"]
    assert not any(isinstance(message, events.Resize) for message in messages)
    for message in messages:
        assert not isinstance(message, events.Key) or (message.character or "").encode("utf-8") is not None


@given(st.lists(st.one_of(st.binary(max_size=20), st.sampled_from(sorted(NOISE.values()))), max_size=12))
def test_no_bytes_raise_and_when_they_stop_keys_are_heard(pieces: list[bytes]) -> None:
    clock = Clock()
    source = TerminalInput(clock)
    for piece in pieces:
        list(source.messages(piece))
    clock.now += PASTE_SECONDS + 1
    list(source.messages(b""))
    # the unfinished sequence is ended
    later = [*source.messages(b"\x1b[97u\x1b[97u\x1b[97u"), *source.messages(b"...q")]
    assert keys(later)[-1] == "q"


def test_a_character_in_two_pieces_is_one_key() -> None:
    assert keys(heard("ä".encode()[:1], "ä".encode()[1:])) == ["ä"]


def test_a_paste_is_one_message_in_whatever_pieces_it_comes() -> None:
    sent = b"a\x1b[200~r\x1b[R\x00\xe9\nq\x1b[201~b"
    for cut in range(len(sent)):
        messages = heard(sent[:cut], sent[cut:])
        assert keys(messages) == ["a", "b"]
        (paste,) = (message for message in messages if isinstance(message, events.Paste))
        assert paste.text == "r\x1b[R\ufffd\nq"


def test_a_paste_is_kept_up_to_a_bound_and_none_of_it_is_a_key() -> None:
    messages = heard(b"\x1b[200~" + b"q" * (3 * MOST_PASTED), b"q" * MOST_PASTED, b"\x1b[201~x")
    (paste,) = (message for message in messages if isinstance(message, events.Paste))
    assert paste.text == "q" * MOST_PASTED
    assert keys(messages) == ["x"]


def test_a_paste_without_end_is_over_after_a_silence() -> None:
    clock = Clock()
    source = TerminalInput(clock)
    assert list(source.messages(b"\x1b[200~seed")) == []
    clock.now += PASTE_SECONDS / 2
    assert list(source.messages(b"")) == []
    clock.now += PASTE_SECONDS
    (paste,) = source.messages(b"")
    assert isinstance(paste, events.Paste)
    assert paste.text == "seed"
    assert keys(list(source.messages(b"q"))) == ["q"]


def moves(messages: list[Message]) -> list[tuple[int, int, int]]:
    return [(one.x, one.y, one.button) for one in messages if isinstance(one, events.MouseMove)]


def test_of_a_flood_of_motion_only_the_newest_of_each_read_is_heard_and_no_key_waits() -> None:
    flood = b"".join(b"\x1b[<35;%d;%dM" % (1 + number % 80, 1 + number % 24) for number in range(2000))
    reads = [flood[at : at + 4096] for at in range(0, len(flood), 4096)]
    messages = heard(*reads, b"q")
    assert len(messages) <= 3 * len(reads) + 1, "a read may begin or end within a report"
    assert moves(messages)[-1] == (1999 % 80, 1999 % 24, 0)
    assert keys(messages) == ["q"]


def test_motion_of_other_buttons_presses_and_keys_between_motion_are_all_heard() -> None:
    sent = b"\x1b[<35;1;1M\x1b[<35;2;1M\x1b[<0;2;1M\x1b[<32;3;1M\x1b[<32;4;1Ma\x1b[<32;5;1M\x1b[<0;5;1m"
    messages = heard(sent)
    assert moves(messages) == [(1, 0, 0), (3, 0, 1), (4, 0, 1)]
    assert keys(messages) == ["a"]
    assert [type(one) for one in messages].count(events.MouseDown) == 1
    assert [type(one) for one in messages].count(events.MouseUp) == 1


def test_motion_in_a_paste_is_text() -> None:
    pasted = b"\x1b[<35;1;1M\x1b[<35;2;1M"
    (paste,) = heard(b"\x1b[200~", pasted, b"\x1b[201~")
    assert isinstance(paste, events.Paste)
    assert paste.text == pasted.decode()
