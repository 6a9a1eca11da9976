"""The words of the line after ``:`` and of scripts: ``step 100``, ``edit learning_rate=0.1``,
``save curve.svg``."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from itertools import groupby
from pathlib import PurePath
from typing import Any

from textual.binding import Binding

from echornn.config import FIELDS
from echornn.errors import ConfigError
from echornn.files.recorded_values import shortened
from echornn.run.branch import number_of
from tui.app.actions import FIGURES, LISTED, Action, letters_of, word_of
from tui.app.screen_commands import KeyOfView, What
from tui.panels.form import field_value
from tui.term.exit_code import UsageError
from tui.text.lines import uncapitalized
from tui.views.table import VIEWS

MOST_NUMBER = 10**18  # beyond any number of windows; larger ones are typing errors


class WordError(UsageError):
    """A line that is no command; the message has the word, its value and what is allowed."""


# ---- the words


def _of_letters() -> Iterator[Action]:
    """An action for each letter of the views: one letter may have other words in other views."""
    having: dict[str, list[str]] = {}  # the titles of the views that have a word
    letters: dict[str, Binding] = {}
    for view in VIEWS:
        for letter in letters_of(view):
            word = word_of(letter)
            letters.setdefault(word, letter)
            having.setdefault(word, []).append(view.title)
    for word, letter in letters.items():
        does = _first_clause(letter.tooltip)
        help = f"{', '.join(having[word])}: {does}"
        yield Action(word, KeyOfView(str(letter.id), word), help)


def _first_clause(help: str) -> str:
    clause, _, _ = help.partition("; ")
    return uncapitalized(clause)


WORDS = {action.name: action for action in (*LISTED, *_of_letters()) if action.usage is not None}
"""The actions that have a word, by it."""

AS_IN_VIM = {"q": "quit", "q!": "quit", "wq": "quit", "x": "quit", "w": "save", "h": "help"}
OF_TWO = {
    "zoom_in": "zoom",
    "zoom_out": "wider",
    "seed_before": "replica_before",
    "seed_after": "replica_after",
}
OTHER_NAMES = {"tree": "branches", **OF_TWO, **AS_IN_VIM}


def word_named(name: str) -> Action | None:
    return WORDS.get(OTHER_NAMES.get(name, name))


def word_help(word: Action) -> str:
    """What a word does, in a few words."""
    if word.word_help:
        return word.word_help
    if word.usage:
        return uncapitalized(word.help)
    return _first_clause(word.help)


# ---- their arguments


def _number(kind: Callable[[str], float], least: float, text: str) -> float | None:
    try:
        number = kind(text.replace(",", ""))
    except ValueError:
        return None
    return number if least <= number < MOST_NUMBER else None


def _change(text: str) -> tuple[str, Any] | None:
    field, equals, value = text.partition("=")
    if not equals:
        return None
    field = field.replace("-", "_")
    changed = field_value(field, value)
    if field in FIELDS:
        changed = FIELDS[field].checked(changed)
    return field, changed


def _file(suffix: str, text: str) -> str | None:
    return text if PurePath(text).suffix == suffix else None


CHOICES: dict[str, Mapping[str, str]] = {
    "VIEW": {
        **{view.title: view.key for view in VIEWS},
        **{view.key: view.key for view in VIEWS},
    },
    "KIND": {kind: kind for kind in FIGURES},
}
"""Arguments that are chosen among words, and what these stand for."""

LEAST = {"WINDOW": 0, "NUMBER": 0, "WINDOWS": 1, "NETWORKS": 2}  # of arguments that are numbers

ARGUMENTS: dict[str, tuple[Callable[[str], Any], str]] = {
    **{
        name: (partial(_number, int, least), f"a whole number, {least} or more")
        for name, least in LEAST.items()
    },
    **{name: (words.get, f"one of {', '.join(words)}") for name, words in CHOICES.items()},
    "BY": (partial(_number, int, -MOST_NUMBER), "a whole number"),
    "SPEED": (partial(_number, float, 0.0), "0.01 to 1,000,000 windows a second"),
    "LETTER": (number_of, "the letter of a branch, a, b and so on, or its number"),
    "FIELD=VALUE": (_change, "a field with its new value, such as learning_rate=0.1"),
    "FILE.svg": (partial(_file, ".svg"), "a file that ends in .svg"),
    "FILE.txt": (partial(_file, ".txt"), "in .txt"),
    **dict.fromkeys(("FILE", "NAME", "RUN", "SETTING=VALUES"), (str, "")),
}
"""How each argument in capitals is read (None: it cannot be), and what is allowed."""


def arguments_of(word: Action, count: int) -> list[str]:
    """What this number of arguments of a word may be."""
    usage = word.usage or ""
    arguments = [argument.strip("[].") for argument in usage.split()]
    if "..." in usage:
        arguments += arguments[-1:] * (count - len(arguments))
    return arguments


def read(word: Action, texts: Sequence[str]) -> What:
    """What a word does with these arguments; or a WordError."""
    usage = word.usage or ""
    least = sum(not argument.startswith("[") for argument in usage.split())
    arguments = arguments_of(word, len(texts))
    if not least <= len(texts) <= len(arguments):
        line = shortened(" ".join([word.name, *texts]))
        raise WordError(f"{line!r} cannot be used: {word.name} takes {usage or 'nothing more'}")
    if not callable(word.does):
        return word.does
    try:
        values = [
            _value(word, argument, text) for argument, text in zip(arguments, texts, strict=False)
        ]
        return word.does(*values)
    except (ConfigError, TypeError, ValueError) as error:
        raise WordError(str(error)) from error


def _value(word: Action, argument: str, text: str) -> Any:
    """The value of an argument, which may be one of several kinds."""
    allowed = []
    for kind in argument.split("|"):
        if kind in ARGUMENTS:
            read_as, what = ARGUMENTS[kind]
            value = read_as(text)
        else:
            what = kind
            value = text if text == kind else None
        if value is not None:
            return value
        allowed.append(what)
    shown = shortened(repr(text))
    raise WordError(f"{word.name} = {shown} cannot be used: {', or '.join(allowed)}")


# ---- lines


@dataclass(frozen=True)
class Line:
    text: str
    what: What


def lines_of(text: str) -> list[Line]:
    """The lines of a script, or of what is typed after ``:``; a WordError if any of them is no
    command."""
    return [_line_of(words) for words in _split(text)]


def lines_at(number: int, text: str) -> list[Line]:
    """The same for a line of a file, whose number errors say."""
    try:
        return lines_of(text)
    except WordError as error:
        raise WordError(f"line {number}: {error}") from None


def _split(text: str) -> Iterator[list[str]]:
    """The words of each command; quotes hold words together, # begins a comment."""
    for line in text.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";")
        lexer.whitespace_split = True
        lexer.escape = ""
        try:
            words = list(lexer)
        except ValueError:
            raise WordError(f"a quote is not closed: {shortened(line)}") from None
        for are_ends, group in groupby(words, _is_end):
            if not are_ends:
                yield list(group)


