"""What the help says: what is seen, then the keys; and the part of it that a person looks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

Rows = Sequence[tuple[str, str]]
"""Each a word or a heading, and what is said of it."""

WHAT_IS_SEEN = (
    (
        "The task",
        "The network reads a random series of symbols, one at a time, and must repeat each one some steps later: the "
        "echo. It can only do so by keeping the last few symbols in its state.",
    ),
    (
        "The lines above",
        "Where training stands and how fast it goes; what is trained, where a narrow screen leaves out what is as in "
        "the tutorial; then what is seen, and the key that helps.",
    ),
    (
        "The curve",
        "The loss on the way to where the run stands: bright the mean, dim the extremes. Dotted lines mark epochs, "
        "double lines what you did. The strip below is the error rate; a full block is that of guessing. Chance is the "
        "loss of guessing; the floor of first windows is the least that an epoch's first window can have.",
    ),
    (
        "The letters under the curve",
        "Whatever starts over, or goes on from a moment in the past, begins another branch, and nothing trained is "
        "dropped: the other branches lie under the curve, each with its letter. Capital letters are other runs.",
    ),
    (
        "The rows",
        "Each row is one of the series that train side by side: its input, the echo that is wanted, and the network's "
        "prediction. A full block is a one, a base line a zero; the prediction is shaded by how sure it is, and >< is "
        "a wrong one. To the left are the windows before: | a window's end, double an epoch's, dashed windows that "
        "were not kept.",
    ),
    (
        "The data",
        "The series, cut into the rows that train side by side, and the window that slides over them. Below each input "
        "of the window is its target: what it echoes, and whether that lies in the window too, where the error gets to "
        "it. A miss (×) is a target that no window covers together with what it echoes. Below, a character for each "
        "time step of a row: the windows that slide along it, the one shown in double lines, and its targets.",
    ),
    (
        "The memory",
        "A bar for each lag: how well the input so many steps ago can be read from the state (1: without fault). The "
        "bars' sum is at most the number of units. A linear shift register keeps every bar up to the echo's; the echo "
        "itself needs its own bar alone, and some networks manage with fewer units. Each unit has a line: "
        "the input that it follows, then what it does step by step; low blocks are negative, arrows saturated.",
    ),
    (
        "The gradient",
        "A bar for each lag: how much of the error gets so many steps back, in powers of ten. Windows of T steps cut "
        "off what is beyond the wall, and errors at a window's beginning at once. What is left out is a part of the "
        "gradient of the network as it is: where the echo is not learned, nothing of it is in there yet. Beside it: "
        "how far the prediction under the cursor moves when each input alone is flipped (of more symbols: becomes the"
        " next), · not at all, █ wholly; below, how many of all predictions turn. n shows the local "
        "derivative instead, which says little where units are saturated. Then what is predicted, by the weights as "
        "they are now (in the rows by those before the window), >< where it is wrong; and what is, when f flips the "
        "input there.",
    ),
    (
        "Where T is no more than the echo",
        "No error reaches the echo's source: only what the state keeps of it can be used, and training may destroy "
        "it. At T 1, echo 3, 16 units and glorot, 11 of 16 seeds came above 97 % right, and 6 of these lost it within"
        " 3,000 windows. In all 6 the spectral radius rose, from about 0.9 to above 2; in 5 the memory at lag 3 fell "
        "from above 0.95 to below 0.2 within 500 windows, and in one it stayed.",
    ),
    (
        "The weights",
        "Each matrix, from its rows to its columns; low blocks are negative. Eigenvalues of what goes from state to "
        "state against the unit circle: outside of it (◆) what is held would grow, as long as no unit saturates. "
        "Lyapunov exponents count that in: below zero, small differences fade from step to step; above, they grow.",
    ),
    (
        "The seeds",
        "Was it the idea, or the seed? L trains 64 networks side by side that differ in their seed alone. Each has a "
        "line: when it was solved, the mean of its newest losses, and its loss over the run, from guessing (█) to "
        "solved (·). Up and down choose one, in other "
        "views < and >; rows, memory, gradient and weights are then its own, and enter goes on with it alone. What is "
        "changed, changes in all of them. The curve shows their median as a thick line, in a band that holds eight in "
        "ten; best and worst are dots (^: beyond the axis), the chosen one's mean lies over it; the strip below is the "
        "share that has solved it.",
    ),
    (
        "Why are there spikes in the curve?",
        "Each epoch has new data, cut into rows. The first few targets of a row echo the end of the row above, which "
        "the network has not seen: its state is zero there.",
    ),
)
"""Headings, and a paragraph for each."""

WORDS = (
    (
        "loss",
        "Cross-entropy of one window, in nats; the mean loss is that of the last 50 windows, and in the "
        "sentence that of the last 64 to some thousand, so that it does not flicker.",
    ),
    ("solved", "The mean loss has fallen close to the least that it can be; at which window, is told and kept."),
    ("lost", "The mean loss of a network that had solved the echo has risen well above that again, and stayed there."),
    (
        "seeds",
        "Networks trained side by side, each of another seed: how many solve it tells the idea from luck.",
    ),
    ("replica", "One of several networks that train side by side; its seed, alone, trains the same again: --seed 7."),
    ("chosen", "The one of several networks that rows, memory, gradient and weights show: ► in its view."),
    (
        "interval",
        "52 to 75 %, behind how many solved it: found so, an interval holds the share of all possible seeds in 95 of "
        "100 such counts (Wilson 1927).",
    ),
    ("median window", "Of the windows to solve it, of the networks that have: it rises as slower ones do too."),
    ("branch", "A stretch of windows that began at a moment of another one, or with the weights anew."),
    ("path", "The windows from where the weights began to where one looks: the axis counts them."),
    ("ghost", "Another branch, or another run, drawn dimmer under the curve; a pinned one stays there."),
    ("crosshair", "The upright line on the curve that the arrows move: it reads out a window, and enter goes there."),
    (
        "truncated",
        "Truncated back-propagation through time (TBPTT): an error is followed back within its window alone, T steps.",
    ),
    ("stride", "Steps from a window's beginning to the next one's; windows overlap where it is less than T."),
    ("miss", "A target that no window covers together with what it echoes: no error gets from one to the other."),
    ("lag", "So many time steps ago: x[t-3] is the input of lag 3."),
    ("r2", "How well an input can be read from the state, by the best linear read-out: 0 not at all, 1 exactly."),
    (
        "numbers used",
        "The sum of r2 over all lags: how many inputs linear read-outs find, at most one a unit; ░░░ is missing.",
    ),
    ("4 ~ x[t-3]", "Unit 4 follows the input 3 steps ago; r is their correlation, -1 to 1; mixed: none alone."),
    ("saturated", "A unit near -1 or 1 (|h| above 0.97), an arrow: tanh is flat there, so little error gets through."),
    (
        "left out",
        "The truncation bias: the part of the gradient that is lost where errors are followed back T steps only, of "
        "the gradient of the network as it is; what it has not learned to follow yet is not in it.",
    ),
    ("logit", "What the network puts out for a class, before softmax makes probabilities of it."),
    (
        "hangs",
        "How far a step's probabilities move when that input alone is flipped: from nothing (·) to wholly (█). Inputs "
        "before the window are not flipped: they are in the state that it begins with.",
    ),
    (
        "of 2,048 steps",
        "What the numbers were measured on, random data of the probes' own: steps for the memory, losses for the "
        "gradient (16,384 in the tutorial), predictions for the flips.",
    ),
    ("nats", "The unit of loss and entropy by natural logarithms: guessing one of two costs ln 2, 0.693."),
    (
        "eigenvalue",
        "A factor of the matrix from state to state. While the state is near zero, what lies outside the unit circle "
        "(◆, in ASCII @) grows, what lies inside (●, o) fades; a saturated unit makes either fade sooner.",
    ),
    ("spectral radius", "The size of the largest eigenvalue; it does not know of saturation."),
    (
        "Lyapunov",
        "How fast differences grow (above 0) or fade (below), in nats a step, along the states that there are, with "
        "saturation: so it may be below zero where the spectral radius is above 1.",
    ),
    (
        "init, uniform",
        "How weights start: init tutorial is uniform from 0 to 1; init glorot goes by layer size (Glorot 2010).",
    ),
    ("adagrad", "The tutorial's optimizer: each weight's rate shrinks with the gradients that it has had."),
    ("the past", "A moment before the end of its branch, where nothing is trained until space begins another."),
)
"""What the screen and the lists say in a word."""


@dataclass(frozen=True)
class Section:
    """A heading, and what stands under it.

    Attributes:
        heading: what it is about.
        rows: a key and what it does, each; a paragraph has the empty key.
    """

    heading: str
    rows: tuple[tuple[str, str], ...]


def sections(
    keys: Iterable[tuple[str, Sequence[tuple[str, str]]]], seen: Rows = WHAT_IS_SEEN, words: Rows = WORDS
) -> list[Section]:
    """The whole help.

    Args:
        keys: headings, with the keys and what they do.
        seen: headings, and a paragraph for each.
        words: each with its meaning.
    """
    paragraphs = [Section(heading, (("", text),)) for heading, text in seen]
    return [*paragraphs, Section("Words", tuple(words)), *(Section(heading, tuple(rows)) for heading, rows in keys)]


def found(help_text: Sequence[Section], sought: str) -> list[Section]:
    """The rows that have all the words, in themselves or in their heading; upper and lower case are the same.

    A key of one letter is found by that letter alone, as it is.
    """
    words = sought.split()
    sought_sections = []
    for section in help_text:
        rows = tuple(row for row in section.rows if all(_has(section.heading, row, word) for word in words))
        if rows:
            sought_sections.append(replace(section, rows=rows))
    return sought_sections


def _has(heading: str, row: tuple[str, str], word: str) -> bool:
    key, text = row
    if len(word) == 1:
        return word in key.replace(",", " ").split()
    return word.casefold() in f"{heading} {key} {text}".casefold()
