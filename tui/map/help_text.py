"""The texts of the map's help: keys, what is on the screen, words."""

from __future__ import annotations

from tui.kit.help_screen import Chapter
from tui.kit.help_sections import Section
from tui.map import keys

WHAT_IS_SEEN = (
    (
        "The map",
        "Each square is a point of the sweep: the fuller its block, the better. «map.measure» chooses what it shows: "
        "how many of "
        "the seeds solved the task, the window by which half of them had, or the median of their final losses. A shade "
        "always means the same, whatever you filter or hold.",
    ),
    (
        "Several points in a square",
        "With more than two fields, a square holds several points. It shows the share of all their seeds, or the "
        "median over the points. Such a square has no interval, since its points differ in more than their seeds. "
        "«map.step_back» and «map.step_on» hold a field at one value. If num_epochs has several values, the map "
        "shows the largest, unless "
        "you hold another one.",
    ),
    (
        "The square under the cursor",
        "The lines below the map say how many of its seeds solved the task, with a 95 % interval (Wilson 1927); when; "
        "and which seed is the best. A single best seed is luck: do not rank squares by it.",
    ),
    (
        "Comparing two squares",
        "«map.mark» marks a square: its seeds, with their interval, then stand below those of any other.",
    ),
)
"""For each heading, one or more paragraphs."""

WORDS = (
    ("solved", "The mean loss of 50 windows has once fallen close to the least possible."),
    ("lost again", "A network solved the task, but not in its last 50 windows. Only --until all can show it."),
    ("half by", "The window by which half of all seeds had solved it; seeds that never did count too."),
    ("point", "One value for each field of the grid. Every seed trains it once."),
    ("to come", "These seeds are not trained yet. Until they are, the share shown can only rise: it is of all seeds."),
    ("failed", "The sweep gave up, since the process ended again and again. The cursor shows the reason."),
    ("level", "A loss that is known beforehand: that of a network which knows so much, and no more."),
    ("cannot be", "A combination that no network can have, such as an echo longer than the row."),
)
"""The words of the map, each with its meaning."""


def chapters() -> list[Chapter]:
    """The whole help, in order."""
    seen = [Chapter(Section(heading, tuple(("", text) for text in texts))) for heading, *texts in WHAT_IS_SEEN]
    return [Chapter(Section("Keys"), keys.BINDINGS), *seen, Chapter(Section("Words", WORDS))]
