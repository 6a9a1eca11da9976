"""The help's texts about the screen and the views."""

from __future__ import annotations

from collections.abc import Mapping

from tui.kit.help_sections import Rows

THE_SCREEN: Rows = (
    (
        "The task",
        "The network reads a random series of symbols, one at a time, and must repeat each of them some steps later: "
        "the echo.",
    ),
    (
        "The lines above",
        "The state, the position and the loss; then the speed and what is trained, what differs from the tutorial "
        "first; then what is seen, and the key that helps.",
    ),
    (
        "The curve",
        "The loss, window by window: bright the mean, dim the smallest and largest. Dotted lines mark epochs, double "
        "lines what you did. Below, for symbols, the error rate: a full block is as wrong as guessing.",
    ),
    (
        "Chance, floor and spikes",
        "Chance is the loss of guessing. In an epoch's first window, the first targets of a row echo the row above, "
        "which the network has not seen: the loss cannot be below the floor there.",
    ),
    (
        "The letters under the curve",
        "Each is another branch of this run, drawn dimmer; capital letters are other runs. A new branch begins where "
        "you start over, or go on from an earlier window. Nothing trained is dropped.",
    ),
)
"""For each heading, a paragraph."""

OF_THE_ECHO = frozenset({"The task", "Chance, floor and spikes"})
"""Headings of paragraphs that are about the echo alone."""

OF_VIEWS: Mapping[str, str] = {
    "rows": "Each row is one of the series that train side by side: its input, its target, the prediction. A full "
    "block is 1, a base line 0; a prediction is shaded by its probability; >< marks a wrong one; a dash is a target "
    "that does not count. To the left lie earlier windows. Paused, «focus» and then «arrows» read a target.",
    "data": "How the data is cut into windows, and which inputs a target depends on, where that is known. Below are "
    "rows of the window; a dash is a target that does not count. «focus», then «arrows», move the cursor.",
    "memory": "A bar for each lag: how well the input so many steps ago can be read from the state by a linear "
    "read-out (1: exactly). Below, each unit has a line: the input that it follows most, then its value step by step. "
    "Low blocks are negative; arrows are saturated.",
    "gradient": "A bar for each lag, in powers of ten: how much of the error gets so many steps back. The wall is T; "
    "hollow bars beyond it are cut off. Beside it: how much the prediction under the cursor changes when one input "
    "alone is changed, from not at all (·) to fully (█). «flip» changes an input; «next» shows the local derivative.",
    "weights": "Each matrix, from its rows to its columns; low blocks are negative. The plane shows the eigenvalues "
    "of the matrix from state to state, with the unit circle. Lyapunov exponents: below zero differences fade from "
    "step to step, above zero they grow.",
    "seeds": "«seeds» trains 64 networks side by side that differ only in their seed. Each has a line: when it solved "
    "the task, the mean of its newest losses, and its loss over the run, from chance (█) to solved (·). «up» and "
    "«down» choose one for the other views; «alone» goes on with it alone.",
    "plane": "States of the network as points, on the two directions in which they vary most. Each has the sign of its "
    "target; + is a cell with several. The dense line is where the prediction changes, the dotted one the way of a "
    "row. «swap» shows other directions, «next» another part. «hold» holds an input: marks show where the state rests.",
}
"""A paragraph for each view, by its title."""

DATA_OF_THE_ECHO = (
    "The series, cut into rows, and the window that slides over them. Below each input is its target. A miss (×) is a "
    "target that no window holds together with the input that it echoes, so that tbptt takes no error from one to the "
    "other. The bottom line shows the windows along a row, a character for each step."
)
"""The paragraph about the data view, in place of that in `OF_VIEWS`, if the echo is trained."""
