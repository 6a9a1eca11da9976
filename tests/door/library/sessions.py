"""Sessions on a thread: commands go in, frames and pictures come out.

By default trainers are scripted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from echornn import (
    EchoConfig,
    Frame,
    PopulationProgress,
    Position,
    Question,
    Readings,
    RunRecorder,
    Session,
    Snapshot,
)
from echornn.session.commands import Answer, Command, Pause
from echornn.session.pictures.picture import Picture
from echornn.session.pictures.picture import Query as Query
from echornn.session.pictures.picture import SeedRows as SeedRows
from echornn.session.pictures.picture import Span as Span
from tests.on_a_thread import on_a_thread
from tests.patience import PATIENCE, wait_for
from tests.scripted import SMALL, ScriptedTrainer, scripted_loss, unread

ENDLESS = replace(SMALL, num_epochs=10**6)
"""Ten windows an epoch."""


MEMORY = Question(frozenset({"memory"}))


def losses_between(first: int, end: int) -> list[float]:
    """The scripted losses of a lone network in windows ``first`` to ``end - 1``, from 0."""
    return [scripted_loss(window) for window in range(first, end)]


class Stage:
    """A session, and the trainers that it made.

    Attributes:
        shown: the losses of each slice of windows, as the session reported them, [windows,
            replicas].
    """

    def __init__(
        self,
        config: EchoConfig = ENDLESS,
        make: Callable[[EchoConfig], Any] = ScriptedTrainer,
        folder: Path | None = None,
        **options: Any,
    ) -> None:
        self.trainers: list[Any] = []
        self.shown: list[Any] = []

        def make_trainer(config: EchoConfig) -> Any:
            self.trainers.append(make(config))
            return self.trainers[-1]

        if folder is not None:
            if not folder.exists():
                recorder = RunRecorder.begin(folder, config)
            else:
                recorder = RunRecorder.go_on(folder)
                if config is ENDLESS and recorder.resumed is not None:
                    config = recorder.resumed.config
            options["recorder"] = recorder
        options.setdefault("examine", unread)
        self.session = Session(
            config,
            make_trainer=make_trainer,
            on_progress=lambda progress: self.shown.append(progress.losses),
            **options,
        )

    @property
    def frame(self) -> Frame:
        return self.session.frame

    @property
    def place(self) -> tuple[int, int, str]:
        """The branch whose path is shown, the windows on it, and the state."""
        return self.frame.path_branch, self.frame.trained, self.frame.state.value

    def settled(self) -> Frame:
        """The frame when all commands were carried out, and their windows trained."""
        assert self.session.when_idle(PATIENCE), self.frame.message
        return self.frame

    def do(self, *commands: Command) -> Frame:
        """Send commands, each when the one before was carried out and its windows are trained."""
        for command in commands:
            self.session.send(command)
            self.settled()
        return self.frame

    def until_it_diverges(self, command: Command) -> Frame:
        """The frame at which a command to train ends because the loss diverges."""
        self.session.send(command)
        wait_for(lambda: self.frame.has_diverged and self.frame.state == "paused")
        return self.settled()

    def answer(self, command: Command) -> Answer:
        """What became of a command."""
        number = self.session.send(command)
        self.settled()
        (answer,) = (answer for answer in self.session.answers if answer.number == number)
        return answer

    def look(self, query: Query) -> Picture:
        return self.session.look(query)

    def losses(self) -> list[float]:
        """All losses on the path to the position that is shown, of the replica that is shown."""
        frame = self.frame
        losses = self.session.timeline.losses(
            Position(frame.path_branch, frame.trained), 0, frame.replica
        )
        assert losses is not None
        return [float(loss) for loss in losses]


@contextmanager
def on_stage(
    config: EchoConfig = ENDLESS,
    make: Callable[[EchoConfig], Any] = ScriptedTrainer,
    folder: Path | None = None,
    paused: bool = True,
    **options: Any,
) -> Iterator[Stage]:
    """A session that runs during the block, by default paused at first, and must not fail."""
    stage = Stage(config, make, folder, **options)
    if paused:
        stage.session.send(Pause())
    with on_a_thread(stage.session):
        if paused:
            stage.settled()
        yield stage
    assert stage.session.error is None


class Held(ScriptedTrainer):
    """A trainer that trains only while it may, so that meanwhile commands accumulate."""

    may = threading.Event()
    may.set()

    def advance(self, n: int) -> PopulationProgress:
        assert self.may.wait(PATIENCE)
        return super().advance(n)


class Probes:
    """Scripted probes, which wait when told to.

    Attributes:
        seen: what was examined.
        error: what they raise; None for nothing.
    """

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.error: Exception | None = None
        self.seen: list[tuple[Snapshot, Question]] = []

    def __call__(self, snapshot: Snapshot, question: Question) -> Readings:
        self.seen.append((snapshot, question))
        self.begun.set()
        assert self.may_go_on.wait(PATIENCE)
        if self.error is not None:
            raise self.error
        return Readings(snapshot.state.config, snapshot.branch, snapshot.window)
