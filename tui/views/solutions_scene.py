"""What view 8 draws: networks as points, the farther apart, the more differently their states
move."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from textual.geometry import Region

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import loss_text
from echornn.diagnosis.seed_stats import SeedStats
from echornn.progress import Counts, Floats
from echornn.solutions import Distance, Solutions
from tui.text.lines import DIGITS
from tui.views.canvas import Cells, write_in
from tui.views.plane_scene import MIXED, Axes, Item
from tui.views.seeds_picture import Shades
from tui.views.view import Replica

# Of a point: a sign, and behind it how many networks are there; so it is about as wide as high
COLUMNS = 2
MANY = "#"  # in place of the number: 10 networks or more
SCALE_POINTS = 5  # of the bar that shows a distance; chosen by eye
CHOSEN, MARKED = "►", "◀"
LOSSES = "○░▒▓█"  # from solved to chance
SHAPES = "○●◆▲■▼◐×▶"  # of no resting state, of one, and so on; the last is of more, too
NAMES: dict[Distance, str] = {"procrustes": "angle of Procrustes", "cka": "1 - CKA"}

# ---- what signs and inks tell apart


class Groups(NamedTuple):
    of: str
    looks: list[Item]  # of each group
    numbers: Counts  # [networks], the group of each


def groupings(config: EchoConfig, solutions: Solutions, stats: SeedStats | None) -> list[Groups]:
    """What can be told apart: solved or not, losses, resting states, and clusters if some are
    seen."""
    groupings = [
        _by_loss(config, solutions.longer_losses),
        _by_resting_states(solutions.resting_states),
    ]
    if stats is not None and stats.can_be_solved:
        looks = [("×", "loss", "not solved"), ("●", "solved", "solved")]
        groupings.insert(0, Groups("seeds", looks, (stats.solved_at > 0).astype(np.int32)))
    if len(solutions.medoids) > 1:
        groupings.append(_by_cluster(solutions))
    return groupings


def _by_loss(config: EchoConfig, losses: Floats) -> Groups:
    edges = Shades.of(config, losses).edges
    words = [f"to {loss_text(edge, 3)}" for edge in edges]
    looks = [(sign, "loss", text) for sign, text in zip(LOSSES, [*words, "above"], strict=True)]
    return Groups("loss at twice the length", looks, np.digitize(losses, edges).astype(np.int32))


def _by_resting_states(counts: Counts) -> Groups:
    looks = [(sign, f"class{number}", str(number)) for number, sign in enumerate(SHAPES)]
    most = len(SHAPES) - 1
    looks[most] = (SHAPES[most], "class0", f"{most} or more")
    return Groups("resting states", looks, np.minimum(counts, most))


def _by_cluster(solutions: Solutions) -> Groups:
    looks = []
    for number, medoid in enumerate(solutions.medoids):
        words = f"around seed {solutions.seeds[medoid]}"
        looks.append((DIGITS[10 + number], f"class{number % 8}", words))
    return Groups("clusters", looks, solutions.clusters)


# ---- what is drawn


@dataclass(frozen=True, eq=False)
class SolutionsMap:
    solutions: Solutions
    places: Floats  # [networks, 2], as they are drawn; NaN for networks that have none
    groups: Groups
    chosen: int
    marked: int | None


def draw_map(cells: Cells, box: Region, shown: SolutionsMap) -> float:
    """The points, with one scale in all directions, and the names of medoids; returns the distance
    between neighbouring places for points."""
    size = np.array([box.width // COLUMNS, box.height])
    axes = Axes.around(shown.places, (0, 1))
    unit = ((axes.high - axes.low) / np.maximum(size - 1, 1)).max()
    middle, half = (axes.low + axes.high) / 2, unit * (size - 1) / 2
    axes = replace(axes, low=middle - half, high=middle + half)
    lines, columns = axes.cells(shown.places, box.height, box.width // COLUMNS)
    places = list(zip((COLUMNS * columns).tolist(), lines.tolist(), strict=True))
    there = np.flatnonzero(np.isfinite(shown.places).all(axis=1)).tolist()
    networks: dict[tuple[int, int], list[int]] = {}  # in each place
    for network in there:
        networks.setdefault(places[network], []).append(network)
    for (x, y), here in networks.items():
        write_in(cells, box, y, *_look(shown.groups, here), at=x)
        if len(here) > 1:
            count = str(len(here)) if len(here) < 10 else MANY
            write_in(cells, box, y, count, "muted", at=x + 1)
        cells.mark(box.x + x, box.y + y, COLUMNS, 1, Replica(here[0]))
    for medoid in shown.solutions.medoids:
        _draw_name(cells, box, *places[medoid], f"seed {shown.solutions.seeds[medoid]}")
    if shown.marked in there:
        x, y = places[shown.marked]
        write_in(cells, box, y, MARKED, "mark", at=x + 1)
    if shown.chosen in there:
        x, y = places[shown.chosen]
        sign, _ = _look(shown.groups, [shown.chosen])
        cells.write(box.x + x - 1, box.y + y, f"{CHOSEN}{sign}", "cursor")
    return float(unit)


def _look(groups: Groups, networks: list[int]) -> tuple[str, str]:
    first, *others = np.unique(groups.numbers[networks]).tolist()
    if others:
        return MIXED, "strong"
    sign, ink, _ = groups.looks[first]
    return sign, ink


def _draw_name(cells: Cells, box: Region, x: int, y: int, name: str) -> None:
    """Right of a point, or left of it, where nothing is yet."""
    line = cells.characters[box.y + y, box.x : box.right]
    for begin in (x + COLUMNS + 1, x - len(name) - 2):
        end = begin + len(name)
        if begin > 0 and end <= box.width and (line[begin - 1 : end + 1] == " ").all():
            write_in(cells, box, y, name, "strong", at=begin)
            return


def legend(shown: SolutionsMap, unit: float) -> list[Item]:
    bar = "├" + "─" * (SCALE_POINTS * COLUMNS - 2) + "┤"
    name = NAMES[shown.solutions.distance]
    items = [(bar, "muted", f" {SCALE_POINTS * unit:.2g} {name}  ")]
    items.append((f"{shown.groups.of}: ", "muted", ""))
    for number in np.unique(shown.groups.numbers).tolist():
        sign, ink, words = shown.groups.looks[number]
        items.append((f"{sign} ", ink, f"{words}  "))
    return [
        *items,
        (f"{MIXED} ", "strong", "several  "),
        ("2 ", "muted", "in one place, # 10 or more"),
    ]
