"""The figure of the automaton that a network has become: its states, and arrows by letter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from echornn.machines import NOT_ALLOWED
from echornn.readings import parts_of
from tui.figures.data import FigureData, FigureError, FigureRequest
from tui.figures.paper import plain
from tui.figures.probed import readings_for
from tui.figures.style import BLUE, GREY, PAPER, SMALL, points
from tui.text.automata import NO_LETTERS, letter_names, said, sentences

# All chosen by eye
MOST_DRAWN = 24  # states: the arrows of more hide each other
FEW = 8  # states, above which a figure is higher
GROWTH = 0.1  # inches a state
RADIUS = 9  # points, of a node
MARGIN = 30  # points around the middles of nodes
APART = 4  # radii between the middles of two nodes, so that an arrow and its letters have room
BESIDE = 4.5  # points from an arrow to the middle of its letters
BEND = 0.15  # how far an arrow lies beside the straight line, as a share of its length
ALONG = 36  # points from where an arrow begins to its letters: in the middle others cross it
LOOP = math.radians(40)  # from the middle of a loop to its ends, seen from the node
START = math.radians(65)  # from the loop of a node to the arrow that begins there
IN_A_NODE = "in each state: what it says, and in grey its number"
COLUMNS = ("state", "says", "visits", "z1", "z2", "letter", "next")


def automaton(request: FigureRequest) -> FigureData:
    """A node for each state, and a row of the table for each state and letter, where the next is -1
    if the letter cannot come."""
    plane, readings, notes = readings_for(request, "plane", "automaton")
    found, task = readings.automaton, readings.config.the_task
    if found is None:
        raise FigureError(f"{NO_LETTERS}: nothing to draw")
    machine, verdict = found.machine, sentences(task, found)[0]
    if machine is None:
        raise FigureError(f"{verdict}: nothing to draw")
    if machine.states > MOST_DRAWN:
        how = "probe --automaton --dot has all"
        raise FigureError(f"{machine.states} states: at most {MOST_DRAWN} are drawn; {how}")
    title = verdict[:1].upper() + verdict[1:]
    part, *_ = parts_of(readings.config).values()
    means = np.pad(plane.place(found.means[:, part.where]), ((0, 0), (0, 1)))[:, :2]
    names, says, rows = letter_names(task), said(task, machine.says), []
    arrows: dict[tuple[int, int], list[str]] = {}
    for (state, letter), target in np.ndenumerate(machine.leads):
        about = state, says[state], found.visits[state], *means[state]
        rows.append((*about, names[letter], target))
        if target != NOT_ALLOWED:
            arrows.setdefault((state, int(target)), []).append(names[letter])

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set_title(f"{plain(title)}\n{IN_A_NODE}", fontsize=SMALL)
        places, on_circle = _places(axes, means)
        outward = [math.atan2(*place[::-1]) for place in places - places.mean(axis=0)]
        for (state, target), letters in arrows.items():
            text = plain(", ".join(letters))
            if state == target:
                _draw_loop(axes, places[state], outward[state], text)
            else:
                bend = _bend(places, state, target) if on_circle else BEND
                _draw_arrow(axes, places[state], places[target], bend, text)
        first, angle = machine.start, outward[machine.start] + START
        begin = places[first] + points(3.5 * RADIUS) * _direction(angle)
        _arrow(axes, begin, places[first], 0, points(RADIUS))
        for state, place in enumerate(places):
            look = {"markersize": points(2 * RADIUS), "markeredgewidth": points(0.8)}
            axes.plot(*place, "o", markerfacecolor=PAPER, markeredgecolor=BLUE, **look)
            _write(axes, place + (0, points(1.5)), plain(says[state]), SMALL)
            _write(axes, place - (0, points(4.5)), f"{state}", SMALL, color=GREY)

    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    height = 3.3 + GROWTH * max(0, machine.states - FEW)
    return FigureData(columns, draw, height, notes, f"{title}.")


def _places(axes: Any, means: Any) -> tuple[Any, bool]:
    """The middles of nodes, in points, as the axes are scaled then: where the means are on the
    plane, or on a circle in order, if some would lie on each other; and whether they are on it."""
    figure = axes.figure
    figure.draw_without_rendering()  # only a finished layout has a size
    box = axes.get_window_extent()
    size = np.array([box.width, box.height]) * 72 / figure.dpi
    axes.set(xlim=(0, size[0]), ylim=(0, size[1]), aspect="equal")
    room = size / 2 - points(MARGIN)
    from_middle = means - (means.max(axis=0) + means.min(axis=0)) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        places = np.nan_to_num(from_middle * (room / np.abs(from_middle).max(axis=0)).min())
    between = np.linalg.norm(places[:, np.newaxis] - places, axis=-1)
    np.fill_diagonal(between, np.inf)
    on_circle = bool(between.min() < points(APART * RADIUS))
    if on_circle:
        angles = math.pi / 2 - np.linspace(0, 2 * math.pi, len(means), endpoint=False)
        places = room * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return size / 2 + places, on_circle


def _bend(places: Any, state: int, target: int) -> float:
    """Towards the middle of the circle, where no node is; there and back differ."""
    across, up = places[target] - places[state]
    to_middle = places.mean(axis=0) - places[state]
    bend = BEND if state < target else 2 * BEND
    return math.copysign(bend, to_middle @ (up, -across))


def _direction(angle: float) -> Any:
    return np.array([math.cos(angle), math.sin(angle)])


def _draw_arrow(axes: Any, begin: Any, end: Any, bend: float, letters: str) -> None:
    _arrow(axes, begin, end, bend, points(RADIUS))
    across, up = end - begin
    length = math.hypot(across, up)
    aside = np.array([up, -across])
    bent = (begin + end) / 2 + bend * aside
    # A quadratic Bezier curve, as Matplotlib's
    share = min(0.5, points(ALONG) / length)
    rest = 1 - share
    place = rest**2 * begin + 2 * rest * share * bent + share**2 * end
    place += math.copysign(points(BESIDE), bend) * aside / length
    _write(axes, place, letters, SMALL, bbox={"facecolor": PAPER, "linewidth": 0, "pad": 0.2})


def _draw_loop(axes: Any, place: Any, angle: float, letters: str) -> None:
    begin = place + points(RADIUS) * _direction(angle - LOOP)
    end = place + points(RADIUS) * _direction(angle + LOOP)
    _arrow(axes, begin, end, 1.8, 0)
    _write(axes, place + points(2.7 * RADIUS) * _direction(angle), letters, SMALL)


def _arrow(axes: Any, begin: Any, end: Any, bend: float, shrink: float) -> None:
    look = {"arrowstyle": "-|>", "color": GREY, "linewidth": points(0.7)}
    look |= {"shrinkA": shrink, "shrinkB": shrink, "mutation_scale": points(6)}
    look |= {"connectionstyle": f"arc3,rad={bend}"}
    axes.annotate("", end, begin, arrowprops=look)


def _write(axes: Any, place: Any, text: str, size: str, **look: Any) -> None:
    axes.text(*place, text, ha="center", va="center", size=size, **look)
