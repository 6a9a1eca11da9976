"""Holds the newest frame of a session; a change replaces the whole frame."""

from __future__ import annotations

import dataclasses
from typing import Any

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import LossStats
from echornn.progress import PopulationProgress, Progress
from echornn.session.frame import Frame, State
from echornn.training.any_trainer import AnyTrainer


class FrameHolder:
    """Holds the newest frame. The training thread sets it; any thread may read ``frame``.

    Args:
        frame: the first frame.
    """

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._own: list[tuple[PopulationProgress, int, Progress]] = []

    def change(self, **changes: Any) -> None:
        """Replace the frame by one with these attributes changed."""
        self.frame = dataclasses.replace(self.frame, **changes)

    def compile(self, config: EchoConfig) -> None:
        """Show that another network is being made; all other attributes stay those of the previous position."""
        if config.replicas == self.frame.config.replicas:
            of = ""
        else:
            of = " of one network alone" if config.replicas == 1 else f" of {config.replicas:,} networks"
        self.change(state=State.LOADING, message=f"compiling the training loop{of}", rate=0.0, coming=config)

    def stand(
        self,
        trainer: AnyTrainer,
        config: EchoConfig,
        shown: tuple[PopulationProgress, ...],
        loss_stats: LossStats,
        replica: int = 0,
        **changes: Any,
    ) -> None:
        """Set the position of the trainer: after the windows ``shown``, or before the first if there are none.

        Args:
            shown: the newest windows with their data, newest last.
            loss_stats: the statistics of the losses so far.
            replica: the replica to show.
        """
        *tape, progress = self._of(replica, shown) or (None,)
        epoch, window = place(trainer.epoch, trainer.window, config)
        if progress is not None:
            epoch, window = progress.epoch + 1, progress.window + 1
        position = {"epoch": epoch, "window": window, "generation": trainer.generation, "draw": trainer.draw}
        self.change(
            config=config,
            replica=replica,
            progress=progress,
            tape=tuple(tape),
            loss_stats=loss_stats,
            **position,
            **changes,
        )

    def _of(self, replica: int, shown: tuple[PopulationProgress, ...]) -> tuple[Progress, ...]:
        """The windows of this replica; windows that were shown before are returned as the same objects."""
        known = {id(one): own for one, of, own in self._own if of == replica}
        owns = tuple(known.get(id(one)) or one.of(replica) for one in shown)
        self._own = [(one, replica, own) for one, own in zip(shown, owns, strict=True)]
        return owns


def place(epoch: int, window: int, config: EchoConfig) -> tuple[int, int]:
    """A trainer's next epoch and window (both from 0) as frames have them: the epoch from 1, and the windows done in
    it.

    After the last epoch, all of its windows are done.
    """
    return (epoch + 1, window) if epoch < config.num_epochs else (epoch, config.windows_per_epoch)
