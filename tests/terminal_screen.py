"""The screen of a terminal in memory, which reads the bytes of a program."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyte

ALTERNATE_SCREEN_ON = b"\x1b[?1049h"
ALTERNATE_SCREEN_OFF = b"\x1b[?1049l"

UNKNOWN = re.compile(rb"\x1b\[[<>][0-9;]*u|\x1b\[\?[0-9;]*\$p")
"""Private sequences, of kitty's keyboard protocol among others, which pyte does not know: it would
print their last letter.
"""

BEGUN = re.compile(rb"\x1b(\[[0-?]*[ -/]*)?\Z")
"""A sequence whose end has not arrived yet."""


class TerminalScreen(pyte.Screen):
    """The contents of the terminal; queries of the program are answered through ``answer``."""

    def __init__(self, width: int, height: int, answer: Callable[[str], None]) -> None:
        super().__init__(width, height)
        self._answer = answer
        self._stream = pyte.ByteStream(self)
        self._begun = b""

    def write_process_input(self, data: str) -> None:
        self._answer(data)

    def feed(self, data: bytes) -> None:
        """Draw the next bytes of the program; it does not matter where the reads have cut its
        sequences."""
        data = self._begun + data
        self._begun = b""
        if begun := BEGUN.search(data):
            self._begun = begun.group()
        data = UNKNOWN.sub(b"", data.removesuffix(self._begun))
        # pyte does not know the alternate screen, which is always empty at first
        self._stream.feed(data.replace(ALTERNATE_SCREEN_ON, ALTERNATE_SCREEN_ON + b"\x1b[2J"))

    def scribble(self, x: int, y: int, text: str) -> None:
        """Draw a text of another program, even between two halves of a sequence."""
        self._stream.feed(f"\x1b7\x1b[{y + 1};{x + 1}H{text}\x1b8".encode())

    @property
    def text(self) -> str:
        """The lines as in `display`, in a seventh of its time; the second cell of a wide character
        is empty."""
        lines = []
        for y in range(self.lines):
            line = self.buffer[y]
            lines.append("".join([line[x].data for x in range(self.columns)]))
        return "\n".join(lines)
