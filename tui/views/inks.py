"""How drawings look: one table of inks, on a dark background and on a light one; and one table of
ASCII."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

# Okabe and Ito (2008), which colour-blind people tell apart: #56b4e9, #0072b2, #e69f00, #009e73 and
# #f0e442. All other colours are chosen by eye.
BLACK = Color(0, 0, 0)
CLASSES = (
    "#56b4e9 | #0072b2, #e69f00 | #a05a00, #32c369 | #00824b, #d269af | #8a1c70, "
    "#6496ff | #0f3cc3, #ff6e3c | #be280a, #b9b9b9 | #5a5a5a, #a5eb7d | #466e14"
)
BLOCKS = (  # told apart also with 16 colours
    "#000000 on #56b4e9, #000000 on #e69f00, #000000 on #009e73, #000000 on #d269af, "
    "#ffffff on #0f64c3, #000000 on #f0e442, #000000 on #b9b9b9, #000000 on #a5eb7d"
)
SHADES = (  # in the order of their lightness
    "#4277b0 | #a88600, #5286b6 | #95801a, #6b97b8 | #807a38, #8ba7ab | #6b7350, "
    "#adb28d | #546a68, #cdbd64 | #3a5c80, #e8c93e | #1f4a94, #ffd91a | #00339c"
)


def numbered(name: str, inks: str) -> dict[str, str]:
    return {f"{name}{number}": ink for number, ink in enumerate(inks.split(", "))}


def _number_ink(level: int, shade: str) -> str:
    """Of a number in a block ░▒▓█ of a shade: what is behind it is as light as the block. That of
    the two full ones is reversed, so that they are whole also without colours."""
    dark, light = shade.split(" | ")
    if level < 3:
        part = "40" if level == 1 else "80"  # a quarter of the dots, or half of them
        return f"bold $text on {dark}{part} | bold $text on {light}{part}"
    if level == 3:  # not on a light background, where white on it could not be read
        dark = BLACK.blend(Color.parse(dark), 0.75).hex6.lower()
    return f"bold reverse {dark} on #000000 | bold reverse {light} on #ffffff"


def _number_inks() -> dict[str, str]:
    inks = {}
    for level in range(1, 5):
        for number, shade in enumerate(SHADES.split(", ")):
            inks[f"number{level}{number}"] = _number_ink(level, shade)
    return inks


INKS = {
    "": "",
    "text": "$text",
    "strong": "bold $text",
    "muted": "$text-muted",
    "faint": "$text-disabled",
    "dim": "dim $text-muted",
    "note": "italic $text-muted",
    "verdict": "italic $text",
    "heading": "underline $text-muted",
    "focused": "bold underline $text",
    "picked": "bold reverse $text",
    "hint": "$text-warning",
    "draft": "bold $text-warning",
    "refusal": "bold $text-error",
    "trouble": "bold reverse $text-error",
    "loading": "bold $text-warning",
    "running": "bold $text-success",
    "paused": "bold $text-warning",
    "finished": "bold $text-accent",
    "disconnected": "bold reverse $text-warning",
    "failed": "bold reverse $text-error",
    "key": "bold $footer-key-foreground on $footer-key-background",
    "key_open": "bold underline $footer-key-foreground",
    "key_name": "$footer-description-foreground on $footer-description-background",
    "cursor": "bold #000000 on #ffffff | bold #ffffff on #000000",
    "source": "bold #ffffff on #7b3294",
    "input": "#56b4e9 | #0072b2",
    "target": "#ffb000 | #a05a00",
    "prediction": "#32c369 | #00824b",
    "wrong": "bold #000000 on #e8602c",
    "raw": "#b07a10 | #cda532",
    "mean": "#ffb000 | #8c2800",
    "mark": "bold #d269af",
    "held_out": "#5fd7ff | #005f87",
    "errors": "#e8602c",
    "ghost": "#6f7f8f | #9aa5b1",
    "letter": "bold #9fb3c8 | bold #52606d",
    "words": "#9fb3c8 | #52606d",
    "here": "bold #56b4e9 | bold #0072b2",
    "median": "#56b4e9 | #0072b2",
    "band": "#3f7ea3 | #6fa8cf",
    "solved": "#32c369 | #00824b",
    "interval": "#23804a | #6fbf95",
    "extreme": "#5f7482 | #9aa5b1",
    "beyond": "#6f7f8f | #7a8794",
    "wall": "#f0e442 | #6b5b00",
    "saturated": "bold #d269af | bold #8a1c70",
    "changed": "bold #000000 on #f0e442",
    "point": "bold #32c369 | bold #00824b",
    "loss": "#e8602c | #be280a",
    "before": "#f0e442 | #7a6000",
    "missed": "bold #f0e442 | bold #7a6000",
    "above": "bold #d269af | bold #a0286e",
    "none": "#7d8da6 | #7a8794",
    "side": "bold #ffffff | bold #000000",
    "lacking": "bold #e8602c | bold #be280a",
    **numbered("class", CLASSES),
    **numbered("block", BLOCKS),
    **numbered("shade", SHADES),
    **_number_inks(),
}
"""Each ink by name, as Rich writes a style; after ``|`` on a light background, if it differs there.
``$name`` is a colour of the theme. The empty one is the widget's own.
"""

NAMES = tuple(INKS)

NUMBER = {name: number for number, name in enumerate(NAMES)}  # of each ink in a grid's array


def pen(ink: str, on: Color, theme: Mapping[str, str], is_dark: bool) -> Style:
    """The style of an ink on a background."""
    dark, _, light = INKS[ink].partition(" | ")
    words = (dark if is_dark or not light else light).split()
    if "on" in words:
        on = _colour(words[-1], on, theme)
        words[-1] = on.hex6
    for place, word in enumerate(words):
        if word.startswith("$"):
            words[place] = _colour(word, on, theme).hex6
    return Style.parse(" ".join(words))


def _colour(word: str, on: Color, theme: Mapping[str, str]) -> Color:
    value = theme[word[1:]] if word.startswith("$") else word
    if value.startswith("auto"):  # black or white, whichever is seen better, at a percentage
        _, percentage = value.split()
        return on + on.get_contrast_text(float(percentage.rstrip("%")) / 100)
    return on + Color.parse(value)


GLYPHS = {  # characters, and those in their place in ASCII
    "·░▒▓█": ".:+*#",
    "▁▂▃▄▅▆▇": "_~=%&$@",
    "▏▎▍▌▋▊▉▐": ":::]]##[",
    "▲▼►▶◀←↑→↓‹›": "^v*><<^>v<>",
    "●◆○◐◉×■‖…␣↵": "o@OCox#=._/",
    "↺": "@",
    "─━┄╌┈═": "------",
    "│┃┆╎┊║╞╡├┤┫": "|#:::|[]|+#",
    "┌┐└┘┬┴┼┣╭╮╰╯": "++++++++++++",
}
# Of braille: a point, or two for more than two dots
GLYPHS |= {chr(0x2800 + dots): ".:"[dots.bit_count() > 2] for dots in range(256)}


class AsciiTable(dict[int, Any]):
    """Also of characters that have none in their place: a question mark for each column."""

    def __missing__(self, code: int) -> str:
        self[code] = chr(code) if code < 128 else "?" * cell_len(chr(code))
        return self[code]  # type: ignore[no-any-return]


TABLE = AsciiTable(str.maketrans("".join(GLYPHS), "".join(GLYPHS.values())))


def in_ascii(text: str) -> str:
    """The text in ASCII, as many columns wide; a question mark stands for a character that has none
    in its place."""
    return text.translate(TABLE)


class InAscii(LineFilter):
    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(in_ascii(text), style, control) for text, style, control in segments]


IN_ASCII = InAscii()
