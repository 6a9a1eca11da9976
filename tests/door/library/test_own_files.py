"""Tasks and cells in files of the user's own: they are trained and kept, bad ones are refused in a line, and looking at
a record never runs its texts.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
from pathlib import Path

import pytest

import echornn
from echornn import CellError, EchoConfig, TaskError
from tests.answered import answered
from tests.door.library.own_texts import CELL, MARKS, TASK, record_all, scripted, write
from tests.forgotten import forget_texts
from tests.recorded import contents

MARK = "run-by-somebody"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder and the state folder are empty, and no text was run in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("tui.term.terminal.is_interactive", lambda: False)
    forget_texts(monkeypatch)


@pytest.fixture(params=[True, False], ids=["with facts", "without facts"])
def with_facts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the records say what the task and the cell are. From then on, texts leave a mark if they run."""
    record_all(request.param)
    forget_texts(monkeypatch)
    for file in ("task.py", "cell.py", "state/echornn-tui/trusted"):  # as if they came from somebody else
        Path(file).unlink(missing_ok=True)
    monkeypatch.setenv("RUN_BY", str(Path(MARK).absolute()))
    return bool(request.param)


def out(command: str) -> str:
    """What a command prints that succeeds."""
    done = answered(*command.split())
    assert (done.returncode, done.stderr) == (0, ""), command
    return done.stdout


def refused(*arguments: str) -> str:
    """The line that refuses a command, which changes nothing."""
    before = contents(Path())
    done = answered(*arguments)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert contents(Path()) == before
    line, *hint = done.stderr.splitlines()
    assert len(hint) <= 1
    return line.removeprefix("echornn-tui: ")


def test_looking_runs_no_text_and_what_is_not_known_is_left_out(with_facts: bool) -> None:
    for kept in map(json.loads, out("list . --json").splitlines()):
        assert (kept["windows"], kept["epoch"], kept["window"]) == (9, 1, 2)
        assert kept["differs"] == {
            **{"num_epochs": 9, "total_series_length": 500, "state_size": 6},
            **{"cell": "cell.py:Mine", "task": "task.py:Mine", "lag": 4},
        }
    branches = [json.loads(line) for line in out("branches run --json").splitlines()]
    assert [(one["at"], one["windows"], one["path"]) for one in branches] == [(0, 4, 4), (4, 3, 7), (0, 2, 2)]
    assert len(out("branches run").splitlines()) == 4
    assert len(out("export run").splitlines()) == 1 + 9
    assert len(out("export run --path --json").splitlines()) == branches[-1]["path"]
    (network,) = csv.DictReader(out("export run --summary").splitlines())
    assert float(network["final_loss"]) == pytest.approx(branches[-1]["mean_loss"], rel=1e-6)
    squares = list(csv.DictReader(out("map sweep --csv").splitlines()))
    assert [(one["lag"], one["trained"], one["median_loss"]) for one in squares] == [
        (lag, "2", "0.25") for lag in ("3", "4", "5")
    ]
    assert {(one["level"], one["rung"]) for one in squares} == {("0.0216667", "above chance") if with_facts else ("", "")}
    out("map sweep --once")
    out("map sweep --svg map.svg")
    out("figure run curve --out curve.svg")
    assert not Path(MARK).exists()
    run = echornn.read("run")
    assert [one.windows for one in run.branches] == [4, 3, 2]
    assert (len(run.windows()), len(run.weights()), len(run.networks())) == (9, 1, 1)
    assert run.config_at(7, "b").value("lag") == 4
    assert not Path(MARK).exists()


@pytest.mark.parametrize("command", ["probe run", "--resume run --headless", "do run step", "figure run weights -o f.svg"])
def test_what_needs_a_text_refuses_one_that_the_user_never_gave(with_facts: bool, command: str) -> None:
    digest = hashlib.sha256((MARKS + TASK).encode()).hexdigest()
    says = refused(*command.split())
    assert says.startswith("task.py:Mine ")
    assert digest[:8] in says
    assert "--trust" in says
    assert not Path(MARK).exists()


def test_reading_a_run_runs_no_text_and_what_needs_it_says_how_to_trust_it(with_facts: bool) -> None:
    with pytest.raises(TaskError, match=r"^task.py:Mine .*trust=True"):
        echornn.read("run").probe()
    assert not Path(MARK).exists()


def test_a_trusted_text_runs_also_later(with_facts: bool, capfd: pytest.CaptureFixture[str]) -> None:
    done = scripted(capfd, "--resume", "run", "--headless", "--num-epochs", "2", "--trust")
    assert done.returncode == 0, done.stderr
    assert Path(MARK).exists()
    noted = Path("state/echornn-tui/trusted")
    assert noted.stat().st_mode & 0o777 == 0o600
    texts = (MARKS + TASK, MARKS + CELL)
    assert sorted(noted.read_text().split()) == sorted(hashlib.sha256(one.encode()).hexdigest() for one in texts)
    if with_facts:
        assert scripted(capfd, "--resume", "run", "--headless", "--num-epochs", "3").returncode == 0
