"""A trainer and a session that follow a script: without TensorFlow, clocks or work."""

from __future__ import annotations

import dataclasses
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

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
        self.compiled = False
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
        return np.array(
            [self._diverge_at.get(index, always) for index in range(self.config.replicas)]
        )

    @property
    def state(self) -> PopulationState:
        replicas = self.config.replicas
        books = (self.epoch, self.window, self.data_version, self.init_index)
        weights = np.where(self.trained > self._sound_until, math.nan, self.trained).astype(
            np.float32
        )
        return PopulationState(
            tuple(map(self.config.of, range(replicas))),
            *books,
            {"W": weights[:, np.newaxis]},
            np.zeros((replicas, 1), np.float32),
            (np.full(replicas, self.trained),),
            self._solved,
        )

    def restore(self, state: PopulationState) -> None:
        if state.config != self.config:
            raise ValueError(f"state of {state.config} cannot be restored")
        self.epoch, self.window, self.data_version, self.init_index = (
            state.epoch,
            state.window,
            state.data_version,
            state.init_index,
        )
        self.trained, self._solved = int(state.optimizer[0][0]), state.solved

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
        self.compiled = True

    def advance(self, n: int) -> PopulationProgress:
        if n < 1:
            raise ValueError(f"n = {n!r} windows cannot be trained: it must be 1 or more")
        if self.fails_at is not None and self.trained + n > self.fails_at:
            raise RuntimeError("the script says: out of memory")
        n, replicas = min(n, self.windows_left), self.config.replicas
        self.calls.append(n)
        windows = self.trained + np.arange(n)[:, np.newaxis]
        losses = np.where(windows < self._sound_until, self._losses(n), np.float32(math.nan))
        errors = self._errors(losses) if replicas > 1 or self.errors_as_losses else None
        last = divmod(self._position + n - 1, self.config.windows_per_epoch)
        self.epoch, self.window = divmod(self._position + n, self.config.windows_per_epoch)
        self.trained += n
        self._solved = self._solved.after(losses, Levels.of([self.config] * replicas))
        each = [
            make_progress(
                self.config.of(index),
                *last,
                losses[:, index],
                self.data_version,
                wrong_every=self.wrong_every,
                errors=None if errors is None else errors[:, index],
            )
            for index in range(replicas)
        ]
        return side_by_side(each, self._solved)

    def _losses(self, n: int) -> Floats:
        """The losses of the next windows, float32 [n, replicas]."""
        if self.config.replicas > 1:
            return scripted_losses(self.config, self.trained, n)
        forgets_at = math.inf if self.forgets_at is None else self.forgets_at
        windows = range(self.trained, self.trained + n)
        return np.array(
            [[scripted_loss(at if at < forgets_at else 0)] for at in windows], np.float32
        ).reshape(n, 1)

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
    sure: float = 0.9,
    wrong_every: int = 0,
    errors: Counts | None = None,
) -> Progress:
    """Progress with real data, and some wrong predictions.

    Args:
        sure: the probability of each predicted class.
        wrong_every: every n-th prediction of a row is wrong; 0 for none.
        errors: the number of wrong predictions in each window, in place of ``wrong_every``; they
            come first.
    """
    batch, begin = data_of(config, data_version, epoch), window * config.window_stride
    x, y = (one[:, begin : begin + config.truncated_backprop_length] for one in (batch.x, batch.y))
    if errors is None:
        wrong = np.broadcast_to(
            np.arange(y.shape[1]) % wrong_every == 0 if wrong_every else False, y.shape
        )
        errors = np.full(len(losses), wrong.sum(), np.int32)
    else:
        wrong = np.arange(y.size).reshape(y.shape, order="F") < (errors[-1] if len(errors) else 0)
    predicted = (y.astype(np.int64) + wrong) % config.num_classes
    is_predicted = np.arange(config.num_classes) == predicted[..., np.newaxis]
    carried = config.num_layers * config.state_size * (1 + (config.cell == "lstm"))
    return Progress(
        np.asarray(losses, np.float32),
        errors,
        epoch,
        window,
        x,
        y,
        np.where(is_predicted, sure, (1 - sure) / (config.num_classes - 1)).astype(np.float32),
        np.zeros((*y.shape, config.state_size), np.float32),
        np.zeros((config.batch_size, carried), np.float32),
        np.ones(y.shape, np.bool_),
        2 * np.asarray(losses, np.float32),
    )


def side_by_side(each: Sequence[Progress], solved: SolvedAt | None = None) -> PopulationProgress:
    """The progress of these networks as one, with an axis of replicas."""
    solved = SolvedAt.never(len(each)) if solved is None else solved
    return PopulationProgress(
        np.stack([one.losses for one in each], axis=-1),
        np.stack([one.errors for one in each], axis=-1),
        np.stack([one.grad_norms for one in each], axis=-1),
        each[0].epoch,
        each[0].window,
        np.stack([one.x.T for one in each], axis=-1),
        np.stack([one.y.T for one in each], axis=-1),
        np.stack([one.scored.T for one in each], axis=-1),
        np.stack([np.swapaxes(one.outputs, 0, 1) for one in each], axis=-1),
        np.stack([np.swapaxes(one.states, 0, 1) for one in each], axis=-1),
        np.stack([one.init_state for one in each], axis=-1),
        solved.at.copy(),
        solved.windows,
    )


class FromAnyState(ScriptedTrainer):
    """A scripted trainer that can continue from a real network's state."""

    def restore(self, state: PopulationState) -> None:
        trained = state.epoch * self.config.windows_per_epoch + state.window
        super().restore(
            dataclasses.replace(state, optimizer=(np.full(self.config.replicas, trained),))
        )


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

    def set_frame(self, state: State, progress: Progress | None = None, **changes: object) -> Frame:
        position = (
            {} if progress is None else {"epoch": progress.epoch + 1, "window": progress.window + 1}
        )
        line = changes.get("line", self.frame.line)
        assert isinstance(line, int)
        line_end = self.tree.end(line).window if len(self.timeline) else self.frame.line_end
        before = {**position, "message": "", "line_end": line_end}
        self._exchange.change(state=state, progress=progress, **{**before, **changes})
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
        self._exchange.change(answered=number, notes=self._live.notes)
        return number
