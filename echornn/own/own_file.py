"""A Python file of the user's own: its text, from which a value can be made again without the file.

Which texts may run is said in `echornn.own.trusted`; a new file is tried once in another process,
see `echornn.own.trial`.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from types import ModuleType
from typing import Any, ClassVar, Self

from echornn.errors import NO_RECORD, ConfigError, OwnError, blaming
from echornn.own import trial
from echornn.own.trusted import TRUSTING, hash_of, is_trusted, trust
from echornn.runtime.visitor import NO_FILES, is_visitor

MOST_CHARACTERS = 1 << 16  # of a file, since its text is stored with each branch of a run
SHOWN_DIGITS = 8  # of a hash

LOADED: dict[OwnFile, Any] = {}  # what was made from the text of each file in this process
# Values that were given themselves, by their ids, which stay theirs
GIVEN: dict[int, tuple[Any, OwnFile]] = {}
NO_TEXT = "# no file: "  # and the id of the value, in place of a text


@dataclass(frozen=True)
class OwnFile:
    """A file of the user's own; there is a subclass for tasks and one for cells."""

    file: str = field(compare=False)  # its path as the user wrote it; only for messages
    name: str  # of the value in the file
    text: str  # nothing else is needed: the file's folder is never searched for other modules

    # What its record says about the value, empty if nothing. None if it is from no record: the user
    # has given the file, so its text may run.
    facts: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    # What tells it from another of its name; see `marks_of`
    mark: str = field(default="", compare=False)

    noun: ClassVar[str]  # the kind of value, which is also the field of the configuration
    error: ClassVar[type[OwnError]]
    definition: ClassVar[str]  # a pattern that finds the line where {name} is defined
    main_fact: ClassVar[str]  # the key that facts have if they say anything

    def is_usual(self, value: object) -> bool:
        """Whether a value of a file is a task, or a cell."""
        raise NotImplementedError

    def taken(self, found: Any) -> Any:
        """The value of the file as the program uses it; an OwnError if it cannot be used."""
        raise NotImplementedError

    def check_facts(self) -> None:
        """An error of `NO_RECORD` if the facts are damaged."""
        raise NotImplementedError

    # ---- from a name, a value, or a record

    @classmethod
    def named(cls, given: object, table: Collection[str]) -> str | Self:
        """A name in the table, or the file of FILE.py:NAME, which is read; a ConfigError if there
        is no such value."""
        if isinstance(given, cls):
            return given
        if isinstance(given, str) and given in table:
            return given
        if isinstance(given, str) and ":" in given:
            return cls.read(given)
        names = ", ".join(table)
        raise ConfigError(cls.noun, given, f"one of {names}, or FILE.py:NAME of your own")

    @classmethod
    def read(cls, wanted: str) -> Self:
        """Read the file of ``FILE.py:NAME``; an OwnError if there is no such text file."""
        file, _, name = wanted.rpartition(":")
        if not file or not name.isidentifier():
            raise cls.error(f"{wanted}: a {cls.noun} of your own is written as FILE.py:NAME")
        if is_visitor():
            raise cls.error(f"{wanted} cannot be used: {NO_FILES}")
        try:
            with open(file, encoding="utf-8-sig", newline="") as opened:
                text = opened.read(MOST_CHARACTERS + 1)
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", error)
            raise cls.error(f"{file} cannot be read: {why}") from error
        if len(text) > MOST_CHARACTERS:
            raise cls.error(f"{file} is too long: at most {MOST_CHARACTERS:,} characters")
        return cls(file, name, text)

    @classmethod
    def of(cls, value: Any, name: str, module: str) -> Self:
        """The file of a value that was given itself: that of the module, if it has the value under
        a name."""
        if id(value) not in GIVEN:
            own = cls._in_module(value, module) or cls(module, name, f"{NO_TEXT}{id(value)}")
            with own.blaming():
                LOADED[own] = own.taken(value)
            GIVEN[id(value)] = value, own
        return GIVEN[id(value)][1]  # type: ignore[return-value]

    @classmethod
    def _in_module(cls, value: Any, module: str) -> Self | None:
        names = getattr(sys.modules.get(module), "__dict__", {})
        file = str(names.get("__file__"))
        if not os.path.isfile(file):
            return None
        for name, other in names.items():
            if other is value:
                return cls.read(f"{file}:{name}")
        return None

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """The file of a record; a ValueError if it is none. In `trusting` its text is trusted."""
        try:
            own = cls(record["file"], record["name"], record["text"], record.get("facts") or {})
            are_texts = isinstance(own.file, str) and isinstance(own.text, str)
            if not own.name.isidentifier() or not are_texts:
                raise ValueError("it needs file, name and text")
            if own.facts:
                own.check_facts()
        except NO_RECORD as error:
            raise ValueError(
                f"what it says about the {cls.noun} is neither a name nor a file: {error}"
            ) from error

        if TRUSTING.get():
            trust(own.text)
            if not own.facts:
                return own.by_hand()
        return own

    def as_record(self, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
        record: dict[str, Any] = {"file": self.file, "name": self.name, "text": self.text}
        if facts is not None:
            record["facts"] = facts
        return record

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle only the text, which another process of this user runs."""
        self.require_trusted()
        self.require_text()
        return type(self), (self.file, self.name, self.text, None, self.mark)

    # ---- what it is called, and whether it has changed

    def __str__(self) -> str:
        return f"{self.file}:{self.name}{self.mark}"

    @cached_property
    def digest(self) -> str:
        """A hash of the text and the value's name; the file's name does not count."""
        return hash_of(f"{self.name}\n{self.text}")

    def is_change_of(self, before: object) -> bool:
        """Whether a value before had the same name, but another text."""
        return str(self) == str(before) and self != before

    @property
    def has_changed(self) -> bool:
        """Whether the text of the file on disk has changed, if it can be read here."""
        try:
            return self.read(f"{self.file}:{self.name}") != self
        except OwnError:
            return False

    # ---- whether its text may run

    @property
    def lacks_facts(self) -> bool:
        """Whether its record says nothing about its value."""
        return self.facts is not None and self.main_fact not in self.facts

    def by_hand(self) -> Self:
        """The file as if the user had given it, so that its text may run."""
        return replace(self, facts=None)

    def require_text(self) -> None:
        if self.text.startswith(NO_TEXT):
            raise self.error(
                f"{self} is in no file, so its {self.noun} cannot be kept: define it in a .py file"
            )

    def require_trusted(self) -> None:
        if self.facts is None or self in LOADED:
            return
        if is_trusted(self.text) and not self.lacks_facts:
            return
        raise self.error(
            f"{self} (sha256 {hash_of(self.text)[:SHOWN_DIGITS]}) is a text in a record that you "
            f"never gave by --{self.noun}: read it, then use --trust (in Python, read(run, "
            "trust=True))",
            is_placed=True,
        )

    # ---- its value

    def try_apart(self, function: str, **request: Any) -> None:
        """Call MODULE:NAME with this file in another process; an OwnError names the place.

        Then trust the text.
        """
        if self.text.startswith(NO_TEXT):
            return
        self.require_trusted()
        failure = trial.failure_of(self.noun, function, {**self.as_record(), **request})
        if failure:
            raise self.error(failure, is_placed=True)
        with suppress(OSError):
            trust(self.text)

    def load(self) -> Any:
        """The value that the text defines, which runs the first time; an OwnError if it cannot be
        used."""
        if self not in LOADED:
            self.require_trusted()
            trial.prepare_for(self.text)
            module = ModuleType(f"own_{self.noun}_{self.digest[:16]}")
            sys.modules[module.__name__] = module  # dataclasses look there for the types of fields
            names = vars(module)
            # Which is a log while the app is on the screen
            names["print"] = partial(print, file=sys.__stderr__)
            with self.blaming():
                exec(compile(self.text, self.file, "exec", dont_inherit=True), names)
                LOADED[self.by_hand()] = self.taken(self._found(names))
        return LOADED[self]

    def _found(self, names: Mapping[str, Any]) -> Any:
        """The value among the names that the text has defined."""
        value = names.get(self.name)
        if self.is_usual(value):
            return value
        others = [name for name, other in names.items() if self.is_usual(other)]
        what_is = ", ".join(others) or "none"
        raise self.error(f"there is no {self.noun} {self.name}, only {what_is}")

    def blaming(self) -> AbstractContextManager[None]:
        """A context in which any error names its place in the file, by default the value's
        definition."""
        pattern = self.definition.format(name=self.name)
        definition = re.search(pattern, self.text, re.MULTILINE)
        line = None
        if definition:
            line = self.text.count("\n", 0, definition.start()) + 1
        return blaming(self.error, self.file, line)


def marks_of(files: Iterable[OwnFile]) -> dict[OwnFile, str]:
    """A mark for each file: a part of its hash if another of the files has its name."""
    different = dict.fromkeys(files)
    counts = Counter(map(str, different))
    marks = {}
    for file in different:
        marks[file] = f"#{file.digest[:SHOWN_DIGITS]}" if counts[str(file)] > 1 else ""
    return marks
