"""The help's texts about the screen and the views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.kit.help_sections import Rows

THE_SCREEN: Rows = (
    (
        "The task",
        "The network reads a random series of symbols, one at a time, and must repeat each of them some steps later: "
        "the echo. It can only do so by keeping the last few symbols in its state.",
    ),
    (
        "The lines above",
        "First the state, the position and the speed; then what is trained, with what differs from the tutorial first; "
        "then a sentence on what is seen, and the key that helps.",
    ),
    (
        "The curve",
        "The loss, window by window: bright the mean, dim the smallest and largest. Dotted lines mark epochs, double "
        "lines what you did. For tasks with symbols, the strip below is the error rate: a full block is as wrong as "
        "guessing.",
    ),
    (
        "Chance and floor",
        "Two levels are drawn: chance is the loss of guessing; the floor of first windows is the least loss that an "
        "epoch's first window can have.",
    ),
    (
        "Why are there spikes in the curve?",
        "Each epoch has new data, cut into rows. The first targets of a row echo the end of the row above, which the "
        "network has not seen: its state is zero there.",
    ),
    (
        "The letters under the curve",
        "Each is another branch of this run, drawn dimmer; capital letters are other runs. A new branch begins where "
        "you start over, or go on from an earlier window. Nothing trained is dropped.",
    ),
)
"""For each heading, a paragraph."""

OF_THE_ECHO = frozenset({"The task", "Chance and floor", "Why are there spikes in the curve?"})
"""Headings of paragraphs that are about the echo alone."""

OF_VIEWS: Mapping[str, Sequence[str]] = {
    "rows": (
        "Each row is one of the series that train side by side: its input, its target, and the network's prediction. "
        "If there are two symbols, a full block is 1 and a base line 0. A predicted symbol is shaded by how sure the "
        "network is; >< marks a wrong one. Numbers are shaded cells, a line for each. A dash is a target that does not "
        "count.",
        "Paused, «focus» and then «arrows» move a cursor: it gives the values, and lights the inputs that the target "
        "depends on, where they are known.",
        "To the left lie earlier windows: | a window's end, double an epoch's end, dashed where windows were not kept.",
    ),
    "data": (
        "How the data is cut into windows, and which inputs a target depends on, where that is known. Below are rows "
        "of the window; a dash is a target that does not count. «focus», then «arrows», move the cursor.",
    ),
    "memory": (
        "A bar for each lag: how well the input so many steps ago can be read from the state by a linear read-out (1: "
        "exactly). If the inputs are random and independent, the bars add up to at most the number of units.",
        "A linear shift register fills every bar up to the farthest source. A network may do with less: the echo needs "
        "only its own bar. It may also hold what it made of the inputs, such as whether two bits differ, or which "
        "pulse came last: these bars do not show that.",
        "Below, each unit has a line: the input that it follows most, then its value step by step. Low blocks are "
        "negative; arrows are saturated.",
    ),
    "gradient": (
        "A bar for each lag, in powers of ten: how much of the error gets so many steps back. The wall is T: tbptt "
        "cuts off what lies beyond it, and those bars are hollow. Other rules go on past T, and their bars are full. "
        "(If a trial is a whole window, nothing is cut off.) The part left out is of the gradient that the network has "
        "now: what is not learned yet, that gradient does not know of.",
        "Beside it: how much the prediction under the cursor changes when one input alone is changed, from not at all "
        "(·) to fully (█). A symbol is flipped: it becomes the next one. A number is raised by 0.1. If the network "
        "predicts symbols, a line says how many of all predictions turn to another one.",
        "Before a network has learned, this says little about what it holds: no flip may turn a prediction, if they "
        "hardly depend on the input; or many flips do, if all predictions are near chance.",
        "Below are the predictions with the weights as they are now, and those after «flip» changes an input. (In the "
        "rows, they are those with the weights before each window.) «next» shows the local derivative instead; it says "
        "little where units are saturated.",
    ),
    "weights": (
        "Each matrix, from its rows to its columns; low blocks are negative. The plane shows the eigenvalues of the "
        "matrix from state to state, with the unit circle.",
        "Outside the circle (◆) a small difference grows, as long as no unit saturates. Lyapunov exponents count "
        "saturation in: below zero differences fade from step to step, above zero they grow.",
    ),
    "seeds": (
        "Was it the idea, or the seed? «seeds» trains 64 networks side by side that differ only in their seed. Each "
        "has a "
        "line: when it solved the task, the mean of its newest losses, and its loss over the run, from chance (█) to "
        "below the level at which the task counts as solved (·).",
        "«up» and «down» choose a network (in other views «replica_before» and «replica_after»): rows, memory, "
        "gradient and weights then show that "
        "one. «alone» goes on with it alone. Settings change all of them.",
        "The curve shows their median as a thick line, in a band that holds eight of ten; best and worst are dots "
        "(^: beyond the axis). The strip is the share that has solved the task.",
    ),
    "plane": (
        "States of the network as points, on the two directions in which they vary most (principal components). Each "
        "has the sign of its target; + is a cell with several targets. Numbers have letters if they have two values "
        "each, else shades. Before learning, the signs are mixed; later, states of different targets lie apart.",
        "The dense line is where the prediction changes, as far as these two directions show it. The head "
        "says how many states the network gets right, and how many it would with these two directions alone.",
        "The dotted line is the way of a row of the newest window: «up» and «down» choose the row, «left» and «right» "
        "a step. «swap» shows another pair of the three first components, «next» another part of the network.",
        "«hold» holds an input: then marks show where the state rests while this input comes at every step. It returns "
        "to a stable point after a small push; it leaves a saddle in some directions, an unstable point in all. A "
        "search from many states finds them, and can miss some. «hold» again: the next input, at last none.",
    ),
}
"""Paragraphs for each view, by its title."""

DATA_OF_THE_ECHO = (
    "The series, cut into rows, and the window that slides over them. Below each input is its target: the input "
    "that it echoes, and whether that lies in the same window, where the error can reach it.",
    "A miss (×) is a target that no window holds together with the input that it echoes, so that tbptt takes no error "
    "from one to the other. Rules that do not cut the gradient have no misses. The bottom line shows "
    "the windows along a row, a character for each step; the current one has double lines.",
)
"""The paragraphs about the data view, in place of those in `OF_VIEWS`, if the echo is trained."""
