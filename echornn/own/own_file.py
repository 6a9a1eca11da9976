"""A Python file of the user's own: its text, from which a value can be made again without the file."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import ModuleType
from typing import Any, ClassVar, Self

from echornn.errors import ConfigError, OwnError, blaming
from echornn.own import trusted

MOST_BYTES = 1 << 16
"""The most bytes of a file, since its text is stored with each branch of a run."""

SHOWN_DIGITS = 8
"""The number of characters of a hash that are shown."""

LOADED: dict[OwnFile, Any] = {}
"""What was made from the text of each file in this process."""


@dataclass(frozen=True)
class OwnFile:
    """A file of the user's own; there is a subclass for each kind of value that a file can define.

    Attributes:
        file: its path as the user wrote it; only for messages.
        name: the name of the value in the file.
        text: the text of the file. Nothing else is needed: its folder is never searched for other modules.
        facts: the facts about the value in its record, `no_facts` if it has none; None if the file does not come from
            a record, so that its text may run.
    """

    file: str = field(compare=False)
    name: str
    text: str
    facts: Any = field(default=None, compare=False, repr=False)
    mark: str = field(default="", compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle only the text, which another process of this user runs."""
        self.require_trusted()
        return type(self), (self.file, self.name, self.text, None, self.mark)

    noun: ClassVar[str]
    """The kind of value, for messages; it is also the field of the configuration."""

    error: ClassVar[type[OwnError]]
    """The class of errors in a file of this kind."""

    definition: ClassVar[str]
    """A pattern that finds the line where ``{name}`` is defined."""

    no_facts: ClassVar[Any]
    """The facts of a record that lacks them, as those of a damaged or handmade one; they are false."""

    def found_in(self, names: Mapping[str, Any]) -> Any:
        """The value among the names that the text defines.

        Raises:
            OwnError: there is no such value, or it cannot be used.
        """
        raise NotImplementedError

    @staticmethod
    def facts_from(record: Any) -> Any:
        """The facts from their record.

        Raises:
            ValueError: the record is damaged.
        """
        raise NotImplementedError

    @classmethod
    def from_record(cls, record: object) -> Self:
        """The file of a record, see `as_record`. In a block of `trusted.trusting` its text is trusted; if the record
        lacks facts, only that text says what the value is.

        Raises:
            ValueError: the record is not that of a file.
            OSError: it cannot be noted that the text is trusted.
        """
        if isinstance(record, Mapping) and {"file", "name", "text"} <= record.keys():
            file, name, text = record["file"], record["name"], record["text"]
            if all(isinstance(one, str) for one in (file, name, text)) and name.isidentifier():
                facts = record.get("facts")
                own = cls(file, name, text, cls.no_facts if facts is None else cls.facts_from(facts))
                if trusted.TRUSTING.get():
                    trusted.trust(text)
                    return own if own.facts else own.by_hand()
                return own
        raise ValueError(f"the {cls.noun} is neither a name nor a file")

    @property
    def lacks_facts(self) -> bool:
        """Whether the file comes from a record without facts: nothing is known about its value."""
        return self.facts is not None and not self.facts

    def by_hand(self) -> Self:
        """The file as if the user had given it, so that its text may run."""
        return replace(self, facts=None)

    def require_trusted(self) -> None:
        """Check that the text may run: it comes from a file of the user's, or is one that the user gave before.

        Raises:
            OwnError: the text is another one; the message says how to trust it.
        """
        if self.facts is None or (self.facts and trusted.is_trusted(self.text)):
            return
        raise self.error(
            f"{self} (sha256 {trusted.hash_of(self.text)[:SHOWN_DIGITS]}) is a text in a record that you never gave by "
            f"--{self.noun}: read it, then use --trust (in Python, read(run, trust=True))",
            is_placed=True,
        )

    def note(self) -> None:
        """Note that the text may run from now on, also from records; it was checked."""
        with suppress(OSError):
            trusted.trust(self.text)

    def as_record(self, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The file as JSON values, from which it can be made again.

        Args:
            facts: the record of its facts, with which the text need not be run when the record is read.
        """
        record = {"file": self.file, "name": self.name, "text": self.text}
        return record if facts is None else {**record, "facts": facts}

    def __str__(self) -> str:
        """The text that a user writes for the value, FILE.py:NAME, with its mark."""
        return f"{self.file}:{self.name}{self.mark}"

    @classmethod
    def named(cls, given: object, table: Collection[str]) -> str | Self:
        """The name that was given, if there is such a value: a name in the table, or FILE.py:NAME, whose file is read.

        Raises:
            ConfigError: there is no such value, or its file cannot be read.
        """
        if isinstance(given, cls) or (isinstance(given, str) and given in table):
            return given
        if isinstance(given, str) and ":" in given:
            return cls.read(given)
        raise ConfigError(cls.noun, given, f"one of {', '.join(table)}, or FILE.py:NAME of your own")

    @classmethod
    def read(cls, wanted: str) -> Self:
        """Read the file of ``FILE.py:NAME``.

        Raises:
            OwnError: there is no such file, or it is not a text file.
        """
        file, _, name = wanted.rpartition(":")
        if not file or not name.isidentifier():
            raise cls.error(f"{wanted}: a {cls.noun} of your own is written as FILE.py:NAME")
        try:
            if not stat.S_ISREG(os.stat(file).st_mode):  # opening a pipe could wait forever
                raise cls.error(f"{file} is not a file")
            with open(file, "rb") as opened:
                data = opened.read(MOST_BYTES + 1)
        except OSError as error:
            raise cls.error(f"{file} cannot be read: {error.strerror}") from error
        if len(data) > MOST_BYTES:
            raise cls.error(f"{file} is too long: at most {MOST_BYTES:,} bytes")
        try:
            return cls(file, name, data.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise cls.error(f"{file} is not a UTF-8 text: {error.reason} at byte {error.start:,}") from error

    def is_change_of(self, before: object) -> bool:
        """Whether a value before had the same name, but another text."""
        return str(self) == str(before) and self != before

    @property
    def has_changed(self) -> bool:
        """Whether the text of the file on disk has changed; False if the file cannot be read here."""
        try:
            return self.read(f"{self.file}:{self.name}") != self
        except OwnError:
            return False

    @property
    def module(self) -> str:
        """The unique name of the module that is made from the text."""
        return f"own_{self.noun}_{self.digest[:16]}"

    @cached_property
    def digest(self) -> str:
        """A hash that identifies the value: it depends on the text and the value's name, but not on the file's name."""
        import hashlib  # the first frame does not need this import

        return hashlib.sha256(f"{self.name}\n{self.text}".encode()).hexdigest()

    def load(self) -> Any:
        """The value that the text defines; the same value for the same text. The first time, this runs the text.

        Raises:
            OwnError: the text has an error, no usable value, or is not trusted; see `require_trusted`.
        """
        if self not in LOADED:
            self.require_trusted()
            LOADED[self.by_hand()] = self._loaded()
        return LOADED[self]

    def _loaded(self) -> Any:
        module = ModuleType(self.module)
        sys.modules[self.module] = module  # dataclasses look there for the types of fields
        names = vars(module)
        names["print"] = _print
        with self.blaming():
            exec(compile(self.text, self.file, "exec", dont_inherit=True), names)
            return self.found_in(names)

    def blaming(self) -> Any:
        """A context in which any error names its place in the file; see `echornn.errors.blaming`."""
        return blaming(self.error, self.file, self.line)

    @property
    def line(self) -> int | None:
        """The line number of the value's definition."""
        before = re.split(self.definition.format(name=self.name), self.text, maxsplit=1, flags=re.MULTILINE)
        return before[0].count("\n") + 1 if len(before) > 1 else None


def told_apart(files: Iterable[OwnFile]) -> dict[OwnFile, OwnFile]:
    """The files, each with a part of its hash as its mark if another of the files has its name."""
    different = dict.fromkeys(files)
    names = Counter(map(str, different))
    return {
        one: replace(one, mark=f"#{one.digest[:SHOWN_DIGITS]}") if names[str(one)] > 1 else one for one in different
    }


def _print(*values: object, sep: str | None = None, end: str | None = None, **_: object) -> None:
    """Print to file descriptor 2, which is a log while the app is on the screen."""
    line = (" " if sep is None else sep).join(map(str, values)) + ("\n" if end is None else end)
    os.write(2, line.encode(errors="replace"))
