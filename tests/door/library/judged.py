"""What a run is judged to be: sessions whose losses are given, and the case and the numbers of what the screen says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.runs.recorder import RunRecorder
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


def numbers_of(frame: Frame) -> list[float]:
    """The numbers in the line above the curve, in order."""
    return [float(number.replace(",", "")) for number in NUMBER.findall(frame.sentence.text)]


class WithLosses(ScriptedTrainer):
    """A trainer that has given losses, float32 [windows] or [windows, replicas], and keeps the last of them."""

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
    """A session at full speed whose networks have these losses; it goes on with the run in a folder, or begins it.

    Args:
        wrong: the share of wrong predictions in each window; by default one that goes with its loss.
    """
    trainer = type("Trainer", (WithLosses,), {"losses": np.asarray(losses, np.float32), "wrong": wrong})
    if folder is None:
        recorder = None
    else:
        recorder = RunRecorder.go_on(folder) if folder.exists() else RunRecorder.begin(folder, config)
    return Session(config, make_trainer=trainer, recorder=recorder, clock=lambda: 0.0)


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
        """The frame once a command is carried out; if it trains without end: once training has stopped."""
        self.session.send(command)
        assert self.session.when_idle(PATIENCE)
        wait_for(lambda: self.frame.state != "running")
        assert self.session.when_idle(PATIENCE)  # it trains a window that diverges alone, after those before
        return self.frame

    @property
    def frame(self) -> Frame:
        return self.session.frame


def judged(config: EchoConfig, losses: npt.ArrayLike, *commands: Command, folder: Path | None = None) -> Frame:
    """The frame after so many windows as there are losses, or after these commands."""
    every = (Step(len(np.asarray(losses))),)
    with judging(config, losses, *(commands or every), folder=folder) as judge:
        return judge.frame
