"""The text about the settings that all networks of a sweep have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from echornn.config import EchoConfig
from echornn.maps.kept_values import value_text
from echornn.maps.table import Overview, windows_of
from echornn.sweeps.trained_by import version_difference

FIRST = ("state_size", "truncated_backprop_length", "init")
"""Fields that are always named; other fields are named only if they differ from the defaults."""

SHORT = {"truncated_backprop_length": "T"}

ELSEWHERE = ("seed", "replicas", "device", "num_epochs")
"""Fields that are never named: the text says them in other words, or they do not affect what is trained."""

OF_WINDOWS = {"total_series_length", "truncated_backprop_length", "batch_size", "stride", "num_epochs"}
"""Fields that determine the number of windows. The task and its settings can do so too, by the length of a trial."""


class Common(NamedTuple):
    """The settings that all networks of a sweep have in common, as texts.

    Attributes:
        fields: the fields that are not swept, the most important first.
        until: when the training of each network ends.
        windows: the most windows of a network; a range if the points differ.
        seeds: the first and the last seed.
        differs: whether the points differ in the number of windows.
        versions: the program versions that trained the networks; empty if there was only one.
        newest: what the newest version does differently from the oldest.
    """

    fields: tuple[str, ...]
    until: str
    windows: str
    seeds: str
    differs: bool
    versions: str = ""
    newest: str = ""

    def __str__(self) -> str:
        """All parts as one text."""
        amount = ", ".join(filter(None, (self.until, self.windows, self.seeds)))
        return "; ".join(filter(None, (", ".join(self.fields), amount, self.versions, self.newest)))


def common_to_all(overview: Overview) -> Common | None:
    """The settings that all networks of a sweep have in common; None if there is nothing to train."""
    config = next(iter(overview.configs.values()), None)
    if config is None:
        return None
    names = [*FIRST, *(name for name in EchoConfig().changes_to(config) if name not in (*FIRST, *ELSEWHERE))]
    differ = {*overview.axes, *_depending(overview, names)}
    fields = _values(config, [name for name in names if name not in differ])
    epochs = f"{config.num_epochs:,} epoch{'s' if config.num_epochs != 1 else ''}"
    until = "" if "num_epochs" in overview.axes else epochs
    if overview.until_solved:
        until = f"until solved or {until}" if until else "until solved"
    configs = overview.configs.values()
    least, most = min(configs, key=windows_of), max(configs, key=windows_of)
    differs = windows_of(least) != windows_of(most)
    windows = _windows(overview, least, most) if differs else f"{windows_of(most):,} windows"
    return Common(fields, until, windows, _seeds(overview.seeds), differs, _versions(overview), _newest(overview))


def _depending(overview: Overview, names: Sequence[str]) -> set[str]:
    """Which of these fields differ with the task or its settings, if those are swept: T is by default the length of a
    trial, and a task lacks the settings of others.
    """
    if overview.axes.keys() <= {*EchoConfig.names()}:
        return set()
    all_fields = [config.fields() for config in overview.configs.values()]
    return {name for name in names if len({fields.get(name) for fields in all_fields}) > 1}


def _windows(overview: Overview, least: EchoConfig, most: EchoConfig) -> str:
    """The most windows of a network as text. If one of `OF_WINDOWS` is swept, equal epochs do not mean equal
    windows.
    """
    have_other_trials = least.trial_length != most.trial_length
    others = {name for name in overview.axes if have_other_trials and name not in EchoConfig.names()}
    names = [name for name in overview.axes if name in OF_WINDOWS | others]
    one, other = (", ".join(_values(config, names)) for config in (least, most))
    return f"{windows_of(least):,} windows ({one}) to {windows_of(most):,} ({other})"


def _versions(overview: Overview) -> str:
    count = len(overview.shown_versions)
    several = f"squares by {count} versions of the program" if count > 1 else ""
    elsewhere = f"{overview.elsewhere:,} older results in results.csv only" if overview.elsewhere else ""
    return ", ".join(filter(None, (several, elsewhere)))


def _newest(overview: Overview) -> str:
    shown = overview.shown_versions
    if len(shown) < 2:
        return ""
    oldest, newest = shown[0], shown[-1]
    differs = version_difference(overview.versions[newest], overview.versions[oldest])
    return f"version {newest + 1} has {differs} as version {oldest + 1}"


def _values(config: EchoConfig, names: list[str]) -> tuple[str, ...]:
    fields = config.fields()
    return tuple(f"{SHORT.get(name, name)} {value_text(fields[name])}" for name in names if name in fields)


def _seeds(seeds: tuple[int, ...]) -> str:
    if len(seeds) < 2:
        return f"seed {seeds[0]}" if seeds else "no seeds"
    first, last = seeds[0], seeds[-1]
    all_between = last - first + 1 == len(seeds)
    return f"seeds {first} to {last}" if all_between else f"{len(seeds):,} seeds from {first} to {last}"
