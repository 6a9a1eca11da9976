"""The real program, where a process of its own matters: signals, pipes, scripts, packages,
preferences."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.answered import answered, records
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


def test_a_reader_that_leaves_early_ends_it_quietly_with_1() -> None:
    command, pipe = [*SCRIPTED, "--json", "--num-epochs", "1000000", *SIZES], subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
        assert process.wait(PATIENCE) == 1


def test_a_script_goes_on_with_a_run_and_saves_it(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 12)
    lines = (
        "edit learning_rate=0.1; step 5 # five\nredo\nsave a.txt; save a.svg\ngo 3; step 2\nmove "
        "1\nstep 100\n"
    )
    Path("steps.txt").write_text(lines)
    command = [*SCRIPTED, "do", "run", "--file", "steps.txt", "--json", "--size", "80x24"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [*told[0]] == ["line", "result", "why", "state", "branch", "window", "epoch", "loss"]
    assert [
        (one["line"], one["result"], one["branch"], one["window"], one["epoch"]) for one in told
    ] == [
        ("edit learning_rate=0.1", "done", "b", 12, 2),
        ("step 5", "done", "b", 17, 2),
        ("redo", "nothing to do", "b", 17, 2),
        ("save a.txt", "done", "b", 17, 2),
        ("save a.svg", "done", "b", 17, 2),
        ("go 3", "done", "b", 3, 1),
        ("step 2", "done", "c", 5, 1),
        ("move 1", "refused", "c", 5, 1),
    ]
    assert {one["state"] for one in told} == {"paused"}
    assert told[1]["loss"] == pytest.approx(0.7 * 0.99**16)
    assert re.search(r"\b6\b.*\b0 to 5\b.*\bc\b", told[-1]["why"])
    assert (done.returncode, "2 of 9" in done.stderr) == (2, True)
    branches = records(answered("branches", "run", "--json"))
    assert [(one["at"], one["windows"], one["here"]) for one in branches] == [
        (0, 12, False),
        (12, 5, False),
        (3, 2, True),
    ]
    screen = Path("a.txt").read_text().splitlines()
    assert (len(screen) <= 24, max(map(len, screen)) <= 80) == (True, True)
    assert any("paused" in line and "branch b" in line for line in screen)
    assert Path("a.svg").read_text().startswith("<svg")


def test_a_script_of_the_standard_input_whose_reader_may_leave(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 12)
    script = f"echo 'step 2; redo; step 3' | {shlex.join([*SCRIPTED, 'do', 'run', '-'])}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=PATIENCE)
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        "step 2",
        "redo",
        "step 3",
    ]
    assert re.search(r"step 3: .*window 17.*0\.5960", done.stdout)
    assert done.returncode == 0
    cut = subprocess.run(
        ["bash", "-c", f"{script.replace('redo; ', '')} | true; echo ${{PIPESTATUS[1]}}"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (cut.stdout, "Traceback" in cut.stderr) == ("1\n", False)
    assert records(answered("list", "run", "--json"))[0]["windows"] == 17 + 2, (
        "nothing is done that nobody hears of"
    )


def test_of_a_lesson_the_lines_after_a_colon_are_done(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 12)
    Path("lesson.md").write_text(
        "# Steps\n\nTrain {window}.\n: step 2; step # on\n\n## Wait\n: until solved 15\n: until "
        "16\n"
    )
    done = subprocess.run(
        [*SCRIPTED, "do", "run", "--file", "lesson.md"], capture_output=True, text=True
    )
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        *("step 2", "step"),
        *("until solved 15", "until 16"),
    ]
    assert re.search("until 16: refused.*paused", done.stdout)
    assert done.returncode == 2


def test_a_script_steers_the_session_that_trains_the_run_and_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with own_sockets(monkeypatch, tmp_path_factory), detached(tmp_path / "run") as folder:
        script = "pause; go 0; edit learning_rate=0.1; step 7; branch z; step"
        done = subprocess.run(
            [*SCRIPTED, "do", folder, "--json", script], capture_output=True, text=True
        )
        told = [json.loads(line) for line in done.stdout.splitlines()]
        assert [(one["result"], one["state"]) for one in told] == [("done", "paused")] * 4 + [
            ("refused", "paused")
        ]
        assert (told[3]["branch"], told[3]["window"], done.returncode) == ("b", 7, 2)
        assert "viewers" in records(answered("list", folder, "--json"))[0], (
            "it is in training still"
        )


def test_preferences_and_keys_of_the_file_reach_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "echornn-tui").mkdir()
    (tmp_path / "echornn-tui" / "config.toml").write_text(
        "ascii = true\nspeed = 0.01\n[keys]\npause = 'F9'\n"
    )
    with running(*SIZES, scripted=True, environment={"ECHORNN_THEME": "light"}) as program:
        shown = program.until(
            lambda text: "running" in text and "0.01 windows/s" in text and "f9 Pause" in text
        )
        assert shown.isascii()
        program.press("\x1b[20~")
        program.until(lambda text: "paused" in text)
        program.press("q")
        assert program.ended() == 0