def _is_end(word: str) -> bool:
    """Whether a word ends a command: it may be several semicolons, which shlex leaves together."""
    return set(word) == {";"}


def _line_of(words: list[str]) -> Line:
    text = " ".join(f"'{word}'" if " " in word else word for word in words)
    joined = "_".join(words[:2])  # such as move epochs
    if word_named(joined) is not None:
        words = [joined, *words[2:]]
    word = word_named(words[0])
    if word is None:
        raise WordError(_no_command(words[0]))
    arguments = words[1:]
    if word.name == "figure":  # as it is typed in a shell, which other words do not know
        arguments = [argument for argument in arguments if argument not in ("-o", "--out")]
    return Line(text, read(word, arguments))


def _no_command(name: str) -> str:
    begun = [word for word in WORDS if word.startswith(name.lower())]
    close = begun if len(begun) == 1 else get_close_matches(name.lower(), WORDS, 1)
    question = f": did you mean {close[0]}?" if close else ""
    return f"{shortened(name)!r} is no command{question}"


def no_person(lines: Sequence[Line]) -> None:
    """A WordError if a line is only for somebody at a screen."""
    of_persons = [action.command for action in WORDS.values() if action.is_for_persons]
    for line in lines:
        if line.what in of_persons:
            raise WordError(
                f"{line.text!r} cannot be used in a script: it is for somebody at a screen"
            )
