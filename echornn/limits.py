"""Limits and allowed words that the settings of a configuration share with those of a task."""

from __future__ import annotations

from typing import Literal

RowStart = Literal["previous_row", "zero"]

MAX_CLASSES = 256
"""The most classes: symbols are stored as uint8."""

MAX_STEPS = 2**31 - 1
"""The largest count of time steps, units or predictions: the compiled loop counts in int32."""

SOLVED_SHARE = 0.07
"""A mean loss within this share of chance above its floor counts as solved: 0.05 nats for two classes."""

AT_CHANCE_SHARE = 0.05
"""A mean loss within this share of chance, to either side, counts as at chance."""

BELOW_CHANCE = 1 - 2 * AT_CHANCE_SHARE
"""A mean loss below this share of chance is a sign of learning, not luck."""
