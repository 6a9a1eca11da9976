"""The fields of a configuration as text, and the differences between two configurations."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from echornn.config import EchoConfig
from echornn.config_fields import CELL, TASK
from echornn.own.own_file import SHOWN_DIGITS, OwnFile


def fields_text(values: Mapping[str, object]) -> str:
    """Fields with their values: "cell lstm, stride unset". None and an empty text are written as unset."""
    return ", ".join(f"{name} {'unset' if value in (None, '') else value}" for name, value in values.items())


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a configuration as JSON values for people: a file of the user's own is FILE.py:NAME."""
    return {name: str(value) if isinstance(value, OwnFile) else value for name, value in values.items()}


def changes_shown(before: EchoConfig, after: EchoConfig) -> dict[str, Any]:
    """The values that differ, for people: if the file of a task or cell has changed, a part of its hash distinguishes
    it from the file before.
    """
    changes = before.changes_to(after)
    for name in (TASK, CELL):
        own = changes.get(name)
        if isinstance(own, OwnFile) and own.is_change_of(before.value(name)):
            changes[name] = f"{own} (file changed, {own.digest[:SHOWN_DIGITS]})"
    return changes


def changes_text(before: EchoConfig, after: EchoConfig, without: Collection[str] = ()) -> str:
    """The fields that differ, with their values in ``after``; empty if none differs. A change of ``replicas`` is
    described by the resulting seeds.

    Args:
        without: fields to leave out.
    """
    changes = {name: value for name, value in changes_shown(before, after).items() if name not in without}
    if "replicas" not in changes:
        return fields_text(changes)
    last = after.seed + after.replicas - 1
    several = f"{after.replicas:,} networks of seeds {after.seed} to {last}"
    others = {name: value for name, value in changes.items() if name not in ("seed", "replicas")}
    return ", ".join(filter(None, (several if after.replicas > 1 else f"seed {after.seed} alone", fields_text(others))))
