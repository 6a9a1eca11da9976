"""The words of the line after ``:`` and of scripts: ``step 100``, ``edit learning_rate=0.1``,
``save curve.svg``."""

from __future__ import annotations

import math
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
from echornn.session import commands
from echornn.session.commands import Command
from tui.app import keys
from tui.panels.form import field_value
from tui.term.exit_code import UsageError
from tui.views.table import VIEWS
from tui.views.view import View

MOST = 10**18

FIGURES = ("curve", "norms", "memory", "gradient", "weights", "plane", "along", "seeds", "branches")
"""The kinds of figures of a run; `tui.figures.make.KINDS` has more, which need more than a run."""

AS_IN_VIM = {"q": "quit", "q!": "quit", "wq": "quit", "x": "quit", "w": "save", "h": "help"}
OF_TWO = {
    "zoom_in": "zoom",
    "zoom_out": "wider",
    "seed_before": "replica_before",
    "seed_after": "replica_after",
}
OTHER_NAMES = {"tree": "branches", **OF_TWO, **AS_IN_VIM}


class WordError(UsageError):
    """A line that is no command; the message has the word, its value and what is allowed."""


def _number(kind: Callable[[str], float], least: float, text: str) -> float | None:
    try:
        number = kind(text.replace(",", ""))
    except ValueError:
        return None
    return number if least <= number < MOST else None


def _change(text: str) -> tuple[str, Any] | None:
    field, equals, value = text.partition("=")
    if not equals:
        return None
    field, changed = field.replace("-", "_"), field_value(field.replace("-", "_"), value)
    return field, FIELDS[field].checked(changed) if field in FIELDS else changed


CHOICES: dict[str, Mapping[str, str]] = {
    "VIEW": {getattr(view, name): view.key for name in ("title", "key") for view in VIEWS},
    "KIND": {kind: kind for kind in FIGURES},
}
"""Arguments that are chosen among words, and what these stand for."""

ARGUMENTS: dict[str, tuple[Callable[[str], Any], str]] = {
    **{
        name: (partial(_number, int, least), f"a whole number, {least} or more")
        for name, least in {"WINDOW": 0, "NUMBER": 0, "WINDOWS": 1, "NETWORKS": 2}.items()
    },
    **{name: (words.get, f"one of {', '.join(words)}") for name, words in CHOICES.items()},
    "BY": (partial(_number, int, -MOST), "a whole number"),
    "SPEED": (partial(_number, float, 0.0), "0.01 to 1,000,000 windows a second"),
    "LETTER": (number_of, "the letter of a branch, a, b and so on, or its number"),
    "FIELD=VALUE": (_change, "a field with its new value, such as learning_rate=0.1"),
    "FILE.svg": (
        lambda text: text if PurePath(text).suffix == ".svg" else None,
        "a file that ends in .svg",
    ),
    "FILE.txt": (lambda text: text if PurePath(text).suffix == ".txt" else None, "in .txt"),
    **dict.fromkeys(("FILE", "NAME", "RUN"), (str, "")),
}
"""How each argument in capitals is read (None: it cannot be), and what is allowed."""


@dataclass(frozen=True)
class Word:
    """A word, and what it makes of its arguments: a command of the session, or an action of the
    app, by its name."""

    name: str
    # Its arguments: [] may be left out, ... repeats, a|b is a choice, capitals are in `ARGUMENTS`
    usage: str
    about: str
    make: Callable[..., Command | str] | Command | str

    def arguments(self, count: int) -> list[str]:
        """What this number of arguments may be."""
        known = [one.strip("[].") for one in self.usage.split()]
        return known + known[-1:] * (count - len(known) if "..." in self.usage else 0)

    def read(self, words: Sequence[str]) -> Command | str:
        least = sum(not one.startswith("[") for one in self.usage.split())
        arguments = self.arguments(len(words))
        if not least <= len(words) <= len(arguments):
            wrong = shortened(" ".join([self.name, *words]))
            raise WordError(
                f"{wrong!r} cannot be used: {self.name} takes {self.usage or 'nothing more'}"
            )
        try:
            values = [self._value(one, word) for one, word in zip(arguments, words, strict=False)]
            made = self.make(*values) if callable(self.make) else self.make
        except (ConfigError, TypeError, ValueError) as error:
            raise WordError(str(error)) from error
        return f"{made}({', '.join(map(repr, values))})" if values and made is self.make else made

    def _value(self, argument: str, text: str) -> Any:
        for one in argument.split("|"):
            value = ARGUMENTS[one][0](text) if one in ARGUMENTS else text if text == one else None
            if value is not None:
                return value
        allowed = ", or ".join(
            ARGUMENTS[one][1] if one in ARGUMENTS else one for one in argument.split("|")
        )
        raise WordError(f"{self.name} = {shortened(repr(text))} cannot be used: {allowed}")


def letters_of(view: type[View]) -> dict[str, Binding]:
    letters = (one for one in view.BINDINGS if isinstance(one, Binding) and len(one.key) == 1)
    return {one.description.lower().replace(" ", "_"): one for one in letters}


def _saved(file: str = "") -> Command | str:
    return f"save_screen({file!r})" if file else commands.Save()


def _begun(tooltip: str) -> str:
    return tooltip[:1].lower() + tooltip.partition("; ")[0][1:]


