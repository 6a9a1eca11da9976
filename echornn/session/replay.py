"""Trains windows again, from the nearest keyframe to a moment of the run; this gives the same bits."""

from __future__ import annotations

import dataclasses
from collections import deque

from echornn.analysis.packed import as_kept
from echornn.config import EchoConfig
from echornn.population_state import AnyState
from echornn.progress import AnyProgress, Floats
from echornn.runs.branch import Branch, Moment
from echornn.runs.keyframes import Keyframe, Keyframes
from echornn.runs.timeline import Timeline
from echornn.training.any_trainer import AnyTrainer, MakeTrainer
from echornn.unlike_record import UnlikeRecord, first_unlike


class Replay:
    """Takes a trainer to a moment, some windows at a time.

    Attributes:
        trainer: the one that goes there: the one given, where it can; another, where one of several goes on alone.
        moment: where it goes.
        unlike: the first of all windows trained again whose loss is another than is on record; None where none is.
        tape: the windows before the moment, in full, oldest first, as far as they have been trained again; where one of
            several goes on alone, its own.

    Args:
        timeline: the run's branches.
        keyframes: the states that are kept of it; damaged ones are dropped.
        trainer: what trains now.
        moment: where to go.
        tape_windows: of how many windows before the moment, at most, the rows are to be shown.
        make_trainer: makes another, compiled, where the network there is another.
    """

    def __init__(
        self,
        timeline: Timeline,
        keyframes: Keyframes,
        trainer: AnyTrainer,
        moment: Moment,
        tape_windows: int,
        make_trainer: MakeTrainer,
    ) -> None:
        self.moment = moment
        self.unlike: UnlikeRecord | None = None
        self._timeline = timeline
        self.tape: deque[AnyProgress] = deque(maxlen=max(1, tape_windows))
        self._spans = timeline.spans(moment)
        self._tape_from = max(0, moment.window - self.tape.maxlen) if self.tape.maxlen else moment.window
        self._span, self._window, state = self._base(keyframes)
        config = self._spans[self._span].branch.config
        self.trainer = trainer if trainer.config.same_program(config) else make_trainer(config)
        self._alone = self._later_alone(trainer, make_trainer)
        self.trainer.start(config, self._spans[self._span].branch.draw)
        if state is None:
            self._begin(self._spans[self._span].branch)
        else:
            self.trainer.restore(state)
        self._cross()

    @property
    def windows_left(self) -> int:
        """Windows still to be trained again."""
        return self.moment.window - self._window

    @property
    def arrived(self) -> bool:
        """Whether the trainer stands at the moment."""
        return self.windows_left == 0

    @property
    def at_tape(self) -> Moment | None:
        """Where it stands, if that is where the tape begins."""
        here = Moment(self._spans[self._span].branch.number, self._window)
        return here if self._window == self._tape_from else None

    def advance(self, windows: int) -> int:
        """Train again at most so many windows; how many it were.

        They are fewer where the branch changes, and one where they are shown.
        """
        last = self._spans[self._span].last
        is_shown = self._window >= self._tape_from
        windows = 1 if is_shown else min(windows, last - self._window, self._tape_from - self._window)
        progress = as_kept(self.trainer.advance(windows), self.trainer.config)
        if is_shown:
            self.tape.append(progress)
        if self.unlike is None:
            self.unlike = self._compared(progress.losses)
        self._window += windows
        self._cross()
        return windows

    def _compared(self, losses: Floats) -> UnlikeRecord | None:
        """The first of the windows that come next whose loss is another than is on record."""
        number = self._spans[self._span].branch.number
        recorded = self._timeline.own_losses(number, self._window, self._window + len(losses))
        return None if recorded is None else first_unlike(self._window, recorded, losses)

    def _cross(self) -> None:
        """Where a branch ends on the path, go on under the next."""
        while self._span + 1 < len(self._spans) and self._window == self._spans[self._span].last:
            self._span += 1
            branch = self._spans[self._span].branch
            if branch.cause == "alone":
                self._go_alone(branch)
            self._begin(branch)

    def _later_alone(self, trainer: AnyTrainer, make_trainer: MakeTrainer) -> AnyTrainer | None:
        """What trains where one of several goes on alone on the way; made at once, since it may not be to be had."""
        for span in self._spans[self._span + 1 :]:
            if span.branch.cause == "alone":
                serves = trainer is not self.trainer and trainer.config.same_program(span.branch.config)
                return trainer if serves else make_trainer(span.branch.config)
        return None

    def _go_alone(self, branch: Branch) -> None:
        """One of several networks goes on without the others."""
        assert self._alone is not None
        replica = branch.config.seed - self.trainer.config.seed
        state = self.trainer.state.of(replica)
        self.tape = deque((one.of(replica) for one in self.tape), self.tape.maxlen)
        self.trainer, self._alone = self._alone, None
        self.trainer.start(branch.config)
        self.trainer.restore(state)

    def _base(self, keyframes: Keyframes) -> tuple[int, int, AnyState | None]:
        """The last state before the tape: the number of its span, its window, and itself; else the path's beginning."""
        for number in reversed(range(len(self._spans))):
            span = self._spans[number]
            if span.first > self._tape_from:
                continue
            while (found := keyframes.nearest(Moment(span.branch.number, min(self._tape_from, span.last)))) is not None:
                if (state := self._usable(found, span.branch)) is not None:
                    return number, found.moment.window, state
                keyframes.drop(found)
        return 0, self._spans[0].first, None

    def _usable(self, keyframe: Keyframe, branch: Branch) -> AnyState | None:
        state = keyframe.state()
        fits = state is not None and state.config == branch.config and keyframe.moment.window >= branch.start
        return state if fits else None

    def _begin(self, branch: Branch) -> None:
        """Do what began the branch."""
        self._set_up(branch.config)
        position = {name: getattr(branch, name) for name in ("epoch", "window", "generation", "draw")}
        state = self.trainer.state
        if any(getattr(state, name) != value for name, value in position.items()):
            self.trainer.restore(dataclasses.replace(state, **position))

    def _set_up(self, config: EchoConfig) -> None:
        if self.trainer.config != config:
            self.trainer.edit(config)
