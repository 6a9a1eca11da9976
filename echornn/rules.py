"""The table of learning rules: facts about the gradient that each computes, and where it is computed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A learning rule: how the gradient of a window's loss is computed.

    Attributes:
        about: what it is, in a sentence or two for the help.
        cuts: whether no error is followed further back than T time steps; otherwise every path is, back to the start of
            the epoch or of the trial.
        engine: the object that computes it, as MODULE:NAME; its module imports TensorFlow.
    """

    about: str
    cuts: bool
    engine: str


RULES = {
    "tbptt": Rule(
        "The tutorial's rule: the error goes back through the window's T steps, and is cut there.",
        cuts=True,
        engine="echornn.training.rules:TBPTT",
    ),
    "rtrl": Rule(
        "Carries how each weight acts on the state (Williams and Zipser 1989): no error is cut at T.",
        cuts=False,
        engine="echornn.training.rules:RTRL",
    ),
}
"""The learning rules, by the names in `EchoConfig.rule`. To add one, add its entry here."""
