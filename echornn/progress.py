"""What a call of `advance` returns, as plain arrays: losses and errors of its windows, and all data of the last window.

`PopulationProgress` has an axis of replicas, of length 1 for a single network. `Progress` is a view of one replica.
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
    """The loss of every trained window, and all data of the last window, of one network.

    Attributes:
        losses: float32 [n], the mean cross-entropy of each window in nats, before its update.
        errors: int32 [n], the number of wrong predictions among batch_size * T.
        epoch: the epoch of the last window, from 0.
        window: the number of the last window in its epoch, from 0.
        x: the input of the last window, uint8 [batch_size, T].
        y: the target of the last window, uint8 [batch_size, T].
        probabilities: float32 [batch_size, T, num_classes], the predictions before the update.
        states: float32 [batch_size, T, state_size], the state after each time step.
        init_state: float32 [batch_size, carried], the state at the start of the last window (see
            `echornn.network.shapes.carried_size`); empty [0, 0] if unknown.
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
        """bool [n]: whether training has failed after each window, since its loss is NaN or infinite."""
        return ~np.isfinite(self.losses)


@dataclass(frozen=True, eq=False)
class PopulationProgress:
    """The loss of every trained window in all replicas, and all data of the last window. A single network is a
    population of one.

    Attributes:
        losses: float32 [n, replicas], the mean cross-entropy of each window in nats, before its update.
        errors: int32 [n, replicas], wrong predictions among batch_size * T.
        epoch, window: the position of the last window, both from 0.
        x, y: input and target of the last window, uint8 [T, batch_size, replicas].
        probabilities: float32 [T, batch_size, num_classes, replicas], the predictions before the update.
        states: float32 [T, batch_size, state_size, replicas], the state after each time step.
        init_state: float32 [batch_size, carried, replicas], the state at the start of the last window.
        solved_at: int64 [replicas], the window along the path, from 1, at which each replica solved the task; 0 if not
            yet, `echornn.data.solved.UNKNOWN` if not recorded, as for a single network that was read from a file.
        trained: the number of windows along the path, including these; if not recorded, the number since the state was
            restored.
        packed: uint32 [n, replicas], losses and errors in four bytes, if only this precision is known; see
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
        """bool [n]: whether training has failed after each window, since every replica's loss is NaN or infinite."""
        return np.asarray(~np.isfinite(self.losses).any(axis=1))

    def until(self, windows: int, epoch: int, window: int) -> PopulationProgress:
        """The first ``windows`` windows, ending at this position; the data of the last window stays that of another
        window.
        """
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
        """The progress that a `Trainer` of this replica would return; its arrays are views of these."""
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
        """The progress of a population of only this replica."""
        which = slice(replica, replica + 1)
        arrays = ("losses", "errors", "x", "y", "probabilities", "states", "init_state", "solved_at")
        return replace(self, **{name: getattr(self, name)[..., which] for name in arrays}, packed=None)
