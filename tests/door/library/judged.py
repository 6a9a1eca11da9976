"""What a run is judged to be: sessions whose losses are given, and runs that were trained once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.run.recorder import RunRecorder
from echornn.session.commands import Command, Pause, Step
from echornn.session.pictures.frame import Frame
from echornn.session.session import Session
from tests.on_a_thread import running
from tests.patience import PATIENCE, wait_for
from tests.scripted import ScriptedTrainer

NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")


def case_of(frame: Frame) -> str:
    """The case that the screen shows for a single network."""
    return frame.sentence.case


def crossings(frame: Frame) -> tuple[int | None, int | None]:
    """The windows at which a single network solved the task, and lost it again."""
    return frame.loss_stats.solved_at, frame.loss_stats.lost_at


def numbers_of(frame: Frame) -> list[float]:
    """The numbers in the line above the curve, in order."""
    return [float(number.replace(",", "")) for number in NUMBER.findall(frame.sentence.text)]


class WithLosses(ScriptedTrainer):
    """A trainer that has given losses, float32 [windows] or [windows, replicas], and keeps the last
    of them."""

    losses: npt.NDArray[np.float32]
    wrong: npt.NDArray[np.float32] | None
    errors_as_losses = True

    def _losses(self, n: int) -> npt.NDArray[np.float32]:
        return self.losses[self._next(n)].reshape(n, -1)

    def _errors(self, losses: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
        if self.wrong is None:
            return super()._errors(losses)
        share = self.wrong[self._next(len(losses))].reshape(losses.shape)
        return np.asarray(np.rint(share * self.config.predictions_per_window), np.int32)

    def _next(self, n: int) -> npt.NDArray[np.intp]:
        return np.minimum(np.arange(self.trained, self.trained + n), len(self.losses) - 1)


def with_losses(
    config: EchoConfig,
    losses: npt.ArrayLike,
    folder: Path | None = None,
    wrong: npt.NDArray[np.float32] | None = None,
) -> Session:
    """A session at full speed whose networks have these losses; it goes on with the run in a
    folder, or begins it.

    Args:
        wrong: the share of wrong predictions in each window; by default one that goes with its
            loss.
    """

    class Trainer(WithLosses):
        pass

    Trainer.losses = np.asarray(losses, np.float32)
    Trainer.wrong = wrong
    recorder = None
    if folder is not None and folder.exists():
        recorder = RunRecorder.go_on(folder)
    elif folder is not None:
        recorder = RunRecorder.begin(folder, config)
    return Session(config, make_trainer=Trainer, recorder=recorder, clock=lambda: 0.0)


@contextmanager
def judging(
    config: EchoConfig,
    losses: npt.ArrayLike,
    *commands: Command,
    folder: Path | None = None,
    wrong: npt.NDArray[np.float32] | None = None,
) -> Iterator[Judge]:
    """The session, which has carried out these commands, one after the other."""
    session = with_losses(config, losses, folder, wrong)
    session.send(Pause())
    with running(session):
        judge = Judge(session)
        for command in commands:
            judge.after(command)
        yield judge


class Judge:
    """A session with given losses, while it runs."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def after(self, command: Command) -> Frame:
        """The frame once a command is carried out; if it trains without end: once training has
        stopped."""
        self.session.send(command)
        assert self.session.when_idle(PATIENCE)
        wait_for(lambda: self.frame.state != "running")
        # It trains a window that diverges alone, after those before
        assert self.session.when_idle(PATIENCE)
        return self.frame

    @property
    def frame(self) -> Frame:
        return self.session.frame


def judged(
    config: EchoConfig, losses: npt.ArrayLike, *commands: Command, folder: Path | None = None
) -> Frame:
    """The frame after so many windows as there are losses, or after these commands."""
    if not commands:
        commands = (Step(len(np.asarray(losses))),)
    with judging(config, losses, *commands, folder=folder) as judge:
        return judge.frame


FILE = Path(__file__).parent / "recorded_runs.npz"

BLOCK = 64
"""The number of windows per stored mean."""


@dataclass(frozen=True)
class Run:
    """A recorded run.

    Attributes:
        changes: the fields that differ from the tutorial.
        cases: what it is after so many windows (multiples of `BLOCK`, in order).
    """

    changes: dict[str, Any]
    cases: dict[int, str]

    @property
    def config(self) -> EchoConfig:
        return EchoConfig(num_epochs=100_000, **self.changes)


GLOROT = {"init": "glorot"}

RUNS = {
    "the tutorial": Run({}, {128: "chance", 384: "solved", 19_968: "solved"}),
    "seed 3, late": Run({"seed": 3}, {640: "chance", 1216: "falling", 1344: "solved"}),
    "three layers": Run({"num_layers": 3}, {9984: "chance"}),
    "lstm, uniform": Run({"cell": "lstm"}, {3968: "chance", 6144: "falling", 9984: "solved"}),
    "rmsprop 1": Run({"optimizer": "rmsprop", "learning_rate": 1.0}, {9984: "above"}),
    "adam 0.3": Run({"optimizer": "adam", "learning_rate": 0.3}, {9984: "falling"}),
    "state 4, echo 5, glorot": Run({"echo_step": 5, **GLOROT}, {512: "falling", 4992: "standing"}),
    "gru of 4, echo 5": Run({"cell": "gru", "echo_step": 5}, {9984: "standing"}),
    "echo 14": Run(
        {"echo_step": 14, "state_size": 16, **GLOROT},
        {448: "chance", 1984: "falling", 8000: "falling", 19_968: "solved"},
    ),
    "echo 15": Run({"echo_step": 15, "state_size": 16, **GLOROT}, {9984: "beyond T"}),
    "dropout": Run(
        {"num_layers": 3, "dropout": 0.5, **GLOROT}, {4992: "falling", 14_976: "solved"}
    ),
}
"""The runs by name."""


def recorded(name: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The losses of a run, and the shares of wrong predictions, float32 [windows], each the mean of
    its block."""
    with np.load(FILE) as file:
        losses = np.repeat(file[f"{name}/losses"].astype(np.float32), BLOCK)
        errors = np.repeat(file[f"{name}/errors"].astype(np.float32), BLOCK)
    return losses, errors
