"""Session: commands in, frames out, with a scripted trainer and a clock that the test controls."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn.config import ConfigError, EchoConfig
from echornn.progress import PopulationProgress
from echornn.replay.replayed_run import TAPE_WINDOWS
from echornn.runs.recorder import Recorder
from echornn.runs.run_recorder import RunRecorder
from echornn.session import commands
from echornn.session.drive import Start
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.queries import Query
from echornn.session.session import Session
from tests.on_a_thread import on_a_thread, running
from tests.patience import PATIENCE
from tests.recorded import record_branches
from tests.scripted import SMALL, ScriptedTrainer
from tests.steps import command, refusal

ENDLESS = replace(SMALL, num_epochs=10**9)


class Stage:
    """A session on a separate thread, and the trainer that it made."""

    def __init__(self, config: EchoConfig, speed: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.trainer = ScriptedTrainer(config)
        self._changed = threading.Condition()
        self.progress: list[PopulationProgress] = []
        self.session = Session(
            config, speed, make_trainer=lambda _: self.trainer, on_progress=self._on_progress, clock=clock
        )

    def _on_progress(self, progress: PopulationProgress) -> None:
        with self._changed:
            self.progress.append(progress)
            self._changed.notify_all()

    def obeyed(self) -> None:
        """Wait until all commands so far were carried out and shown."""
        assert self.session.when_idle(PATIENCE)

    def until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE)

    @property
    def windows(self) -> int:
        return sum(self.trainer.calls)


@contextmanager
def on_stage(
    config: EchoConfig = SMALL,
    speed: float = math.inf,
    paused: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Stage]:
    stage = Stage(config, speed, clock)
    if paused:
        stage.session.send(commands.Pause())
    with on_a_thread(stage.session):
        yield stage


@contextmanager
def playing(session: Session) -> Iterator[None]:
    """Run the session on a separate thread, paused."""
    session.send(commands.Pause())
    with on_a_thread(session):
        yield


def after(session: Session, command: commands.Command) -> Frame:
    """The frame after a command, and after the windows that the command requests."""
    session.send(command)
    assert session.when_idle(PATIENCE)
    return session.frame


def test_it_loads_before_the_trainer_is_made() -> None:
    session = Session(SMALL, 100.0, make_trainer=ScriptedTrainer)
    frame = session.frame
    assert (frame.state, frame.message, frame.epoch, frame.window) == (State.LOADING, "loading TensorFlow", 1, 0)
    assert math.isnan(frame.loss)


def test_full_speed_trains_every_epoch_and_finishes() -> None:
    with on_stage() as stage:
        stage.until(lambda: stage.windows == 30)
        stage.obeyed()
        frame = stage.session.frame
        assert stage.trainer.compiled
        assert (frame.state, frame.epoch, frame.window, frame.trained) == (State.FINISHED, 3, 10, 30)
        assert frame.rate == 0
        np.testing.assert_allclose(
            stage.session.look(Query(columns=100)).curve.high,
            np.concatenate([one.losses[:, 0] for one in stage.progress]),
        )


def test_paused_before_it_starts_it_trains_nothing() -> None:
    with on_stage(paused=True) as stage:
        stage.obeyed()
        assert stage.session.frame.state is State.PAUSED
        assert stage.trainer.calls == []


def test_a_step_trains_one_window_and_pauses() -> None:
    with on_stage(ENDLESS) as stage:
        stage.session.send(commands.Pause())
        stage.obeyed()
        before = stage.windows
        stage.session.send(commands.Step())
        stage.until(lambda: stage.windows == before + 1)
        stage.session.send(commands.Step(3))
        stage.until(lambda: stage.windows == before + 4)
        stage.obeyed()
        assert stage.session.frame.state is State.PAUSED
        assert stage.windows == before + 4


def test_to_the_end_of_the_epoch() -> None:
    with on_stage(ENDLESS, paused=True) as stage:
        stage.session.send(commands.Step(3))
        stage.session.send(commands.FinishEpoch())
        stage.until(lambda: stage.windows == 10)
        stage.obeyed()
        frame = stage.session.frame
        assert (frame.state, frame.epoch, frame.window) == (State.PAUSED, 1, 10)
        stage.session.send(commands.FinishEpoch())
        stage.until(lambda: stage.windows == 20)
        stage.obeyed()
        assert (stage.session.frame.epoch, stage.session.frame.window) == (2, 10)


@pytest.mark.parametrize("keys", list(product(["toggle", "move", "undo"], repeat=3)))
def test_it_starts_as_was_said_while_it_loaded(keys: tuple[str, ...]) -> None:
    session = Session(ENDLESS, speed=0.01, make_trainer=ScriptedTrainer)
    press(session, *keys)
    said = session.frame.start
    assert session.frame.answered == 0
    with running(session):
        assert (session.frame.state is State.RUNNING) == said.running
        assert session.frame.answered == len(keys)


@pytest.mark.parametrize("change", ["reset", "diverges"])
@pytest.mark.parametrize("keys", [("undo", "toggle"), ("toggle",), ("toggle", "undo"), ("undo", "move", "toggle")])
def test_a_run_that_goes_on_starts_as_was_said_while_it_loaded(
    change: str, keys: tuple[str, ...], tmp_path: Path
) -> None:
    """A run pauses by itself before a change that an undo leads to, and where its loss has diverged."""

    def trainer(config: EchoConfig) -> ScriptedTrainer:
        made = ScriptedTrainer(config)
        made.diverges_at = 4 if change == "diverges" else None
        return made

    steps = (4, "reset", 3) if change == "reset" else (4, 1)
    record_branches(tmp_path / "run", *steps, config=ENDLESS, make_trainer=trainer)
    recorder = RunRecorder.go_on(tmp_path / "run")
    session = Session(ENDLESS, speed=0.01, make_trainer=trainer, recorder=recorder)
    press(session, *keys)
    said = session.frame.start
    with running(session):
        assert (session.frame.state is State.RUNNING) == said.running


def press(session: Session, *keys: str) -> None:
    for key in keys:
        session.send(commands.Move(-1) if key == "move" else command(key))


def test_toggled_while_it_loads_it_is_known_how_it_will_start() -> None:
    session = Session(SMALL, make_trainer=ScriptedTrainer)
    loading = session.frame
    assert (loading.start, session.frame) == (Start(), loading), "nothing has changed"
    session.send(commands.Toggle())
    assert session.frame.start == Start(running=False)
    session.send(commands.FinishEpoch())
    assert session.frame.start == Start(running=False, windows=1, to_the_end=True)
    session.send(commands.Toggle())
    session.send(commands.Step(3))
    assert session.frame.start == Start(running=False, windows=3)
    session.send(commands.Resume())
    assert session.frame.start == Start()
    session.send(commands.SetSpeed(20))
    assert session.frame.speed == 20
    session.send(commands.Toggle())
    with running(session):
        assert (session.frame.state, session.frame.trained) == (State.PAUSED, 0)


def test_toggle_goes_back_and_forth() -> None:
    with on_stage(ENDLESS) as stage:
        stage.session.send(commands.Toggle())
        stage.obeyed()
        paused = stage.session.frame
        stage.session.send(commands.Toggle())
        stage.until(lambda: stage.windows > paused.trained)
        assert (paused.state, stage.session.frame.state) == (State.PAUSED, State.RUNNING)


def test_reset_starts_over_and_marks_the_curve() -> None:
    with on_stage(paused=True) as stage:
        stage.session.send(commands.Step(12))
        stage.until(lambda: stage.windows == 12)
        stage.session.send(commands.Reset())
        stage.obeyed()
        frame = stage.session.frame
        assert (frame.state, frame.epoch, frame.window, frame.trained) == (State.PAUSED, 1, 0, 0)
        assert (frame.trained_in_all, frame.branch) == (12, 1)
        assert frame.progress is None, "rows of the old weights would be a lie"
        stage.session.send(commands.Step())
        stage.until(lambda: stage.windows == 13)
        stage.obeyed()
        marks = [(segment.at, segment.cause) for segment in stage.session.look(Query(columns=50)).curve.segments]
        assert marks == [(0, "reset")], "it grows over the curve before it, from the left"
        marks = [(segment.at, segment.cause) for segment in stage.session.timeline.curve(0, 50).segments]
        assert marks == [(0, "start")]


def test_redraw_takes_the_next_random_start_and_reset_keeps_it() -> None:
    with on_stage(paused=True) as stage:
        stage.session.send(commands.Redraw())
        stage.session.send(commands.Redraw())
        stage.session.send(commands.Reset())
        stage.obeyed()
        assert stage.session.frame.init_index == 2


def test_regenerate_starts_the_epoch_again() -> None:
    with on_stage(paused=True) as stage:
        stage.session.send(commands.Step(14))
        stage.until(lambda: stage.windows == 14)
        stage.session.send(commands.Regenerate())
        stage.obeyed()
        frame = stage.session.frame
        assert (frame.data_version, frame.epoch, frame.window, frame.progress) == (1, 2, 0, None)


def test_a_finished_run_can_be_reset_and_runs_again() -> None:
    with on_stage() as stage:
        stage.until(lambda: stage.windows == 30)
        stage.session.send(commands.Step())
        stage.session.send(commands.FinishEpoch())
        stage.obeyed()
        assert stage.session.frame.state is State.FINISHED
        assert stage.windows == 30
        stage.session.send(commands.Resume())
        stage.session.send(commands.Reset())
        stage.until(lambda: stage.windows == 60)
        stage.obeyed()
        assert stage.session.frame.state is State.FINISHED
        assert stage.session.timeline.trained == 60


def test_speed_is_shown_and_refused_where_it_cannot_be() -> None:
    with on_stage(ENDLESS, paused=True) as stage:
        stage.session.send(commands.SetSpeed(50.0))
        stage.obeyed()
        assert stage.session.frame.speed == 50.0
        for bad in (0.0, -1.0, math.nan):
            with pytest.raises(ValueError, match="speed"):
                stage.session.send(commands.SetSpeed(bad))


def test_a_failure_is_a_state_that_keeps_curve_and_rows() -> None:
    stage = Stage(SMALL, math.inf)
    stage.trainer.fails_at = 5
    stage.session.send(commands.Step(4))
    stage.session.send(commands.Resume())
    stage.session.send(commands.Pause())
    stage.session.send(commands.Step(4))
    stage.session.send(commands.Step(20))
    stage.session.run()
    frame = stage.session.frame
    assert frame.state is State.FAILED
    assert frame.message == "RuntimeError: the script says: out of memory"
    assert stage.session.stopped.is_set()
    assert isinstance(stage.session.error, RuntimeError)


def test_a_failure_keeps_the_last_rows() -> None:
    with on_stage(paused=True) as stage:
        stage.trainer.fails_at = 2
        stage.session.send(commands.Step())
        stage.until(lambda: stage.windows == 1)
        stage.session.send(commands.Step())
        stage.until(lambda: stage.windows == 2)
        stage.session.send(commands.Step())
        assert stage.session.stopped.wait(PATIENCE)
        frame = stage.session.frame
        assert (frame.state, frame.window, frame.trained) == (State.FAILED, 2, 2)
        assert frame.progress is not None
        assert stage.session.look(Query(columns=10)).curve.last == 2


def test_a_trainer_that_cannot_be_made_is_a_failure() -> None:
    def refuse(_: EchoConfig) -> ScriptedTrainer:
        raise ConfigError("device", "gpu", "TensorFlow sees no GPU here; use cpu or auto")

    session = Session(SMALL, make_trainer=refuse)
    session.run()
    assert session.frame.state is State.FAILED
    assert "device = 'gpu'" in session.frame.message
    assert isinstance(session.error, ConfigError)


def test_stop_wakes_a_session_that_waits() -> None:
    with on_stage(paused=True) as stage:
        stage.obeyed()
    assert stage.session.stopped.is_set()


def test_stopped_while_it_loads_it_ends_in_order_also_where_something_is_to_be_read() -> None:
    def make(config: EchoConfig) -> ScriptedTrainer:
        session.stop()
        return ScriptedTrainer(config)

    session = Session(ENDLESS, make_trainer=make, vitals=True)
    session.run()
    assert session.error is None
    assert session.frame.state is State.LOADING


def test_stopped_before_it_runs_it_makes_nothing() -> None:
    stage = Stage(SMALL, math.inf)
    stage.session.stop()
    stage.session.run()
    assert not stage.trainer.compiled
    assert stage.trainer.calls == []


def test_the_same_frame_is_the_same_object() -> None:
    with on_stage(paused=True) as stage:
        stage.obeyed()
        assert stage.session.frame is stage.session.frame


def trained_then(stage: Stage, windows: int) -> None:
    """Train ``windows`` windows one by one, and pause."""
    goal = stage.windows + windows
    stage.session.send(commands.Step(windows))
    stage.until(lambda: stage.windows == goal)
    stage.obeyed()


def anew(frame: Frame) -> tuple[int, int]:
    return frame.data_version, frame.init_index


@pytest.mark.parametrize(
    "command", [commands.Reset(), commands.Redraw(), commands.Regenerate(), commands.Edit({"echo_step": 5})]
)
def test_every_command_that_destroys_something_can_be_undone(command: commands.Command) -> None:
    with on_stage(paused=True) as stage:
        trained_then(stage, 12)
        before, state = stage.session.frame, stage.trainer.state
        stage.session.send(command)
        stage.obeyed()
        changed = stage.session.frame
        assert (changed.undoable, changed.progress, changed.tape) == (1, None, ())
        trained_then(stage, 3)
        stage.session.send(commands.Undo())
        stage.obeyed()
        frame, back = stage.session.frame, stage.trainer.state
        for name in ("config", "epoch", "window", "data_version", "init_index"):
            assert getattr(back, name) == getattr(state, name)
        assert stage.trainer.trained == 12
        for name in ("config", "epoch", "window", "init_index", "data_version", "trained", "line", "branch", "is_past"):
            assert getattr(frame, name) == getattr(before, name), name
        assert frame.progress is not None
        assert before.progress is not None
        np.testing.assert_array_equal(frame.progress.x, before.progress.x)
        np.testing.assert_array_equal(frame.loss_stats.recent, before.loss_stats.recent)
        assert (frame.undoable, frame.redoable, frame.trained_in_all) == (0, True, 15)
        trained_then(stage, 1)
        assert (stage.session.frame.branch, stage.session.frame.trained) == (0, 13), "it goes on with the branch"
        stage.session.send(commands.Redo())
        stage.obeyed()
        forth = stage.session.frame
        assert (forth.branch, forth.config, forth.data_version, forth.init_index) == (1, changed.config, *anew(changed))
        assert (forth.undoable, forth.redoable) == (1, False)


def test_undo_goes_back_one_command_at_a_time_and_then_no_further() -> None:
    with on_stage(paused=True) as stage:
        for trained in (2, 4, 6):
            trained_then(stage, trained)
            stage.session.send(commands.Redraw())
            stage.obeyed()
        stage.session.send(commands.Undo())
        stage.obeyed()
        assert (stage.session.frame.init_index, stage.session.frame.undoable) == (2, 2)
        for _ in range(5):
            stage.session.send(commands.Undo())
        stage.obeyed()
        assert (stage.session.frame.init_index, stage.session.frame.undoable) == (0, 0)


def test_new_data_many_times_in_a_moment_is_one_undo() -> None:
    with on_stage(paused=True) as stage:
        for _ in range(15 + 5):
            stage.session.send(commands.Regenerate())
        stage.obeyed()
        assert (stage.session.frame.data_version, stage.session.frame.undoable) == (20, 1)


@pytest.mark.parametrize("begin_anew", [commands.Reset(), commands.Redraw()])
def test_a_key_held_down_does_not_push_the_trained_weights_out_of_the_past(begin_anew: commands.Command) -> None:
    with on_stage(paused=True) as stage:
        trained_then(stage, 12)
        for _ in range(15 + 5):
            stage.session.send(begin_anew)
        stage.session.send(commands.Undo())
        stage.obeyed()
        frame = stage.session.frame
        assert (frame.epoch, frame.window, frame.init_index, frame.undoable) == (2, 2, 0, 0)
        assert frame.loss_stats.windows == 12


def test_nor_does_a_key_held_down_while_it_runs() -> None:
    now, pressed, released = [0.0], threading.Event(), threading.Event()
    repeats = iter([5.0, *[0.033] * (15 + 5)])

    def on_progress(_: PopulationProgress) -> None:
        """Repeat the key with each slice of windows; then undo."""
        if not pressed.is_set():
            return
        if (seconds := next(repeats, None)) is not None:
            now[0] += seconds
            session.send(commands.Redraw())
        else:
            session.send(commands.Pause())
            session.send(commands.Undo())
            released.set()

    session = Session(ENDLESS, 1000.0, make_trainer=ScriptedTrainer, on_progress=on_progress, clock=lambda: now[0])
    with playing(session):
        after(session, commands.Step(500))
        pressed.set()
        session.send(commands.Resume())
        assert released.wait(PATIENCE)
        frame = after(session, commands.Pause())
    assert (frame.init_index, frame.undoable, frame.loss_stats.windows) == (0, 0, 501)


def test_a_live_edit_goes_on_where_it_was() -> None:
    with on_stage(paused=True) as stage:
        trained_then(stage, 12)
        stage.session.send(commands.Edit({"learning_rate": 0.1, "num_epochs": 4}))
        stage.obeyed()
        frame = stage.session.frame
        assert (frame.config.learning_rate, frame.epoch, frame.window, frame.trained) == (0.1, 2, 2, 12)
        assert stage.trainer.config == stage.session.config == frame.config
        assert stage.session.look(Query(columns=50)).curve.segments[-1].epoch_and_window(12) == (1, 2)


def test_a_structural_edit_makes_another_trainer_and_keeps_the_curve() -> None:
    trainers: list[ScriptedTrainer] = []

    def make(config: EchoConfig) -> ScriptedTrainer:
        if config.device == "gpu":
            raise ConfigError("device", "gpu", "TensorFlow sees no GPU here; use cpu or auto")
        if config.state_size == 666:
            raise MemoryError("too large")
        trainers.append(ScriptedTrainer(config))
        return trainers[-1]

    session = Session(SMALL, make_trainer=make)
    shown: list[tuple[str, int]] = []
    with playing(session):
        changes: list[dict[str, Any]] = [{"state_size": 8}, {"device": "gpu"}, {"state_size": 666}]
        for change in changes:
            after(session, commands.Step(12))
            after(session, commands.Edit(change))
            shown.append((refusal(session.frame), session.config.state_size))
        after(session, commands.Undo())
        frame = after(session, commands.Step(1))
        shown.append((refusal(frame), frame.config.state_size))
    assert session.error is None
    assert shown == [
        ("", 8),
        ("device = 'gpu' cannot be used: TensorFlow sees no GPU here; use cpu or auto", 8),
        ("MemoryError: too large", 8),
        ("", 4),
    ]
    assert [trainer.config.state_size for trainer in trainers] == [4, 8, 4]
    assert [branch.cause for branch in map(session.timeline.branch, range(len(session.timeline)))] == ["start", "edit"]
    assert [session.timeline.windows_of(number) for number in (0, 1)] == [13, 24]


def test_an_edit_that_changes_nothing_marks_nothing() -> None:
    with on_stage(paused=True) as stage:
        stage.session.send(commands.Edit({"learning_rate": SMALL.learning_rate}))
        stage.obeyed()
        assert stage.session.frame.undoable == 0
        assert len(stage.session.look(Query(columns=5)).curve.segments) == 1


def test_a_live_edit_that_the_trainer_refuses_says_why() -> None:
    with on_stage(paused=True) as stage:
        trained_then(stage, 12)
        stage.session.send(commands.Edit({"num_epochs": 1}))
        stage.obeyed()
        frame = stage.session.frame
        assert refusal(frame) == "num_epochs = 1 cannot be used: at least 2, as trained"
        assert (frame.config, frame.undoable, frame.progress is None) == (SMALL, 0, False)


def test_undo_of_an_edit_works_beyond_the_epochs_that_it_goes_back_to() -> None:
    with on_stage(replace(SMALL, num_epochs=2), paused=True) as stage:
        trained_then(stage, 5)
        stage.session.send(commands.Edit({"num_epochs": 9}))
        stage.obeyed()
        trained_then(stage, 60)
        stage.session.send(commands.Undo())
        stage.obeyed()
        assert (stage.session.frame.config.num_epochs, stage.session.frame.window) == (2, 5)


def test_slow_enough_to_watch_every_window_comes_on_the_tape() -> None:
    with on_stage(ENDLESS, speed=100.0) as stage:
        stage.until(lambda: stage.windows >= 5)
        stage.session.send(commands.Pause())
        stage.obeyed()
        frame = stage.session.frame
        assert frame.progress is not None
        numbers = [one.epoch * 10 + one.window for one in (*frame.tape, frame.progress)]
        assert numbers == list(range(stage.windows))[-len(numbers) :]
        assert set(stage.trainer.calls) == {1}


def test_the_tape_is_bounded_and_evidence_counts_on() -> None:
    with on_stage(ENDLESS) as stage:
        stage.until(lambda: len(stage.progress) > 2 * TAPE_WINDOWS)
        stage.session.send(commands.Pause())
        stage.obeyed()
        assert len(stage.session.frame.tape) == TAPE_WINDOWS
        assert stage.session.frame.loss_stats.windows == stage.windows


@pytest.mark.parametrize("changes", [{"learning_rate": 0.1}, {"state_size": 8}])
def test_an_edit_told_to_start_over_does_and_is_one_undo(changes: dict[str, Any]) -> None:
    session = Session(SMALL, make_trainer=ScriptedTrainer)
    edited = replace(SMALL, **changes)
    with playing(session):
        after(session, commands.Step(12))
        frame = after(session, commands.StartOver(changes))
        assert (frame.config, frame.epoch, frame.window, frame.undoable) == (edited, 1, 0, 1)
        after(session, commands.Step(1))
        frame = after(session, commands.Undo())
        assert (frame.config, frame.epoch, frame.window, frame.undoable) == (SMALL, 2, 2, 0)
    assert [one.cause for one in session.timeline.curve(1, 5).segments] == ["preset"]


class Costly(ScriptedTrainer):
    """A trainer that takes 1 ms per window, and 0.5 s with a state of 8, by its own clock."""

    now = 0.0

    def __init__(self, config: EchoConfig, begins: Callable[[], None]) -> None:
        super().__init__(config)
        self._begins = begins
        self.seconds = 0.5 if config.state_size == 8 else 0.001

    def advance(self, n: int) -> PopulationProgress:
        self._begins()
        progress = super().advance(n)
        Costly.now += len(progress.losses) * self.seconds
        return progress


@pytest.mark.parametrize("speed", [math.inf, 100.0])
@pytest.mark.parametrize("command", [commands.Resume(), commands.FinishEpoch()])
@pytest.mark.parametrize("diverges_at", [None, 700])
def test_a_command_is_obeyed_soon_whatever_was_edited_before(
    speed: float, command: commands.Command, diverges_at: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainers: list[Costly] = []
    waited: list[float] = []
    edited: list[int] = []

    def make(config: EchoConfig) -> Costly:
        trainers.append(Costly(config, begins))
        trainers[-1].diverges_at = diverges_at
        return trainers[-1]

    def begins() -> None:
        """Send a command at the worst time: as a slice of windows begins."""
        asked = Costly.now
        session._loop.mailbox.notify(lambda: waited.append(Costly.now - asked - trainers[-1].seconds))
        if len(waited) == 200 and not edited:
            edit()
        if edited and len(waited) > edited[0] + 10:
            session.stop()

    def edit() -> None:
        edited.append(len(waited))
        session.send(commands.Edit({"state_size": 8}))
        session.send(command)

    def wait(seconds: float | None) -> None:
        if seconds is not None:
            Costly.now += seconds
        elif edited:
            session.stop()
        else:
            edit()

    config = replace(SMALL, total_series_length=10**6, num_epochs=10**6)
    session = Session(config, speed, make_trainer=make, clock=lambda: Costly.now)
    monkeypatch.setattr(session._loop.mailbox._changed, "wait", wait)
    session.send(command)
    session.run()
    assert session.error is None
    assert edited
    assert len(waited) > edited[0]
    assert max(waited) <= 0.1


class Torn(Recorder):
    """A recorder that cannot be ended."""

    def close(self) -> None:
        raise ZeroDivisionError("torn")


def test_it_is_told_that_the_session_has_stopped_also_where_its_record_fails_at_the_end() -> None:
    session = Session(SMALL, make_trainer=ScriptedTrainer, recorder=Torn())
    session.stop()
    session.run()
    assert session.stopped.is_set()
    assert isinstance(session.error, ZeroDivisionError)
    assert (session.frame.state, session.frame.message) == (State.FAILED, "ZeroDivisionError: torn")
