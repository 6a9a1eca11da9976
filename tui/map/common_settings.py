"""The text about the settings that all networks of a sweep have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from echornn.config import EchoConfig
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.table import value_text

FIRST = ("state_size", "truncated_backprop_length", "init")
"""Fields that are always named; other fields are named only if they differ from the defaults."""

SHORT = {"truncated_backprop_length": "T"}

ELSEWHERE = ("seed", "replicas", "device", "num_epochs")
"""Fields that are never named: the text says them in other words, or they do not affect what is trained."""


@lru_cache(maxsize=1)
def common_to_all(results: SweepResults) -> str:
    """The settings that all networks of a sweep have in common; empty if there is nothing to train."""
    configs = [point.config for point in results.points]
    if not configs:
        return ""
    changed = EchoConfig().changes_to(configs[0])
    all_fields = [config.fields() for config in configs]
    names = [name for name in dict.fromkeys((*FIRST, *changed)) if name not in (*ELSEWHERE, *results.axes)]
    common = [name for name in names if len({fields.get(name, "") for fields in all_fields}) == 1]
    fields = [f"{SHORT.get(name, name)} {value_text(all_fields[0][name])}" for name in common]
    number = configs[0].num_epochs
    epochs = "" if "num_epochs" in results.axes else f"{number:,} epoch{'s' if number != 1 else ''}"
    until = " or ".join(filter(None, ("until solved", epochs))) if results.until == "solved" else epochs
    windows = [config.num_epochs * config.windows_per_epoch for config in configs]
    amount = filter(
        None,
        (
            until,
            f"{_range(windows)} windows",
            _seeds(sorted({seed for point in results.points for seed in point.keys})),
        ),
    )
    versions = len({point.version for point in results.points})
    several = f"squares by {versions} versions of the program" if versions > 1 else ""
    return "; ".join(filter(None, (", ".join(fields), ", ".join(amount), several)))


def _range(numbers: Iterable[int]) -> str:
    found = sorted(set(numbers))
    return f"{found[0]:,}" if len(found) == 1 else f"{found[0]:,} to {found[-1]:,}"


def _seeds(seeds: Sequence[int]) -> str:
    if len(seeds) < 2:
        return f"seed {seeds[0]}" if seeds else "no seeds"
    first, last = seeds[0], seeds[-1]
    all_between = last - first + 1 == len(seeds)
    return f"seeds {first} to {last}" if all_between else f"{len(seeds):,} seeds from {first} to {last}"
