"""Places the legend of the lines where it covers as little of the plot as possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from echornn.session.pictures.ghosts import Ghost
from tui.app.curve.ghosts import PlotArea
from tui.kit.cells import Cells

MOST_WORDS = 5
"""The most ghosts that have an entry each; if there are more, the legend has only their number."""

LEAST_PLOT_WIDTH = 44
"""The fewest columns of a plot that has a legend."""

LEAST_WIDTH, MOST_WIDTH = 40, 52
"""The legend has half of the plot's columns, within these limits."""

STAYS = 8
"""The legend moves only if another place hides at least this much less, so that it does not jump about."""


class Legend:
    """The legend of a plot. It stays in its place as long as it hides little there."""

    def __init__(self) -> None:
        self._at: tuple[bool, int] | None = None

    def draw(self, cells: Cells, place: PlotArea, lines: Sequence[str], style: str, hides: Mapping[str, int]) -> None:
        """Write the legend over the plot.

        Args:
            lines: the texts; none wider than the plot, and no more than the plot has lines.
            hides: the cost of covering a cell, by the cell's style; 0 for styles that are not listed.
        """
        if not lines or place.width < LEAST_PLOT_WIDTH:
            return
        inside = cells.styles[: place.height, place.x : place.x + place.width]
        lost = np.array([hides.get(name, 0) for name in cells.names])[inside]
        lost[cells.characters[: place.height, place.x : place.x + place.width] == " "] = 0
        self._at = on_the_left, top = self._best(lines, lost)
        begin = _begin(lines, place.width, on_the_left)
        for number, line in enumerate(lines):
            cells.write(place.x + begin, top + number, line, style)

    def _best(self, lines: Sequence[str], lost: npt.NDArray[np.int_]) -> tuple[bool, int]:
        """The place that hides the least: whether it is at the left, and the first line. If several are equal, the
        upper right place.
        """
        height = len(lost)
        first = min(1, height - len(lines))  # below the numbers of the epochs
        tops = range(first, height - len(lines) + 1)
        places = {(left, top): _hidden(lines, lost, left, top) for left in (False, True) for top in tops}
        best = min(places, key=places.__getitem__)
        stays = self._at is not None and self._at in places and places[self._at] < places[best] + STAYS
        return self._at if stays and self._at is not None else best


def ghost_words(ghosts: Sequence[Ghost], place: PlotArea, cut: str, lines: int) -> list[str]:
    """The entries of ghosts, at most ``lines`` lines. If they do not all fit: the newest ghosts, and the number of the
    others.

    Args:
        cut: the text at the end of a shortened entry.
    """
    width = min(MOST_WIDTH, max(LEAST_WIDTH, place.width // 2), place.width - 4)
    count = min(len(ghosts), MOST_WORDS, lines)
    if count == lines > 1 and count < len(ghosts):
        count -= 1
    texts = [_told(ghost, width, cut) for ghost in ghosts[len(ghosts) - count :]] if count > 0 else []
    if count < len(ghosts):
        texts.append(f" and {len(ghosts) - count} more: «branches» ")
    return texts[: max(0, lines)]


def _told(ghost: Ghost, width: int, cut: str) -> str:
    """The entry of a ghost in ``width`` columns. If it is too long, the differences are shortened, not the start
    window.
    """
    words = f" {ghost.letter}: {ghost.words}"
    room = width - 1 - len(ghost.since)
    return f"{words if len(words) <= room else words[: room - len(cut)] + cut}{ghost.since} "


def _begin(lines: Sequence[str], width: int, on_the_left: bool) -> int:
    return 1 if on_the_left else max(0, width - max(map(len, lines)) - 1)


def _hidden(lines: Sequence[str], lost: npt.NDArray[np.int_], on_the_left: bool, top: int) -> int:
    begin = _begin(lines, lost.shape[1], on_the_left)
    return int(sum(lost[top + number, begin : begin + len(line)].sum() for number, line in enumerate(lines)))
