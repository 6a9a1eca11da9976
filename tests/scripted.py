"""A trainer and a session that follow a script: without TensorFlow, clocks or work."""

from __future__ import annotations

import dataclasses
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from echornn.config import EchoConfig, require_epochs
from echornn.data import batch_of
from echornn.progress import Counts, Floats, PopulationProgress, Progress
from echornn.readings import Question, Readings
from echornn.run.recorder import Recorder
from echornn.session.commands import Ask, Command, NoteCommand, Sent
from echornn.session.pictures.frame import Frame, State
from echornn.session.session import Session
from echornn.solved import Levels, SolvedAt
from echornn.state import PopulationState, Snapshot

SMALL = EchoConfig(
    num_epochs=3, total_series_length=200, truncated_backprop_length=10, batch_size=2
)
"""Ten windows per epoch, three epochs."""

SMALL_POPULATION = dataclasses.replace(SMALL, num_epochs=100, replicas=6)
"""Ten windows an epoch, a thousand in all, seeds 7 to 12: two of three solve it."""

STUCK = math.log(2)

SOLVED_AT = 263
"""The window at which a network of `SMALL` has solved the echo."""


def scripted_loss(trained: int) -> float:
    """The scripted loss of a lone network after ``trained`` windows: it falls from 0.7 towards
    0."""
    return 0.7 * 0.99**trained


def mean_loss(first: int, end: int) -> float:
    """The mean of the scripted losses of windows ``first`` to ``end - 1``, from 0."""
    return float(np.mean([scripted_loss(window) for window in range(first, end)]))


def scripted_losses(config: EchoConfig, first: int, windows: int) -> Floats:
    """The scripted losses of several networks after the first so many windows, float32 [windows,
    replicas]: of every third seed chance; the others fall from 0.7, each at a pace of its own."""
    seeds = np.array([(config.seed + index) % 9240 for index in range(config.replicas)])
    falling = 0.7 * 0.99 ** (np.arange(first, first + windows)[:, None] * (1 + seeds % 4))
    return np.where(seeds % 3 == 0, STUCK, falling).astype(np.float32)


def scripted_errors(config: EchoConfig, losses: Floats) -> Counts:
    """As many wrong predictions as fit a loss: half of them at chance, int32 of the losses'
    shape."""
    share = np.nan_to_num(np.minimum(losses / STUCK, 1) / 2, nan=1.0)
    return np.asarray(np.rint(share * config.predictions_per_window), np.int32)


def unread(_: Snapshot, __: Question) -> Readings:
    """Empty readings, in place of the probes, which need TensorFlow."""
    raise RuntimeError("the script says: nothing")


