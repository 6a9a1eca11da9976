"""What all networks of a sweep have in common, in a line: without it a map is of nothing in particular."""

from __future__ import annotations

import dataclasses

from echornn.config import EchoConfig
from echornn.sweeps.kept_values import value_text
from echornn.sweeps.table import Surveyed
from tui.app.widgets.fitting import Part

FIRST = ("state_size", "truncated_backprop_length", "init")
"""Named whatever they are; all others where they are not the defaults."""

SHORT = {"truncated_backprop_length": "T"}

ELSEWHERE = ("seed", "replicas", "device", "num_epochs")
"""Told in other words, or no part of what is trained."""


def trained_parts(surveyed: Surveyed) -> list[Part]:
    """The fields that are not swept, how long each trains at the most, and the seeds."""
    config = next(iter(surveyed.configs.values()), None)
    if config is None:
        return []
    names = [one.name for one in dataclasses.fields(EchoConfig) if one.name not in (*FIRST, *ELSEWHERE)]
    usual = EchoConfig.__dataclass_fields__
    told = [*FIRST, *(name for name in names if getattr(config, name) != usual[name].default)]
    parts = [
        Part(f"{SHORT.get(name, name)} {value_text(getattr(config, name))}", 2 + (name in FIRST), "fields", missed=True)
        for name in told
        if name not in surveyed.axes
    ]
    epochs = f"{config.num_epochs:,} epoch{'s' if config.num_epochs != 1 else ''}"
    parts.append(Part(f"{epochs} at most" if surveyed.until_solved else epochs, 4))
    return [*parts, Part(_seeds(surveyed.seeds), 5)]


def _seeds(seeds: tuple[int, ...]) -> str:
    if len(seeds) < 2:
        return f"seed {seeds[0]}" if seeds else "no seeds"
    first, last = seeds[0], seeds[-1]
    all_between = last - first + 1 == len(seeds)
    return f"seeds {first} to {last}" if all_between else f"{len(seeds):,} seeds from {first} to {last}"
