"""Records runs and goes on with them, step by step, by default without TensorFlow."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

from echornn import EchoConfig, Frame, Run, RunRecorder, Session
from echornn.session import commands
from echornn.session.commands import Command
from echornn.training.structure import MakeTrainer
from tests.hashed import HashTrainer
from tests.on_a_thread import running
from tests.patience import PATIENCE
from tests.scripted import SMALL, ScriptedTrainer

Step = int | str | tuple[int, int] | dict[str, Any] | Command
"""A number of windows to train, the name of a command, a place to go to, fields to edit, or a
command."""

NAMED: dict[str, Callable[..., Command]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", one.__name__).lower(): one for one in get_args(Command)
}
"""Commands by name: ``finish_epoch`` is `FinishEpoch`."""


@contextmanager
def training(
    folder: Path,
    config: EchoConfig | None = None,
    *,
    at: int | None = None,
    make_trainer: MakeTrainer | None = HashTrainer,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Session]:
    """A paused session that records a new run with this configuration, or continues the run in the
    folder; in the end all is saved.
    """
    if config is not None:
        recorder = RunRecorder.begin(folder, config)
    else:
        recorder = RunRecorder.go_on(folder)
        run = Run.read(folder)
        owner = run.owner(run.position_at(at))
        config = run.config if owner is None else owner.config
    session = Session(config, make_trainer=make_trainer, recorder=recorder, at=at, clock=clock)
    session.send(commands.Pause())
    with running(session):
        yield session


def do(session: Session, *steps: Step) -> Frame:
    """Carry out the steps, none of which may be refused; the frame after them."""
    for step in steps:
        number = session.send(command(step))
        assert session.when_idle(PATIENCE)
        answer = session.not_done(number)
        assert answer is None, answer
    return session.frame


def command(step: Step) -> Command:
    match step:
        case int():
            return commands.Step(step)
        case str():
            return NAMED[step]()
        case dict():
            return commands.Edit(step)
        case (branch, window):
            return commands.Go(branch, window, is_exact=True)
    return step


def record_branches(
    folder: Path,
    *steps: Step,
    config: EchoConfig = SMALL,
    make_trainer: MakeTrainer = ScriptedTrainer,
) -> Path:
    """Record a new run that takes these steps; its position is where they end."""
    with training(folder, config, make_trainer=make_trainer) as session:
        do(session, *steps)
    return folder


def go_on(
    folder: Path, *steps: Step, at: int | None = None, make_trainer: MakeTrainer = HashTrainer
) -> Path:
    """Continue a run with these steps."""
    with training(folder, at=at, make_trainer=make_trainer) as session:
        do(session, *steps)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """The contents of all files below a folder, by name."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }
