"""Commands as words: ``step 100``, ``edit learning_rate=0.1``, ``branch b 310``.

The same words are typed after ``:`` in the app and written in scripts. To add a command, add a line to `WORDS`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import partial
from typing import Any, TypeVar

from echornn.config import FIELDS, TASK, EchoConfig
from echornn.errors import ConfigError
from echornn.files.recorded_values import shortened
from echornn.session import commands
from echornn.session.commands import Command
from echornn.tasks.table import tasks_with
from echornn.timeline.branch import letter_of, number_of
from tui.panels.form import field_value

T = TypeVar("T")

MOST_DIGITS = 18  # of a count


class WordError(ValueError):
    """A line that is no command; the message contains the word, its value and what is allowed."""


@dataclass(frozen=True)
class Word:
    """A command's name, and how its arguments are read."""

    name: str  # the first word of the line
    kind: type[Command]
    about: str  # what the command does, for a line of 80 columns
    usage: str = ""  # the arguments as the help writes them; in brackets if they may be left out
    readers: tuple[Callable[[str, str], Any], ...] = ()  # each reads an argument, given the name and the text
    make: Callable[..., Command] | None = None  # makes the command from what was read, unless its class does
    many: Callable[[Word, Sequence[str]], Command] | None = None  # makes it from any number of words

    def read(self, words: Sequence[str]) -> Command:
        """The command with these arguments; a WordError if they are wrong."""
        least = len([one for one in self.usage.split() if one[0] not in "[."])
        most = len(self.readers) if self.many is None else max(least, len(words))
        require_count(self.name, self.usage, words, least, most)
        if self.many is not None:
            return self.many(self, words)
        make: Callable[..., Command] = self.make or self.kind
        return make(*(read(self.name, word) for read, word in zip(self.readers, words, strict=False)))


# ---- how arguments are read


def refused(name: str, value: str, allowed: str) -> WordError:
    """The error about an argument."""
    return WordError(f"{name} = {shortened(repr(value))} cannot be used: {allowed}")


def require_count(name: str, usage: str, words: Sequence[str], least: int, most: int) -> None:
    """Check the number of arguments; a WordError if there are too few, or too many."""
    if not least <= len(words) <= most:
        wrong = f"{name} {' '.join(words)}".strip()
        raise WordError(f"{shortened(wrong)!r} cannot be used: {name} takes {usage or 'nothing more'}")


def whole(name: str, text: str, least: int | None = 0) -> int:
    """An argument that is a whole number; a WordError if it is none, or below ``least``."""
    digits = text.replace("_", "").replace(",", "")
    is_number = digits.removeprefix("-").removeprefix("+").isdecimal() and len(digits) <= MOST_DIGITS
    if not is_number or (least is not None and int(digits) < least):
        raise refused(name, text, "a whole number" if least is None else f"a whole number, {least} or more")
    return int(digits)


def branch_number(name: str, text: str) -> int:
    """The number of a branch that is named by its letter or number; a WordError if the text is neither."""
    number = number_of(text)
    if number is None:
        raise refused(name, text, "the letter of a branch, a, b and so on, or its number")
    return number


def _changes(word: Word, words: Sequence[str]) -> Command:
    changes: dict[str, Any] = {}
    for one in words:
        field, equals, text = one.partition("=")
        if not equals:
            raise WordError(f"{shortened(one)!r} cannot be used: {word.name} takes {word.usage}")
        field = field.replace("-", "_")
        changes[field] = field_value(field, text)
        if field in FIELDS:
            FIELDS[field].checked(changes[field])
    return commands.Edit(changes) if word.kind is commands.Edit else commands.StartOver(changes)


def _speed(name: str, text: str) -> commands.SetSpeed:
    try:
        return commands.SetSpeed(math.inf if text == "max" else float(text))
    except ValueError:
        raise refused(name, text, "0.01 to 1,000,000 windows a second, or max") from None


def _window_or_end(name: str, text: str) -> int | None:
    return None if text == "end" else whole(name, text)


def _name(word: Word, words: Sequence[str]) -> Command:
    return commands.Name(branch_number(word.name, words[0]), " ".join(words[1:]))


_any = partial(whole, least=None)

