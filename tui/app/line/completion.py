"""The lines to which a beginning can be completed, and what the word before the cursor does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from echornn.config import FIELDS, TASK, EchoConfig
from echornn.tasks.table import TASKS
from echornn.tasks.task import settings_of
from echornn.timeline.branch import letter_of
from tui.app.line.command_words import WORDS
from tui.app.line.words import APP_WORDS, FIGURES, OTHER_NAMES

CHANGES = ("edit", "restart")
"""The commands whose arguments are fields with values."""

OF_BRANCHES = ("branch", "name", "pin", "show")
"""The commands whose first argument is the letter of a branch."""

EMPTY = "a command by name: tab completes, up shows earlier ones, escape closes"

MOST_SHOWN = 300
"""The most characters of the names of candidates."""


@dataclass(frozen=True)
class Known:
    """What completions depend on.

    Attributes:
        config: the configuration whose fields can be edited.
        branches: the number of branches.
    """

    config: EchoConfig
    branches: int = 0


def completions(text: str, known: Known) -> list[str]:
    """The lines to which a beginning can be completed, in order; without those that are the beginning itself."""
    _, _, newest = text.rpartition(";")
    begun = newest.lstrip()
    before = text[: len(text) - len(begun)]
    first, space, rest = begun.partition(" ")
    if not space:
        return _fitting(before, first, (f"{name}{' ' if takes else ''}" for name, takes in _names()))
    words, _, word = rest.rpartition(" ")
    if words and first not in CHANGES:
        return []
    before += f"{first} {f'{words} ' if words else ''}"
    if first in CHANGES:
        return _fitting(before, word, _changes(word, known.config))
    return _fitting(before, word, _arguments(first, known))


def _fitting(before: str, begun: str, words: Iterable[str]) -> list[str]:
    return [before + word for word in words if word.startswith(begun) and word != begun]


def _names() -> list[tuple[str, bool]]:
    """All names in order, and whether they take arguments."""
    usages = {**{one.name: one.usage for one in APP_WORDS.values()}, **{one.name: one.usage for one in WORDS.values()}}
    return sorted((name, bool(usage) and not usage.startswith("[")) for name, usage in usages.items())


def _changes(word: str, config: EchoConfig) -> list[str]:
    field, equals, _ = word.partition("=")
    if not equals:
        return [f"{name}=" for name in config.fields()]
    return [f"{field}={value}" for value in values_of(config, field)]


def values_of(config: EchoConfig, field: str) -> tuple[str, ...]:
    """The words among which a field is chosen; none if it is a number."""
    if field == TASK:
        return tuple(TASKS)
    known = (*settings_of(config.the_task), *FIELDS.values())
    return next((one.choices for one in known if one.name == field), ())


def _arguments(name: str, known: Known) -> tuple[str, ...]:
    if name in OF_BRANCHES:
        return tuple(map(letter_of, range(known.branches)))
    of_others = {"speed": ("max",), "go": ("end",), "figure": FIGURES}
    return of_others.get(name) or (APP_WORDS[name].values if name in APP_WORDS else ())


def about(text: str, candidates: Iterable[str], config: EchoConfig) -> str:
    """What the command that is being typed does; before its name is complete, the names that fit."""
    newest = text.rpartition(";")[2].lstrip()
    name, space, rest = newest.partition(" ")
    usages = {
        **{one.name: (one.usage, one.about) for one in WORDS.values()},
        **{one.name: (one.usage, one.about) for one in APP_WORDS.values()},
    }
    if not newest:
        return EMPTY
    name = OTHER_NAMES.get(name, name)
    if name not in usages:
        shown = "  ".join(one[len(text) - len(newest) :].strip() for one in candidates)
        return shown[:MOST_SHOWN] or "no command begins so"
    word = rest.rpartition(" ")[2]
    if name in CHANGES and space:
        field, equals, _ = word.partition("=")
        if equals and field in config.fields():
            from tui.app.widgets.settings_fields import as_typed, help_of  # imported late: it reads the source

            return f"{field} is {as_typed(config.value(field)) or 'unset'}: {help_of(config, field)}"
    usage, what = usages[name]
    return f"{f'{name} {usage}'.strip()}: {what}"
