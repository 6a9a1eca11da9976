"""What a call of `advance` returns: losses and errors of its windows, and the last window in full, as plain arrays.

`PopulationProgress` has an axis of replicas, of length 1 for a lone network. `Progress` is one replica's view of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

Symbols = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Progress:
    """The loss of every trained window, and the last window in full.

    Attributes:
        losses: float32 [n], mean cross-entropy of each window in nats, before its update.
        errors: int32 [n], wrong predictions among batch_size * T.
        epoch: epoch of the last window trained, from 0.
        window: its index in that epoch, from 0.
        x: its input, uint8 [batch_size, T].
        y: its target, uint8 [batch_size, T].
        probabilities: float32 [batch_size, T, num_classes], the prediction before the update.
        states: float32 [batch_size, T, state_size], after each time step.
        init_state: float32 [batch_size, carried], the state that the window began with (see
            `echornn.network.shapes.carried_size`); empty [0, 0] if it is not known.
    """

    losses: Floats
    errors: Counts
    epoch: int
    window: int
    x: Symbols
    y: Symbols
    probabilities: Floats
    states: Floats
    init_state: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    @property
    def diverged(self) -> Bools:
        """bool [n]: for each window, whether training has failed after it: the loss is not finite."""
        return ~np.isfinite(self.losses)


@dataclass(frozen=True, eq=False)
class PopulationProgress:
    """The loss of every trained window in all replicas, and the last window of each in full; a lone network is the only
    replica.

    Attributes:
        losses: float32 [n, replicas], mean cross-entropy of each window in nats, before its update.
        errors: int32 [n, replicas], wrong predictions among batch_size * T.
        epoch, window: the last window trained, from 0.
        x, y: its input and target, uint8 [T, batch_size, replicas].
        probabilities: float32 [T, batch_size, num_classes, replicas], the prediction before the update.
        states: float32 [T, batch_size, state_size, replicas], after each time step.
        init_state: float32 [batch_size, carried, replicas], what the window began with.
        solved_at: int64 [replicas], windows along the path, from 1, after which each solved the task; 0 if not yet,
            `echornn.tasks.solved.UNKNOWN` for a lone network, whose losses say it.
        trained: the number of windows along the path, including these; 0 for a lone network.
        packed: uint32 [n, replicas], losses and errors in four bytes, if they have only that precision; see
            `echornn.history.packed`.
    """

    losses: Floats
    errors: Counts
    epoch: int
    window: int
    x: Symbols
    y: Symbols
    probabilities: Floats
    states: Floats
    init_state: Floats
    solved_at: npt.NDArray[np.int64]
    trained: int
    packed: npt.NDArray[np.uint32] | None = None

    @property
    def diverged(self) -> Bools:
        """bool [n]: for each window, whether training has failed after it: no replica's loss is finite."""
        return np.asarray(~np.isfinite(self.losses).any(axis=1))

    def until(self, windows: int, epoch: int, window: int) -> PopulationProgress:
        """The first ``windows`` windows, ending at this position; the last window in full remains another one's."""
        losses, errors = self.losses[:windows], self.errors[:windows]
        trained = self.trained - len(self.losses) + windows
        solved_at = np.where(self.solved_at <= trained, self.solved_at, 0)
        return replace(
            self,
            losses=losses,
            errors=errors,
            epoch=epoch,
            window=window,
            solved_at=solved_at,
            trained=trained,
            packed=None if self.packed is None else self.packed[:windows],
        )

    def of(self, replica: int) -> Progress:
        """The progress that a `Trainer` of this replica would report: views of these arrays."""
        return Progress(
            self.losses[:, replica],
            self.errors[:, replica],
            self.epoch,
            self.window,
            self.x[..., replica].T,
            self.y[..., replica].T,
            np.swapaxes(self.probabilities[..., replica], 0, 1),
            np.swapaxes(self.states[..., replica], 0, 1),
            self.init_state[..., replica],
        )

    def only(self, replica: int) -> PopulationProgress:
        """The progress of a population that has only this replica."""
        which = slice(replica, replica + 1)
        arrays = ("losses", "errors", "x", "y", "probabilities", "states", "init_state", "solved_at")
        return replace(self, **{name: getattr(self, name)[..., which] for name in arrays}, packed=None)
