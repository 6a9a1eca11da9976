"""Random stories of training, changes, going back, kills and resumes, compared with a model that keeps every state."""

from __future__ import annotations

import math
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.population_state import PopulationState
from echornn.replay.pace import Pace
from echornn.runs.run_recorder import RunRecorder
from echornn.session.live_run import LiveRun
from echornn.timeline.branch import Position
from tests.examples import examples
from tests.hashed import HashTrainer
from tests.patience import PATIENCE

TINY = EchoConfig(
    num_epochs=10**6, total_series_length=100, truncated_backprop_length=10, batch_size=2, learning_rate=0.1
)
"""Five windows per epoch."""


@dataclass
class Model:
    """Keeps the state after every window of every branch, and the losses before it."""

    states: dict[Position, tuple[Any, ...]] = field(default_factory=dict)
    losses: dict[Position, list[float]] = field(default_factory=dict)

    def note(self, live: LiveRun, losses: list[float]) -> None:
        self.states[owned(live)] = essence(live.trainer.state)
        self.losses[owned(live)] = losses


def owned(live: LiveRun) -> Position:
    """The position of the run, as a position in the branch that trained that window."""
    return Position(live.owner.number, live.here.window)


def essence(state: PopulationState) -> tuple[Any, ...]:
    return (state.config, state.epoch, state.window, state.data_version, state.init_index, int(state.optimizer[1][0]))


class Story:
    """A run, and a model that takes the same steps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "run"
        self.now = 0.0
        self.model = Model()
        self.recorder = RunRecorder.begin(self.folder, TINY)
        self.live = self._alive(TINY)
        self.model.note(self.live, [])
        self.undone: list[Position] = []

    def _alive(self, config: EchoConfig) -> LiveRun:
        live = LiveRun(config, HashTrainer, self.recorder, Pace(math.inf, self.clock), self.clock)
        live.take_up()
        live.load()
        live.begin()
        return live

    def clock(self) -> float:
        self.now += 0.01
        return self.now

    def losses_here(self) -> list[float]:
        """The losses of the model; the run's own for windows that the model did not see."""
        losses = self.live.timeline.losses(self.live.here, 0)
        assert losses is not None
        return list(self.model.losses.get(owned(self.live), losses.tolist()))

    def train(self, windows: int) -> None:
        losses = self.losses_here()
        for _ in range(windows):
            losses = [*losses, float(self.live.train(1).losses[0, 0])]
            self.model.note(self.live, losses)

    def train_together(self, windows: int) -> None:
        losses = self.losses_here()
        progress = self.live.train(windows)
        self.model.note(self.live, [*losses, *progress.losses[:, 0].tolist()])

    def change(self, what: str) -> None:
        live, losses = self.live, self.losses_here()
        self.now += 10
        match what:
            case "reset":
                live.reset()
            case "redraw":
                live.reset(1)
            case "regenerate":
                live.regenerate()
            case "rate":
                live.edit(replace(live.config, learning_rate=live.config.learning_rate * 1.5))
            case "echo":
                live.edit(replace(live.config, echo_step=live.config.echo_step + 1))
            case "size":
                live.edit(replace(live.config, state_size=live.config.state_size + 1))
            case "preset":
                live.edit(replace(live.config, learning_rate=0.2), anew=True)
        branch = live.timeline.branch(live.here.branch)
        self.model.note(live, [] if branch.starts_over else losses)

    def go(self, position: Position) -> None:
        self.live.go(position)
        while not self.live.arrived:
            self.live.step(7)

    def come_back_from_the_dead(self) -> None:
        self.live.save()
        assert self.recorder.wait(PATIENCE)
        position = self.live.here
        self.recorder.close()
        copy = self.folder.with_name("copy")
        shutil.rmtree(copy, ignore_errors=True)
        self.recorder = RunRecorder.go_on(self.folder)
        assert self.recorder.resumed is not None
        self.live = self._alive(self.recorder.resumed.config)
        assert self.live.here == position

    def check(self) -> None:
        live, here = self.live, self.live.here
        assert live.arrived
        known = self.model.states.get(owned(live))
        if known is not None:
            assert essence(live.trainer.state) == known
        losses = self.model.losses.get(owned(live))
        if losses is not None:
            kept = live.timeline.losses(here, 0)
            assert kept is not None
            assert np.array_equal(kept, np.array(losses, np.float32))
            recent = live.timeline.loss_stats(here).recent
            assert np.array_equal(recent, np.array(losses[len(losses) - len(recent) :], np.float32))
            if live.shown:
                assert live.shown[-1].losses[-1] == np.float32(losses[-1])
        assert live.config == live.trainer.state.config == live.owner.config


CHANGES = ["reset", "redraw", "regenerate", "rate", "echo", "size", "preset"]

steps = st.one_of(
    st.tuples(st.just("train"), st.integers(1, 12)),
    st.tuples(st.just("together"), st.integers(1, 60)),
    st.tuples(st.just("change"), st.sampled_from(CHANGES)),
    st.tuples(st.just("go"), st.tuples(st.integers(0, 100), st.integers(0, 200))),
    st.tuples(st.just("undo"), st.none()),
    st.tuples(st.just("redo"), st.none()),
    st.tuples(st.just("die"), st.none()),
)


@examples(60)
@given(st.lists(steps, max_size=25))
def test_every_moment_of_every_story_comes_back_bit_for_bit(story: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        told = Story(Path(folder))
        try:
            tell(told, story)
        finally:
            told.recorder.close()


def tell(told: Story, story: list[tuple[str, Any]]) -> None:
    for what, much in story:
        live = told.live
        match what:
            case "train":
                told.train(much)
            case "together":
                told.train_together(much)
            case "change":
                told.change(much)
            case "go":
                branch = much[0] % len(live.timeline)
                told.go(Position(branch, much[1] % (live.timeline.end(branch).window + 1)))
            case "undo" if live.undoable:
                live.undo()
                while not live.arrived:
                    live.step(7)
            case "redo" if live.redoable:
                live.redo()
                while not live.arrived:
                    live.step(7)
            case "die":
                told.come_back_from_the_dead()
        told.check()
    timeline = told.live.timeline
    for position in told.model.states:
        told.go(position)
        told.check()
    assert timeline.trained == sum(timeline.windows_of(number) for number in range(len(timeline)))
