"""The inks of all drawings: one table of colours, on a dark background and on a light one."""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color

CLASSES = ("#56b4e9", "#e69f00", "#32c369", "#d269af", "#6496ff", "#ff6e3c", "#b9b9b9", "#a5eb7d")
CLASSES_ON_LIGHT = ("#0072b2", "#a05a00", "#00824b", "#8a1c70", "#0f3cc3", "#be280a", "#5a5a5a", "#466e14")
BLOCKS = ("#56b4e9", "#e69f00", "#009e73", "#d269af", "#0f64c3", "#f0e442", "#b9b9b9", "#a5eb7d")
SHADES = ("#4277b0", "#5286b6", "#6b97b8", "#8ba7ab", "#adb28d", "#cdbd64", "#e8c93e", "#ffd91a")
SHADES_ON_LIGHT = ("#a88600", "#95801a", "#807a38", "#6b7350", "#546a68", "#3a5c80", "#1f4a94", "#00339c")

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
    "caret": "reverse $text",
    "picked": "bold reverse $text",
    "selected": "bold $text on $primary",
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
    "cursor": "bold #000000 on #ffffff",
    "source": "bold #ffffff on #7b3294",
    "input": "#56b4e9",
    "target": "#ffb000",
    "prediction": "#32c369",
    "wrong": "bold #000000 on #e8602c",
    "raw": "#b07a10",
    "mean": "#ffb000",
    "errors": "#e8602c",
    "mark": "bold #d269af",
    "ghost": "#6f7f8f",
    "level": "$text-disabled",
    "rung": "$text-disabled",
    "epoch": "$text-disabled",
    "letter": "bold #9fb3c8",
    "words": "#9fb3c8",
    "here": "bold #56b4e9",
    "median": "#56b4e9",
    "band": "#3f7ea3",
    "solved": "#32c369",
    "interval": "#23804a",
    "extreme": "#5f7482",
    "beyond": "#6f7f8f",
    "wall": "#f0e442",
    "saturated": "bold #d269af",
    "changed": "bold #000000 on #f0e442",
    "point": "bold #32c369",
    "loss": "#e8602c",
    "before": "#f0e442",
    "missed": "bold #f0e442",
    "above": "bold #d269af",
    "none": "#7d8da6",
    "side": "bold #ffffff",
    "lacking": "bold #e8602c",
    **{f"class{number}": colour for number, colour in enumerate(CLASSES)},
    **{f"block{number}": f"{'#ffffff' if number == 4 else '#000000'} on {one}" for number, one in enumerate(BLOCKS)},
    **{f"shade{number}": colour for number, colour in enumerate(SHADES)},
}
"""Each ink by name, as Rich writes a style; ``$name`` is a colour of the theme. The empty one is the widget's own."""

ON_LIGHT = {
    "cursor": "bold #ffffff on #000000",
    "input": "#0072b2",
    "target": "#a05a00",
    "prediction": "#00824b",
    "raw": "#cda532",
    "mean": "#8c2800",
    "ghost": "#9aa5b1",
    "letter": "bold #52606d",
    "words": "#52606d",
    "here": "bold #0072b2",
    "median": "#0072b2",
    "band": "#6fa8cf",
    "solved": "#00824b",
    "interval": "#6fbf95",
    "extreme": "#9aa5b1",
    "beyond": "#7a8794",
    "wall": "#6b5b00",
    "saturated": "bold #8a1c70",
    "point": "bold #00824b",
    "loss": "#be280a",
    "before": "#7a6000",
    "missed": "bold #7a6000",
    "above": "bold #a0286e",
    "none": "#7a8794",
    "side": "bold #000000",
    "lacking": "bold #be280a",
    **{f"class{number}": colour for number, colour in enumerate(CLASSES_ON_LIGHT)},
    **{f"shade{number}": colour for number, colour in enumerate(SHADES_ON_LIGHT)},
}
"""The inks that differ on a light background."""

NAMES = tuple(INKS)

NUMBER = {name: number for number, name in enumerate(NAMES)}
"""The number of each ink in a grid's array."""


def pen(ink: str, on: Color, theme: Mapping[str, str], is_dark: bool) -> Style:
    """The style of an ink on this background, with the colours of this theme."""
    words = (INKS[ink] if is_dark else ON_LIGHT.get(ink, INKS[ink])).split()
    if "on" in words:
        on = _colour(words[-1], on, theme)
        words[-1] = on.hex6
    return Style.parse(" ".join(_colour(one, on, theme).hex6 if one[0] == "$" else one for one in words))


def _colour(word: str, on: Color, theme: Mapping[str, str]) -> Color:
    value = theme[word[1:]] if word[0] == "$" else word
    if value.startswith("auto"):  # black or white, whichever is seen better, at a percentage
        return on + on.get_contrast_text(float(value.split()[1].rstrip("%")) / 100)
    return on + Color.parse(value)
