"""The help of the map: its keys, what is seen, then the words."""

from __future__ import annotations

from tui.app.help_text import Section
from tui.app.screens.help import Chapter
from tui.map import keys

WHAT_IS_SEEN = (
    (
        "The map",
        "Each cell is a point of the sweep: the fuller its block, the better. m chooses what it shows: how many of the "
        "seeds solved the echo, the window by which half of them had, or the median of their final losses. A shade "
        "means the same whatever is filtered or held.",
    ),
    (
        "Several points in a cell",
        "With more than two fields, a cell holds several points. It shows the share of all their seeds, or the median "
        "over the points. Such a cell has no interval and is not compared, since points differ by more than luck. [ "
        "and ] hold a field at one value. Of several num_epochs the largest is shown, unless you hold one.",
    ),
    (
        "The lines",
        "They come from theory, and are no walls: some seeds get beyond. From echo = T on, no gradient reaches the "
        "echo's source, and only what the state keeps can be used. Beyond echo + 1 = state, a linear shift register "
        "does not fit, and fewer seeds solve it. (An LSTM has two numbers a unit.)",
    ),
    (
        "The cell under the cursor",
        "How many of its seeds solved the echo, with a 95 % interval (Wilson 1927); when; the best seed. A "
        "single best seed is luck: do not rank cells by it.",
    ),
    (
        "Comparing two cells",
        "space marks a cell. For any other cell you then read how many more of 100 seeds solve the echo there, with "
        "an interval (Newcombe's, 95 %) and the p of Fisher's exact test.",
        "It says more than luck if the interval leaves out zero and p is below 0.05. Of cells that are equal, at most "
        "5 % look so. That holds for two cells that you chose beforehand.",
    ),
    (
        "Without a mark",
        "The cell is compared with the best of all cells shown. Those not ruled out hold the best with 95 % confidence "
        "(Fisher's one-sided test, Bonferroni over all cells but one).",
        "Both tests take the seeds of two cells as independent. The same seeds tend to solve both, so the tests tell "
        "cells apart less often than they could.",
    ),
)
"""Headings, and a paragraph or two for each."""

WORDS = (
    ("solved", "The mean loss of 50 windows has once fallen close to the least possible."),
    ("lost again", "Solved once, but not in its last 50 windows. Only --until all trains on and can show it."),
    ("half by", "The window by which half of all seeds had solved it; seeds that never did count too."),
    ("point", "One value for each field of the grid. Every seed trains it once."),
    ("to come", "Not trained yet. Until all are, the share of solved seeds is of all seeds: at least that many."),
    ("failed", "Given up, since its process ended again and again. The reason stands under the cursor."),
    ("cannot be", "A combination that no network can have, such as an echo longer than the row."),
    ("equal", "Two cells with the same share of solved seeds. The interval says how much may be hidden."),
)
"""Words of the map, each with its meaning."""


def chapters() -> list[Chapter]:
    """The whole help, in order."""
    seen = [Chapter(Section(heading, tuple(("", text) for text in texts))) for heading, *texts in WHAT_IS_SEEN]
    return [Chapter(Section("Keys"), keys.BINDINGS), *seen, Chapter(Section("Words", WORDS))]