WORDS: dict[str, Word] = {
    word.name: word
    for word in (
        Word("pause", commands.Pause, "pause; windows that have begun are finished"),
        Word("resume", commands.Resume, "train on"),
        Word("toggle", commands.Toggle, "pause, or train on"),
        Word("step", commands.Step, "train so many windows, then pause", "[WINDOWS]", (partial(whole, least=1),)),
        Word("epoch", commands.FinishEpoch, "train to the end of the epoch, then pause"),
        Word("speed", commands.SetSpeed, "the speed in windows a second", "max|NUMBER", (_speed,), lambda read: read),
        Word("faster", commands.Faster, "the next higher speed"),
        Word("slower", commands.Slower, "the next lower speed"),
        Word("edit", commands.Edit, "change settings; undo undoes it", "FIELD=VALUE ...", many=_changes),
        Word("restart", commands.StartOver, "start over, with changed settings", "[FIELD=VALUE ...]", many=_changes),
        Word("reset", commands.Reset, "start over with the weights that this run began with"),
        Word("redraw", commands.Redraw, "start over with new random weights"),
        Word("regenerate", commands.Regenerate, "new data; the epoch starts again with it"),
        Word("undo", commands.Undo, "go to before the last change or divergence"),
        Word("redo", commands.Redo, "go back to where the last undo came from"),
        Word(
            *("go", commands.Go, "show this window of the curve, as it was", "WINDOW|end"),
            (_window_or_end,),
            partial(commands.Go, None),
        ),
        Word(
            *("branch", commands.Go, "show a branch's end, or a window of it", "LETTER [WINDOW]"),
            (branch_number, whole),
        ),
        Word("move", commands.Move, "show so many windows later; -1: the one before", "WINDOWS", (_any,)),
        Word("move_epochs", commands.MoveEpochs, "the end of the next epoch; -1: of the one before", "1|-1", (_any,)),
        Word(
            *("replicas", commands.ToggleReplicas, "from one network to many seeds, and back", "[NUMBER]"),
            (partial(whole, least=2),),
        ),
        Word("replica", commands.Choose, "show this one of several networks, from 0", "NUMBER", (whole,)),
        Word("name", commands.Name, "give a branch a name, or take it away", "LETTER [NAME]", many=_name),
        Word("pin", commands.Pin, "keep a branch under the curve, or no longer", "LETTER", (branch_number,)),
        Word("hide", commands.Hide, "take a branch away from under the curve", "LETTER", (branch_number,)),
        Word("alone", commands.Alone, "go on with the shown one of several networks"),
        Word("save", commands.Save, "save all that was trained now"),
    )
}
"""The commands of a session, by name. `echornn.session.commands.Ask` has no name: views send it."""


# ---- lines and commands


def command_of(words: Sequence[str]) -> Command:
    """The command that these words name; a WordError if they name none, or an argument is wrong."""
    word = WORDS.get(words[0])
    if word is None:
        raise unknown(words[0], WORDS)
    return reading(word.read, words[1:])


def reading(read: Callable[[Sequence[str]], T], words: Sequence[str]) -> T:
    """What ``read`` makes of the arguments; a WordError if it cannot."""
    try:
        return read(words)
    except WordError:
        raise
    except (ConfigError, TypeError, ValueError) as error:
        raise WordError(str(error)) from error


def unknown(name: str, known: Iterable[str]) -> WordError:
    """The error about a word that is no command."""
    known = list(known)
    begun = [one for one in known if one.startswith(name.lower())]
    close = begun if len(begun) == 1 else get_close_matches(name.lower(), known, 1)
    hint = f": did you mean {close[0]}?" if close else ""
    return WordError(f"{shortened(name)!r} is no command{hint}")


def text_of(command: Command) -> str:
    """The line that names a command; empty for those that no key sends: `Ask`, and notes on branches."""
    name = next((word.name for word in WORDS.values() if word.kind is type(command)), "")
    match command:
        case commands.Ask() | commands.Name() | commands.Pin() | commands.Hide():
            return ""
        case commands.Go(None, window):
            return f"go {'end' if window is None else window}"
        case commands.Go(branch, window):
            assert branch is not None
            return f"branch {letter_of(branch)}{'' if window is None else f' {window}'}"
        case commands.Move(windows):
            return f"move {windows}"
        case commands.SetSpeed(speed):
            return f"speed {'max' if math.isinf(speed) else f'{speed:g}'}"
        case commands.Edit(changes) | commands.StartOver(changes):
            return " ".join([name, *(f"{field}={'unset' if one is None else one}" for field, one in changes.items())])
        case _:
            values = (value for one in fields(command) if (value := getattr(command, one.name)) is not None)
            return " ".join([name, *map(str, values)])


def require_changes(changes: Mapping[str, Any], config: EchoConfig) -> None:
    """Check that a configuration has these fields and allows these values; otherwise it is a WordError."""
    known = config.fields()
    for name in changes if TASK not in changes else ():
        if name not in known:
            close = get_close_matches(name, known, 1)
            others = tasks_with(name)
            hint = f": it is {others}" if others else f": did you mean {close[0]}?" if close else ""
            raise WordError(f"{shortened(name)!r} is no field of this task{hint}")
    try:
        config.with_fields(changes)
    except ConfigError as error:
        raise WordError(str(error)) from error


# ---- scripts

QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")

TOKEN = re.compile(rf"""\s+|(?P<comment>\#.*)|(?P<end>;)|(?P<word>(?:[^\s;'"]|{QUOTED.pattern})+)|(?P<open>['"])""")
"""A word is of characters and quoted parts; a comment begins where a word could."""


def commands_in(text: str) -> list[list[str]]:
    """The words of each command of a script. A semicolon or the end of a line ends a command; ``#`` begins a comment;
    quotes hold a word with spaces together. A quote that is not closed is a WordError.
    """
    found: list[list[str]] = []
    for line in text.splitlines():
        found.append([])
        for token in TOKEN.finditer(line):
            match token.lastgroup:
                case "word":
                    found[-1].append(QUOTED.sub(lambda quoted: quoted[1] or quoted[2] or "", token["word"]))
                case "end":
                    found.append([])
                case "open":
                    raise WordError(f"a quote {token['open']} is not closed")
    return [words for words in found if words]


def joined(words: list[str]) -> str:
    """The words as a line, from which `commands_in` makes the same words."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    if word and not any(character.isspace() or character in ";'\"" for character in word) and word[0] != "#":
        return word
    quote = "'" if "'" not in word else '"'
    return f"{quote}{word}{quote}"
