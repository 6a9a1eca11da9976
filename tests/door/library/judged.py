"""What a run is judged to be: sessions whose losses are given, and runs that were trained once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.progress import Counts, Floats
from echornn.run.recorder import RunRecorder
from echornn.session.commands import Command, Pause, Step
from echornn.session.pictures.frame import Frame
from echornn.session.session import Session
from tests.on_a_thread import running
from tests.patience import PATIENCE, wait_for
from tests.scripted import ScriptedTrainer

NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")


def crossings(frame: Frame) -> tuple[int | None, int | None]:
    """The windows at which a single network solved the task, and lost it again."""
    return frame.loss_stats.solved_at, frame.loss_stats.lost_at


def numbers_of(frame: Frame) -> list[float]:
    """The numbers in the line above the curve, in order."""
    return [float(number.replace(",", "")) for number in NUMBER.findall(frame.sentence.text)]


class WithLosses(ScriptedTrainer):
    """A trainer that has given losses, float32 [windows] or [windows, replicas], and keeps the last
    of them."""

    losses: Floats
    wrong: Floats | None
    errors_as_losses = True

    def _losses(self, n: int) -> Floats:
        return self.losses[self._next(n)].reshape(n, -1)

    def _errors(self, losses: Floats) -> Counts:
        if self.wrong is None:
            return super()._errors(losses)
        share = self.wrong[self._next(len(losses))].reshape(losses.shape)
        return np.rint(share * self.config.predictions_per_window).astype(np.int32)

    def _next(self, n: int) -> npt.NDArray[np.intp]:
        windows = np.arange(self.trained, self.trained + n)
        return np.minimum(windows, len(self.losses) - 1)


@contextmanager
def judging(
    config: EchoConfig,
    losses: npt.ArrayLike,
    *commands: Command,
    folder: Path | None = None,
    wrong: Floats | None = None,
) -> Iterator[Judge]:
    """A session at full speed whose networks have these losses, once it has carried out these
    commands, one after the other.

    Args:
        folder: of a run with which it goes on, or which it begins.
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
    session = Session(config, make_trainer=Trainer, recorder=recorder, clock=lambda: 0.0)
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


GLOROT = {"init": "glorot"}

RUNS: dict[str, tuple[dict[str, Any], dict[int, str]]] = {
    "the tutorial": ({}, {128: "chance", 384: "solved", 19_968: "solved"}),
    "seed 3, late": ({"seed": 3}, {640: "chance", 1216: "falling", 1344: "solved"}),
    "three layers": ({"num_layers": 3}, {9984: "chance"}),
    "lstm, uniform": ({"cell": "lstm"}, {3968: "chance", 6144: "falling", 9984: "solved"}),
    "rmsprop 1": ({"optimizer": "rmsprop", "learning_rate": 1.0}, {9984: "above"}),
    "adam 0.3": ({"optimizer": "adam", "learning_rate": 0.3}, {9984: "falling"}),
    "state 4, echo 5, glorot": ({"echo_step": 5, **GLOROT}, {512: "falling", 4992: "standing"}),
    "gru of 4, echo 5": ({"cell": "gru", "echo_step": 5}, {9984: "standing"}),
    "echo 14": (
        {"echo_step": 14, "state_size": 16, **GLOROT},
        {448: "chance", 1984: "falling", 8000: "falling", 19_968: "solved"},
    ),
    "echo 15": ({"echo_step": 15, "state_size": 16, **GLOROT}, {9984: "beyond T"}),
    "dropout": ({"num_layers": 3, "dropout": 0.5, **GLOROT}, {4992: "falling", 14_976: "solved"}),
}
"""By name the fields that differ from the tutorial, and the case after so many windows (multiples
of `BLOCK`, in order)."""


def recorded(name: str) -> tuple[Floats, Floats]:
    """The losses of a run, and the shares of wrong predictions, float32 [windows], each the mean of
    its block."""
    with np.load(FILE) as file:
        losses = file[f"{name}/losses"].astype(np.float32)
        errors = file[f"{name}/errors"].astype(np.float32)
    return np.repeat(losses, BLOCK), np.repeat(errors, BLOCK)
