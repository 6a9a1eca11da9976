"""The sparse approximation of real-time recurrent learning with the pattern of one step."""

from __future__ import annotations

from echornn.rules.rule import Rule

SNAP1 = Rule(
    about="As rtrl, but carries each weight's effect only on units that it reaches in one step (Menick 2021).",
    cuts=False,
    exact=False,
    engine="echornn.training.rules.snap1:SNAP1",
    only_own_units=True,
)
