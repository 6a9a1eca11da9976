"""Random stories of one and several networks in a run, compared with a slow model that keeps every state and loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.history.kept_windows import as_stored
from echornn.population_state import PopulationState
from echornn.replay.pace import Pace
from echornn.runs.recorder import Recorder
from echornn.session.live_run import LiveRun
from echornn.timeline.branch import Position
from tests.examples import examples
from tests.hashed import HashTrainer

TINY = EchoConfig(num_epochs=10**6, total_series_length=60, truncated_backprop_length=10, batch_size=2, seed=3)
"""Three windows per epoch."""

Losses = dict[int, list[float]]
"""The losses of each network on the path, by seed."""


def essence(state: PopulationState) -> tuple[Any, ...]:
    """Everything that distinguishes a state: the numbers of all networks."""
    each = [state.of(index) for index in range(state.config.replicas)]
    books = (state.config, state.epoch, state.window, state.data_version, state.init_index)
    return (*books, [int(one.optimizer[1]) for one in each])


class Story:
    """A run, and a model that takes the same steps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.states: dict[Position, tuple[Any, ...]] = {}
        self.losses: dict[Position, Losses] = {}
        self.live = LiveRun(TINY, HashTrainer, Recorder(), Pace(math.inf, self.clock), self.clock)
        self.live.load()
        self.live.begin()
        self.note({})

    def clock(self) -> float:
        self.now += 0.01
        return self.now

    @property
    def owned(self) -> Position:
        return Position(self.live.owner.number, self.live.here.window)

    def note(self, losses: Losses) -> None:
        self.states[self.owned] = essence(self.live.trainer.state)
        self.losses[self.owned] = losses

    @property
    def seeds(self) -> list[int]:
        config = self.live.config
        return [config.of(index).seed for index in range(config.replicas)]

    @property
    def here(self) -> Losses:
        """The losses before the current position; the run's own for windows that the model did not see."""
        live = self.live
        if self.owned not in self.losses:
            told = [live.timeline.losses(live.here, 0, replica) for replica in range(live.config.replicas)]
            return {seed: [] if one is None else one.tolist() for seed, one in zip(self.seeds, told, strict=True)}
        return self.losses[self.owned]

    def train(self, windows: int) -> None:
        before = self.here
        progress = self.live.train(windows)
        each = [progress.of(index).losses.tolist() for index in range(len(self.seeds))]
        self.note({seed: [*before.get(seed, []), *one] for seed, one in zip(self.seeds, each, strict=True)})

    def change(self, what: str) -> None:
        live, before = self.live, self.here
        self.now += 10
        config, branches = live.config, len(live.timeline)
        match what:
            case "reset":
                live.reset()
            case "redraw":
                live.reset(1)
            case "regenerate":
                live.regenerate()
            case "rate":
                live.edit(replace(config, learning_rate=config.learning_rate * 1.5))
            case "echo":
                live.edit(replace(config, echo_step=(config.echo_step + 1) % 9))
            case "more":
                live.edit(replace(config, replicas=config.replicas + 2))
            case "one":
                live.edit(replace(config, replicas=1))
            case "alone" if config.replicas > 1:
                live.choose(self.owned.window % 3)
                live.alone()
        if len(live.timeline) == branches:
            return
        starts_over = live.timeline.branch(live.here.branch).starts_over
        self.note({} if starts_over else {seed: before.get(seed, []) for seed in self.seeds})

    def go(self, position: Position) -> None:
        self.live.go(position)
        self.arrive()

    def arrive(self) -> None:
        while not self.live.arrived:
            self.live.step(7)

    def check(self) -> None:
        live = self.live
        known = self.states.get(self.owned)
        if known is not None:
            assert essence(live.trainer.state) == known
        assert live.config == live.trainer.config == live.owner.config
        for index, seed in enumerate(self.seeds):
            losses = self.here.get(seed, [])
            told = live.timeline.losses(live.here, 0, index)
            assert told is not None
            assert np.array_equal(told, np.array(losses, np.float32))
            loss_stats = live.timeline.loss_stats(live.here, index)
            assert np.array_equal(loss_stats.recent, told[len(told) - len(loss_stats.recent) :])
            if live.shown:
                assert live.shown[-1].of(index).losses[-1] == told[-1]
        self.check_population()

    def check_population(self) -> None:
        live = self.live
        population = live.timeline.seed_stats(live.here)
        assert (population is None) == (live.config.replicas == 1)
        for index in range(0 if population is None else population.replicas):
            assert population is not None
            loss_stats = live.timeline.loss_stats(live.here, index)
            assert population.windows == live.here.window
            assert (int(population.solved_at[index]) or None) == loss_stats.solved_at
            assert (int(population.lost_at[index]) or None) == loss_stats.lost_at
            if loss_stats.recent.size:
                assert population.newest[index] == loss_stats.recent[-1]
                assert math.isclose(population.mean[index], loss_stats.mean, rel_tol=1e-6)


CHANGES = ["reset", "redraw", "regenerate", "rate", "echo", "more", "one", "alone"]

steps = st.one_of(
    st.tuples(st.just("train"), st.integers(1, 70)),
    st.tuples(st.just("change"), st.sampled_from(CHANGES)),
    st.tuples(st.just("go"), st.tuples(st.integers(0, 100), st.integers(0, 200))),
    st.tuples(st.sampled_from(["undo", "redo"]), st.none()),
)


@examples(40)
@given(st.lists(steps, max_size=20))
def test_every_moment_of_every_story_comes_back_bit_for_bit(story: list[tuple[str, Any]]) -> None:
    told = Story()
    tell(told, story)
    for position in list(told.states):
        told.go(position)
        told.check()


def tell(told: Story, story: Sequence[tuple[str, Any]]) -> None:
    for what, much in story:
        match what:
            case "train":
                told.train(much)
            case "change":
                told.change(much)
            case "go":
                timeline = told.live.timeline
                branch = much[0] % len(timeline)
                told.go(Position(branch, much[1] % (timeline.end(branch).window + 1)))
            case "undo" if told.live.undoable:
                told.live.undo()
                told.arrive()
            case "redo" if told.live.redoable:
                told.live.redo()
                told.arrive()
        told.check()


def test_who_goes_on_alone_trains_what_it_would_have_trained_alone_from_the_start() -> None:
    told = Story()
    tell(told, [("change", "more"), ("train", 20)])
    told.live.choose(2)
    told.live.alone()
    told.live.train(15)
    three = replace(TINY, replicas=3)
    before = as_stored(HashTrainer(three).advance(20), three).of(2).losses
    alone = HashTrainer(told.live.config)
    alone.advance(20)
    told_losses = told.live.timeline.losses(told.live.here, 0)
    assert told_losses is not None
    assert np.array_equal(told_losses, np.concatenate([before, alone.advance(15).losses[:, 0]]))
    assert told.live.timeline.differs(told.live.here.branch) == "seed 5 alone"
