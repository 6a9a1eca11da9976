"""Edits of a user's own task while it trains: the task is checked before, as at the start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.data import own_checks
from echornn.runs.run_recorder import RunRecorder
from echornn.session import commands
from echornn.session.session import Session
from echornn.tasks.own import check as checking
from echornn.tasks.own.own_task import OwnTask
from echornn.tasks.task import Task, TaskError
from tests.on_a_thread import on_a_thread
from tests.patience import PATIENCE
from tests.recorded import record_branches
from tests.scripted import SMALL, ScriptedTrainer
from tests.steps import refusal

TEXT = """
from dataclasses import dataclass
import numpy as np
from echornn import Batch, Symbols, Task, TaskError, setting

@dataclass(frozen=True)
class Mine(Task):
    lag: int = setting(2, "Steps back.", 1, 100)
    every: int = setting(1, "Steps from a scored one to the next.", 1, 100)
    inputs = outputs = Symbols(2)

    def draw(self, rng, rows, steps):
        if self.lag == 5:
            raise ValueError("not five")
        scored = np.zeros((rows, steps), bool)
        scored[:, self.lag :: self.every] = True
        x = rng.integers(0, 2, (rows, steps))
        return Batch(x, np.roll(x, self.lag, axis=1) + (self.lag == 6), scored)

    def levels(self, rows, steps):
        return [1 / 0] if self.lag == 7 else []
"""


def in_this_process(own: OwnTask, values: dict[str, object], rows: int, steps: int) -> Task:
    checking.examine(own, values, rows, steps)
    return own.task(values)


def test_an_edit_that_the_task_cannot_do_is_refused_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "check", in_this_process)
    own_checks._check_task.cache_clear()
    config = EchoConfig(
        task=OwnTask("mine.py", "Mine", TEXT).task(),
        total_series_length=200,
        truncated_backprop_length=10,
        batch_size=2,
    )
    refusals = {
        ("lag", 5): "mine.py:14: ValueError: not five",
        ("lag", 6): "mine.py:12: draw returns y with symbols from 1 to 2, but Symbols(2) has 0 to 1",
        ("lag", 7): "mine.py:21: ZeroDivisionError: division by zero",
        ("every", 40): "Mine scores no step of window 1 of epoch 0 (from 0), of 10 steps: a longer"
        " truncated_backprop_length may help",
    }
    session = Session(config, make_trainer=ScriptedTrainer)
    session.send(commands.Pause())
    with on_a_thread(session):
        session.send(commands.Step(3))
        for (name, value), why_not in refusals.items():
            for change in (commands.Edit({name: value}), commands.StartOver({name: value})):
                session.send(change)
                assert session.when_idle(PATIENCE)
                assert refusal(session.frame) == why_not
                assert session.config == config
                assert len(session.timeline) == 1
        for command in (commands.Edit({"lag": 30}), commands.Step(3)):
            session.send(command)
            assert session.when_idle(PATIENCE)
        assert (session.error, refusal(session.frame), session.config.value("lag")) == (None, "", 30)
        assert session.timeline.windows_of(1) == 3


class Fussy(ScriptedTrainer):
    """A trainer that cannot make the data of one learning rate."""

    def compile(self) -> None:
        if self.config.learning_rate == 0.1:
            raise TaskError("mine.py:3: it fails")
        super().compile()


@pytest.mark.parametrize(("rate", "at", "error"), [(0.1, None, "it fails"), (0.2, None, ""), (0.3, 12, "")])
def test_a_run_whose_newest_data_cannot_be_made_goes_on_from_earlier_or_with_a_change(
    tmp_path: Path, rate: float, at: int | None, error: str
) -> None:
    record_branches(tmp_path / "run", 12, {"learning_rate": 0.1}, 5)
    recorder = RunRecorder.go_on(tmp_path / "run")
    session = Session(replace(SMALL, learning_rate=rate), make_trainer=Fussy, recorder=recorder, at=at)
    session.send(commands.Pause())
    with on_a_thread(session):
        session.send(commands.Step(3))
        assert session.when_idle(PATIENCE) == (not error)
    assert error in str(session.error or "")
    assert session.frame.trained == (17 if error else (at or 17) + 3)
