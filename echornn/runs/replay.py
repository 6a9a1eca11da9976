"""Trains recorded windows again, from the nearest keyframe to a position of the run, bit for bit
the same."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterable, Iterator

from echornn.history.windows import as_stored
from echornn.progress import PopulationProgress
from echornn.runs.states import Keyframe, Keyframes
from echornn.state import PopulationState, UnlikeRecord, first_unlike
from echornn.timeline.branch import Branch, Position
from echornn.timeline.timeline import Timeline
from echornn.training.structure import AnyTrainer, MakeTrainer


def ours(timeline: Timeline, keyframes: Iterable[Keyframe]) -> Iterator[Keyframe]:
    """The keyframes on disk that belong to this run; the file may contain keyframes of another
    run."""
    for one in keyframes:
        if timeline.has(one.position) and one.digest == timeline.digest(one.position.branch):
            yield one


class Replay:
    """Takes a trainer to a position of the run; each call trains a few windows."""

    def __init__(
        self,
        timeline: Timeline,
        keyframes: Keyframes,  # of which damaged ones are removed
        trainer: AnyTrainer,
        position: Position,
        # Before the target, at least 1, that are stored with their data, for the screen
        tape_windows: int,
        make_trainer: MakeTrainer,  # makes another compiled trainer, if the path needs one
    ) -> None:
        # The first window whose new loss differs from the record
        self.unlike: UnlikeRecord | None = None
        # Of the same networks as the trainer
        self.tape: deque[PopulationProgress] = deque(maxlen=tape_windows)
        self._timeline = timeline
        self._end = position.window
        self._tape_from = max(0, position.window - tape_windows)
        self._spans = timeline.spans(position)
        self._at, self._window, state = self._base(keyframes)
        branch = self._spans[self._at].branch
        self.trainer = (
            trainer if trainer.config.same_program(branch.config) else make_trainer(branch.config)
        )
        # of a replica that continues alone later on the path; made now, since this may fail
        alone = next(
            (
                one.branch.config
                for one in self._spans[self._at + 1 :]
                if one.branch.cause == "alone"
            ),
            None,
        )
        serves = (
            alone is not None and trainer is not self.trainer and trainer.config.same_program(alone)
        )
        self._alone = trainer if alone is None or serves else make_trainer(alone)
        self.trainer.start(branch.config, branch.init_index)
        if state is None:
            self._begin(branch)
        else:
            self.trainer.restore(state)
        self._cross()

    @property
    def windows_left(self) -> int:
        return self._end - self._window

    @property
    def at_tape(self) -> Position | None:
        """The current position, if the first window of the tape is next; otherwise None."""
        here = Position(self._spans[self._at].branch.number, self._window)
        return here if self._window == self._tape_from else None

    def advance(self, windows: int) -> int:
        """Train up to ``windows`` recorded windows again; returns how many: only one if its data is
        needed."""
        branch, _, last = self._spans[self._at]
        is_shown = self._window >= self._tape_from
        windows = (
            1 if is_shown else min(windows, last - self._window, self._tape_from - self._window)
        )
        progress = as_stored(self.trainer.advance(windows), self.trainer.config)
        if is_shown:
            self.tape.append(progress)
        if self.unlike is None:
            recorded = self._timeline.own_losses(
                branch.number, self._window, self._window + len(progress.losses)
            )
            self.unlike = (
                None if recorded is None else first_unlike(self._window, recorded, progress.losses)
            )
        self._window += windows
        self._cross()
        return windows

    def _cross(self) -> None:
        """Continue with the next branch of the path if the current one ends here."""
        while self._at + 1 < len(self._spans) and self._window == self._spans[self._at].last:
            self._at += 1
            branch = self._spans[self._at].branch
            if branch.cause == "alone":
                replica = branch.config.seed - self.trainer.config.seed
                state = self.trainer.state.only([replica])
                self.tape = deque((one.only(replica) for one in self.tape), self.tape.maxlen)
                self.trainer = self._alone
                self.trainer.start(branch.config)
                self.trainer.restore(state)
            self._begin(branch)

    def _begin(self, branch: Branch) -> None:
        if self.trainer.config != branch.config:
            self.trainer.edit(branch.config)
        position = {
            name: getattr(branch, name)
            for name in ("epoch", "window", "data_version", "init_index")
        }
        state = self.trainer.state
        if any(getattr(state, name) != value for name, value in position.items()):
            self.trainer.restore(dataclasses.replace(state, **position))

    def _base(self, keyframes: Keyframes) -> tuple[int, int, PopulationState | None]:
        """The index of a span, a window, and the last state that is stored before the tape, or None
        at the start."""
        for index, (branch, first, last) in reversed(list(enumerate(self._spans))):
            if first > self._tape_from:
                continue
            begin = Position(branch.number, min(self._tape_from, last))
            while (found := keyframes.nearest(begin)) is not None:
                state = found.state()
                if (
                    state is not None
                    and state.config == branch.config
                    and found.position.window >= first
                ):
                    return index, found.position.window, state
                keyframes.drop(found)
        return 0, self._spans[0].first, None
