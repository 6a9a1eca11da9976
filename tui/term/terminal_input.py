"""Turns bytes from the terminal into messages for the app; no bytes can raise an error."""

from __future__ import annotations

import re
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator

from textual import events
from textual.message import Message

from tui.term.private_textual import KeyParser

PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
"""The sequences around pasted text."""

MOST_PASTED = 1 << 16
"""The most characters kept of a paste; the longest field of the settings takes far fewer."""

PASTE_SECONDS = 2.0
"""A paste without an end is over after this long without input; then characters are keys again."""


MOTION = re.compile(rb"\x1b\[<(3[2-9]|[45]\d|6[0-3]);\d+;\d+M(?=\x1b\[<\1;\d+;\d+M)")
"""A report that the mouse has moved (SGR 1006), if another one of the same buttons follows at once."""


def newest_motion(data: bytes) -> bytes:
    """The input without reports of the mouse's motion that are outdated by the next report.

    A terminal reports every cell that the pointer crosses, and each report costs more than a key.
    """
    return MOTION.sub(b"", data)


class TerminalInput:
    """Turns bytes into messages; the bytes may arrive in pieces of any size.

    Bytes that are not UTF-8 (a Latin-1 paste, 8-bit Meta, line noise) become U+FFFD. A sequence that cannot be parsed
    is dropped, and what follows is read.

    Args:
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._decode = getincrementaldecoder("utf-8")(errors="replace").decode
        self._parser = KeyParser()
        self._newest = ""
        self._paste: list[str] | None = None
        self._came_at = clock()

    def messages(self, data: bytes) -> Iterator[Message]:
        """The messages of these bytes. Call it several times a second, also without bytes, so that waiting times can
        end.
        """
        if data:
            self._came_at = self._clock()
        elif self._paste is not None and self._clock() - self._came_at > PASTE_SECONDS:
            yield from self._end_of_paste()
        for character in self._decode(data if self._paste is not None else newest_motion(data)):
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
            self._parser.start_over()  # the parser has seen all but the last character
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
        except Exception:  # the parser raises errors of many kinds, for example on invalid numbers or characters
            self._parser.start_over()
        else:
            yield from messages
