"""Scripts: ``echornn-tui do``."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from echornn.remote.server import Server
from echornn.runs import run_dir
from echornn.session.command_words import WORDS, Word
from echornn.session.commands import Pause
from echornn.session.pictures.frame import State
from echornn.session.session import Session
from tests.answered import answered
from tests.on_a_thread import on_a_thread
from tests.patience import PATIENCE, wait_for
from tests.recorded import record_branches
from tests.scripted import SMALL, ScriptedTrainer, unread
from tests.sockets import own_sockets
from tui.app.line.words import APP_WORDS, AppWord
from tui.cli.subcommands.script import do_script

SCRIPTED = [sys.executable, "-m", "tests.scripted_program"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["step 3; stpe"], "'stpe' is no command: did you mean step?"),
        (["step; edit learning_rate=-1"], "learning_rate = -1.0 cannot be used: a finite number above 0"),
        (["step x"], "step = 'x' cannot be used: a whole number, 1 or more"),
        (["step; help"], "'help' cannot be used in a script: it is for somebody at a screen"),
        ([""], "the script has no commands"),
        (["# nothing"], "the script has no commands"),
        ([], 'do takes either commands, such as "step 100", or --file'),
        (["step", "--file", "x"], 'do takes either commands, such as "step 100", or --file'),
        (["--file", "/nowhere"], "/nowhere cannot be read: No such file or directory"),
        (["step", "--size", "9"], "size = '9' cannot be used: columns and lines, such as 100x30"),
        (["step", "--size", "1x1"], "size = '1x1' cannot be used: 20x5 to 1000x1000"),
        (["step"], "nowhere holds no run"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_done(arguments: list[str], said: str) -> None:
    done = answered("do", "nowhere", *arguments)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, f"echornn-tui: {said}")


def test_the_help_lists_all_words_of_scripts() -> None:
    listed = (do_script.__doc__ or "").partition("The words: ")[2].partition(".\n\n")[0]
    usable: list[Word | AppWord] = [*WORDS.values(), *(word for word in APP_WORDS.values() if not word.needs_a_person)]
    usages = {f"{word.name} {word.usage}".strip() for word in usable} - {"save"}
    assert {" ".join(one.split()) for one in listed.split(";")} == usages


def test_a_name_that_no_task_has_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 3)
    done = answered("do", str(tmp_path / "run"), "step 2; edit lerning_rate=1; step")
    assert done.stderr.splitlines()[0] == "echornn-tui: 'lerning_rate' is no field: did you mean learning_rate?"
    assert (done.returncode, done.stdout) == (2, "")
    assert run_dir.read(tmp_path / "run").trained == 3


@pytest.mark.slow
def test_a_script_goes_on_with_a_run_and_saves_it(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 12)
    (tmp_path / "steps.txt").write_text(
        "edit learning_rate=0.1; step 5 # five\nredo\nsave a.txt; save a.svg\ngo 3; step 2\nmove 1\nstep 100\n"
    )
    command = [*SCRIPTED, "do", "run", "--file", "steps.txt", "--json", "--size", "80x24"]
    there = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **there}, capture_output=True, text=True, timeout=PATIENCE
    )
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["line"], one["result"], one["branch"], one["window"]) for one in records] == [
        ("edit learning_rate=0.1", "done", "b", 12),
        ("step 5", "done", "b", 17),
        ("redo", "nothing to do", "b", 17),
        ("save a.txt", "done", "b", 17),
        ("save a.svg", "done", "b", 17),
        ("go 3", "done", "b", 3),
        ("step 2", "done", "c", 5),
        ("move 1", "refused", "c", 5),
    ]
    assert records[-1]["why"] == "window = 6 cannot be shown: 0 to 5 on branch c"
    assert "2 of 9 lines were not done" in done.stderr
    assert done.returncode == 2
    assert run_dir.read(tmp_path / "run").trained == 19
    assert "paused   branch b" in (tmp_path / "a.txt").read_text()
    assert (tmp_path / "a.svg").read_text().startswith("<svg")
    unwritable = [*SCRIPTED, "do", "run", "save nowhere/a.svg; step 1"]
    done = subprocess.run(unwritable, cwd=tmp_path, env={**os.environ, **there}, capture_output=True, text=True)
    assert done.stdout.startswith("save nowhere/a.svg: refused: nowhere/a.svg cannot be written: No such file")
    assert (done.returncode, "2 of 2 lines were not done" in done.stderr) == (2, True)
    (tmp_path / "steps.txt").write_text("step 2\nstep 3\n")
    cut_off = f"{shlex.join([*SCRIPTED, 'do', 'run', '--file', 'steps.txt'])} | true; echo ${{PIPESTATUS[0]}}"
    cut = subprocess.run(
        ["bash", "-c", cut_off], cwd=tmp_path, env={**os.environ, **there}, capture_output=True, text=True
    )
    assert (cut.stdout, "Traceback" in cut.stderr) == ("1\n", False)
    assert run_dir.read(tmp_path / "run").trained == 19 + 2, "nothing is done that nobody would hear of"


@pytest.mark.slow
def test_a_script_steers_the_session_that_trains_the_run_and_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    session = Session(SMALL, make_trainer=ScriptedTrainer, examine=unread)
    session.send(Pause())
    with own_sockets(monkeypatch, tmp_path_factory), on_a_thread(session):
        wait_for(lambda: session.frame.state is State.PAUSED)
        session.viewers.join("pts/7")
        server = Server(session, tmp_path)
        try:
            done = subprocess.run(
                [*SCRIPTED, "do", str(tmp_path), "-"],
                input="step 7\nredo; go 3\ngo 4; branch z; step\n",
                capture_output=True,
                text=True,
                timeout=PATIENCE,
            )
        finally:
            server.close("over")
    assert [line.partition(", loss")[0] for line in done.stdout.splitlines()] == [
        "step 7: done (branch a, window 7",
        "redo: nothing to do: nothing to redo",
        "go 3: done (branch a, window 3",
        "go 4: done (branch a, window 4",
        "branch z: refused: z is no branch of this run: a to a",
    ]
    assert done.returncode == 2
    assert "a session trains this run: the script steers it, instead of pts/7" in done.stderr
    assert (session.frame.trained, session.frame.trained_in_all) == (4, 7)
