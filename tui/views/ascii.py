"""ASCII in place of all other characters, one for one, where lines leave the program: no drawing knows of it."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

GLYPHS = {
    "·░▒▓█": ".:+*#",
    "▁▂▃▄▅▆▇": "_~=%&$@",
    "▏▎▍▌▋▊▉▐": ":::]]##[",
    "▲▼►▶◀←↑→↓‹›": "^v*><<^>v<>",
    "●◆○◐◉×■‖…": "o@OCox#=.",
    "─━┄╌┈═": "------",
    "│┃┆╎┊║╞╡├┤┫": "|#:::|[]|+#",
    "┌┐└┘┬┴┼┣╭╮╰╯": "++++++++++++",
    "".join(map(chr, range(0x2800, 0x2900))): "".join(".:"[dots.bit_count() > 2] for dots in range(256)),  # braille
}
"""Characters, and those in their place."""


class _Table(dict[int, str]):
    def __missing__(self, code: int) -> str:
        self[code] = chr(code) if code < 128 else "?" * cell_len(chr(code))
        return self[code]


TABLE = _Table({ord(one): plain for signs, others in GLYPHS.items() for one, plain in zip(signs, others, strict=True)})


def in_ascii(text: str) -> str:
    """The text in ASCII, as many columns wide; a question mark stands for a character that has none in its place."""
    return text.translate(TABLE)


class InAscii(LineFilter):
    """Has Textual draw every line in ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(in_ascii(text), style, control) for text, style, control in segments]


IN_ASCII = InAscii()
