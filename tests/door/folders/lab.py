"""Trains, continues and reads run folders: the only module here that knows the inside of the program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from echornn import EchoConfig, PopulationProgress, Run, RunRecorder, Session, read
from echornn.runs.folders import BranchNotes
from echornn.session.commands import Command, Edit, Go, Pause, Save
from echornn.session.pictures.frame import Frame
from echornn.training.structure import MakeTrainer
from tests.answered import Answer, trained
from tests.hashed import HashTrainer
from tests.on_a_thread import running
from tests.patience import PATIENCE
from tests.scripted import FromAnyState as FromAnyState
from tests.scripted import ScriptedTrainer
from tests.steps import command

Step = int | str | tuple[int, int] | dict[str, Any] | Command
"""A number of windows to train, the name of a command, a place to go to, fields to edit, or a command."""


class Wild(ScriptedTrainer):
    """A scripted trainer whose losses are NaN from the fourth window on after its learning rate becomes `RATE`."""

    RATE = 1000.0

    def advance(self, n: int) -> PopulationProgress:
        if self.config.learning_rate == self.RATE and self.diverges_at is None:
            self.diverges_at = self.trained + 3
        return super().advance(n)

    def reset(self, init_index: int = 0) -> None:
        super().reset(init_index)
        self.diverges_at = None


@contextmanager
def training(
    folder: Path,
    config: EchoConfig | None = None,
    *,
    at: int | None = None,
    make_trainer: MakeTrainer | None = HashTrainer,
) -> Iterator[Session]:
    """A paused session that records a new run with this configuration, or continues the run in the folder; in the end
    all is saved.
    """
    if config is not None:
        recorder = RunRecorder.begin(folder, config)
    else:
        recorder = RunRecorder.go_on(folder)
        run = Run.read(folder)
        owner = run.owner(run.position_at(at))
        config = run.config if owner is None else owner.config
    session = Session(config, make_trainer=make_trainer, recorder=recorder, at=at)
    session.send(Pause())
    with running(session):
        yield session


def do(session: Session, *steps: Step) -> Frame:
    """Carry out the steps, none of which may be refused; the frame after them."""
    for step in steps:
        number = session.send(_command(step))
        assert session.when_idle(PATIENCE)
        answer = session.not_done(number)
        assert answer is None, answer
    return session.frame


def save(session: Session) -> Frame:
    """Save everything, if the disk takes it; the frame after the attempt."""
    session.send(Save())
    session.when_idle(PATIENCE)
    assert isinstance(session.recorder, RunRecorder)
    session.recorder.wait(PATIENCE)
    session.when_idle(PATIENCE)
    return session.frame


def record(folder: Path, config: EchoConfig, *steps: Step, make_trainer: MakeTrainer = HashTrainer) -> Path:
    """Record a new run that takes these steps."""
    with training(folder, config, make_trainer=make_trainer) as session:
        do(session, *steps)
    return folder


def go_on(folder: Path, *steps: Step, at: int | None = None, make_trainer: MakeTrainer = HashTrainer) -> Path:
    """Continue a run with these steps."""
    with training(folder, at=at, make_trainer=make_trainer) as session:
        do(session, *steps)
    return folder


def notes(folder: Path) -> tuple[dict[int, str], set[int], set[int]]:
    """The names of branches, which are pinned, and which hidden."""
    timeline = read(folder).timeline
    there = BranchNotes.read(folder).among([timeline.digest(number) for number in range(len(timeline))])
    return dict(there.names), set(there.pinned), set(there.hidden)


def answered(*words: str | Path, make_trainer: MakeTrainer = FromAnyState) -> Answer:
    """The output of a command in this process, and its exit code; what it trains is trained by these trainers."""
    return trained(*words, trainers=make_trainer)


def refusal(*words: str | Path) -> str:
    """The line with which a command is refused, as a wrong usage."""
    done = answered(*words)
    assert (done.returncode, done.stdout) == (2, "")
    line, *hint = done.stderr.splitlines()
    assert len(hint) <= 1, "where to read more"
    return line


def _command(step: Step) -> Command:
    match step:
        case dict():
            return Edit(step)
        case (branch, window):
            return Go(branch, window, is_exact=True)
        case _:
            return command(step)
