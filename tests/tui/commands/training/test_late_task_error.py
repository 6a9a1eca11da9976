"""A user's own task whose error comes only in training: everything trained before is kept."""

from __future__ import annotations

import asyncio
import json
import math
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.progress import PopulationProgress
from echornn.runs import run_dir
from echornn.runs.run_recorder import RunRecorder
from echornn.session.commands import Resume
from echornn.session.pictures.frame import State
from echornn.session.session import Session
from echornn.tasks.own.own_task import OwnTask
from echornn.tasks.task import TaskError
from tests.echornn.tasks.bad_files import GOOD
from tests.patience import PATIENCE
from tests.scripted import SMALL, ScriptedTrainer
from tests.tui.app.test_app import screen_text
from tui.app.app import EchoApp
from tui.cli.front_ends.open_app import conclude
from tui.commands import record
from tui.commands.kept_runs.export import export
from tui.commands.training.headless import print_training
from tui.term import terminal
from tui.term.exit_code import ExitCode

EPOCHS, WINDOWS = 3, 2100
"""The epochs for which the task makes data, and the windows of each: so many that each is made alone."""


def late(error: str, replicas: int, windows: int = WINDOWS) -> EchoConfig:
    """A configuration with a task that raises this error when it should make the data of one more epoch. It counts
    its calls over the whole process, so each test needs another error; the first call finds its first scored step.
    """
    raises = f"        calls.append(1)\n        if len(calls) > {EPOCHS * replicas + 1}: raise {error}\n"
    text = GOOD.replace("        x = rng", f"{raises}        x = rng").replace("\n@", "\ncalls = []\n\n@")
    task = OwnTask("late.py", "Mine", text).task()
    return EchoConfig(
        task=task,
        replicas=replicas,
        total_series_length=50 * windows,
        truncated_backprop_length=10,
        num_epochs=EPOCHS + 9,
    )


@pytest.mark.slow
@pytest.mark.usefixtures("shared_programs", "one_processor")
@pytest.mark.parametrize(
    ("error", "says", "replicas"),
    [
        ("ValueError('no')", "ValueError: no", 1),
        ("KeyboardInterrupt", "KeyboardInterrupt", 1),
        ("ZeroDivisionError", "ZeroDivisionError", 3),
    ],
)
def test_all_windows_before_it_are_kept_and_training_has_failed(
    error: str, says: str, replicas: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder, config = tmp_path / "run", late(error, replicas)
    assert print_training(config, math.inf, True, RunRecorder.begin(folder, config)) == ExitCode.FAILED
    out, err = capfd.readouterr()
    assert [json.loads(line)["event"] for line in out.splitlines()].count("epoch") == EPOCHS
    assert err.splitlines()[-3:] == [
        f"echornn-tui: late.py:14: {says}",
        f"the run is in {folder}",
        f"go on with: echornn-tui --resume {folder}",
    ]
    assert run_dir.read(folder).trained == EPOCHS * WINDOWS
    assert export(str(folder), False) == ExitCode.DONE
    assert len(capfd.readouterr().out.splitlines()) == 1 + EPOCHS * WINDOWS * replicas


@pytest.mark.slow
@pytest.mark.usefixtures("shared_programs")
def test_before_anything_is_trained_it_is_a_refusal_that_leaves_no_run(tmp_path: Path) -> None:
    config = late("OSError('no')", 1, 20)  # the data of many epochs is made at once
    with pytest.raises(TaskError, match=r"late.py:14: OSError: no"):
        print_training(config, math.inf, True, RunRecorder.begin(tmp_path / "run", config))
    assert not (tmp_path / "run").exists()


class LateTrainer(ScriptedTrainer):
    """A trainer whose task makes the data of 7 windows."""

    def advance(self, n: int) -> PopulationProgress:
        if self.trained == 7:
            raise TaskError("late.py:14: ValueError: no")
        return super().advance(min(n, 7 - self.trained))


async def test_the_app_shows_it_and_names_the_run_at_the_end(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run"
    session = Session(SMALL, math.inf, make_trainer=LateTrainer, recorder=RunRecorder.begin(folder, SMALL))
    session.send(Resume())
    app = EchoApp(session, fps=0.01)
    async with app.run_test(size=(80, 24)) as pilot:
        assert await asyncio.to_thread(session.stopped.wait, PATIENCE)
        app.show_newest_frame()
        await pilot.pause()
        assert (session.frame.state, session.frame.trained) == (State.FAILED, 7)
        assert "late.py:14: ValueError: no" in screen_text(app)
        await pilot.press("2", "z", "left", "s", "escape", "question_mark", "escape", "1")
        assert "failed" in screen_text(app)
    record.end(session)
    lines = conclude(ExitCode.FAILED, session, terminal.NativeLog())
    assert lines == [f"the run is in {folder}", f"go on with: echornn-tui --resume {folder}"]
    assert capfd.readouterr().err.splitlines()[-1] == "echornn-tui: late.py:14: ValueError: no"
    assert run_dir.read(folder).trained == 7
