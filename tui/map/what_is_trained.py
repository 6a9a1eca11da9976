"""What all networks of a sweep have in common: without it a map is of nothing in particular."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from echornn.config import EchoConfig
from echornn.sweeps.kept_values import value_text
from echornn.sweeps.table import Surveyed

FIRST = ("state_size", "truncated_backprop_length", "init")
"""Named whatever they are; all others where they are not the defaults."""

SHORT = {"truncated_backprop_length": "T"}

ELSEWHERE = ("seed", "replicas", "device", "num_epochs")
"""Told in other words, or no part of what is trained."""

OF_WINDOWS = {"total_series_length", "truncated_backprop_length", "batch_size", "stride", "num_epochs"}
"""Fields that make the number of windows."""


class Common(NamedTuple):
    """In words.

    Attributes:
        fields: those that are not swept, the most telling first.
        until: how long each trains.
        windows: at the most; empty where points differ in it.
        seeds: the first and the last.
    """

    fields: tuple[str, ...]
    until: str
    windows: str
    seeds: str

    def __str__(self) -> str:
        """All of it."""
        return f"{', '.join(self.fields)}; {', '.join(part for part in self[1:] if part)}"


def common_to_all(surveyed: Surveyed) -> Common | None:
    """What all of them have in common; None where there is nothing to train."""
    config = next(iter(surveyed.configs.values()), None)
    if config is None:
        return None
    usual = {one.name: one.default for one in dataclasses.fields(EchoConfig) if one.name not in ELSEWHERE}
    names = [*FIRST, *(name for name in usual if name not in FIRST and getattr(config, name) != usual[name])]
    fields = [
        f"{SHORT.get(name, name)} {value_text(getattr(config, name))}" for name in names if name not in surveyed.axes
    ]
    epochs = f"{config.num_epochs:,} epoch{'s' if config.num_epochs != 1 else ''}"
    until = "" if "num_epochs" in surveyed.axes else epochs
    if surveyed.until_solved:
        until = f"until solved or {until}" if until else "until solved"
    windows = config.num_epochs * config.windows_per_epoch
    is_one = OF_WINDOWS.isdisjoint(surveyed.axes)
    return Common(tuple(fields), until, f"{windows:,} windows" if is_one else "", _seeds(surveyed.seeds))


def _seeds(seeds: tuple[int, ...]) -> str:
    if len(seeds) < 2:
        return f"seed {seeds[0]}" if seeds else "no seeds"
    first, last = seeds[0], seeds[-1]
    all_between = last - first + 1 == len(seeds)
    return f"seeds {first} to {last}" if all_between else f"{len(seeds):,} seeds from {first} to {last}"
