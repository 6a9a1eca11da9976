"""Runs the snippets of the pages in a separate process, in which all snippets share compiled loops."""

from __future__ import annotations

import gc
import importlib
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import Any, TypedDict
from unittest.mock import patch

from echornn.runtime import small_loops
from tui.cli.program import exit_code_of


class Snippet(TypedDict):
    """A Python block: its page, its line (for tracebacks) and its text."""

    page: str
    line: int
    text: str


class RequestedGrid(TypedDict):
    """What to run: for each page Python blocks, commands, and names such as ``Trainer.advance`` to look up."""

    snippets: list[Snippet]
    commands: list[list[str]]
    names: list[tuple[str, str]]


class Came(TypedDict):
    """The result of one snippet: what it printed, and its error, empty if there was none."""

    printed: str
    failed: str


class Answer(TypedDict):
    """The results of all snippets and commands, in order, and the names that do not exist."""

    came: list[Came]
    missing: list[str]


def run(snippet: Snippet, names: dict[str, Any]) -> Came:
    """Run a Python block with these variables; its own are added to them."""
    code = "\n" * snippet["line"] + snippet["text"]
    return captured(lambda: exec(compile(code, snippet["page"], "exec", dont_inherit=True), names))


def give(words: list[str]) -> Came:
    """Run a command line, which may begin with variables of the environment."""
    variables = dict(word.split("=", 1) for word in takewhile(re.compile(r"[A-Z_]+=").match, words))

    def command() -> None:
        with patch.dict(os.environ, variables):
            code = exit_code_of(words[len(variables) :])
        if code:
            raise RuntimeError(f"exit code {code}")

    return captured(command)


def captured(work: Callable[[], object]) -> Came:
    """Call a function; returns what it wrote to standard output, including output of native code."""
    failed = ""
    with tempfile.TemporaryFile("w+") as file:
        with written_to(file.fileno()):
            try:
                work()
            except Exception:
                failed = traceback.format_exc(limit=-3)
        file.seek(0)
        return {"printed": file.read(), "failed": failed}


@contextmanager
def written_to(descriptor: int) -> Iterator[None]:
    """Standard output is redirected to a file descriptor."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(descriptor, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def is_there(dotted: str, names: dict[str, Any]) -> bool:
    """Whether a name such as ``trainer.weights`` or ``Trainer.advance`` exists, as a variable or in the package."""
    first, *rest = dotted.split(".")
    found = names.get(first, getattr(importlib.import_module("echornn"), first, None))
    if first == "echornn":
        found = importlib.import_module("echornn")
    for name in rest:
        if isinstance(found, ModuleType) and not hasattr(found, name):
            try:
                importlib.import_module(f"{found.__name__}.{name}")
            except ImportError:
                return False
        if hasattr(found, name):
            found = getattr(found, name)
            continue
        fields = {field for kind in getattr(found, "__mro__", ()) for field in getattr(kind, "__annotations__", {})}
        made = [one for one in names.values() if isinstance(found, type) and isinstance(one, found)]
        return name in fields or any(hasattr(one, name) for one in made)
    return bool(rest) or found is not None


def share_compiled_loops() -> None:
    """Compile each structure once, whichever snippet needs it, and not once per processor."""
    flags = os.environ.get(small_loops.VARIABLE, "")
    # The shown runs were trained with it, and XLA reads its flags when it first compiles.
    os.environ[small_loops.VARIABLE] = small_loops.flags_with(small_loops.DEFAULT_THRESHOLD, flags)
    shared = importlib.import_module("tests.compiled").PROGRAMS
    for module in ("programs", "trainer", "population"):
        patch(f"echornn.training.{module}.Programs", lambda *_: shared).start()
    patch("echornn.training.population.processors", lambda: ["/CPU:0"]).start()


def of_page(page: str, asked: RequestedGrid) -> tuple[list[Came], list[str]]:
    """The results of a page's snippets, which share their variables, and the names that do not exist."""
    names: dict[str, Any] = {"__name__": page}
    came = [run(one, names) for one in asked["snippets"] if one["page"] == page]
    return came, [name for where, name in asked["names"] if where == page and not is_there(name, names)]


def answer(asked: RequestedGrid, folder: Path, state: Path) -> Answer:
    """Run the request in a folder, with the user's runs in another folder; returns the results."""
    os.chdir(folder)
    os.environ["XDG_STATE_HOME"] = str(state)
    share_compiled_loops()
    came: list[Came] = []
    missing: list[str] = []
    for page in dict.fromkeys([*(one["page"] for one in asked["snippets"]), *(page for page, _ in asked["names"])]):
        of_snippets, unknown = of_page(page, asked)
        came += of_snippets
        missing += unknown
        gc.collect()  # the next page can use the loops of released trainers
    came += [give(words) for words in asked["commands"]]
    return {"came": came, "missing": missing}
