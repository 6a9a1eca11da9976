"""The commands that the pages show are valid, and print what is shown below them."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import pytest
from cyclopts import CycloptsError

from echornn.config import ConfigError, EchoConfig
from echornn.runs import kept_runs
from echornn.runtime import small_loops
from echornn.session.command_words import WordError
from tests.docs.pages import PAGES, ROOT
from tests.docs.shell import Shown, commands, shown, unlike
from tests.docs.task_files import write_task_files
from tests.docs.vocabulary import MAIN
from tui.app.line.words import lines_of
from tui.cli import task_flags
from tui.cli.parser import command, parser_with, with_newest
from tui.cli.program import exit_code_of
from tui.cli.subcommands.table import SUBCOMMANDS
from tui.cli.training import parse_speed
from tui.commands import flags
from tui.commands.front_end import UsageError
from tui.term import terminal
from tui.term.exit_code import ExitCode

RECORDED = ROOT / "tests" / "data" / "docs"
"""Two runs and a sweep, which the commands on the pages use."""

SHOWN = list(shown())

PURE = ("export", "branches", "probe", "list", "prune", "sweep", "bench")
"""Subcommands that refuse invalid arguments before they read any file."""


@pytest.fixture(autouse=True)
def _nothing_is_opened_on_the_terminal_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "is_interactive", lambda: False)


@pytest.fixture(autouse=True)
def _loops_are_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """The threshold for small loops is as in a new process, whatever a test has set before."""
    monkeypatch.setattr(small_loops, "threshold_if_asked", lambda threshold: threshold)


@pytest.fixture(autouse=True)
def _files_of_tasks_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of tasks that the pages name; they are read, and not checked in another process."""
    write_task_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(task_flags, "check", lambda own: None)
    monkeypatch.setattr(flags, "check", lambda *_: None, raising=False)


def trouble(words: tuple[str, ...]) -> str:
    """Why the command line refuses these arguments; empty if it accepts them."""
    try:
        tasks = task_flags.tasks_of(words)
        parser = parser_with(task_flags.flags_with(tasks)) if tasks else command
        function, bound, *_ = parser.parse_args(
            with_newest([word for word in words if word != "..."]), exit_on_error=False, print_error=False
        )
        if words[:1] and words[0] in PURE:
            function(*bound.args, **bound.kwargs)
        elif words[:1] == ("do",):
            lines_of(next((word for word in words[2:] if word[0] != "-"), ""))
        elif words[:1] != ("--help",) and "config" in bound.arguments:
            bound.arguments["config"].over(EchoConfig())
            if "speed" in bound.arguments:
                parse_speed(bound.arguments["speed"])
    except (CycloptsError, ConfigError, UsageError, WordError) as error:
        return str(error)
    return ""


def test_each_command_can_be_given() -> None:
    refused = [
        f"{one.place}: {MAIN} {shlex.join(one.words)}\n    {why}"
        for one in SHOWN
        if not one.is_refused and (why := trouble(one.words))
    ]
    assert not refused, "\n".join(["the command line refuses:", *refused])


def test_each_command_in_a_sentence_can_be_given() -> None:
    named = [(page.at(code.line), words) for page in PAGES.values() for code in page.code for words in whole(code.text)]
    refused = [f"{place}: {MAIN} {shlex.join(words)}\n    {why}" for place, words in named if (why := trouble(words))]
    assert not refused, "\n".join(["the command line refuses:", *refused])


def whole(text: str) -> list[tuple[str, ...]]:
    """The commands of this program in a piece of code; the name of a subcommand alone does not count."""
    given = commands(text) if MAIN in text else ()
    return [words for words, _ in given if words[1:] or not words or words[0] not in SUBCOMMANDS]


def test_a_command_that_cannot_be_given_is_found() -> None:
    ((words, first),) = commands("cd x && srun echornn-tui --sede 3 | head -5  # never")
    assert (words, first) == (("--sede", "3"), 5)
    assert "Did you mean --seed?" in trouble(words)
    assert "below 1" in trouble(("--num-layers", "2", "--dropout", "1"))
    assert trouble(("--resume", "--at", "3", "--speed", "max")) == ""


def recorded(folder: Path, home: Path) -> None:
    """Copy the recorded runs and the sweep into a folder; the runs are also the user's own, the newest last."""
    for number, place in enumerate(sorted(RECORDED.iterdir())):
        for copy in (folder / place.name, home / place.name):
            shutil.copytree(place, copy)
            for file in copy.rglob("*"):
                os.utime(file, (1.79e9 - number, 1.79e9 - number))
    shutil.rmtree(home / "echo-sweep")


def test_each_quick_command_prints_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    recorded(tmp_path, kept_runs.state_folder())
    wrong = []
    for one in SHOWN:
        if one.output is not None and one.is_quick:
            code = exit_code_of([*one.words])
            printed = capfd.readouterr()
            lines = (printed.err if one.is_refused else printed.out).splitlines()
            wrong += [text] if (text := unlike(one, lines)) else []
            if code != (ExitCode.USAGE if one.is_refused else ExitCode.DONE):
                wrong.append(f"{one.place}: exit code {code}: {printed.err}")
    assert not wrong, "\n\n".join(["what is shown is not what is printed:", *wrong])


def test_a_shown_output_that_is_not_the_printed_one_is_found() -> None:
    one = Shown("docs/x.md:1", ("list", "."), 3, ("runs in .", "...", "loss 0.5  ##  at 3.0 s"))
    assert unlike(one, ["runs in .", "a", "b", "c"]).startswith("docs/x.md:1: echornn-tui list . prints\nruns in .\na")
    assert unlike(one, ["runs in .", "loss 0.5  ##  at 3.0 s"]) == ""
    assert unlike(one, ["runs in .", "loss 0.51  #######  at 13.0 s"]) != ""
    assert unlike(one, ["runs in .", "loss 0.51  #######  at 13.0 s"], masked=True) == ""
