"""Truncated back-propagation through time, the tutorial's rule."""

from __future__ import annotations

from echornn.rules.rule import Rule

TBPTT = Rule(
    about="The tutorial's rule: the error goes back through the window's T steps, and is cut there.",
    cuts=True,
    exact=False,
    engine="echornn.training.rules.tbptt:TBPTT",
)
