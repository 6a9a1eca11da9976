"""A user's own task: the text of a Python file, from which the task can be made again without the file."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import ModuleType
from typing import Any

from echornn.tasks.own.facts import TaskFacts
from echornn.tasks.own.recorded_task import class_for, hash_of, is_same_task, values_in_order
from echornn.tasks.settings import settings_of
from echornn.tasks.task import Task, TaskError
from echornn.tasks.task_errors import blaming

MOST_BYTES = 1 << 16
"""The most bytes of a file, since its text is stored with each branch of a run."""

SHOWN_DIGITS = 8
"""The number of characters of a hash that are shown."""

LOADED: dict[str, type[Task]] = {}
"""The classes that were made in this process, by digest."""

MAY_RUN = ContextVar("MAY_RUN", default=True)
"""Whether texts may be run; see `never_running`."""


@dataclass(frozen=True)
class OwnFile:
    """The file of a user's task.

    Attributes:
        file: its path as the user wrote it; only for messages.
        name: the name of the task's class.
        text: the text of the file. Nothing else is needed: its folder is never searched for other modules.
        facts: the facts about the task in its record; None if the file does not come from a record, or if the record
            has no facts.
    """

    file: str = field(compare=False)
    name: str
    text: str
    facts: TaskFacts | None = field(default=None, compare=False, repr=False)
    mark: str = field(default="", compare=False)

    @classmethod
    def from_record(cls, record: object) -> OwnFile:
        """The file of a record, see `as_record`.

        Raises:
            ValueError: the values are not the record of a file.
        """
        if isinstance(record, Mapping) and {"file", "name", "text"} <= record.keys():
            file, name, text = record["file"], record["name"], record["text"]
            if all(isinstance(one, str) for one in (file, name, text)) and name.isidentifier():
                facts = record.get("facts")
                return cls(file, name, text, None if facts is None else TaskFacts.from_record(facts))
        raise ValueError("the task is neither a name nor a file")

    def as_record(self, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The file as JSON values, from which it can be made again.

        Args:
            facts: the record of `TaskFacts`, with which the text need not be run when the record is read.
        """
        record = {"file": self.file, "name": self.name, "text": self.text}
        return record if facts is None else {**record, "facts": facts}

    def __str__(self) -> str:
        """The text that a user writes for the task, FILE.py:NAME, with its mark."""
        return f"{self.file}:{self.name}{self.mark}"

    @classmethod
    def read(cls, wanted: str) -> OwnFile:
        """Read the file of ``FILE.py:NAME``.

        Raises:
            TaskError: there is no such file, or it is not a text file.
        """
        file, _, name = wanted.rpartition(":")
        if not file or not name.isidentifier():
            raise TaskError(f"{wanted}: a task of your own is written as FILE.py:NAME")
        try:
            if not stat.S_ISREG(os.stat(file).st_mode):  # opening a pipe could wait forever
                raise TaskError(f"{file} is not a file")
            with open(file, "rb") as opened:
                data = opened.read(MOST_BYTES + 1)
        except OSError as error:
            raise TaskError(f"{file} cannot be read: {error.strerror}") from error
        if len(data) > MOST_BYTES:
            raise TaskError(f"{file} is too long: at most {MOST_BYTES:,} bytes")
        try:
            return cls(file, name, data.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise TaskError(f"{file} is not a UTF-8 text: {error.reason} at byte {error.start:,}") from error

    def is_change_of(self, before: object) -> bool:
        """Whether a task before had the same name, but another text."""
        return str(self) == str(before) and self != before

    @property
    def has_changed(self) -> bool:
        """Whether the text of the file on disk has changed; False if the file cannot be read here."""
        try:
            return OwnFile.read(f"{self.file}:{self.name}") != self
        except TaskError:
            return False

    @property
    def module(self) -> str:
        """The unique name of the module that is made from the text."""
        return f"own_task_{self.digest[:16]}"

    @cached_property
    def digest(self) -> str:
        """A hash that identifies the task: it depends on the text and the class, but not on the file's name."""
        import hashlib  # the first frame does not need this import

        return hashlib.sha256(f"{self.name}\n{self.text}".encode()).hexdigest()

    @property
    def kind(self) -> type[Task]:
        """The class of the task, from its facts or else from its text; see `load`."""
        facts = self.facts
        if facts is None:
            return self.load()
        return class_for(self.name, facts.doc, facts.scores_every_step, facts.settings)

    def task(self, values: Mapping[str, object] | None = None) -> Task:
        """The task with these values of its settings, from its facts if there are any; all other settings have their
        defaults.

        Raises:
            TaskError: as in `load`, or a value is not allowed.
        """
        if self.facts is None:
            return self.written(values)
        task = self.kind(**values or {})
        object.__setattr__(task, "own", self)
        if self.facts.form(values_in_order(task)) is None:
            self.written(values)  # the facts lack these values, which may be impossible together
        return task

    def written(self, values: Mapping[str, object] | None = None) -> Task:
        """The task that the text makes; see `task`."""
        kind = self.load()
        with blaming(self.file, self._line):
            return kind(**values or {})

    def load(self) -> type[Task]:
        """The class that the text defines; the same class for the same text. The first time, this runs the text.

        Raises:
            TaskError: the text has an error, or no usable task.
            ValueError: the text may not be run now; see `never_running`.
        """
        if self.digest not in LOADED:
            if not MAY_RUN.get():
                raise ValueError(f"the record lacks facts about the task {self}")
            LOADED[self.digest] = self._loaded()
        return LOADED[self.digest]

    def _loaded(self) -> type[Task]:
        module = ModuleType(self.module)
        sys.modules[self.module] = module  # dataclasses look there for the types of fields
        names = vars(module)
        names["print"] = _print
        with blaming(self.file, self._line):
            exec(compile(self.text, self.file, "exec", dont_inherit=True), names)
            found = self._task_in(names)
        found.own = replace(self, facts=None)
        found.__eq__, found.__hash__ = is_same_task, hash_of  # type: ignore[method-assign, assignment]
        return found

    def require_free_names(self, taken: Collection[str]) -> None:
        """Check that no setting has a name that is used for something else.

        Raises:
            TaskError: a setting has such a name.
        """
        with blaming(self.file, self._line):
            for known in settings_of(self.kind):
                if known.name in taken:
                    raise TaskError(f"the setting {known.name} needs another name: the network has this setting")

    @property
    def _line(self) -> int | None:
        """The line number of the class."""
        before = re.split(rf"^class {self.name}\b", self.text, maxsplit=1, flags=re.MULTILINE)
        return before[0].count("\n") + 1 if len(before) > 1 else None

    def _task_in(self, names: dict[str, object]) -> type[Task]:
        found = names.get(self.name)
        if found is None:
            tasks = [value for value in names.values() if isinstance(value, type) and issubclass(value, Task)]
            others = ", ".join(task.__name__ for task in tasks if task is not Task)
            raise TaskError(f"there is no class {self.name}" + (f", only {others}" if others else ""))
        if not isinstance(found, type) or not issubclass(found, Task):
            raise TaskError(f"{self.name} is not a task: write class {self.name}(Task)")
        if "__dataclass_fields__" not in vars(found):
            raise TaskError(f"write @dataclass(frozen=True) above class {self.name}")
        if found.__abstractmethods__:
            raise TaskError(f"class {self.name} lacks {', '.join(sorted(found.__abstractmethods__))}")
        settings_of(found)
        return found


def told_apart(files: Iterable[OwnFile]) -> dict[OwnFile, OwnFile]:
    """The files, each with a part of its hash as its mark if another of the files has its name."""
    different = dict.fromkeys(files)
    names = Counter(map(str, different))
    return {
        one: replace(one, mark=f"#{one.digest[:SHOWN_DIGITS]}") if names[str(one)] > 1 else one for one in different
    }


@contextmanager
def never_running() -> Iterator[None]:
    """In the ``with`` block, it is an error to run a text that was not run before; for reading records."""
    token = MAY_RUN.set(False)
    try:
        yield
    finally:
        MAY_RUN.reset(token)


def _print(*values: object, sep: str | None = None, end: str | None = None, **_: object) -> None:
    """Print to file descriptor 2, which is a log while the app is on the screen."""
    line = (" " if sep is None else sep).join(map(str, values)) + ("\n" if end is None else end)
    os.write(2, line.encode(errors="replace"))


TaskName = str | OwnFile
"""The reference to the class of a task: its name in the table, or a user's own file."""
