"""Words and rules on the plot, where nothing is drawn: levels, commands, epochs, and its legend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import loss_text, task_loss_text
from echornn.history.curve import MARKS, Band, Curve
from echornn.session.pictures.picture import Ghost
from tui.text.lines import shortened
from tui.views.axes import DASH, LABEL_WIDTH, Place
from tui.views.canvas import Cells
from tui.views.dots import put
from tui.views.inks import NUMBER
from tui.views.legend import Entry, draw_legend

STARTS_SHOWN = 12  # epochs that are marked
LABEL_LINES = 4  # at the top, for the words of commands
LEVEL_WIDTH = 24  # characters of a level's name
LEAST_GHOST = 10  # columns for the words of other branches: in fewer only dots would be left

EPOCH, COMMAND, CROSSHAIR = "┊║│"
BEHIND_RULES = [" ", DASH, EPOCH, COMMAND]

Free = npt.NDArray[np.bool_]


def last_free(free: Free, length: int) -> int:
    """The last column of a line from which on so many are free; -1 if there is none."""
    return "".join(np.where(free, " ", "x")).rfind(" " * length)


def draw_label(cells: Cells, place: Place, x: int, text: str, lines: int, ink: str) -> None:
    """Text right or else left of a column, on the first of so many lines where it has room."""
    free = place.free(cells)
    right, left = x + 1 - place.x, x - place.x - len(text)
    for line in range(min(lines, place.height)):
        for begin, before in ((right, 0), (left, 1)):
            end = begin + len(text)
            room = free[line, max(0, begin - before) : end + 1 - before]
            if begin >= 0 and end <= place.width and room.all():
                cells.write(place.x + begin, place.y + line, text, ink)
                return


def draw_rule(cells: Cells, x: int, height: int, sign: str, ink: str) -> None:
    """A vertical line before the levels and marks, and through the curve."""
    column = cells.characters[:height, x]
    column[np.isin(column, BEHIND_RULES)] = sign
    cells.styles[:height, x] = NUMBER[ink]


# ---- levels


def draw_levels(cells: Cells, place: Place, levels: Sequence[tuple[str, float]]) -> None:
    """A line behind the curve for each level; its name on the line or beside it, as far right as is
    free."""
    axis = place.axis
    levels = [(name, loss) for name, loss in levels if axis.bottom <= loss <= axis.top]
    lines = [axis.line(loss, place.height) for _, loss in levels]
    has_level = np.isin(np.arange(place.height), lines)[:, np.newaxis]
    put(cells, place, np.where(place.free(cells) & has_level, DASH, " "), "faint")
    by_weight = (*levels[:1], *levels[:0:-1])  # the first and the last matter most
    for name, loss in by_weight:
        line = axis.line(loss, place.height)
        beside = [near for near in (line - 1, line + 1) if near not in lines]
        texts = [f" {short} {loss_text(loss, 3)} " for short in _names_of(name)]
        _draw_name(cells, place, texts, [line, *beside])


def _names_of(level: str) -> Iterable[str]:
    names = (level, level.removeprefix("least at "))
    return dict.fromkeys(shortened(name, LEVEL_WIDTH) for name in names)


def _draw_name(cells: Cells, place: Place, texts: Sequence[str], lines: Sequence[int]) -> None:
    free = place.free(cells)
    for text, line in product(texts, lines):
        if 0 <= line < place.height:
            begin = last_free(free[line, :-1], len(text))
            if begin >= 0:
                cells.write(place.x + begin, place.y + line, text, "faint")
                return


def draw_norm_words(cells: Cells, place: Place, norms: Curve, clip_norm: float | None) -> None:
    """What the axis of norms is, and how many gradients were clipped at which norm."""
    cells.write(0, place.y, f"{'norm':>{LABEL_WIDTH}}", "muted")
    if norms.starts.size and np.isnan(norms.high).all():
        draw_label(cells, place, place.x, " not recorded", 1, "muted")
    if clip_norm:
        clipped = round(float(np.nansum(norms.error_rate * (norms.ends - norms.starts))))
        draw_levels(cells, place, [(f"{clipped:,} clipped above", clip_norm)])


# ---- commands and epochs


def draw_marks(cells: Cells, place: Place, curve: Curve) -> None:
    """A line where each command was given, and where epochs begin, with their words."""
    words: dict[int, list[str]] = {}
    epochs: dict[int, str] = {}
    ends = [*(segment.at for segment in curve.segments[1:]), curve.last]
    for segment, end in zip(curve.segments, ends, strict=False):
        if segment.cause in MARKS and segment.at >= curve.first:
            words.setdefault(place.column(segment.at), []).append(MARKS[segment.cause])
        begin = max(segment.at, curve.first)
        for window, epoch in segment.epoch_starts(curve.first, end, STARTS_SHOWN):
            if window > begin:
                epochs[place.column(window)] = f"e{epoch + 1}"
    commands = {x: ",".join(dict.fromkeys(words[x])) for x in sorted(words)}
    others = {x: word for x, word in epochs.items() if x not in commands}
    _draw_rules(cells, place, commands, COMMAND, "mark")
    for x, text in commands.items():
        draw_label(cells, place, x, text, LABEL_LINES, "mark")
    _draw_rules(cells, place, others, EPOCH, "faint")
    for x, text in others.items():
        draw_label(cells, place, x, text, 1, "faint")


def _draw_rules(cells: Cells, place: Place, columns: Iterable[int], sign: str, ink: str) -> None:
    is_marked = np.isin(place.x + np.arange(place.width), [*columns])
    put(cells, place, np.where(place.free(cells) & is_marked, sign, " "), ink)


# ---- the legend


def draw_plot_legend(
    cells: Cells, y: int, band: Band, held_out: Curve, config: EchoConfig, ghosts: Sequence[Ghost]
) -> bool:
    """How several networks, held-out data and ghosts are drawn, of too many the newest; whether
    there are any."""
    entries = []
    if len(band):
        entries += [
            Entry("⠒⠒", "mean", f"seed {config.seed}"),
            Entry("⠶⠶", "median", f"median of {int(band.replicas[-1]):,}"),
            Entry("⢕⢕", "band", "10 to 90 %"),
            Entry("⠁⠈", "extreme", "best, worst"),
        ]
    if len(held_out.mean):
        loss = task_loss_text(config, float(held_out.mean[-1]))
        entries.append(Entry("⠒⠒", "held_out", f"held out {loss}"))
    x = draw_legend(cells, 0, y, cells.width, entries, "words")
    if cells.width - x >= LEAST_GHOST:
        cells.write(x, y, _ghost_words(cells, ghosts, cells.width - x), "words")
    return bool(entries or ghosts)


def _ghost_words(cells: Cells, ghosts: Sequence[Ghost], width: int) -> str:
    words = [f"{ghost.letter}: {ghost.words}{ghost.since}" for ghost in ghosts]
    line = "  ".join(words)
    for left_out in range(1, len(words)):
        if len(line) <= width:
            break
        more = f"and {left_out} more: «branches»"
        line = cells.keymap.text("  ".join([*words[left_out:], more]))
    return shortened(line, width)
