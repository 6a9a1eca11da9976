"""What view 9 draws: an automaton's states as nodes on the plane of view 7, with arrows by letter;
and a word, with what is said after each of its letters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from textual.geometry import Region

from echornn.machines import Automaton
from echornn.readings import Readings
from tui.text.automata import MOST_STATES, arrows_of, said
from tui.views.blocks import CLASS_COLOURS
from tui.views.canvas import Cells, stamp, write_in
from tui.views.dots import characters
from tui.views.plane_scene import Axes, Indices, places_of

# All chosen by eye
LEAST_HEIGHT = 6  # lines in which arrows can be told apart; those of many states need more
GAP = 4  # columns between nodes on neighbouring lines
# Columns and lines by which a node is moved if there is no room, the nearest first; a line is as
# high as two columns
SHIFTS = sorted(
    product(range(-50, 51, 2), range(-20, 21)), key=lambda shift: math.hypot(shift[0], 2 * shift[1])
)
BEND = 0.12  # how far an arrow lies beside the straight line, as a share of its length
APART = 2  # dots, along an arrow
NAMED_AT = (0.5, 0.4, 0.6, 0.3, 0.7)  # shares of an arrow's length, tried in turn
LABEL = 10  # columns before a word


class WordStep(NamedTuple):
    number: int  # of a letter of the word, from 0


# ---- nodes and arrows


def draw_machine(
    cells: Cells, box: Region, readings: Readings, automaton: Automaton, lit: str
) -> bool:
    """Draw the nodes, one of them lit up, and the arrows; False if they have no room, and if the
    plane is of a gate, which is no part of the state."""
    machine, plane, task = automaton.machine, readings.plane, readings.config.the_task
    assert machine is not None
    has_room = box.height >= max(LEAST_HEIGHT, machine.states + 3)
    if plane is None or machine.states > MOST_STATES or not has_room:
        return False
    places = places_of(readings, plane, automaton.means)
    arrows, texts = arrows_of(task, machine), []
    for state, says in enumerate(said(task, machine.says)):
        text = f"[{state}] {says}" if str(state) == lit else f"({state}) {says}"
        if state == machine.start:
            text = f">{text}"
        if (state, state) in arrows:
            text += f" ↺{arrows.pop((state, state))}"
        texts.append(text)
    lines, columns = Axes.around(places, (0, 1)).cells(places, box.height, box.width)
    nodes = nodes_near(lines, columns, [*map(len, texts)], box)
    if len(nodes) < len(texts):
        return False
    _draw_arrows(cells, box, nodes, arrows)
    for state, (node, text) in enumerate(zip(nodes, texts, strict=True)):
        ink = "cursor" if str(state) == lit else f"class{state % CLASS_COLOURS}"
        write_in(cells, box, node.y, text, ink, at=node.x)
    return True


def nodes_near(
    lines: Indices, columns: Indices, widths: Sequence[int], box: Region
) -> list[Region]:
    """A node at each place, or as near as those before leave room; fewer if there is no room."""
    inside = Region(0, 1, box.width, box.height - 2)  # arrows bend beyond the outer nodes
    nodes: list[Region] = []
    for line, column, width in zip(lines.tolist(), columns.tolist(), widths, strict=False):
        for right, down in SHIFTS:
            node = Region(column - width // 2 + right, line + down, width, 1)
            around = node.grow((1, GAP, 1, GAP))
            if inside.contains_region(node) and not any(map(around.overlaps, nodes)):
                nodes.append(node)
                break
    return nodes


def _draw_arrows(
    cells: Cells, box: Region, nodes: Sequence[Region], arrows: Mapping[tuple[int, int], str]
) -> None:
    dots = np.zeros((4 * box.height, 2 * box.width), np.bool_)
    taken = np.zeros((box.height, box.width), np.bool_)
    for node in nodes:
        taken[node.y, max(0, node.x - 1) : node.right + 1] = True
    ways = []
    for state, target in arrows:
        way = way_between(nodes[state], nodes[target], dots.shape)
        ways.append(way[~taken[way[:, 1] // 4, way[:, 0] // 2]])
        dots[ways[-1][:, 1], ways[-1][:, 0]] = True
    stamp(cells, box.x, box.y, characters(dots), "muted")
    for way, letters in zip(ways, arrows.values(), strict=True):
        across, down = way[-1] - way[-6:][0]
        head = "▶▼◀▲"[round(2 * math.atan2(down, across) / math.pi) % 4]
        x, y = way[-1] // (2, 4)
        taken[y, x] = True
        write_in(cells, box, y, head, "strong", at=x)
        for share in NAMED_AT:
            x, y = way[int(share * len(way))] // (2, 4)
            place = np.s_[y, x : x + len(letters)]
            if not taken[place].any():
                break
        taken[place] = True
        write_in(cells, box, y, letters, "strong", at=x)


def way_between(begin: Region, end: Region, size: tuple[int, ...]) -> Indices:
    """The columns and rows of an arrow's dots, [dots, 2]; the way back lies on the other side."""
    first, last = (np.array([2 * node.x + node.width, 4 * node.y + 2]) for node in (begin, end))
    across, down = last - first
    shares = np.linspace(0, 1, int(math.hypot(across, down) / APART) + 2)[:, np.newaxis]
    beside = 4 * shares * (1 - shares) * BEND * np.array([down, -across])
    rows, columns = size
    way = np.clip(first + shares * (last - first) + beside, 0, (columns - 1, rows - 1))
    return np.asarray(way, np.int64)


# ---- a word


def draw_word(
    cells: Cells, box: Region, rows: Mapping[str, Sequence[str]], cursor: int | None
) -> None:
    """The rows of a word, as many letters as fit, up to that of the cursor or the last; what the
    task's machine does not say is marked."""
    count, room = len(rows["word"]), max(1, (box.width - LABEL) // 2)
    end = count if cursor is None else min(max(cursor + 1, room), count)
    begin = max(0, end - room)
    write_in(cells, box, 0, f"letters {begin + 1} to {end} of {count}", "muted")
    texts = sorted({text for row in rows.values() for text in row})
    for y, (name, row) in enumerate(rows.items(), 1):
        write_in(cells, box, y, name, "muted")
        for step in range(begin, end):
            text, ink = row[step], f"block{texts.index(row[step]) % CLASS_COLOURS}"
            if name in ("network", "automaton") and text != rows["task"][step]:
                text, ink = f"{text:.1}<", "wrong"
            if step == cursor:
                ink = "cursor"
            at = LABEL + 2 * (step - begin)
            write_in(cells, box, y, f"{text:<2.2}", ink, at=at)
            cells.mark(box.x + at, box.y + y, 2, 1, WordStep(step))
