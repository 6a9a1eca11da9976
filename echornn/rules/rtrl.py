"""Real-time recurrent learning."""

from __future__ import annotations

from echornn.rules.rule import Rule

RTRL = Rule(
    about="Carries how each weight acts on the state (Williams and Zipser 1989): no error is cut at T.",
    cuts=False,
    exact=True,
    engine="echornn.training.rules.rtrl:RTRL",
)
