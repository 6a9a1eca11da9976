"""Turns bytes from the terminal into messages for the app; no bytes raise an error."""

from __future__ import annotations

import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator

from textual import events
from textual.message import Message

from tui.term.private_textual import KeyParser

PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
"""What a terminal puts around text that is pasted."""

MOST_PASTED = 1 << 16
"""Characters kept of one paste: the longest field of the settings takes far fewer."""

PASTE_SECONDS = 2.0
"""A paste whose end does not come is over after so long a silence; keys are keys again."""


class TerminalInput:
    """Makes messages of bytes, in whatever pieces they come.

    Bytes that are not UTF-8 (a Latin-1 paste, 8-bit Meta, line noise) count as U+FFFD. A sequence that the parser
    cannot read is dropped; what comes after is heard.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._decode = getincrementaldecoder("utf-8")(errors="replace").decode
        self._parser = KeyParser()
        self._newest = ""
        self._paste: list[str] | None = None
        self._came_at = clock()

    def messages(self, data: bytes) -> Iterator[Message]:
        """What these bytes mean; to be called with none too, some times a second, for what was waited for."""
        if data:
            self._came_at = self._clock()
        elif self._paste is not None and self._clock() - self._came_at > PASTE_SECONDS:
            yield from self._end_of_paste()
        for character in self._decode(data):
            yield from self._of(character)
        if self._paste is None:
            yield from self._parsed(self._parser.tick)

    def _of(self, character: str) -> Iterator[Message]:
        self._newest = (self._newest + character)[-len(PASTE_BEGINS) :]
        if self._paste is not None:
            if len(self._paste) < MOST_PASTED:
                self._paste.append(character)
            if self._newest == PASTE_ENDS:
                yield from self._end_of_paste()
        elif self._newest == PASTE_BEGINS:
            self._parser.start_over()  # it has seen all but the last character
            self._paste = []
        else:
            yield from self._parsed(lambda: self._parser.feed(character))

    def _end_of_paste(self) -> Iterator[Message]:
        text = "".join(self._paste or ()).removesuffix(PASTE_ENDS)
        self._paste = None
        yield events.Paste(text.replace("\x00", ""))

    def _parsed(self, parse: Callable[[], Iterable[Message]]) -> Iterator[Message]:
        try:
            messages = list(parse())
        except Exception:  # the parser's own, of any kind: a number that is none, a character that is not there
            self._parser.start_over()
        else:
            yield from messages
