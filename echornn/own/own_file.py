"""A Python file of the user's own: its text, from which a value can be made again without the file.

A run's folder may come from anybody, so the text in a record runs only if this user gave it before
as a file, or by ``--trust``. A new file is tried once in another process, against mistakes, not
malice: it has all rights of its user.
"""

from __future__ import annotations

import faulthandler
import hashlib
import json
import os
import pkgutil
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, NoReturn, Self

from echornn.errors import ConfigError, OwnError, blaming
from echornn.runtime import quiet
from echornn.runtime.user_folders import state_folder

MOST_CHARACTERS = 1 << 16  # of a file, since its text is stored with each branch of a run
SHOWN_DIGITS = 8  # of a hash
# Of a try, and beside it to start, and to report where it was at the end
SECONDS, START_SECONDS = 20.0, 60.0

LOADED: dict[OwnFile, Any] = {}  # what was made from the text of each file in this process
# Values that were given themselves, by their ids, which stay theirs
GIVEN: dict[int, tuple[Any, OwnFile]] = {}
NO_TEXT = "# no file: "  # and the id of the value, in place of a text
# Whether the texts in the records that are being read may run
TRUSTING = ContextVar("TRUSTING", default=False)


def trusted_file() -> Path:
    """The file with the hash of each text that may run, one a line."""
    return state_folder() / "trusted"


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def is_trusted(text: str) -> bool:
    try:
        return hash_of(text) in trusted_file().read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError):
        return False


def trust(text: str) -> None:
    if is_trusted(text):
        return
    file = trusted_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(
        file, "a", opener=lambda path, flags: os.open(path, flags | os.O_NOFOLLOW, 0o600)
    ) as trusted:
        trusted.write(f"{hash_of(text)}\n")


@contextmanager
def trusting(are_trusted: bool = True) -> Iterator[None]:
    """In the ``with`` block, all texts in the records that are read may run from now on."""
    token = TRUSTING.set(are_trusted)
    try:
        yield
    finally:
        TRUSTING.reset(token)


