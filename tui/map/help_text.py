"""The help of the map: its keys, what is seen, then the words."""

from __future__ import annotations

from tui.app.help_text import Section, paragraphs
from tui.app.screens.help import Chapter
from tui.map import keys

WHAT_IS_SEEN = (
    (
        "The map",
        "Each cell is a point of the sweep: the fuller its block, the better. By m it is how many of the seeds solved "
        "the echo, the window by which half of them had, or the median of their final losses. Where there is room, "
        "its number is in it. A shade means the same whatever is filtered or held.",
    ),
    (
        "Points together",
        "With more fields than two a cell is several points together: the share of all their seeds, or the median of "
        "the points' windows or losses. Points differ by more than luck, so such a cell has no interval, and is not "
        "compared; [ and ] hold a field at one value. Of several num_epochs the largest is shown, unless one is held: "
        "the same networks trained for longer are no more networks.",
    ),
    (
        "The lines",
        "No walls: some seeds get beyond. From echo = T on no gradient reaches the echo's source, which lies in an "
        "earlier window: only what the state keeps can be used. Beyond echo + 1 = state a linear shift register does "
        "not fit (an LSTM has two numbers a unit): fewer seeds solve it. They are drawn where cells lie on both sides.",
    ),
    (
        "What the cursor is on",
        "How many of its seeds solved the echo, with an interval: found so, it holds the share of all possible seeds "
        "in 95 of 100 sweeps (Wilson's); when; and the best seed, which is luck and ranks nothing.",
    ),
    (
        "One beside another",
        "space marks a cell: of the one under the cursor it is said how many more of 100 seeds solve the echo, with an "
        "interval (Newcombe's, 95 %) and the p of Fisher's exact test. It is more than luck where the interval leaves "
        "out zero and p is below 0.05: so are two that are the same in 5 % of cases at most. That is for two chosen "
        "beforehand. Without a mark the cell is put beside the best of all that are shown: those not ruled out "
        "hold the best with 95 % confidence (Fisher's one-sided test, Bonferroni over all cells but one). Both take "
        "seeds of two cells as independent: the same seeds, which tend to solve both, tell cells apart less often.",
    ),
)
"""Headings, and a paragraph for each."""

WORDS = (
    ("solved", "The mean loss has fallen close to the least that it can be."),
    (
        "lost again",
        "Solved once, and no longer so in its last 50 windows: with --until all, whatever comes after is seen.",
    ),
    ("half by", "The window by which half of all its seeds had solved it, those that never did counted in."),
    ("point", "A value for each swept field; with each seed it is trained once."),
    (
        "to come",
        "Not trained yet. Until all are, what solved it by now is told as a share of all seeds: at least that.",
    ),
    ("failed", "Given up, since whatever trained it died again and again; its reason is told under the cursor."),
    ("cannot be", "A combination that no network can have, such as an echo beyond the row."),
)
"""What the map says in a word."""


def chapters() -> list[Chapter]:
    """The whole help, in order."""
    seen = map(Chapter, paragraphs(WHAT_IS_SEEN))
    return [Chapter(Section("Keys"), keys.BINDINGS), *seen, Chapter(Section("Words", WORDS))]
