"""The real program, where a process of its own matters: signals, pipes, scripts, packages,
preferences."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from tests.answered import json_rows, trained
from tests.patience import PATIENCE
from tests.program import detached, running
from tests.recorded import record_branches
from tests.sockets import own_sockets

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]

SCRIPTED = [sys.executable, "-m", "tests.scripted_program"]
"""The program without TensorFlow, whose trainer follows a script."""

SIZES = ["--total-series-length", "200", "--truncated-backprop-length", "10", "--batch-size", "2"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def done(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)


def test_a_reader_that_leaves_early_ends_it_quietly_with_1() -> None:
    command = [*SCRIPTED, "--json", "--num-epochs", "1000000", *SIZES]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
        assert process.wait(PATIENCE) == 1


STEPS = """edit learning_rate=0.1; step 5 # five
redo
save a.txt; save a.svg
go 3; step 2
move 1
step 100
"""


def test_a_script_goes_on_with_a_run_and_saves_it() -> None:
    record_branches(Path("run"), 12)
    Path("steps.txt").write_text(STEPS)
    ended = trained("do", "run", "--file", "steps.txt", "--json", "--size", "80x24")
    assert ended.returncode == 2
    assert "2 of 9" in ended.stderr
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [*rows[0]] == ["line", "result", "why", "state", "branch", "window", "epoch", "loss"]
    fields = itemgetter("line", "result", "branch", "window", "epoch")
    assert list(map(fields, rows)) == [
        ("edit learning_rate=0.1", "done", "b", 12, 2),
        ("step 5", "done", "b", 17, 2),
        ("redo", "nothing to do", "b", 17, 2),
        ("save a.txt", "done", "b", 17, 2),
        ("save a.svg", "done", "b", 17, 2),
        ("go 3", "done", "b", 3, 1),
        ("step 2", "done", "c", 5, 1),
        ("move 1", "refused", "c", 5, 1),
    ]
    assert {row["state"] for row in rows} == {"paused"}
    assert rows[1]["loss"] == pytest.approx(0.7 * 0.99**16)
    assert re.search(r"\b6\b.*\b0 to 5\b.*\bc\b", rows[-1]["why"])
    branches = json_rows("branches run")
    places = list(map(itemgetter("at", "windows", "here"), branches))
    assert places == [(0, 12, False), (12, 5, False), (3, 2, True)]
    screen = Path("a.txt").read_text().splitlines()
    assert len(screen) <= 24
    assert max(map(len, screen)) <= 80
    assert re.search("paused.*branch b|branch b.*paused", "\n".join(screen))
    assert Path("a.svg").read_text().startswith("<svg")


def test_a_script_of_the_standard_input_whose_reader_leaves_goes_no_further() -> None:
    record_branches(Path("run"), 12)
    program = shlex.join([*SCRIPTED, "do", "run", "-"])
    pipes = f"echo 'step 2; step 3' | {program} | true; echo ${{PIPESTATUS[1]}}"
    cut = done("bash", "-c", pipes)
    assert cut.stdout == "1\n"
    assert "Traceback" not in cut.stderr
    (run,) = json_rows("list run")
    assert run["windows"] == 12 + 2, "nothing is done that nobody hears of"


LESSON = """# Steps

Train {window}.
: step 2; step # on

## Wait
: until solved 15
: until 16
"""


def test_of_a_lesson_the_lines_after_a_colon_are_done() -> None:
    record_branches(Path("run"), 12)
    Path("lesson.md").write_text(LESSON)
    ended = trained("do", "run", "--file", "lesson.md")
    assert ended.returncode == 2
    steps = [line.partition(":")[0] for line in ended.stdout.splitlines()]
    assert steps == ["step 2", "step", "until solved 15", "until 16"]
    assert re.search("until 16: refused.*paused", ended.stdout)


def test_a_script_steers_the_session_that_trains_the_run_and_leaves_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    script = "pause; go 0; edit learning_rate=0.1; step 7; branch z; step"
    with own_sockets(monkeypatch, tmp_path_factory), detached(Path("run")):
        ended = done(*SCRIPTED, "do", "run", "--json", script)
        (run,) = json_rows("list run")
    assert "viewers" in run, "it is in training still"
    assert ended.returncode == 2
    rows: list[dict[str, Any]] = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [row["result"] for row in rows] == [*["done"] * 4, "refused"]
    assert {row["state"] for row in rows} == {"paused"}
    assert rows[3]["branch"] == "b"
    assert rows[3]["window"] == 7


PREFERENCES = "ascii = true\nspeed = 0.01\n[keys]\npause = 'F9'\n"


def test_preferences_and_keys_of_the_file_reach_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "echornn-tui").mkdir()
    (tmp_path / "echornn-tui" / "config.toml").write_text(PREFERENCES)
    with running(*SIZES, scripted=True, environment={"ECHORNN_THEME": "light"}) as program:
        assert program.shows("running", "0.01 windows/s", "f9 Pause").isascii()
        program.press("\x1b[20~")
        program.shows("paused")
        assert program.quit() == 0