class ScriptedTrainer:
    """A trainer that keeps its counts like a real one, and makes up losses and predictions by
    rules: `scripted_loss` for a lone network, `scripted_losses` for several.

    Attributes:
        trained: windows since the start.
        calls: the windows of each call so far.
        fails_at, diverges_at, forgets_at: windows from which on it raises an error, has NaN losses,
            or has the losses of an untrained lone network; None for never.
        wrong_every: every n-th prediction of a lone network is wrong; 0 for none.
        errors_as_losses: as many of its predictions are wrong as fit its losses, instead.
    """

    errors_as_losses = False

    def __init__(self, config: EchoConfig) -> None:
        self.config = config
        self.epoch = self.window = self.data_version = self.init_index = self.trained = 0
        self.calls: list[int] = []
        self.fails_at: int | None = None
        self.diverges_at: int | None = None
        self.forgets_at: int | None = None
        self.wrong_every = 0
        self._diverge_at: dict[int, int] = {}
        self._solved = SolvedAt.never(config.replicas)

    def diverge(self, at: Mapping[int, int]) -> None:
        """From these windows on, by replica, losses are NaN."""
        self._diverge_at.update(at)

    @property
    def _position(self) -> int:
        """The windows of the current configuration before the next one."""
        return self.epoch * self.config.windows_per_epoch + self.window

    @property
    def finished(self) -> bool:
        return self.epoch >= self.config.num_epochs

    @property
    def windows_left(self) -> int:
        return self.config.num_epochs * self.config.windows_per_epoch - self._position

    @property
    def device(self) -> str:
        return "cpu"

    @property
    def _sound_until(self) -> Floats:
        """For each replica the window from which on its losses are NaN, [replicas]."""
        always = math.inf if self.diverges_at is None else self.diverges_at
        replicas = range(self.config.replicas)
        return np.array([self._diverge_at.get(replica, always) for replica in replicas])

    @property
    def state(self) -> PopulationState:
        replicas = self.config.replicas
        configs = tuple(map(self.config.of, range(replicas)))
        place = (self.epoch, self.window, self.data_version, self.init_index)
        numbers = np.where(self.trained > self._sound_until, math.nan, self.trained)
        weights = {"W": numbers[:, np.newaxis].astype(np.float32)}
        carry = np.zeros((replicas, 1), np.float32)
        optimizer = (np.full(replicas, self.trained),)
        return PopulationState(configs, *place, weights, carry, optimizer, self._solved)

    def restore(self, state: PopulationState) -> None:
        if state.config != self.config:
            raise ValueError(f"state of {state.config} cannot be restored")
        self.epoch, self.window = state.epoch, state.window
        self.data_version, self.init_index = state.data_version, state.init_index
        self.trained = int(state.optimizer[0][0])
        self._solved = state.solved

    def edit(self, config: EchoConfig) -> None:
        if not self.config.differs_only_live(config):
            raise ValueError(f"{config} needs new networks")
        require_epochs(config, self.epoch, self.window)
        if not config.same_task(self.config):
            self._solved = self._solved.anew()
        self.config = config

    def start(self, config: EchoConfig, init_index: int = 0) -> None:
        if not self.config.same_program(config):
            raise ValueError(f"{config} needs new networks")
        self.config, self.data_version = config, 0
        self.reset(init_index)

    def compile(self) -> None:
        """There is nothing to compile."""

    def advance(self, n: int) -> PopulationProgress:
        if n < 1:
            raise ValueError(f"n = {n!r} windows cannot be trained: it must be 1 or more")
        if self.fails_at is not None and self.trained + n > self.fails_at:
            raise RuntimeError("the script says: out of memory")
        n = min(n, self.windows_left)
        self.calls.append(n)
        windows = self.trained + np.arange(n)[:, np.newaxis]
        losses = np.where(windows < self._sound_until, self._losses(n), np.float32(math.nan))
        replicas = self.config.replicas
        errors = None
        if replicas > 1 or self.errors_as_losses:
            errors = self._errors(losses).T
        newest = divmod(self._position + n - 1, self.config.windows_per_epoch)
        self.epoch, self.window = divmod(self._position + n, self.config.windows_per_epoch)
        self.trained += n
        self._solved = self._solved.after(losses, Levels.of([self.config] * replicas))

        networks = []
        for replica in range(replicas):
            place = (self.config.of(replica), *newest, losses[:, replica], self.data_version)
            wrong = None if errors is None else errors[replica]
            networks.append(make_progress(*place, self.wrong_every, wrong))
        return side_by_side(networks, self._solved)

    def _losses(self, n: int) -> Floats:
        """The losses of the next windows, float32 [n, replicas]."""
        if self.config.replicas > 1:
            return scripted_losses(self.config, self.trained, n)
        windows = range(self.trained, self.trained + n)
        losses = np.array([scripted_loss(window) for window in windows], np.float32)
        if self.forgets_at is not None:
            losses[max(0, self.forgets_at - self.trained) :] = scripted_loss(0)
        return losses.reshape(n, 1)

    def _errors(self, losses: Floats) -> Counts:
        """The number of wrong predictions of the next windows, int32 [n, replicas]."""
        return scripted_errors(self.config, losses)

    def reset(self, init_index: int = 0) -> None:
        self.epoch = self.window = self.trained = 0
        self.init_index = init_index
        self._solved = SolvedAt.never(self.config.replicas)

    def regenerate(self) -> None:
        self.data_version += 1
        self.epoch = min(self.epoch, self.config.num_epochs - 1)
        self.window = 0


data_of = lru_cache(maxsize=64)(batch_of)


