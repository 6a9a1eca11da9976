"""The card of the tour, above the line of keys: where it is, what is to be seen, and the key that leads on."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from tui.kit.cells import Cells, CellWidget, Press

HEIGHT = 4
"""The lines of the card: a title, two lines of words, and the key."""


@dataclass(frozen=True)
class CardText:
    """What the card says.

    Attributes:
        title: the number and the title of the step.
        words: the sentences.
        key: the key that leads on, as the name of the key; empty while the run does not show yet what the words say.
        does: the key as it is shown, and what it does.
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

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__()
        self._line = "-" if ascii_only else "─"
        self._text = CardText("", "", "", "", "")

    def show(self, text: CardText) -> None:
        """Draw this text."""
        if text != self._text:
            self._text = text
            self.redraw()

    def draw(self, cells: Cells) -> None:
        text, line = self._text, self._line
        cells.write(0, 0, line * cells.width, "tour--title")
        cells.write(2, 0, f" {text.title} ", "tour--title")
        leaves = f" {text.leaves} "
        at = cells.width - len(leaves) - 2
        if at > len(text.title) + 6:
            cells.write(at, 0, leaves, "tour--title")
            cells.mark(at, 0, len(leaves), 1, Press(self.keymap.key("leave_tour")))
        for y, words in enumerate(textwrap.wrap(self.keymap.text(text.words), max(1, cells.width))[: HEIGHT - 2], 1):
            cells.write(0, y, words, "tour--words")
        if text.key:
            end = cells.write(0, HEIGHT - 1, text.does, "tour--key")
            cells.mark(0, HEIGHT - 1, end, 1, Press(text.key))
