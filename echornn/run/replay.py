"""Trains windows of a run again, from the nearest keyframe to a position, bit for bit the same: for
going back, undo, resume at a window, and rows to be shown again."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Sequence

from echornn.errors import RunError
from echornn.history.windows import as_stored
from echornn.progress import PopulationProgress
from echornn.run.branch import Branch, BranchSpan, Position
from echornn.run.losses import Losses
from echornn.run.states import States
from echornn.state import PopulationState, UnlikeRecord, first_unlike
from echornn.training.structure import AnyTrainer, MakeTrainer

PLACE = ("epoch", "window", "data_version", "init_index")
"""The fields that say where in its data a network is, of a `Branch` and of a state."""


def can_train_again(spans: Sequence[BranchSpan]) -> bool:
    """Whether each branch has as many windows as it can have: not where commands are lost, so that
    windows of another branch count as its own."""
    return all(last - first <= branch.most_windows for branch, first, last in spans)


class Replay:
    """Takes a trainer to a position of the run; each call trains a few windows.

    Args:
        losses: the record, with which each loss is compared.
        states: to begin from; damaged ones are removed.
        trainer: any compiled trainer.
        position: the target.
        recent_windows: before the target, at least 1, that are stored with their data, for the
            screen.
        make_trainer: makes another compiled trainer, if the path needs one.
    """

    def __init__(
        self,
        losses: Losses,
        states: States,
        trainer: AnyTrainer,
        position: Position,
        recent_windows: int,
        make_trainer: MakeTrainer,
    ) -> None:
        # The first window whose new loss differs from the record
        self.unlike: UnlikeRecord | None = None
        # Of the same networks as the trainer
        self.recent: deque[PopulationProgress] = deque(maxlen=recent_windows)
        self._losses = losses
        self._end = position.window
        self._recent_from = max(0, position.window - recent_windows)
        self._spans = losses.tree.spans(position)
        if not can_train_again(self._spans):
            raise RunError(
                f"window {position.window:,} cannot be trained again: what began it is lost"
            )
        # All that may fail comes first: until `start`, the trainer is as it was
        self._at, self._window, state = self._base(states)
        branch = self._spans[self._at].branch
        self.trainer = trainer
        if not trainer.config.same_program(branch.config):
            self.trainer = make_trainer(branch.config)
        self._alone = self._trainer_of_one_alone(trainer, make_trainer)
        self.trainer.start(branch.config, branch.init_index)
        if state is None:
            self._begin(branch)
        else:
            self.trainer.restore(state)
        self._cross()

    def _base(self, states: States) -> tuple[int, int, PopulationState | None]:
        """The index of a span, a window, and the last state that is stored before the recent
        windows, or None at the start."""
        for index, span in reversed(list(enumerate(self._spans))):
            if span.first > self._recent_from:
                continue
            window, state = self._state_in(span, states)
            if state is not None:
                return index, window, state
        return 0, self._spans[0].first, None

    def _state_in(self, span: BranchSpan, states: States) -> tuple[int, PopulationState | None]:
        branch, first, last = span
        newest = Position(branch.number, min(self._recent_from, last))
        keyframe = states.nearest(newest)
        while keyframe is not None:
            state, window = keyframe.state(), keyframe.position.window
            if state is not None and state.config == branch.config and window >= first:
                return window, state
            states.drop(keyframe)
            keyframe = states.nearest(newest)
        return first, None

    def _trainer_of_one_alone(
        self, trainer: AnyTrainer, make_trainer: MakeTrainer
    ) -> AnyTrainer | None:
        """For a replica that continues alone later on the path, if one does."""
        for span in self._spans[self._at + 1 :]:
            if span.branch.cause == "alone":
                is_free = trainer is not self.trainer
                if is_free and trainer.config.same_program(span.branch.config):
                    return trainer
                return make_trainer(span.branch.config)
        return None

    @property
    def windows_left(self) -> int:
        return self._end - self._window

    @property
    def before_recent(self) -> Position | None:
        """The current position, if the first of the recent windows is next; otherwise None."""
        if self._window != self._recent_from:
            return None
        return Position(self._spans[self._at].branch.number, self._window)

    def advance(self, windows: int) -> int:
        """Train up to ``windows`` recorded windows again; returns how many: only one if its data is
        needed."""
        branch, _, last = self._spans[self._at]
        is_shown = self._window >= self._recent_from
        if is_shown:
            windows = 1
        else:
            windows = min(windows, last - self._window, self._recent_from - self._window)
        progress = as_stored(self.trainer.advance(windows), self.trainer.config)
        if is_shown:
            self.recent.append(progress)
        if self.unlike is None:
            self._compare(branch, progress)
        self._window += windows
        self._cross()
        return windows

    def _compare(self, branch: Branch, progress: PopulationProgress) -> None:
        first, last = self._window, self._window + len(progress.losses)
        recorded = self._losses.own_losses(branch.number, first, last)
        if recorded is not None:
            self.unlike = first_unlike(first, recorded, progress.losses)

    def _cross(self) -> None:
        """Continue with the next branch of the path if the current one ends here."""
        while self._at + 1 < len(self._spans) and self._window == self._spans[self._at].last:
            self._at += 1
            branch = self._spans[self._at].branch
            if branch.cause == "alone":
                self._leave_others(branch)
            self._begin(branch)

    def _leave_others(self, branch: Branch) -> None:
        replica = branch.config.seed - self.trainer.config.seed
        state = self.trainer.state.only([replica])
        recent = (progress.only(replica) for progress in self.recent)
        self.recent = deque(recent, self.recent.maxlen)
        assert self._alone is not None
        self.trainer = self._alone
        self.trainer.start(branch.config)
        self.trainer.restore(state)

    def _begin(self, branch: Branch) -> None:
        if self.trainer.config != branch.config:
            self.trainer.edit(branch.config)
        place = {name: getattr(branch, name) for name in PLACE}
        state = self.trainer.state
        if any(getattr(state, name) != value for name, value in place.items()):
            self.trainer.restore(dataclasses.replace(state, **place))