def make_progress(
    config: EchoConfig,
    epoch: int = 0,
    window: int = 0,
    losses: Sequence[float] | Floats = (0.5,),
    data_version: int = 0,
    wrong_every: int = 0,
    errors: Counts | None = None,
) -> Progress:
    """Progress with real data, and some wrong predictions, each with a probability of 0.9.

    Args:
        wrong_every: every n-th prediction of a row is wrong; 0 for none.
        errors: the number of wrong predictions in each window, in place of ``wrong_every``; they
            come first.
    """
    batch = data_of(config, data_version, epoch)
    begin = window * config.window_stride
    steps = slice(begin, begin + config.truncated_backprop_length)
    x, y = batch.x[:, steps], batch.y[:, steps]

    wrong = np.zeros(y.shape, np.bool_)
    if errors is not None:
        wrong.T.flat[: errors[-1:].sum()] = True
    elif wrong_every:
        wrong[:, ::wrong_every] = True
    if errors is None:
        errors = np.full(len(losses), wrong.sum(), np.int32)

    predicted = (y.astype(np.int64) + wrong) % config.num_classes
    is_predicted = np.arange(config.num_classes) == predicted[..., np.newaxis]
    outputs = np.where(is_predicted, 0.9, (1 - 0.9) / (config.num_classes - 1))
    states = np.zeros((*y.shape, config.state_size), np.float32)
    carried = config.num_layers * config.state_size * (1 + (config.cell == "lstm"))
    carry = np.zeros((config.batch_size, carried), np.float32)
    losses = np.asarray(losses, np.float32)
    place = (losses, errors, epoch, window, x, y, outputs.astype(np.float32))
    return Progress(*place, states, carry, np.ones(y.shape, np.bool_), grad_norms=2 * losses)


def side_by_side(networks: Sequence[Progress], solved: SolvedAt) -> PopulationProgress:
    """The progress of these networks as one, with an axis of replicas."""

    def stacked(name: str) -> Any:
        return np.stack([getattr(network, name) for network in networks], axis=-1)

    def steps_first(name: str) -> Any:
        return np.swapaxes(stacked(name), 0, 1)

    return PopulationProgress(
        stacked("losses"),
        stacked("errors"),
        stacked("grad_norms"),
        networks[0].epoch,
        networks[0].window,
        steps_first("x"),
        steps_first("y"),
        steps_first("scored"),
        steps_first("outputs"),
        steps_first("states"),
        stacked("init_state"),
        solved.at.copy(),
        solved.windows,
    )


class FromAnyState(ScriptedTrainer):
    """A scripted trainer that can continue from a real network's state."""

    def restore(self, state: PopulationState) -> None:
        trained = state.epoch * self.config.windows_per_epoch + state.window
        optimizer = (np.full(self.config.replicas, trained),)
        super().restore(dataclasses.replace(state, optimizer=optimizer))


def scripted(**attributes: int) -> Callable[[EchoConfig], ScriptedTrainer]:
    """Makes scripted trainers with these attributes: ``scripted(fails_at=8)``."""

    def make(config: EchoConfig) -> ScriptedTrainer:
        trainer = ScriptedTrainer(config)
        for name, value in attributes.items():
            setattr(trainer, name, value)
        return trainer

    return make


class ScriptedSession(Session):
    """A session that shows frames set by a test, and remembers the commands that it gets."""

    def __init__(
        self, config: EchoConfig = SMALL, speed: float = 100.0, recorder: Recorder | None = None
    ) -> None:
        super().__init__(config, speed, make_trainer=ScriptedTrainer, recorder=recorder)
        self.commands: list[Command] = []
        self.asked: Question | None = None
        self.stops = 0
        self._told_to_stop = threading.Event()

    def run(self) -> None:
        self._told_to_stop.wait()
        self.stopped.set()

    def stop(self) -> None:
        self.stops += 1
        self._told_to_stop.set()

    def set_frame(self, state: State, progress: Progress | None = None, **changes: Any) -> Frame:
        frame: dict[str, Any] = {"state": state, "progress": progress, "message": ""}
        if progress is not None:
            frame |= {"epoch": progress.epoch + 1, "window": progress.window + 1}
        if len(self.timeline):
            frame["path_end"] = self.tree.end(
                changes.get("path_branch", self.frame.path_branch)
            ).window
        self._exchange.change(**{**frame, **changes})
        return self.frame

    def send(self, command: Command) -> int:
        """Remember a command; it is not carried out, unless it is a note on a branch."""
        number = super().send(command)
        if isinstance(command, Ask):
            self.asked = command.question
        elif isinstance(command, NoteCommand):
            self._obey(Sent(number, command))
        else:
            self.commands.append(command)
        # As if the loop had taken the commands
        self._exchange.change(answered=number, branch_notes=self._live.branch_notes)
        return number
