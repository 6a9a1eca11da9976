"""The tree of a run's branches, with all of their losses: every window ever trained, and the path to any of them."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from echornn.analysis.evidence import RECENT_WINDOWS, Evidence
from echornn.analysis.loss_history import Curve, LossHistory, Piece, Segment, curve_of
from echornn.analysis.reviews import Reviews
from echornn.config import EchoConfig
from echornn.progress import Floats
from echornn.runs.branch import Branch, Moment, Span, changes, digest, path_to, spans_to, task_since, whole_path

KEPT_PATHS = 32
"""Paths kept ready; others are walked anew."""


GOOD_WINDOWS = 50
"""So many windows with finite losses show that all is well again, or was."""


@dataclass(eq=False)
class _Grown:
    """A branch and what was trained in it."""

    branch: Branch
    evidence: Evidence
    digest: int
    bad: list[tuple[int, int]] = field(default_factory=list)
    """Stretches of windows along the path that no `GOOD_WINDOWS` with finite losses interrupt: first and last bad."""
    history: LossHistory = field(default_factory=LossHistory)

    @property
    def end(self) -> int:
        return self.branch.start + len(self.history)


class Timeline:
    """Told by the training thread what happens; any thread may ask.

    The *path* of a branch leads from where its weights began to its end: its windows are numbered from 0 along it.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._grown: list[_Grown] = []
        self._trained = 0
        self._paths: dict[int, tuple[Branch, ...]] = {}

    def __len__(self) -> int:
        """Branches begun."""
        return len(self._grown)

    @property
    def trained(self) -> int:
        """Windows trained in all branches together."""
        return self._trained

    # ---- it grows

    def begin(self, branch: Branch) -> None:
        """Begin the next branch; ``branch.number`` is how many there are.

        Raises:
            ValueError: it does not go on from a moment that is there.
        """
        with self._lock:
            parent = branch.parent
            if branch.number != len(self) or (parent is None) != (len(self) == 0):
                raise ValueError(f"no branch can begin so: {branch}")
            evidence, of_parent = Evidence(), 0
            if parent is not None:
                if not self.has(parent):
                    raise ValueError(f"no branch can begin there: {branch}")
                if not branch.starts_over:
                    owner = self.owner(parent)
                    branch = dataclasses.replace(branch, parent=Moment(owner.number, parent.window))
                    of_parent = self.digest(owner.number)
                    evidence = self.evidence(parent).under(branch.config, owner.config, parent.window)
            self._grown.append(_Grown(branch, evidence, digest(branch, of_parent)))

    def append(self, number: int, losses: Floats, error_rates: Floats) -> None:
        """Windows were trained at the end of this branch: losses in nats and error rates in 0..1, float32 [n]."""
        with self._lock:
            grown = self._grown[number]
            grown.evidence = grown.evidence.after(losses, grown.branch.config, grown.end, error_rates)
            for bad in (grown.end + np.flatnonzero(~np.isfinite(losses))).tolist():
                goes_on = bool(grown.bad) and bad - grown.bad[-1][1] <= GOOD_WINDOWS
                first = grown.bad.pop()[0] if goes_on else bad
                grown.bad.append((first, bad))
            grown.history.append(losses, error_rates)
            self._trained += len(losses)

    # ---- branches and moments

    def branch(self, number: int) -> Branch:
        """The branch of this number.

        Raises:
            IndexError: it is not there.
        """
        return self._grown[number].branch

    def digest(self, number: int) -> int:
        """What leads to a branch, as a number; see `echornn.runs.branch.digest`."""
        return self._grown[number].digest

    def end(self, number: int) -> Moment:
        """Where a branch ends."""
        return Moment(number, self._grown[number].end)

    def windows_of(self, number: int) -> int:
        """Windows trained in this branch itself."""
        return len(self._grown[number].history)

    def has(self, moment: Moment) -> bool:
        """Whether it is a moment of this run."""
        return 0 <= moment.branch < len(self) and 0 <= moment.window <= self._grown[moment.branch].end

    def owner(self, moment: Moment) -> Branch:
        """The branch on whose terms one stands there: the last on the path that has begun by then."""
        own = self.branch(moment.branch)
        return own if own.start <= moment.window else self.path(moment)[-1]

    def path(self, moment: Moment) -> tuple[Branch, ...]:
        """The branches that lead to a moment, from the one where the weights began."""
        return path_to(moment.window, self._path(moment.branch))

    def _path(self, number: int) -> tuple[Branch, ...]:
        with self._lock:
            path = self._paths.get(number)
            if path is None:
                if len(self._paths) >= KEPT_PATHS:
                    self._paths.clear()
                path = self._paths[number] = whole_path(self.branch(number), self.branch)
            return path

    def spans(self, moment: Moment) -> list[Span]:
        """The windows that lead to a moment, by the branch that they lie in."""
        return spans_to(moment.window, self._path(moment.branch))

    def parent_config(self, branch: Branch) -> EchoConfig | None:
        """What was trained where the branch began; None for the first."""
        before = branch.before if branch.before is not None else branch.parent
        return None if before is None else self.owner(before).config

    def differs(self, number: int) -> str:
        """What makes this branch another than the one that it came from, for people."""
        return said(self.branch(number), self.parent_config(self.branch(number)))

    # ---- what was lost

    def evidence(self, moment: Moment) -> Evidence:
        """What the losses before a moment tell, as it was known there."""
        grown = self._grown[moment.branch]
        if moment.window == grown.end:
            return grown.evidence
        owner = self._grown[self.owner(moment).number]
        since = task_since(self._path(owner.branch.number))
        recent = self.losses(moment, max(since, moment.window - RECENT_WINDOWS))
        known, solved = owner.evidence, owner.evidence.solved_at
        return Evidence(
            moment.window - since,
            np.empty(0, np.float32) if recent is None else recent,
            solved if solved is not None and solved <= moment.window else None,
            self._reviews(moment, known.reviews),
            known.before,
        )

    def _reviews(self, moment: Moment, later: Reviews) -> Reviews:
        """The reviews as they were at a moment, of those that a stretch has come to later."""
        windows = moment.window - later.begun
        reviews = later.until(windows)
        first = reviews.begun + reviews.windows
        losses, errors = self.losses(moment, first), self._values(moment, first, LossHistory.error_rates)
        if losses is None or errors is None:
            return dataclasses.replace(reviews, windows=windows)
        return reviews.after(losses, errors)

    def losses(self, moment: Moment, first: int) -> Floats | None:
        """The losses from window ``first`` of the path up to a moment, float32 [n]; None where they are forgotten."""
        return self._values(moment, first, LossHistory.losses)

    def _values(
        self, moment: Moment, first: int, of: Callable[[LossHistory, int, int], Floats | None]
    ) -> Floats | None:
        parts = [np.empty(0, np.float32)]
        with self._lock:
            for branch, begin, end in self.spans(moment):
                begin = max(begin, first)
                if begin < end:
                    part = of(self._grown[branch.number].history, begin - branch.start, end - branch.start)
                    if part is None:
                        return None
                    parts.append(part)
        return np.concatenate(parts)

    def bad_since(self, moment: Moment) -> int | None:
        """The window, from 0, on the path to a moment at which its losses were no finite numbers any more; None where
        they are, and have been for the last `GOOD_WINDOWS`."""
        since, newest = None, -1
        for branch, _, end in self.spans(moment):
            for first, last in self._grown[branch.number].bad:
                if first < end:
                    since = first if since is None or first - newest > GOOD_WINDOWS else since
                    newest = min(last, end - 1)
        return since if moment.window - newest <= GOOD_WINDOWS else None

    def solved_at(self, number: int) -> int | None:
        """The window along its path, from 1, at which a branch had solved its task; None where it has not."""
        return self._grown[number].evidence.solved_at

    def mean_loss(self, number: int) -> float:
        """The mean loss of the last windows of a branch's path; see `Evidence.mean`."""
        return self._grown[number].evidence.mean

    def newest_loss(self, number: int) -> float:
        """The loss of the last window of a branch's path; NaN where there is none."""
        recent = self._grown[number].evidence.recent
        return float(recent[-1]) if recent.size else float("nan")

    def curve(self, number: int, columns: int, first: int = 0, last: int | None = None) -> Curve:
        """The losses along a branch's path, from window ``first`` up to ``last`` (all, unless given)."""
        with self._lock:
            end = self.end(number)
            last = end.window if last is None else min(last, end.window)
            first = min(max(first, 0), last)
            pieces = [
                Piece(self._grown[branch.number].history, branch.start, begin, stop)
                for branch, begin, stop in self.spans(end)
            ]
            return curve_of(pieces, columns, first, last, tuple(_segment(one) for one in self._path(number)))


def _segment(branch: Branch) -> Segment:
    return Segment(branch.start, branch.cause, branch.epoch, branch.window, branch.config.windows_per_epoch)


CAUSES = {
    "start": "the start",
    "reset": "started over",
    "redraw": "new weights",
    "regenerate": "new data",
    "edit": "edit",
    "preset": "preset",
    "alone": "alone",
    "back": "trained on",
    "lost": "what began it cannot be read",
}
"""What began a branch, in words."""


def said(branch: Branch, before: EchoConfig | None) -> str:
    """What makes a branch another than what was trained before, in a few words."""
    differing = {} if before is None else changes(before, branch.config)
    if not differing:
        return CAUSES[branch.cause]
    return ", ".join(f"{name} {new}" for name, (_, new) in differing.items())