def _of_keys() -> Iterator[Word]:
    for one in keys.BINDINGS:
        if one.id and one.id.isidentifier() and one.action != "line":
            yield Word(one.id, "", _begun(one.tooltip), keys.SENT.get(one.id, one.action))
    for name in dict.fromkeys(name for view in VIEWS for name in letters_of(view)):
        having = [view for view in VIEWS if name in letters_of(view)]
        about = (
            f"{', '.join(view.title for view in having)}: "
            f"{_begun(letters_of(having[0])[name].tooltip)}"
        )
        yield Word(name, "", about, f"on_a_view('{letters_of(having[0])[name].id}', '{name}')")


WORDS = {
    word.name: word
    for word in (
        *_of_keys(),
        Word("pause", "", "pause; windows that have begun are finished", commands.Pause),
        Word("resume", "", "train on", commands.Resume),
        Word("toggle", "", "pause, or train on", commands.Toggle),
        Word("step", "[WINDOWS]", "train so many windows, then pause", commands.Step),
        Word(
            "until",
            "solved|WINDOWS...",
            "wait until it is solved, or so many windows are trained",
            "until",
        ),
        Word(
            "speed",
            "max|SPEED",
            "windows a second",
            lambda to: commands.SetSpeed(math.inf if to == "max" else to),
        ),
        Word("edit", "FIELD=VALUE...", "change settings", lambda *new: commands.Edit(dict(new))),
        Word(
            "restart",
            "[FIELD=VALUE...]",
            "start over, also changed",
            lambda *new: commands.StartOver(dict(new)),
        ),
        Word(
            "go",
            "WINDOW|end",
            "this window, as it was",
            lambda to: commands.Go(None, None if to == "end" else to),
        ),
        Word("branch", "LETTER [WINDOW]", "show a branch's end, or a window of it", commands.Go),
        Word("move", "BY", "show so many windows later; -1: the one before", commands.Move),
        Word(
            "move_epochs",
            "BY",
            "the end of the next epoch; -1: of the one before",
            commands.MoveEpochs,
        ),
        Word(
            "replicas",
            "[NETWORKS]",
            "from one network to many seeds, and back",
            commands.ToggleReplicas,
        ),
        Word("seed", "NUMBER", "show the network of this seed", "seed"),
        Word("alone", "", "go on with the shown one of several networks", commands.Alone),
        Word(
            "name",
            "LETTER [NAME...]",
            "name a branch",
            lambda one, *name: commands.Name(one, " ".join(name)),
        ),
        Word("pin", "LETTER", "keep a branch under the curve, or no longer", commands.Pin),
        Word("hide", "LETTER", "take a branch away from under the curve", commands.Hide),
        Word("show", "LETTER", "draw a branch under the curve, or take it away", "show_branch"),
        Word("compare", "RUN", "draw another run under the curve, or take it away", "compare"),
        Word("view", "VIEW", f"{', '.join(view.title for view in VIEWS)} or their numbers", "view"),
        Word(
            "crosshair",
            "WINDOW|fall|off",
            "the crosshair to a window, or where the loss fell",
            "crosshair",
        ),
        Word("theme", "dark|light", "the background, also the next time", "theme"),
        Word(
            "save",
            "[FILE.svg|FILE.txt]",
            "save the run now, or the screen as a picture or text",
            _saved,
        ),
        Word(
            "figure",
            "KIND FILE",
            f"a figure for a paper, and a CSV file: {', '.join(FIGURES)}",
            "figure",
        ),
    )
}

# words that scripts cannot use
OF_PERSONS = (
    "settings",
    "branches",
    "runs",
    "copy",
    "focus",
    "show_all",
    "help",
    "take_over",
    "detach",
    "quit",
)


@dataclass(frozen=True)
class Line:
    text: str
    what: Command | str


def lines_of(text: str) -> list[Line]:
    """The lines of a script, or of what is typed after ``:``; a WordError if any of them is no
    command."""
    return [_line_of(words) for words in _split(text)]


def _split(text: str) -> Iterator[list[str]]:
    """The words of each command; quotes hold words together, # begins a comment."""
    for line in text.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";")
        lexer.whitespace_split, lexer.escape = True, ""
        try:
            words = list(lexer)
        except ValueError:
            raise WordError(f"a quote is not closed: {shortened(line)}") from None
        yield from (
            list(group)
            for is_end, group in groupby(words, lambda word: set(word) == {";"})
            if not is_end
        )


def _line_of(words: list[str]) -> Line:
    text = " ".join(f"'{one}'" if " " in one else one for one in words)
    two = "_".join(words[:2])  # such as move epochs
    words = [two, *words[2:]] if two in WORDS or two in OTHER_NAMES else words
    name, arguments = (
        OTHER_NAMES.get(words[0], words[0]),
        [one for one in words[1:] if one not in ("-o", "--out")],
    )
    if name in WORDS:
        return Line(text, WORDS[name].read(arguments))
    begun = [one for one in WORDS if one.startswith(name.lower())]
    close = begun if len(begun) == 1 else get_close_matches(name.lower(), WORDS, 1)
    raise WordError(
        f"{shortened(name)!r} is no command{f': did you mean {close[0]}?' if close else ''}"
    )


def no_person(lines: Sequence[Line]) -> None:
    for line in lines:
        if line.what in [WORDS[name].make for name in OF_PERSONS]:
            raise WordError(
                f"{line.text!r} cannot be used in a script: it is for somebody at a screen"
            )
