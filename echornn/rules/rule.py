"""What a learning rule is: facts about the gradient that it computes from a window, and where it is computed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A learning rule: how the gradient of a window's loss is computed.

    Attributes:
        about: what it is, in a sentence or two for the help.
        cuts: whether no error is followed further back than T time steps.
        exact: whether the gradient has every path by which a weight acts on the loss, back to the start of the epoch or
            of the trial. It is then the gradient of the whole past as long as the weights do not change.
        engine: the object that computes it, as MODULE:NAME; its module imports TensorFlow. Empty while there is none.
    """

    about: str
    cuts: bool
    exact: bool
    engine: str = ""