@dataclass(frozen=True)
class OwnFile:
    """A file of the user's own; there is a subclass for tasks and one for cells."""

    file: str = field(compare=False)  # its path as the user wrote it; only for messages
    name: str  # of the value in the file
    text: str  # nothing else is needed: the file's folder is never searched for other modules

    # what its record says about the value; empty if nothing; None if it is not from a record, so
    # that its text may run
    facts: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    # What tells it from another of its name; see `marks_of`
    mark: str = field(default="", compare=False)

    noun: ClassVar[str]  # the kind of value, which is also the field of the configuration
    error: ClassVar[type[OwnError]]
    definition: ClassVar[str]  # a pattern that finds the line where {name} is defined
    main_fact: ClassVar[str]  # the key that facts have if they say anything

    def is_usual(self, value: object) -> bool:
        raise NotImplementedError  # whether a value of a file is a task, or a cell

    def taken(self, found: Any) -> Any:
        # The value of the file as the program uses it; an OwnError if it cannot be used
        raise NotImplementedError

    def check_facts(self) -> None:
        raise NotImplementedError  # any error of a lookup, type or value if the facts are damaged

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle only the text, which another process of this user runs."""
        self.require_trusted()
        self.require_text()
        return type(self), (self.file, self.name, self.text, None, self.mark)

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """The file of a record; a ValueError if it is none. In `trusting` its text is trusted."""
        try:
            own = cls(record["file"], record["name"], record["text"], record.get("facts") or {})
            if not (
                own.name.isidentifier() and isinstance(own.file, str) and isinstance(own.text, str)
            ):
                raise ValueError("it needs file, name and text")
            if own.facts:
                own.check_facts()
        except (
            LookupError,
            TypeError,
            AttributeError,
            ValueError,
            ArithmeticError,
            OwnError,
        ) as error:
            raise ValueError(
                f"what it says about the {cls.noun} is neither a name nor a file: {error}"
            ) from error
        if TRUSTING.get():
            trust(own.text)
            return own if own.facts else own.by_hand()
        return own

    def as_record(self, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
        record = {"file": self.file, "name": self.name, "text": self.text}
        return record if facts is None else {**record, "facts": facts}

    @property
    def lacks_facts(self) -> bool:
        """Whether its record says nothing about its value."""
        return self.facts is not None and self.main_fact not in self.facts

    def by_hand(self) -> Self:
        """The file as if the user had given it, so that its text may run."""
        return replace(self, facts=None)

    def require_trusted(self) -> None:
        if self.facts is None or self in LOADED or (not self.lacks_facts and is_trusted(self.text)):
            return
        raise self.error(
            f"{self} (sha256 {hash_of(self.text)[:SHOWN_DIGITS]}) is a text in a record that you "
            "never gave by "
            f"--{self.noun}: read it, then use --trust (in Python, read(run, trust=True))",
            is_placed=True,
        )

    def __str__(self) -> str:
        return f"{self.file}:{self.name}{self.mark}"

    @classmethod
    def named(cls, given: object, table: Collection[str]) -> str | Self:
        """A name in the table, or the file of FILE.py:NAME, which is read; a ConfigError if there
        is no such value."""
        if isinstance(given, cls) or (isinstance(given, str) and given in table):
            return given
        if isinstance(given, str) and ":" in given:
            return cls.read(given)
        raise ConfigError(
            cls.noun, given, f"one of {', '.join(table)}, or FILE.py:NAME of your own"
        )

    @classmethod
    def read(cls, wanted: str) -> Self:
        """Read the file of ``FILE.py:NAME``; an OwnError if there is no such text file."""
        file, _, name = wanted.rpartition(":")
        if not file or not name.isidentifier():
            raise cls.error(f"{wanted}: a {cls.noun} of your own is written as FILE.py:NAME")
        try:
            with open(file, encoding="utf-8-sig", newline="") as opened:
                text = opened.read(MOST_CHARACTERS + 1)
        except (OSError, UnicodeDecodeError) as error:
            raise cls.error(
                f"{file} cannot be read: {getattr(error, 'strerror', error)}"
            ) from error
        if len(text) > MOST_CHARACTERS:
            raise cls.error(f"{file} is too long: at most {MOST_CHARACTERS:,} characters")
        return cls(file, name, text)

    @classmethod
    def of(cls, value: Any, name: str, module: str) -> Self:
        """The file of a value that was given itself: that of the module, if it has the value under
        a name."""
        if id(value) not in GIVEN:
            home = getattr(sys.modules.get(module), "__dict__", {})
            file = str(home.get("__file__"))
            names = [one for one, found in home.items() if found is value and os.path.isfile(file)]
            own = (
                cls.read(f"{file}:{names[0]}")
                if names
                else cls(module, name, f"{NO_TEXT}{id(value)}")
            )
            with own.blaming():
                LOADED[own] = own.taken(value)
            GIVEN[id(value)] = value, own
        return GIVEN[id(value)][1]  # type: ignore[return-value]

    def require_text(self) -> None:
        if self.text.startswith(NO_TEXT):
            raise self.error(
                f"{self} is in no file, so its {self.noun} cannot be kept: define it in a .py file"
            )

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

    @cached_property
    def digest(self) -> str:
        """A hash of the text and the value's name; the file's name does not count."""
        return hash_of(f"{self.name}\n{self.text}")

    def load(self) -> Any:
        """The value that the text defines, which runs the first time; an OwnError if it cannot be
        used."""
        if self not in LOADED:
            self.require_trusted()
            prepare_for(self.text)
            module = ModuleType(f"own_{self.noun}_{self.digest[:16]}")
            sys.modules[module.__name__] = module  # dataclasses look there for the types of fields
            names = vars(module)
            # Which is a log while the app is on the screen
            names["print"] = partial(print, file=sys.__stderr__)
            with self.blaming():
                exec(compile(self.text, self.file, "exec", dont_inherit=True), names)
                if not self.is_usual(names.get(self.name)):
                    others = (
                        ", ".join(name for name, value in names.items() if self.is_usual(value))
                        or "none"
                    )
                    raise self.error(f"there is no {self.noun} {self.name}, only {others}")
                LOADED[self.by_hand()] = self.taken(names[self.name])
        return LOADED[self]

    def blaming(self) -> Any:
        """A context in which any error names its place in the file, by default the value's
        definition."""
        before = re.split(
            self.definition.format(name=self.name), self.text, maxsplit=1, flags=re.MULTILINE
        )
        return blaming(
            self.error, self.file, before[0].count("\n") + 1 if len(before) > 1 else None
        )

    def try_apart(self, function: str, **request: Any) -> None:
        """Call MODULE:NAME with this file in another process; an OwnError names the place.

        Then trust the text.
        """
        if self.text.startswith(NO_TEXT):
            return
        self.require_trusted()
        order = {
            "function": function,
            "request": {**self.as_record(), **request},
            "seconds": SECONDS,
        }
        answer = _answer_apart(order)
        if not answer.startswith("{"):
            where = re.search(rf'File "{re.escape(self.file)}", line (\d+)', answer)
            place = f"{self.file}:{where[1]}" if where else self.file
            why = (
                f"was still busy after {SECONDS:g} s"
                if answer.startswith("Timeout")
                else "ended its process"
            )
            raise self.error(f"{place}: the {self.noun} {why}", is_placed=True)
        if error_text := json.loads(answer)["error"]:
            raise self.error(error_text, is_placed=True)
        with suppress(OSError):
            trust(self.text)


def _answer_apart(order: Mapping[str, Any]) -> str:
    """What `main` answers in another process; none of the processes that it has started is left."""
    path = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    # Not in a pipe, which whatever the file has started could keep open
    with tempfile.TemporaryFile() as answers:
        with subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=answers,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
            start_new_session=True,  # Ctrl+C ends this process, which then ends the others
        ) as process:
            assert process.stdin is not None
            try:
                with suppress(BrokenPipeError):
                    process.stdin.write(f"{json.dumps(order)}\n".encode())
                    process.stdin.flush()  # and it stays open: the other process waits for its end
                process.wait(SECONDS + START_SECONDS)
            except subprocess.TimeoutExpired:
                return "Timeout"
            finally:
                # As a rule none is left; macOS gives no permission if only zombies are
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
        answers.seek(0)
        return answers.read().decode(errors="replace")


def prepare_for(text: str) -> None:
    """Import TensorFlow without its log lines, if the text may do so."""
    if "import tensorflow" in text:
        quiet.import_tensorflow()


def marks_of(files: Iterable[OwnFile]) -> dict[OwnFile, str]:
    """A mark for each file: a part of its hash if another of the files has its name."""
    different = dict.fromkeys(files)
    names = Counter(map(str, different))
    return {
        one: f"#{one.digest[:SHOWN_DIGITS]}" if names[str(one)] > 1 else "" for one in different
    }


def _refuse_to_fork(event: str, _: object) -> None:
    """The copy would go on as the app, and hold its run's lock; `subprocess` starts others."""
    if event in ("os.fork", "os.forkpty"):
        raise PermissionError("it must not fork: the copy would be this program a second time")


def _end_without_parent(line: int) -> NoReturn:
    os.read(line, 1)  # nothing comes but the end, when the process that has asked is gone
    os.killpg(0, signal.SIGKILL)
    os._exit(1)


def main() -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # so a KeyboardInterrupt is the file's own
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_without_parent, args=[os.dup(0)], daemon=True).start()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the file writes is no answer
    function = pkgutil.resolve_name(order["function"])
    prepare_for(order["request"]["text"])
    faulthandler.dump_traceback_later(order["seconds"], exit=True, file=answers)
    sys.addaudithook(_refuse_to_fork)
    answer = {"error": ""}
    try:
        function(**order["request"])
    except OwnError as error:
        answer = {"error": str(error)}
    faulthandler.cancel_dump_traceback_later()
    json.dump(answer, answers)
    answers.flush()
    os._exit(0)  # threads of the file do not keep the process


if __name__ == "__main__":
    main()
