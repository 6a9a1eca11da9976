"""Runs the snippets of the pages in a separate process, in which all snippets share compiled
loops."""

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
from typing import Any, TypedDict
from unittest.mock import patch

from echornn.runtime import small_loops
from tui.cli.program import exit_code_of


class Snippet(TypedDict):
    """A Python block: its page, its line (for tracebacks) and its text."""

    page: str
    line: int
    text: str


class Came(TypedDict):
    """The result of one snippet: what it printed, and its error, empty if there was none."""

    printed: str
    failed: str


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
    """Call a function; returns what it wrote to standard output, including output of native
    code."""
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


def share_compiled_loops() -> None:
    """Compile each structure once, whichever snippet needs it, and not once per processor."""
    flags = os.environ.get(small_loops.VARIABLE, "")
    # The shown runs were trained with it, and XLA reads its flags when it first compiles.
    os.environ[small_loops.VARIABLE] = small_loops.flags_with(small_loops.DEFAULT_THRESHOLD, flags)
    shared = importlib.import_module("tests.compiled").PROGRAMS
    for module in ("programs", "population"):
        patch(f"echornn.training.{module}.Programs", lambda *_: shared).start()
    patch("echornn.training.population.processors", lambda: ["/CPU:0"]).start()


def answer(
    snippets: list[Snippet], commands: list[list[str]], folder: Path, state: Path
) -> list[Came]:
    """Run Python blocks and then commands in a folder, with the user's runs in another folder;
    returns their results in order. The blocks of a page share their variables.
    """
    os.chdir(folder)
    os.environ["XDG_STATE_HOME"] = str(state)
    share_compiled_loops()
    came: list[Came] = []
    names: dict[str, Any] = {}
    for one in snippets:
        if names.get("__name__") != one["page"]:
            names = {"__name__": one["page"]}
            gc.collect()  # the page can use the loops of released trainers
        came.append(run(one, names))
    return came + [give(words) for words in commands]
