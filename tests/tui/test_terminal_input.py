"""Pasted text is one message, whatever bytes it holds and however they arrive; keys around it stay
keys."""

from __future__ import annotations

import random
import re
from itertools import pairwise

from textual.events import Key, Paste
from textual.message import Message

from tui.term.terminal import PASTE_BEGINS, PASTE_ENDS
from tui.term.terminal_input import TerminalInput

REPORTS = b"\x1b\x1b[A \x1b[I \x1b[48;1;1;0;0t \x1b[1;1R \x1b[<0;4;1M \x1b[2026;1$y"
BEGUN = b"\x1b[ \x1b[200 \x1b[201 \x1b1111111111111111111111111111111111111111"
PIECES = [bytes([byte]) for byte in range(256)]
PIECES += [*REPORTS.split(), *BEGUN.split(), PASTE_BEGINS, "é".encode()]


CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Signs that no text has, as lines and tabs are."""


def in_pieces(data: bytes, dice: random.Random) -> list[bytes]:
    cuts = sorted(dice.choices(range(len(data) + 1), k=dice.randrange(9)))
    edges = [0, *cuts, len(data)]
    return [data[begin:end] for begin, end in pairwise(edges)]


def messages_of(pieces: list[bytes]) -> list[Message]:
    terminal_input = TerminalInput()
    messages: list[Message] = []
    for piece in pieces:
        messages += terminal_input.messages(piece)
        messages += terminal_input.late_messages()
    return messages


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
        assert paste.text == CONTROL.sub("", lines)


def test_bytes_that_are_no_text_are_left_out_and_the_keys_around_them_are_heard() -> None:
    messages = messages_of([b"a\xff", b"\xc3", b"\xa9\x1b[A", b"\xf0b"])
    keys = [message for message in messages if isinstance(message, Key)]
    assert [key.character or key.key for key in keys] == ["a", "é", "up", "b"]
