"""Pasted text is one message, whatever bytes it holds and however they arrive; keys around it stay
keys."""

from __future__ import annotations

import random

from textual.events import Key, Paste
from textual.message import Message

from tui.term.terminal import PASTE_BEGINS, PASTE_ENDS
from tui.term.terminal_input import TerminalInput

PIECES = [
    *(bytes([byte]) for byte in range(256)),
    *(
        b"\x1b\x1b[A",
        b"\x1b[I",
        b"\x1b[48;1;1;0;0t",
        b"\x1b[1;1R",
        b"\x1b[<0;4;1M",
        b"\x1b[2026;1$y",
    ),
    *(b"\x1b[", b"\x1b[200", b"\x1b[201", PASTE_BEGINS, "é".encode(), b"\x1b" + 40 * b"1"),
]


def in_pieces(data: bytes, dice: random.Random) -> list[bytes]:
    cuts = sorted(dice.choices(range(len(data) + 1), k=dice.randrange(9)))
    return [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def messages_of(pieces: list[bytes]) -> list[Message]:
    sent = TerminalInput()
    return [
        message
        for piece in pieces
        for messages in (sent.messages(piece), sent.late_messages())
        for message in messages
    ]


def test_a_paste_of_any_bytes_in_any_pieces_is_one_text_between_the_keys_around_it() -> None:
    for seed in range(2000):
        dice = random.Random(seed)
        pasted = b"".join(dice.choices(PIECES, k=dice.randrange(60))).replace(PASTE_ENDS, b"")
        data = b"a" + PASTE_BEGINS + pasted + PASTE_ENDS + b"z"
        before, paste, after = messages_of(in_pieces(data, dice))
        assert isinstance(before, Key)
        assert isinstance(paste, Paste)
        assert isinstance(after, Key)
        assert (before.key, after.key) == ("a", "z")
        lines = pasted.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        kept = [one for one in lines if one in "\n\t" or not (one < " " or "\x7f" <= one < "\xa0")]
        assert paste.text == "".join(kept)


def test_bytes_that_are_no_text_are_left_out_and_the_keys_around_them_are_heard() -> None:
    keys = messages_of([b"a\xff", b"\xc3", b"\xa9\x1b[A", b"\xf0b"])
    assert [one.character or one.key for one in keys if isinstance(one, Key)] == [*"aé", "up", "b"]
