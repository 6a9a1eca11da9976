"""What was measured when networks of a cell learned the echo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class OnTheEcho:
    """What was measured when networks of a cell learned the echo by tbptt. Sentences and advice say no more than this,
    so that of a cell without measurements they say nothing.

    Attributes:
        glorot_helps: whether many seeds with the tutorial's uniform start do not solve it, and most do with glorot.
        counted: for a cell with which few seeds solve the tutorial's echo: how many do, in a few words.
        helps: fields with which most seeds solve the tutorial's echo, where glorot alone does not help.
        large: for each optimizer, the learning rate from which on at most one of 16 seeds or more solves it.
        small: for each optimizer, the learning rate up to which learning takes far longer than the tutorial's run.
        uniform_patience: the windows after which networks that have learned nothing from the tutorial's uniform start
            seldom learn later.
        most_uniform_units: the most units of one layer with which most uniform starts learn in the end.
        is_pinned: whether uniform starts often pin units near one, so that another one may be better.
        one_number_short: which seeds solve an echo whose linear shift register needs one number more than the state
            has.
        sizes: whether it was measured which sizes and windows longer echoes need.
    """

    glorot_helps: bool = False
    counted: str = ""
    helps: Mapping[str, Any] = field(default_factory=dict)
    large: Mapping[str, float] = field(default_factory=dict)
    small: Mapping[str, float] = field(default_factory=dict)
    uniform_patience: int = 0
    most_uniform_units: int = 0
    is_pinned: bool = False
    one_number_short: str = ""
    sizes: bool = False


NOT_MEASURED = OnTheEcho()

SMALL: Mapping[str, float] = {"adagrad": 3e-4, "sgd": 1e-4, "adam": 1e-5, "rmsprop": 1e-5}
"""Rates that are too small for RNNs, GRUs and LSTMs: none of 16 seeds solved the echo in 66 000 windows, though with
glorot nearly all losses fell, to 0.62 nats or far less.
"""
