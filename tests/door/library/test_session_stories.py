"""Random stories of training, changes, going back and resumes, compared with a model that keeps every network."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from echornn import EchoConfig
from echornn.session.commands import (
    Alone,
    Choose,
    Command,
    Edit,
    Go,
    Move,
    MoveEpochs,
    Redo,
    Redraw,
    Regenerate,
    Reset,
    StartOver,
    Step,
    Undo,
)
from tests.door.library.sessions import PATH, Stage, Ticking, on_stage
from tests.examples import examples
from tests.hashed import HashTrainer

TINY = EchoConfig(
    num_epochs=10**6, total_series_length=60, truncated_backprop_length=10, batch_size=2, learning_rate=0.1, seed=3
)
"""Three windows per epoch."""


@dataclass
class Known:
    """What the model knows of a position: the networks there, and the losses of each on its path, by seed."""

    networks: HashTrainer
    losses: dict[int, list[float]]

    def seeds(self) -> list[int]:
        config = self.networks.config
        return [config.of(index).seed for index in range(config.replicas)]

    def after(self, windows: int) -> Known:
        networks = copy.deepcopy(self.networks)
        rows = networks.advance(windows).losses.T
        each = {seed: [*self.losses[seed], *row.tolist()] for seed, row in zip(self.seeds(), rows, strict=True)}
        return Known(networks, each)

    def changed(self, command: Command, replica: int) -> Known:
        """After a change, which the networks go through; the losses stay if they go on."""
        networks, config = copy.deepcopy(self.networks), self.networks.config
        match command:
            case Reset():
                networks.reset(networks.init_index)
            case Redraw():
                networks.reset(networks.init_index + 1)
            case Regenerate():
                networks.regenerate()
                return Known(networks, self.losses)
            case StartOver(changes):
                data = networks.data_version
                networks = HashTrainer(config.with_fields(changes))
                networks.data_version = data
            case Edit(changes) if config.differs_only_live(config.with_fields(changes)):
                networks.edit(config.with_fields(changes))
                return Known(networks, self.losses)
            case Edit(changes):
                networks = HashTrainer(config.with_fields(changes))
            case Alone():
                state = networks.state.only([replica])
                networks = HashTrainer(state.config)
                networks.restore(state)
                return Known(networks, {state.config.seed: self.losses[state.config.seed]})
        fresh = Known(networks, {})
        return Known(networks, {seed: [] for seed in fresh.seeds()})


class Story:
    """A session, and the model."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.running = folder, ExitStack()
        self.known: dict[tuple[int, int], Known] = {}
        self.stage = self.opened(TINY)
        networks = HashTrainer(TINY)
        self.known[0, 0] = Known(networks, {TINY.seed: []})

    def opened(self, config: EchoConfig) -> Stage:
        return self.running.enter_context(on_stage(config, HashTrainer, self.folder, clock=Ticking(0.001)))

    @property
    def here(self) -> tuple[int, int]:
        """The branch that trained the window that is shown, and the windows up to it."""
        return self.stage.frame.branch, self.stage.frame.trained

    def take(self, command: Command) -> None:
        stage = self.stage
        known, branches, replica = self.known[self.here], len(stage.session.timeline), stage.frame.replica
        if isinstance(command, Step):
            stage.do(command)
            branch, trained = self.here
            for index in range(1, command.windows + 1):
                known = known.after(1)
                self.known[branch, trained - command.windows + index] = known
            return
        if isinstance(command, Go):
            branch = (command.branch or 0) % branches
            end = stage.session.timeline.end(branch).window
            command = Go(branch, (command.window or 0) % (end + 1))
        stage.do(command)
        if len(stage.session.timeline) > branches:
            self.known[self.here] = known.changed(command, replica)

    def resume(self) -> None:
        """End the session, and go on with another one."""
        before = self.here, self.stage.frame.config, self.stage.frame.line
        self.running.close()
        self.stage = self.opened(before[1])
        assert (self.here, self.stage.frame.config, self.stage.frame.line) == before

    def check(self) -> None:
        stage, frame = self.stage, self.stage.frame
        known = self.known[self.here]
        networks, config = known.networks, frame.config
        assert (frame.state, frame.refused, frame.warning) == ("paused", None, "")
        assert config == stage.session.config == networks.config
        assert (frame.data_version, frame.init_index) == (networks.data_version, networks.init_index)
        assert (frame.epoch - 1) * 3 + frame.window == networks.epoch * 3 + networks.window
        losses, exact = known.losses[config.of(frame.replica).seed], 0 if config.replicas == 1 else 2e-3
        # several networks are recorded in fewer bits
        np.testing.assert_allclose(stage.losses(), np.array(losses, np.float32), rtol=2e-3 if self.is_mixed else exact)
        if frame.progress is not None:
            np.testing.assert_allclose(frame.loss, losses[-1], rtol=2e-3)
        recent = frame.loss_stats.recent
        np.testing.assert_allclose(recent, losses[len(losses) - len(recent) :], rtol=2e-3)
        assert (frame.seed_stats is None) == (config.replicas == 1)
        if frame.seed_stats is not None and losses:
            newest = [known.losses[seed][-1] for seed in known.seeds()]
            np.testing.assert_allclose(frame.seed_stats.newest, newest, rtol=2e-3)

    @property
    def is_mixed(self) -> bool:
        """Whether several networks trained some windows of the path."""
        path = self.stage.session.look(PATH).path
        return any(branch.config.replicas > 1 for branch in path)


CHANGES = st.sampled_from(
    [
        *(Reset(), Redraw(), Regenerate(), StartOver({"learning_rate": 0.2}), Alone(), Choose(1), Choose(2)),
        *(Edit({"learning_rate": 0.05}), Edit({"echo_step": 5}), Edit({"state_size": 5}), Edit({"replicas": 3})),
        *(Edit({"replicas": 1}), Undo(), Redo(), Move(-2), Move(1), MoveEpochs(-1), MoveEpochs(1)),
    ]
)
STEPS = st.one_of(
    st.builds(Step, st.integers(1, 40)),
    *[CHANGES] * 4,
    st.builds(Go, st.integers(0, 50), st.integers(0, 99)),
    st.just("resume"),
)


@examples(20)
@given(st.lists(STEPS, min_size=8, max_size=18))
@example([Step(5), Regenerate(), Step(2), Reset(), Step(4), StartOver(), Step(1), Edit({"state_size": 5}), Redraw()])
def test_every_position_of_every_story_comes_back_to_the_bit(story: Sequence[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        told = Story(Path(folder) / "run")
        with told.running:
            tell(told, story)


def tell(told: Story, story: Sequence[Any]) -> None:
    """Take these steps, then go to positions of all of them again, and train on from there."""
    for step in story:
        told.resume() if step == "resume" else told.take(step)
        told.check()
    timeline = told.stage.session.timeline
    assert timeline.trained == sum(timeline.windows_of(number) for number in range(len(timeline)))
    for branch, window in list(told.known)[:: max(1, len(told.known) // 12)]:
        told.take(Go(branch, window))
        if told.here == (branch, window):
            told.check()
            told.take(Step(1))
            told.check()
