"""The results of a call of `advance`, as plain arrays: losses and errors of its windows, and all
data of the last."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

SymbolArray = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Scores = npt.NDArray[Any]  # which steps count, bool, or their weights, float32


@dataclass(frozen=True, eq=False)
class Progress:
    """The loss of every trained window, and all data of the last window, of one network.

    Attributes:
        losses: float32 [n], the mean loss of each window over its scored steps, before its update:
            cross-entropy in nats, or squared error.
        errors: int32 [n], the number of wrong predictions among batch_size * T. If only some steps
            are scored, the share of wrong predictions among these steps, times the number of all
            predictions. If the outputs are numbers, 0.
        epoch: the epoch of the last window, from 0.
        window: the number of the last window in its epoch, from 0.
        x: the input of the last window: symbols, uint8 [batch_size, T], or numbers, float32
            [batch_size, T, count].
        y: the target of the last window, in the same form.
        outputs: float32 [batch_size, T, outputs], the outputs before the update: probabilities of
            symbols, or numbers.
        states: float32 [batch_size, T, state_size], the state after each time step.
        init_state: float32 [batch_size, carried], the state at the start of the last window (see
            `echornn.network.shapes.carried_size`); empty [0, 0] if unknown.
        scored: bool [batch_size, T], the steps that count in the loss, or float32, their weights;
            empty [0, 0] if unknown.
        grad_norms: float32 [n], the global norm of each window's gradient, before it was clipped;
            empty if unknown.

    For trials, T is the length of a trial.
    """

    losses: Floats
    errors: Counts
    epoch: int
    window: int
    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    outputs: Floats
    states: Floats
    init_state: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    scored: Scores = field(default_factory=lambda: np.zeros((0, 0), np.bool_))
    grad_norms: Floats = field(default_factory=lambda: np.zeros(0, np.float32))

    @cached_property
    def newest(self) -> Progress:
        """The same, with the losses of only the last two windows, all that a screen shows."""
        if len(self.losses) <= 2:
            return self
        return replace(self, **of_windows(self, slice(-2, None)))

    @property
    def diverged(self) -> Bools:
        """bool [n]: whether training has failed after each window, since its loss is NaN or
        infinite."""
        return ~np.isfinite(self.losses)


OF_WINDOWS = ("losses", "errors", "grad_norms")
"""The fields of a progress that have an entry for each window."""


def of_windows(progress: Progress | PopulationProgress, which: slice) -> dict[str, Any]:
    return {name: getattr(progress, name)[which] for name in OF_WINDOWS}


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """A network run over inputs without training and without dropout; each array is float32
    [trials, steps, ...], of a `Population` [replicas, trials, steps, ...].
    """

    outputs: Floats  # probabilities of symbols, or numbers
    states: Floats  # the top layer's h after each step
    # By name, such as "forget" or "layer 2 forget", 0 to 1; empty for a cell without gates
    gates: dict[str, Floats]
    # All that is carried to the next step: ``carried[:, -1]`` is the state to run on from
    carried: Floats


@dataclass(frozen=True, eq=False)
class PopulationProgress:
    """As `Progress`, in all replicas, which are the last axis of each array; rows are the second
    axis of x, y, outputs, states and scored. A single network is a population of one.
    """

    losses: Floats  # [n, replicas]
    errors: Counts
    grad_norms: Floats
    epoch: int
    window: int
    # Uint8 [T, batch_size, replicas], or float32 [T, batch_size, count, replicas]
    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    scored: Scores
    outputs: Floats  # [T, batch_size, outputs, replicas]
    states: Floats
    init_state: Floats  # [batch_size, carried, replicas]
    # The window along the path, from 1; 0 if not yet, UNKNOWN for a single network
    solved_at: npt.NDArray[np.int64]
    trained: int  # windows along the path, including these; 0 for a single network
    # Losses and norms as a run stores them, if they were rounded so: then nobody rounds them again
    packed: tuple[npt.NDArray[np.uint32], ...] | None = None

    @property
    def diverged(self) -> Bools:
        """bool [n]: whether training has failed after each window, since every replica's loss is
        NaN or infinite."""
        return np.asarray(~np.isfinite(self.losses).any(axis=1))

    def until(self, windows: int, epoch: int, window: int) -> PopulationProgress:
        """The first ``windows`` windows, ending at this position; the data of the last window
        stays."""
        trained = self.trained - len(self.losses) + windows
        packed = self.packed
        if packed is not None:
            packed = tuple(stored[:windows] for stored in packed)
        return replace(
            self,
            **of_windows(self, slice(windows)),
            epoch=epoch,
            window=window,
            solved_at=np.where(self.solved_at <= trained, self.solved_at, 0),
            trained=trained,
            packed=packed,
        )

    def of(self, replica: int) -> Progress:
        """The progress that a `Trainer` of this replica would return; its arrays are views of
        these."""

        def rows(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
            return np.swapaxes(array[..., replica], 0, 1)

        return Progress(
            losses=self.losses[:, replica],
            errors=self.errors[:, replica],
            epoch=self.epoch,
            window=self.window,
            x=rows(self.x),
            y=rows(self.y),
            outputs=rows(self.outputs),
            states=rows(self.states),
            init_state=self.init_state[..., replica],
            scored=rows(self.scored),
            grad_norms=self.grad_norms[:, replica],
        )

    def only(self, replica: int) -> PopulationProgress:
        names = (*OF_WINDOWS, "x", "y", "scored", "outputs", "states", "init_state", "solved_at")
        which = slice(replica, replica + 1)
        arrays = {name: getattr(self, name)[..., which] for name in names}
        return replace(self, **arrays, packed=None)
