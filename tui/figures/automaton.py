"""The figure of the automaton that a network has become: its states on the plane of the network's
states, and arrows by letter."""

from __future__ import annotations

from typing import Any

import numpy as np

from echornn.readings import parts_of
from tui.figures.data import FigureData, FigureError, FigureRequest
from tui.figures.paper import plain
from tui.figures.probed import readings_for
from tui.figures.style import BLUE, GREY, PAPER, SMALL
from tui.text.automata import MOST_STATES, NO_LETTERS, arrows_of, letter_names, said, sentences

# All chosen by eye
BEND = 0.25  # how far an arrow lies beside the straight line, as a share of its length
RADIUS = 12  # points from a node's middle to its arrows
START_LINE, LINE = 2.0, 0.7  # points
TEXT: dict[str, Any] = {"ha": "center", "va": "center", "size": SMALL}
COLUMNS = ("state", "says", "visits", "z1", "z2", "letter", "next")


def automaton(request: FigureRequest) -> FigureData:
    """A node for each state, at the mean of the network's states there; and a row of the table for
    each state and letter, where the next is -1 if the letter cannot come."""
    plane, readings, notes = readings_for(request, "plane", "automaton")
    found, task = readings.automaton, readings.config.the_task
    if found is None:
        raise FigureError(f"{NO_LETTERS}: nothing to draw")
    machine, verdict = found.machine, sentences(task, found)[0]
    if machine is None:
        raise FigureError(f"{verdict}: nothing to draw")
    if machine.states > MOST_STATES:
        how = "probe --automaton --dot has all"
        raise FigureError(f"{machine.states} states: at most {MOST_STATES} are drawn; {how}")
    part, *_ = parts_of(readings.config).values()
    places = np.pad(plane.place(found.means[:, part.where]), ((0, 0), (0, 1)))[:, :2]
    names, says, rows = letter_names(task), said(task, machine.says), []
    for (state, letter), target in np.ndenumerate(machine.leads):
        about = state, says[state], found.visits[state], *places[state]
        rows.append((*about, names[letter], target))

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        axes.set_aspect("equal", adjustable="datalim")
        axes.set(title=plain(verdict), xlabel="component 1", ylabel="component 2")
        axes.plot(*places.T, linestyle="none")  # so that the axes reach them
        axes.margins(0.25)
        texts = [f"{state}: {text}" for state, text in enumerate(says)]
        for (state, target), letters in arrows_of(task, machine).items():
            if state == target:
                texts[state] += f"\n↺ {letters}"
            else:
                _draw_arrow(axes, places[state], places[target], plain(letters))
        for state, place in enumerate(places):
            width = START_LINE if state == machine.start else LINE
            node = {"boxstyle": "circle", "fc": PAPER, "ec": BLUE, "lw": width}
            axes.text(*place, plain(texts[state]), bbox=node, **TEXT)

    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    return FigureData(columns, draw, 3.0, notes)


def _draw_arrow(axes: Any, begin: Any, end: Any, letters: str) -> None:
    bent = {
        "connectionstyle": f"arc3,rad={BEND}",
        "shrinkA": RADIUS,
        "shrinkB": RADIUS,
        "mutation_scale": 6,
    }
    axes.annotate(
        "", end, begin, arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": LINE, **bent}
    )
    across, down = end - begin
    middle = (begin + end) / 2 + BEND / 2 * np.array([down, -across])
    axes.text(*middle, letters, bbox={"fc": PAPER, "lw": 0, "pad": 1}, **TEXT)
