"""What the terminal sends, as messages: keys and reports by Textual's parser; pasted text never
reaches it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Generator, Iterator

from textual.events import Paste
from textual.message import Message

from tui.term.private_textual import XTermParser
from tui.term.terminal import PASTE_BEGINS, PASTE_ENDS

# A beginning of PASTE_BEGINS this long is no key; shorter ones may be escape, or alt and a bracket
LEAST_OF_A_BEGIN = 3
LINE_END = re.compile(r"\r\n?")  # a terminal sends what enter would send
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and line feed


class TerminalInput:
    """Turns bytes into messages.

    In a paste, Textual's parser takes an escape sequence that it does not know for keys, and obeys
    some that it knows; and it would not know of the paste any more after a byte that cannot be
    decoded.
    """

    def __init__(self) -> None:
        self._newest = b""  # of what was read as keys, as much as may be the beginning of a paste
        self._pasted: bytearray | None = None  # None between pastes
        self._start_over()

    def _start_over(self) -> None:
        self._parser = XTermParser()
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")

    def messages(self, data: bytes) -> Iterator[Message]:
        while data:
            if self._pasted is None:
                data = yield from self._keys(data)
            else:
                data = yield from self._paste(data)

    def late_messages(self) -> Iterator[Message]:
        """Keys that could have been the beginning of something longer, which did not come; to be
        called now and then."""
        sizes = range(LEAST_OF_A_BEGIN, len(PASTE_BEGINS))
        if not any(self._newest.endswith(PASTE_BEGINS[:size]) for size in sizes):
            yield from self._parser.tick()

    def _keys(self, data: bytes) -> Generator[Message, None, bytes]:
        """The messages up to the beginning of a paste; returns the bytes after it."""
        joined, old = self._newest + data, len(self._newest)  # bytes that were parsed before
        begin = joined.find(PASTE_BEGINS)
        if begin < 0:
            self._newest = joined[1 - len(PASTE_BEGINS) :]
            yield from self._parsed(data)
            return b""
        end = begin + len(PASTE_BEGINS)
        yield from self._parsed(joined[old:end])
        self._newest, self._pasted = b"", bytearray()
        self._start_over()  # the parser would wait for the end of the paste
        return joined[end:]

    def _parsed(self, data: bytes) -> Iterator[Message]:
        text = self._decoder.decode(data)
        if not text:  # which would end the parser
            return
        try:
            yield from self._parser.feed(text)
        except Exception:  # errors of many kinds, for example on invalid numbers; the rest is lost
            self._start_over()

    def _paste(self, data: bytes) -> Generator[Message, None, bytes]:
        """The pasted text, once it is whole; returns the bytes after it."""
        assert self._pasted is not None
        begin = max(0, len(self._pasted) - len(PASTE_ENDS))
        self._pasted += data
        end = self._pasted.find(PASTE_ENDS, begin)
        if end < 0:
            return b""
        pasted, self._pasted = bytes(self._pasted), None
        text = LINE_END.sub("\n", pasted[:end].decode("utf-8", "replace"))
        yield Paste(CONTROL.sub("", text))
        return pasted[end + len(PASTE_ENDS) :]
