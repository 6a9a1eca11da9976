"""Any command line gives a one-line answer and a documented exit code."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.runs import kept_runs
from tests.echornn.runs.test_recorder import recorded
from tui.cli.program import exit_code_of
from tui.cli.subcommands.table import SUBCOMMANDS
from tui.commands import bench
from tui.commands.kept_runs import network_files
from tui.commands.training import headless
from tui.term import terminal
from tui.term.exit_code import ExitCode

FLAGS = [
    *(f"--{field.name.replace('_', '-')}" for field in dataclasses.fields(EchoConfig)),
    *("--speed", "--fps", "--headless", "--json", "--ascii", "--theme", "--run", "--resume", "--keep", "--dry-run"),
    *(
        "--weights",
        "--keras",
        "--summary",
        "--replica",
        "--help",
        "--version",
        "--no-json",
        "--sede",
        "-h",
        "-",
        "--",
        "---",
        "--=",
    ),
]
COMMANDS = ["export", "map", "list", "prune", "bench", "train", "Export"]
NUMBERS = [
    *("0", "1", "2", "-1", "07", "1_000", "0x10", "1e3", "1.5", "nan", "-inf", "1e400", "1e-320"),
    *("9" * 30, "9" * 310, "9" * 5000),
]
WORDS = [
    *("", " ", "max", "newest", "mine", "gone", "adam", "gru", "true", "None", "w.npz", "m.keras", "w.txt", "notes"),
    *(".", "x" * 300, "x" * 5000, "a\nb", "\x1b[2J", "\u202e", os.fsdecode(b"\xff.npz"), "é", "@mine", "{}", "~"),
]
ANY = st.text(max_size=6).filter(lambda text: "\0" not in text and "/" not in text)
WORD = st.one_of(st.sampled_from(FLAGS + COMMANDS), st.sampled_from(NUMBERS + WORDS), ANY)
FIELD = st.tuples(st.sampled_from(FLAGS), st.sampled_from(NUMBERS + WORDS))
PARTS = st.lists(
    st.one_of(FIELD, FIELD.map(lambda pair: ("=".join(pair),)), WORD.map(lambda word: (word,))), max_size=4
)
LINE = st.builds(
    lambda command, parts: [*command, *(word for part in parts for word in part)],
    st.sampled_from([[], *([one] for one in COMMANDS), ["export", "mine"], ["--resume", "mine"], ["prune", "--keep"]]),
    PARTS,
)


@pytest.fixture
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home folder with a run, where nothing is trained and there is no terminal."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    recorded(kept_runs.state_folder() / "mine", 30)
    (tmp_path / "notes").write_text("mine")
    monkeypatch.setattr(terminal, "is_interactive", lambda: False)
    monkeypatch.setattr(headless, "print_training", lambda *_: ExitCode.DONE)
    monkeypatch.setattr(bench, "run_bench", lambda *_: ExitCode.DONE)
    monkeypatch.setattr(network_files, "_save_keras", lambda state, file: file.write_text("a model"))


@pytest.mark.slow
@pytest.mark.usefixtures("_at_home")
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINE)
def test_any_words_are_answered_in_a_line_with_a_documented_code(words: list[str]) -> None:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = exit_code_of(words)
    said = err.getvalue()
    assert code in (ExitCode.DONE, ExitCode.USAGE)
    if code == ExitCode.USAGE:
        *notes, line, hint = said.splitlines()
        assert line.startswith("echornn-tui: ")
        assert len(line) < 600
        subcommand = f"{words[0]} " if words[0] in SUBCOMMANDS else ""
        assert hint == f"Try 'echornn-tui {subcommand}--help'."
    else:
        notes = said.splitlines()
    assert all(note.startswith("echornn-tui: begun with") for note in notes)
    assert "\x1b" not in said
    assert Path("notes").read_text() == "mine"
