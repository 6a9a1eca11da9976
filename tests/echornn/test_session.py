"""Session: commands in, frames out, with a scripted trainer and a clock that the test turns."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from echornn.config import ConfigError, EchoConfig
from echornn.frame import State
from echornn.progress import Progress
from echornn.session import Session
from tests.scripted import SMALL, ScriptedTrainer

ENDLESS = replace(SMALL, num_epochs=10**9)


class Stage:
    """A session on a thread of its own, and the trainer that it made."""

    def __init__(self, config: EchoConfig, speed: float) -> None:
        self.trainer = ScriptedTrainer(config)
        self._changed = threading.Condition()
        self.progress: list[Progress] = []
        self.session = Session(config, speed, make_trainer=lambda _: self.trainer, on_progress=self._on_progress)

    def _on_progress(self, progress: Progress) -> None:
        with self._changed:
            self.progress.append(progress)
            self._changed.notify_all()

    def obeyed(self) -> None:
        """Return when all commands given so far were carried out and shown."""
        done = threading.Event()
        self.session._send(done.set)
        again = threading.Event()
        assert done.wait(10)
        self.session._send(again.set)
        assert again.wait(10)

    def until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, 10)

    @property
    def windows(self) -> int:
        return sum(self.trainer.calls)


@contextmanager
def on_stage(config: EchoConfig = SMALL, speed: float = math.inf, paused: bool = False) -> Iterator[Stage]:
    stage = Stage(config, speed)
    if paused:
        stage.session.pause()
    thread = threading.Thread(target=stage.session.run)
    thread.start()
    try:
        yield stage
    finally:
        stage.session.stop()
        thread.join(10)
        assert not thread.is_alive()
        assert stage.session.stopped.is_set()


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
            stage.session.curve(100).high, np.concatenate([one.losses for one in stage.progress])
        )


def test_paused_before_it_starts_it_trains_nothing() -> None:
    with on_stage(paused=True) as stage:
        stage.obeyed()
        assert stage.session.frame.state is State.PAUSED
        assert stage.trainer.calls == []


def test_a_step_trains_one_window_and_pauses() -> None:
    with on_stage(ENDLESS) as stage:
        stage.session.pause()
        stage.obeyed()
        before = stage.windows
        stage.session.step()
        stage.until(lambda: stage.windows == before + 1)
        stage.session.step(3)
        stage.until(lambda: stage.windows == before + 4)
        stage.obeyed()
        assert stage.session.frame.state is State.PAUSED
        assert stage.windows == before + 4


def test_to_the_end_of_the_epoch() -> None:
    with on_stage(ENDLESS, paused=True) as stage:
        stage.session.step(3)
        stage.session.finish_epoch()
        stage.until(lambda: stage.windows == 10)
        stage.obeyed()
        frame = stage.session.frame
        assert (frame.state, frame.epoch, frame.window) == (State.PAUSED, 1, 10)
        stage.session.finish_epoch()
        stage.until(lambda: stage.windows == 20)
        stage.obeyed()
        assert (stage.session.frame.epoch, stage.session.frame.window) == (2, 10)


def test_toggle_goes_back_and_forth() -> None:
    with on_stage(ENDLESS) as stage:
        stage.session.toggle()
        stage.obeyed()
        assert stage.session.frame.state is State.PAUSED
        trained = stage.windows
        stage.session.toggle()
        stage.until(lambda: stage.windows > trained)
        assert stage.session.frame.state is State.RUNNING


def test_reset_starts_over_and_marks_the_curve() -> None:
    with on_stage(paused=True) as stage:
        stage.session.step(12)
        stage.until(lambda: stage.windows == 12)
        stage.session.reset()
        stage.obeyed()
        frame = stage.session.frame
        assert (frame.state, frame.epoch, frame.window, frame.trained) == (State.PAUSED, 1, 0, 12)
        assert frame.progress is None, "rows of the old weights would be a lie"
        stage.session.step()
        stage.until(lambda: stage.windows == 13)
        stage.obeyed()
        marks = [(segment.at, segment.cause) for segment in stage.session.curve(50).segments]
        assert marks == [(0, "start"), (12, "reset")]


def test_redraw_takes_the_next_random_start_and_reset_keeps_it() -> None:
    with on_stage(paused=True) as stage:
        stage.session.redraw()
        stage.session.redraw()
        stage.session.reset()
        stage.obeyed()
        assert stage.session.frame.draw == 2


def test_regenerate_starts_the_epoch_again() -> None:
    with on_stage(paused=True) as stage:
        stage.session.step(14)
        stage.until(lambda: stage.windows == 14)
        stage.session.regenerate()
        stage.obeyed()
        frame = stage.session.frame
        assert (frame.generation, frame.epoch, frame.window, frame.progress) == (1, 2, 0, None)


def test_a_finished_run_can_be_reset_and_runs_again() -> None:
    with on_stage() as stage:
        stage.until(lambda: stage.windows == 30)
        stage.session.step()
        stage.session.finish_epoch()
        stage.obeyed()
        assert stage.session.frame.state is State.FINISHED
        assert stage.windows == 30
        stage.session.resume()
        stage.session.reset()
        stage.until(lambda: stage.windows == 60)
        stage.obeyed()
        assert stage.session.frame.state is State.FINISHED
        assert len(stage.session.history) == 60


def test_speed_is_shown_and_refused_where_it_cannot_be() -> None:
    with on_stage(ENDLESS, paused=True) as stage:
        stage.session.set_speed(50.0)
        assert stage.session.speed == 50.0
        stage.obeyed()
        assert stage.session.frame.speed == 50.0
        for bad in (0.0, -1.0, math.nan):
            with pytest.raises(ValueError, match="speed"):
                stage.session.set_speed(bad)


def test_a_failure_is_a_state_that_keeps_curve_and_rows() -> None:
    stage = Stage(SMALL, math.inf)
    stage.trainer.fails_at = 5
    stage.session.step(4)
    stage.session.resume()
    stage.session.pause()
    stage.session.step(4)
    stage.session.step(20)
    stage.session.run()
    frame = stage.session.frame
    assert frame.state is State.FAILED
    assert frame.message == "RuntimeError: the script says: out of memory"
    assert stage.session.stopped.is_set()
    assert isinstance(stage.session.error, RuntimeError)


def test_a_failure_keeps_the_last_rows() -> None:
    with on_stage(paused=True) as stage:
        stage.trainer.fails_at = 2
        stage.session.step()
        stage.until(lambda: stage.windows == 1)
        stage.session.step()
        stage.until(lambda: stage.windows == 2)
        stage.session.step()
        assert stage.session.stopped.wait(10)
        frame = stage.session.frame
        assert (frame.state, frame.window, frame.trained) == (State.FAILED, 2, 2)
        assert frame.progress is not None
        assert stage.session.curve(10).last == 2


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
