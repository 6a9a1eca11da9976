"""The card of the tour, above the line of keys: where it is, what is to be seen, and the key that leads on."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from math import ceil

from tui.kit.cells import Cells, CellWidget, Press

LONGEST, AT_AN_END = 148, 4
"""The room for the sentences of a step, in characters, and how many stay empty at a line's end: two lines of 78."""


def card_height(width: int) -> int:
    """The lines of the card on a screen of this width: a title, the words, and the key."""
    return 2 + max(2, ceil(LONGEST / max(1, width - 2 - AT_AN_END)))


@dataclass(frozen=True)
class CardText:
    """What the card says.

    Attributes:
        title: the number and the title of the step.
        words: the sentences.
        key: the name of the key that is to be pressed; empty while there is only to wait.
        does: that key as it is shown, and what it does.
        leaves: how to leave the tour.
    """

    title: str
    words: str
    key: str
    does: str
    leaves: str


class TourCard(CellWidget):
    """The card; a click on its key presses it."""

    STYLES = ("tour--title", "tour--words", "tour--key")
    COMPONENT_CLASSES = set(STYLES)
    DEFAULT_CSS = """
    TourCard {
        height: 4;
        padding: 0 1;
        background: $boost;
        & > .tour--title { color: $text-accent; text-style: bold; }
        & > .tour--words { color: $text; }
        & > .tour--key { color: $text-success; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._text = CardText("", "", "", "", "")

    def show(self, text: CardText) -> None:
        """Draw this text."""
        if text != self._text:
            self._text = text
            self.redraw()

    def draw(self, cells: Cells) -> None:
        text = self._text
        cells.write(0, 0, "─" * cells.width, "tour--title")
        cells.write(2, 0, f" {text.title} ", "tour--title")
        leaves = f" {text.leaves} "
        at = cells.width - len(leaves) - 2
        if at > len(text.title) + 6:
            cells.write(at, 0, leaves, "tour--title")
            cells.mark(at, 0, len(leaves), 1, Press(self.keymap.key("leave_tour")))
        lines = textwrap.wrap(self.keymap.text(text.words), max(1, cells.width))
        for y, words in enumerate(lines[: cells.height - 2], 1):
            cells.write(0, y, words, "tour--words")
        if text.key:
            end = cells.write(0, cells.height - 1, text.does, "tour--key")
            cells.mark(0, cells.height - 1, end, 1, Press(text.key))
