"""Commands as words: ``step 100``, ``edit learning_rate=0.1``, ``branch b 310``.

The same words are typed after ``:`` in the app and written in scripts. To add a command, add a line to `WORDS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, TypeVar

from echornn.cells.table import named as cell_named
from echornn.config import CELL, TASK, EchoConfig, require_possible
from echornn.errors import ConfigError
from echornn.files.recorded_values import shortened
from echornn.session import commands
from echornn.session.commands import Command
from echornn.tasks.table import named, tasks_with
from echornn.timeline.branch import letter_of, number_of

T = TypeVar("T")

MOST_DIGITS = 18
"""The most digits of a count."""


class WordError(ValueError):
    """A line that is no command; the message contains the word, its value and what is allowed."""


@dataclass(frozen=True)
class Word:
    """A command's name, and how its arguments are read.

    Attributes:
        name: the first word of the line.
        kind: the command's class.
        about: what the command does, for a line of 80 columns.
        usage: the arguments as the help writes them; in brackets if they may be left out.
        read: makes the command from the arguments; raises a WordError if it cannot.
    """

    name: str
    kind: type[Command]
    about: str
    usage: str
    read: Callable[[Sequence[str]], Command]


def refused(name: str, value: str, allowed: str) -> WordError:
    """The error about an argument."""
    return WordError(f"{name} = {shortened(repr(value))} cannot be used: {allowed}")


def whole(name: str, text: str, least: int | None = 0) -> int:
    """An argument that is a whole number.

    Raises:
        WordError: it is none, or it is below ``least``.
    """
    digits = text.replace("_", "").replace(",", "")
    allowed = "a whole number" if least is None else f"a whole number, {least} or more"
    if not digits.removeprefix("-").removeprefix("+").isdecimal() or len(digits) > MOST_DIGITS:
        raise refused(name, text, allowed)
    number = int(digits)
    if least is not None and number < least:
        raise refused(name, text, allowed)
    return number


def require_count(name: str, usage: str, words: Sequence[str], least: int, most: int) -> None:
    """Check the number of arguments.

    Raises:
        WordError: there are too few, or too many.
    """
    if not least <= len(words) <= most:
        wrong = f"{name} {' '.join(words)}".strip()
        takes = f"{name} takes {usage}" if usage else f"{name} takes nothing more"
        raise WordError(f"{shortened(wrong)!r} cannot be used: {takes}")


# ---- how arguments are read


def _plain(name: str, kind: type[Command], about: str) -> Word:
    make: Callable[[], Command] = kind

    def read(words: Sequence[str]) -> Command:
        require_count(name, "", words, 0, 0)
        return make()

    return Word(name, kind, about, "", read)


def _counting(name: str, kind: type[Command], about: str, what: str, least: int | None, is_needed: bool = True) -> Word:
    usage = what if is_needed else f"[{what}]"
    make: Callable[..., Command] = kind

    def read(words: Sequence[str]) -> Command:
        require_count(name, usage, words, int(is_needed), 1)
        return make(*(whole(name, word, least) for word in words))

    return Word(name, kind, about, usage, read)


def _changing(name: str, kind: type[commands.Edit | commands.StartOver], about: str, least: int) -> Word:
    usage = "FIELD=VALUE ..." if least else "[FIELD=VALUE ...]"

    def read(words: Sequence[str]) -> Command:
        require_count(name, usage, words, least, len(words))
        changes: dict[str, Any] = {}
        for word in words:
            field, equals, text = word.partition("=")
            if not equals:
                raise WordError(f"{shortened(word)!r} cannot be used: {name} takes {usage}")
            field = field.replace("-", "_")
            changes[field] = field_value(field, text)
            require_possible(field, changes[field])
        return kind(changes)

    return Word(name, kind, about, usage, read)


def field_value(name: str, text: str) -> object:
    """The value of a field that was typed: a number if the text is one, otherwise the text. Invalid values are refused
    by the configuration.

    Raises:
        ConfigError: the text names a task or a cell that does not exist, or a file that cannot be read.
    """
    text = text.strip()
    if name == TASK:
        return named(text)
    if name == CELL:
        return cell_named(text)
    text = text.replace("_", "") if text[:1].isdigit() else text
    if name == "stride" and text in ("", "unset"):
        return None
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _speed(words: Sequence[str]) -> Command:
    require_count("speed", "max|NUMBER", words, 1, 1)
    try:
        return commands.SetSpeed(math.inf if words[0] == "max" else float(words[0]))
    except ValueError:
        raise refused("speed", words[0], "0.01 to 1,000,000 windows a second, or max") from None


def _go(words: Sequence[str]) -> Command:
    require_count("go", "WINDOW|end", words, 1, 1)
    return commands.Go(None, None if words[0] == "end" else whole("go", words[0]))


def _branch(words: Sequence[str]) -> Command:
    require_count("branch", "LETTER [WINDOW]", words, 1, 2)
    window = whole("branch", words[1]) if words[1:] else None
    return commands.Go(branch_number("branch", words[0]), window)


def _name(words: Sequence[str]) -> Command:
    require_count("name", "LETTER [NAME]", words, 1, max(1, len(words)))
    return commands.Name(branch_number("name", words[0]), " ".join(words[1:]))


def _of_a_branch(name: str, kind: type[commands.Pin | commands.Hide], about: str) -> Word:
    def read(words: Sequence[str]) -> Command:
        require_count(name, "LETTER", words, 1, 1)
        return kind(branch_number(name, words[0]))

    return Word(name, kind, about, "LETTER", read)


def branch_number(name: str, text: str) -> int:
    """The number of a branch that is named by its letter or number.

    Raises:
        WordError: the text is neither.
    """
    number = number_of(text)
    if number is None:
        raise refused(name, text, "the letter of a branch, a, b and so on, or its number")
    return number


WORDS: dict[str, Word] = {
    word.name: word
    for word in (
        _plain("pause", commands.Pause, "pause; windows that have begun are finished"),
        _plain("resume", commands.Resume, "train on"),
        _plain("toggle", commands.Toggle, "pause, or train on"),
        _counting("step", commands.Step, "train so many windows, then pause", "WINDOWS", 1, is_needed=False),
        _plain("epoch", commands.FinishEpoch, "train to the end of the epoch, then pause"),
        Word("speed", commands.SetSpeed, "the speed in windows a second", "max|NUMBER", _speed),
        _plain("faster", commands.Faster, "the next higher speed"),
        _plain("slower", commands.Slower, "the next lower speed"),
        _changing("edit", commands.Edit, "change settings; undo undoes it", 1),
        _changing("restart", commands.StartOver, "start over, with changed settings", 0),
        _plain("reset", commands.Reset, "start over with the weights that this run began with"),
        _plain("redraw", commands.Redraw, "start over with new random weights"),
        _plain("regenerate", commands.Regenerate, "new data; the epoch starts again with it"),
        _plain("undo", commands.Undo, "go to before the last change or divergence"),
        _plain("redo", commands.Redo, "go back to where the last undo came from"),
        Word("go", commands.Go, "show this window of the curve, as it was", "WINDOW|end", _go),
        Word("branch", commands.Go, "show a branch's end, or a window of it", "LETTER [WINDOW]", _branch),
        _counting("move", commands.Move, "show so many windows later; -1: the one before", "WINDOWS", None),
        _counting("move_epochs", commands.MoveEpochs, "the end of the next epoch; -1: of the one before", "1|-1", None),
        _counting(
            "replicas",
            commands.ToggleReplicas,
            "from one network to many seeds, and back",
            "NUMBER",
            2,
            is_needed=False,
        ),
        _counting("replica", commands.Choose, "show this one of several networks, from 0", "NUMBER", 0),
        Word("name", commands.Name, "give a branch a name, or take it away", "LETTER [NAME]", _name),
        _of_a_branch("pin", commands.Pin, "keep a branch under the curve, or no longer"),
        _of_a_branch("hide", commands.Hide, "take a branch away from under the curve"),
        _plain("alone", commands.Alone, "go on with the shown one of several networks"),
        _plain("save", commands.Save, "save all that was trained now"),
    )
}
"""The commands of a session, by name. `echornn.session.commands.Ask` has no name: views send it."""


def command_of(words: Sequence[str]) -> Command:
    """The command that these words name.

    Raises:
        WordError: they name none, or an argument is wrong.
    """
    word = WORDS.get(words[0])
    if word is None:
        raise unknown(words[0], WORDS)
    return reading(word.read, words[1:])


def reading(read: Callable[[Sequence[str]], T], words: Sequence[str]) -> T:
    """What ``read`` makes of the arguments.

    Raises:
        WordError: it cannot read them.
    """
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
            values = (f"{name}={'unset' if value is None else value}" for name, value in changes.items())
            return " ".join((_name_of(command), *values))
        case _:
            values = (str(value) for one in fields(command) if (value := getattr(command, one.name)) is not None)
            return " ".join((_name_of(command), *values))


def _name_of(command: Command) -> str:
    return next(word.name for word in WORDS.values() if word.kind is type(command))


def require_changes(changes: Mapping[str, Any], config: EchoConfig) -> None:
    """Check that a configuration can be changed in this way.

    Raises:
        WordError: it has no such field, or does not allow the value.
    """
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


QUOTES = "'\""


def commands_in(text: str) -> list[list[str]]:
    """The words of each command of a script. A semicolon or the end of a line ends a command; ``#`` begins a comment;
    quotes hold a word with spaces together.

    Raises:
        WordError: a quote is not closed.
    """
    found: list[list[str]] = []
    for line in text.splitlines():
        found += _of_a_line(line)
    return [words for words in found if words]


def _of_a_line(line: str) -> list[list[str]]:
    words: list[list[str]] = [[]]
    word: str | None = None
    quote = ""
    for character in line:
        if quote:
            assert word is not None
            quote, word = ("", word) if character == quote else (quote, word + character)
        elif character in QUOTES:
            quote, word = character, word or ""
        elif character == "#" and word is None:
            break
        elif character.isspace() or character == ";":
            if word is not None:
                words[-1].append(word)
            word = None
            if character == ";":
                words.append([])
        else:
            word = (word or "") + character
    if quote:
        raise WordError(f"a quote {quote} is not closed")
    if word is not None:
        words[-1].append(word)
    return words


def joined(words: list[str]) -> str:
    """The words as a line, from which `commands_in` makes the same words."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    if word and not any(character.isspace() or character in ";'\"" for character in word) and word[0] != "#":
        return word
    quote = "'" if "'" not in word else '"'
    return f"{quote}{word}{quote}"
