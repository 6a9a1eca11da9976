"""Commands are carried out in order, refer to the state when their turn comes, and only some stop pending windows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.progress import PopulationProgress
from echornn.session import commands
from echornn.session.pictures.frame import Frame, State
from echornn.session.session import Session
from echornn.training.any_trainer import AnyTrainer
from tests.examples import examples
from tests.hashed import HashTrainer
from tests.on_a_thread import running
from tests.patience import PATIENCE
from tests.scripted import SMALL, ScriptedTrainer

ENDLESS = replace(SMALL, num_epochs=10**6)
"""Ten windows per epoch."""


MAY = threading.Event()


class Held(ScriptedTrainer):
    """A trainer that trains only while it is allowed to, so that meanwhile commands accumulate."""

    def __init__(self, config: EchoConfig, may: threading.Event = MAY) -> None:
        super().__init__(config)
        self._may = may

    def advance(self, n: int) -> PopulationProgress:
        assert self._may.wait(PATIENCE)
        return super().advance(n)


@contextmanager
def playing(session: Session) -> Iterator[Session]:
    session.send(commands.Pause())
    with running(session):
        try:
            yield session
        finally:
            MAY.set()


def after(session: Session) -> Frame:
    assert session.when_idle(PATIENCE)
    return session.frame


@contextmanager
def while_it_trains(session: Session, windows: int = 300) -> Iterator[None]:
    """Commands in the block arrive while a first slice of ``windows`` windows is trained."""
    MAY.clear()
    session.send(commands.Step(windows))
    yield
    MAY.set()


CHANGES: dict[str, Callable[[Session], object]] = {
    "nudge": lambda session: session.send(commands.Edit({"learning_rate": 0.4}, held=True)),
    "edit": lambda session: session.send(commands.Edit({"learning_rate": 0.1})),
    "another network": lambda session: session.send(commands.Edit({"state_size": 9})),
    "nothing": lambda session: session.send(commands.Edit({"learning_rate": SMALL.learning_rate})),
    "refused": lambda session: session.send(commands.Edit({"state_size": -3})),
    "no such branch": lambda session: session.send(commands.Go(99, 0)),
    "no undo": lambda session: session.send(commands.Redo()),
    "new data": lambda session: session.send(commands.Regenerate()),
    "start over": lambda session: session.send(commands.Reset()),
    "new weights": lambda session: session.send(commands.Redraw()),
    "preset": lambda session: session.send(commands.StartOver({"echo_step": 5})),
    "many": lambda session: session.send(commands.Edit({"replicas": 3})),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_owed_is_trained_whatever_is_changed_or_refused_meanwhile(change: str) -> None:
    make = lambda config: Held(config) if config.replicas == 1 else ScriptedTrainer(config)  # noqa: E731
    with playing(Session(ENDLESS, make_trainer=make)) as session:
        with while_it_trains(session):
            CHANGES[change](session)
        frame = after(session)
        assert (frame.trained_in_all, frame.state) == (300, State.PAUSED)


STOPS: dict[str, Callable[[Session], object]] = {
    "pause": lambda session: session.send(commands.Pause()),
    "toggle": lambda session: session.send(commands.Toggle()),
    "go": lambda session: session.send(commands.Go(0, 0)),
    "move": lambda session: session.send(commands.Move(-1)),
    "epochs": lambda session: session.send(commands.MoveEpochs(-1)),
    "undo": lambda session: session.send(commands.Undo()),
}


@pytest.mark.parametrize("stop", STOPS)
def test_what_stops_training_or_leads_elsewhere_ends_what_is_owed(stop: str) -> None:
    with playing(Session(ENDLESS, make_trainer=Held)) as session:
        MAY.set()
        session.send(commands.Step(20))
        session.send(commands.Edit({"learning_rate": 0.1}))
        after(session)
        with while_it_trains(session):
            STOPS[stop](session)
        frame = after(session)
        assert frame.state is State.PAUSED
        assert 20 <= frame.trained_in_all < 320


def test_an_epoch_is_finished_also_where_new_data_begin_it_again() -> None:
    with playing(Session(ENDLESS, make_trainer=ScriptedTrainer)) as session:
        session.send(commands.Step(4))
        session.send(commands.FinishEpoch())
        session.send(commands.Regenerate())
        frame = after(session)
        assert (frame.epoch, frame.window) == (1, 10)
        session.send(commands.Step(3))
        after(session)
        session.send(commands.FinishEpoch())
        session.send(commands.FinishEpoch())
        frame = after(session)
        assert (frame.epoch, frame.window) == (2, 10), "of the epoch that it is in"
        session.send(commands.Edit({"learning_rate": 0.2}, held=True))
        assert after(session).trained_in_all == frame.trained_in_all, "that epoch is finished"


@pytest.mark.parametrize("windows", [1, 25])
def test_a_run_that_ends_owes_nothing(windows: int) -> None:
    with playing(Session(SMALL, make_trainer=ScriptedTrainer)) as session:
        session.send(commands.Step(30))
        session.send(commands.Step(windows))
        assert after(session).state is State.FINISHED
        session.send(commands.Edit({"num_epochs": 5}))
        assert after(session).trained == 30, "it was owed to the run that has ended"


def test_another_seed_or_start_of_weights_and_the_way_back_need_no_other_trainer() -> None:
    made: list[EchoConfig] = []

    def make(config: EchoConfig) -> AnyTrainer:
        made.append(config)
        return HashTrainer(config)

    for replicas in (1, 3):
        made.clear()
        with playing(Session(replace(ENDLESS, replicas=replicas), make_trainer=make)) as session:
            for change in ({"seed": 70}, {"init": "glorot"}, {"learning_rate": 0.1, "seed": 3}):
                session.send(commands.Step(4))
                after(session)
                session.send(commands.Edit(change))
                after(session)
            for _ in range(3):
                session.send(commands.Undo())
            frame = after(session)
            assert (frame.config, frame.trained) == (replace(ENDLESS, replicas=replicas), 4)
        assert len(made) == 1


class Travel:
    """A session that stays on its way to a position for as long as a test wants."""

    def __init__(self) -> None:
        self.session = Session(ENDLESS, make_trainer=self._make, clock=lambda: 0.0)
        self.may = threading.Event()
        self.may.set()

    def _make(self, config: EchoConfig) -> ScriptedTrainer:
        return Held(config, self.may)

    @contextmanager
    def to(self, window: int) -> Iterator[Session]:
        """Commands in the block arrive while the session is on its way to this window."""
        self.may.clear()
        self.session.send(commands.Go(0, window))
        yield self.session
        self.may.set()


def test_moves_after_a_change_that_waits_lead_from_where_that_leads() -> None:
    """Keys ``g [ [ [`` on the way: new data at the target position, then three windows back from there."""
    way = Travel()
    with playing(way.session) as session:
        session.send(commands.Step(60))
        after(session)
        with way.to(55):
            session.send(commands.Regenerate())
            for _ in range(3):
                session.send(commands.Move(-1))
        frame = after(session)
        assert (frame.line, frame.trained, frame.line_end) == (1, 52, 55)
        with way.to(35):
            session.send(commands.Regenerate())
            session.send(commands.MoveEpochs(-1))
            session.send(commands.Resume())
            session.send(commands.Toggle())
            session.send(commands.Step(2))
        frame = after(session)
        assert (frame.line, frame.trained, frame.state) == (3, 32, State.PAUSED), "two after an epoch's end"
        assert session.timeline.branch(2).cause == "regenerate"
        assert session.timeline.branch(3).cause == "back"


ORDERS: dict[str, Callable[[Session], object]] = {
    "step": lambda session: session.send(commands.Step(7)),
    "epoch": lambda session: session.send(commands.FinishEpoch()),
    "back": lambda session: session.send(commands.Move(-3)),
    "forth": lambda session: session.send(commands.Move(2)),
    "epochs": lambda session: session.send(commands.MoveEpochs(-1)),
    "data": lambda session: session.send(commands.Regenerate()),
    "rate": lambda session: session.send(commands.Edit({"learning_rate": 0.2}, held=True)),
    "bad": lambda session: session.send(commands.Edit({"batch_size": -1})),
    "undo": lambda session: session.send(commands.Undo()),
    "redo": lambda session: session.send(commands.Redo()),
    "reset": lambda session: session.send(commands.Reset()),
    "lottery": lambda session: session.send(commands.ToggleReplicas(3)),
    "choose": lambda session: session.send(commands.Choose(2)),
    "pause": lambda session: session.send(commands.Pause()),
}
TRAINS = ("step", "epoch")


@examples(25)
@given(st.lists(st.sampled_from(sorted(ORDERS)), max_size=14))
def test_commands_that_come_all_at_once_do_what_they_do_one_by_one(story: list[str]) -> None:
    """Except commands to train: later commands do not wait for the end of their windows."""

    def told(at_once: bool) -> tuple[object, ...]:
        with playing(Session(ENDLESS, make_trainer=HashTrainer, clock=lambda: 0.0)) as session:
            session.send(commands.Step(35))
            after(session)
            for command in story:
                ORDERS[command](session)
                if not at_once or command in TRAINS:
                    after(session)
            frame = after(session)
            causes = [session.timeline.branch(number).cause for number in range(len(session.timeline))]
            return frame.line, frame.trained, frame.config, frame.replica, causes, frame.loss.hex()

    assert told(at_once=True) == told(at_once=False)
