"""Trains recorded windows again, from the nearest keyframe to a position of the run, with the same result bit for
bit.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable

from echornn.config import EchoConfig
from echornn.history.path_history import as_stored
from echornn.progress import Floats, PopulationProgress
from echornn.replay.pace import Pace
from echornn.runs.keyframes import Keyframe, Keyframes
from echornn.state import PopulationState, UnlikeRecord, first_unlike
from echornn.timeline.branch import Branch, Position
from echornn.timeline.timeline import Timeline
from echornn.training.any_trainer import AnyTrainer, MakeTrainer
from echornn.training.structure import NO_DEVICES, Devices, moved, program_of


class Replay:
    """Takes a trainer to a position of the run; each call trains a few windows.

    Attributes:
        trainer: the trainer that is used; not always the given trainer, since one replica may continue alone on the
            path.
        position: the target position.
        unlike: the first window whose new loss differs from the recorded loss; None if there is none.
        tape: the windows before the target that were trained again, with their data, oldest first; if one of several
            replicas continues alone, only its windows.

    Args:
        timeline: the run's branches.
        keyframes: the stored states of the run; damaged ones are removed.
        trainer: the current trainer.
        position: the target position.
        tape_windows: the most windows before the target that are stored with their data, for the screen.
        make_trainer: makes another compiled trainer, if the path needs one.
    """

    def __init__(
        self,
        timeline: Timeline,
        keyframes: Keyframes,
        trainer: AnyTrainer,
        position: Position,
        tape_windows: int,
        make_trainer: MakeTrainer,
    ) -> None:
        self.position = position
        self.unlike: UnlikeRecord | None = None
        self._timeline = timeline
        self.tape: deque[PopulationProgress] = deque(maxlen=max(1, tape_windows))
        self._spans = timeline.spans(position)
        self._tape_from = max(0, position.window - self.tape.maxlen) if self.tape.maxlen else position.window
        self._span, self._window, state = self._base(keyframes)
        config = self._spans[self._span].branch.config
        self.trainer = trainer if trainer.config.same_program(config) else make_trainer(config)
        self._alone = self._later_alone(trainer, make_trainer)
        self.trainer.start(config, self._spans[self._span].branch.init_index)
        if state is None:
            self._begin(self._spans[self._span].branch)
        else:
            self.trainer.restore(state)
        self._cross()

    @property
    def windows_left(self) -> int:
        """The number of windows that still have to be trained again."""
        return self.position.window - self._window

    @property
    def arrived(self) -> bool:
        """Whether the trainer has reached the target."""
        return self.windows_left == 0

    @property
    def at_tape(self) -> Position | None:
        """The current position, if the first window of the tape is next; otherwise None."""
        here = Position(self._spans[self._span].branch.number, self._window)
        return here if self._window == self._tape_from else None

    def advance(self, windows: int) -> int:
        """Train up to ``windows`` recorded windows again; returns how many were trained.

        Fewer windows are trained at the end of a branch; each window by itself if its data is needed.
        """
        last = self._spans[self._span].last
        is_shown = self._window >= self._tape_from
        windows = 1 if is_shown else min(windows, last - self._window, self._tape_from - self._window)
        progress = as_stored(self.trainer.advance(windows), self.trainer.config)
        if is_shown:
            self.tape.append(progress)
        if self.unlike is None:
            self.unlike = self._compared(progress.losses)
        self._window += windows
        self._cross()
        return windows

    def _compared(self, losses: Floats) -> UnlikeRecord | None:
        """The first of the next windows whose loss differs from the recorded loss; None if there is none."""
        number = self._spans[self._span].branch.number
        recorded = self._timeline.own_losses(number, self._window, self._window + len(losses))
        return None if recorded is None else first_unlike(self._window, recorded, losses)

    def _cross(self) -> None:
        """Continue with the next branch of the path if the current one ends here."""
        while self._span + 1 < len(self._spans) and self._window == self._spans[self._span].last:
            self._span += 1
            branch = self._spans[self._span].branch
            if branch.cause == "alone":
                self._go_alone(branch)
            self._begin(branch)

    def _later_alone(self, trainer: AnyTrainer, make_trainer: MakeTrainer) -> AnyTrainer | None:
        """The trainer for a replica that continues alone later on the path; None if there is none. It is made at the
        start, because making it may fail.
        """
        for span in self._spans[self._span + 1 :]:
            if span.branch.cause == "alone":
                serves = trainer is not self.trainer and trainer.config.same_program(span.branch.config)
                return trainer if serves else make_trainer(span.branch.config)
        return None

    def _go_alone(self, branch: Branch) -> None:
        """Continue with only one of several replicas."""
        assert self._alone is not None
        replica = branch.config.seed - self.trainer.config.seed
        state = self.trainer.state.only([replica])
        self.tape = deque((one.only(replica) for one in self.tape), self.tape.maxlen)
        self.trainer, self._alone = self._alone, None
        self.trainer.start(branch.config)
        self.trainer.restore(state)

    def _base(self, keyframes: Keyframes) -> tuple[int, int, PopulationState | None]:
        """The last stored state before the tape: the index of its span, its window, and the state. If no state is
        stored there, the beginning of the path, and None.
        """
        for number in reversed(range(len(self._spans))):
            span = self._spans[number]
            if span.first > self._tape_from:
                continue
            begin = Position(span.branch.number, min(self._tape_from, span.last))
            while (found := keyframes.nearest(begin)) is not None:
                if (state := self._usable(found, span.branch)) is not None:
                    return number, found.position.window, state
                keyframes.drop(found)
        return 0, self._spans[0].first, None

    def _usable(self, keyframe: Keyframe, branch: Branch) -> PopulationState | None:
        state = keyframe.state()
        fits = state is not None and state.config == branch.config and keyframe.position.window >= branch.start
        return state if fits else None

    def _begin(self, branch: Branch) -> None:
        """Apply the change that began a branch."""
        self._set_up(branch.config)
        position = {name: getattr(branch, name) for name in ("epoch", "window", "data_version", "init_index")}
        state = self.trainer.state
        if any(getattr(state, name) != value for name, value in position.items()):
            self.trainer.restore(dataclasses.replace(state, **position))

    def _set_up(self, config: EchoConfig) -> None:
        if self.trainer.config != config:
            self.trainer.edit(config)


class Trainers:
    """Makes a run's trainers, one after the other.

    Attributes:
        devices: the device on which each program trained last.
        moved: a text that says that a trainer is on another device than before; empty if none is.

    Args:
        make_trainer: makes a trainer, which is not compiled yet.
        pace: gets the time that a call of each new trainer takes.
        clock: seconds that never go back.
        devices: the device on which each program trained before.
    """

    def __init__(
        self, make_trainer: MakeTrainer, pace: Pace, clock: Callable[[], float], devices: Devices = NO_DEVICES
    ) -> None:
        self.devices = devices
        self.moved = ""
        self._make_trainer = make_trainer
        self._pace = pace
        self._clock = clock

    def uncompiled(self, config: EchoConfig) -> AnyTrainer:
        """A new trainer, not compiled yet."""
        trainer = self._make_trainer(config)
        self.moved = moved(config, trainer.device, self.devices) or self.moved
        self.devices = {**self.devices, program_of(config): trainer.device}
        return trainer

    def make(self, config: EchoConfig) -> AnyTrainer:
        """A new trainer, compiled."""
        trainer = self.uncompiled(config)
        self.compile(trainer)
        return trainer

    def compile(self, trainer: AnyTrainer) -> None:
        """Compile this trainer, and measure its calls."""
        trainer.compile()
        begun = self._clock()
        trainer.compile()  # this takes as long as a call that trains nothing
        self._pace.forget(self._clock() - begun)
