"""Where undo leads after a divergence, and the cost of going there, with and without a record."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.progress import PopulationProgress
from echornn.runs.recorder import Recorder
from echornn.runs.run_dir import read
from echornn.runs.run_recorder import RunRecorder
from echornn.session.commands import Edit, Go, Pause, Resume, StartOver, Undo
from echornn.session.pictures.frame import Frame, State
from echornn.session.session import Session
from tests.on_a_thread import on_a_thread, running
from tests.patience import PATIENCE
from tests.scripted import SMALL, ScriptedTrainer
from tests.steps import command

ENDLESS = replace(SMALL, num_epochs=10**6)
WILD = 1e30


class Explosive(ScriptedTrainer):
    """A trainer that diverges at a wild learning rate: the loss grows a hundred million times with each window, is
    infinite once, and then finite but no better; weights stay finite.
    Also, the loss is NaN in the window ``blip_at``, and in all windows from ``nan_at`` on.
    """

    nan_at = blip_at = math.inf

    def advance(self, n: int) -> PopulationProgress:
        before = self.trained
        progress = super().advance(n)
        numbers = before + np.arange(len(progress.losses))
        losses = np.where((numbers < self.nan_at) & (numbers != self.blip_at), progress.losses[:, 0], math.nan)
        if self.config.learning_rate == WILD:
            wild_from = min(getattr(self, "wild_from", before), before)
            self.wild_from = wild_from
            wild = np.array([0.1, 1e8, 1e16, 1e24, math.inf, *[2.6e35] * 30, math.inf, *[2.6e35] * 10**4], np.float32)
            losses = wild[numbers - wild_from]
        return replace(progress, losses=losses.astype(np.float32)[:, np.newaxis])


@contextmanager
def playing(recorder: Recorder | None = None, nan_at: float = math.inf, blip_at: float = math.inf) -> Iterator[Session]:
    """A paused session on a separate thread."""

    def make(config: EchoConfig) -> Explosive:
        trainer = Explosive(config)
        trainer.nan_at, trainer.blip_at = nan_at, blip_at
        return trainer

    session = Session(ENDLESS, make_trainer=make, clock=lambda: 0.0, recorder=recorder)
    session.send(Pause())
    with running(session):
        yield session


def then(session: Session, *steps: int | str) -> Frame:
    """Carry out the steps in order: numbers are windows to train, words are commands. Returns the frame after them."""
    for step in steps:
        session.send(command(step))
        assert session.when_idle(PATIENCE)
    return session.frame


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("goes_on", [0, 1, 5, 40])
def test_undo_leads_to_before_the_edit_that_did_it(recorded: bool, goes_on: int, tmp_path: Path) -> None:
    recorder = RunRecorder.begin(tmp_path / "run", ENDLESS) if recorded else None
    with playing(recorder=recorder) as session:
        then(session, 60)
        session.send(Edit({"learning_rate": WILD}))
        frame = then(session, 3, "save", 100)
        assert frame.warning.startswith("the loss is inf in window 5 of epoch 7")
        assert frame.blamed == ("learning_rate",)
        if goes_on:
            frame = then(session, goes_on, "save")
            assert frame.blamed == ("learning_rate",)
        assert frame.undoable == 1
        frame = then(session, "undo")
        assert (frame.config, frame.loss_stats.windows, frame.undoable) == (ENDLESS, 60, 0)
        assert (frame.blamed, frame.warning, frame.loss < 0.5) == ((), "", True)


def test_it_is_paused_there_only_while_it_is() -> None:
    with playing(blip_at=70) as session:
        assert then(session, 71).warning == "the loss is nan in window 1 of epoch 8: paused there"
        seen: list[str] = []

        def look(_: PopulationProgress) -> None:
            seen.append(session.frame.warning)
            session.send(Pause())

        session._loop._on_progress = look
        then(session, "resume")
        assert seen == ["the loss is nan in window 1 of epoch 8"], "it runs"


@pytest.mark.parametrize("begins", ["start", "reset", "redraw"])
def test_an_edit_soon_after_the_weights_began_is_taken_back_alone(begins: str) -> None:
    with playing() as session:
        if begins != "start":
            then(session, 60, begins)
        then(session, 7)
        before = session.frame
        session.send(Edit({"learning_rate": WILD}))
        frame = then(session, 30)
        assert (frame.trained, frame.blamed) == (12, ("learning_rate",))
        frame = then(session, "undo")
        assert (frame.config, frame.branch, frame.trained) == (ENDLESS, before.branch, 7)
        assert frame.undoable == before.undoable == (begins != "start")


def test_more_epochs_given_first_are_not_taken_back_with_the_edit_that_did_it() -> None:
    with playing() as session:
        then(session, 60)
        session.send(Edit({"num_epochs": 10**5}))
        then(session, 3)
        session.send(Edit({"learning_rate": WILD}))
        then(session, 50)
        frame = then(session, "undo")
        assert (frame.config, frame.trained) == (replace(ENDLESS, num_epochs=10**5), 63)


def test_an_edit_of_ruined_weights_does_not_stand_between() -> None:
    with playing() as session:
        then(session, 60)
        session.send(Edit({"learning_rate": WILD, "num_epochs": 10**5}))
        then(session, 100, 5)
        for changes in ({"num_epochs": 10**4}, {"learning_rate": 0.01}, {"num_epochs": 10**3}):
            session.send(Edit(changes))
            frame = then(session, 1)
            assert (frame.undoable, frame.blamed) == (1, ())
        assert then(session, "undo").config == ENDLESS


def test_more_epochs_are_not_to_blame() -> None:
    with playing() as session:
        then(session, 60)
        session.send(Edit({"learning_rate": WILD}))
        session.send(Edit({"num_epochs": 10**5}))
        assert then(session, 50).blamed == ("learning_rate",)
        frame = then(session, "undo")
        assert (frame.config, frame.loss_stats.windows) == (ENDLESS, 60)


def test_an_edit_under_which_it_trained_well_for_long_is_not_to_blame() -> None:
    with playing(nan_at=200) as session:
        then(session, 60)
        session.send(Edit({"learning_rate": 0.5}))
        frame = then(session, 90, "save", 100)
        assert (frame.blamed, frame.undoable) == ((), 2)
        frame = then(session, "undo")
        assert (frame.config.learning_rate, frame.trained) == (0.5, 150)
        assert then(session, "undo").loss_stats.windows == 60


def test_what_has_recovered_is_good_again() -> None:
    with playing(blip_at=65, nan_at=300) as session:
        then(session, 60)
        session.send(Edit({"learning_rate": 0.5}))
        assert then(session, 50).blamed == ("learning_rate",)
        frame = then(session, 20, "save", 150, "save", 500)
        assert (frame.trained, frame.blamed, frame.undoable) == (301, (), 2)
        assert then(session, "undo").loss_stats.windows == 250
        assert then(session, "undo").loss_stats.windows == 60


def test_what_was_begun_anew_after_a_divergence_can_be_undone_to_as_ever() -> None:
    with playing() as session:
        then(session, 60)
        session.send(Edit({"learning_rate": WILD}))
        then(session, 50, "redraw")
        session.send(Edit({"learning_rate": 0.2}))
        then(session, 30, "redraw", 5)
        frame = then(session, "undo")
        assert (frame.config.learning_rate, frame.loss_stats.windows) == (0.2, 30)


class Counting(ScriptedTrainer):
    """A trainer that counts its windows, and takes 1 ms for each by its own clock."""

    def __init__(self, config: EchoConfig) -> None:
        super().__init__(config)
        self.now = 0.0
        self.diverges_at = 20_000

    def advance(self, n: int) -> PopulationProgress:
        progress = super().advance(n)
        self.now += len(progress.losses) * 0.001
        return progress


def test_without_a_record_little_is_trained_again_and_undo_lands_close_by() -> None:
    trainer = Counting(ENDLESS)
    diverged = threading.Event()

    def on_progress(progress: PopulationProgress) -> None:
        if math.isnan(progress.losses[-1, 0]):
            diverged.set()

    session = Session(ENDLESS, make_trainer=lambda _: trainer, on_progress=on_progress, clock=lambda: trainer.now)
    with on_a_thread(session):
        assert diverged.wait(PATIENCE)
        assert session.when_idle(PATIENCE)
        assert session.frame.state is State.PAUSED
        assert session.frame.trained == 20_001
        assert session.frame.warning.startswith("the loss is nan in window 1 of epoch 2001")
        assert sum(trainer.calls) <= 20_001 + 200
        session.send(Undo())
        assert session.when_idle(PATIENCE)
        assert 18_900 <= session.frame.loss_stats.windows <= 20_000


def test_fields_applied_while_a_network_compiles_all_count_and_a_preset_is_one_undo() -> None:
    compiling, go_on = threading.Event(), threading.Event()

    class Slow(ScriptedTrainer):
        def compile(self) -> None:
            if self.config.state_size == 8:
                compiling.set()
                assert go_on.wait(PATIENCE)

    session = Session(ENDLESS, make_trainer=Slow)
    session.send(Pause())
    with running(session):
        then(session, 12)
        session.send(Edit({"state_size": 8}))
        assert compiling.wait(PATIENCE)
        session.send(Edit({"batch_size": 3}))
        session.send(Edit({"learning_rate": 0.1}))
        go_on.set()
        frame = then(session, 7)
        all_three = replace(ENDLESS, state_size=8, batch_size=3, learning_rate=0.1)
        assert frame.config == session.config == all_three
        assert frame.undoable == 3
        session.send(StartOver({"learning_rate": 0.2, "init": "glorot"}))
        frame = then(session, 3)
        edited = replace(all_three, learning_rate=0.2, init="glorot")
        assert (frame.config, frame.undoable, frame.loss_stats.windows) == (edited, 4, 3)
        frame = then(session, "undo")
        assert (frame.config, frame.loss_stats.windows) == (
            replace(ENDLESS, state_size=8, batch_size=3, learning_rate=0.1),
            7,
        )


def test_an_undo_that_leads_into_the_past_is_looked_at_and_one_to_an_end_goes_on() -> None:
    with playing() as session:
        then(session, 60)
        session.send(Go(0, 20))
        then(session, 30)
        session.send(Resume())
        frame = then(session, "undo")
        assert (frame.state, frame.is_past, frame.branch, frame.trained) == (State.PAUSED, True, 0, 20)
        assert then(session, "undo").branch == 0, "it is still what was undone: nothing was trained there again"
        assert len(session.timeline) == 2


def test_where_one_looks_is_saved_without_being_asked_for(tmp_path: Path) -> None:
    recorder = RunRecorder.begin(tmp_path / "run", ENDLESS)
    with playing(recorder=recorder) as session:
        then(session, 60, "save")
        session.send(Go(0, 20))
        then(session)
        assert session.when_idle(PATIENCE)
        assert recorder.seconds_to_save() is not None, "it is due"
    assert read(tmp_path / "run").position == (0, 20)
