"""What a command that destroys something can be undone to, and how a configuration takes another's place."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.session.frame import Frame
from echornn.trainer_state import TrainerState
from echornn.training.any_trainer import MakeTrainer, Trains

UNDO_DEPTH = 10
"""Commands that can be undone, one after the other."""


@dataclass(frozen=True, eq=False)
class Moment:
    """What a command that destroys something can be undone to.

    Attributes:
        trainer, state: what trained there, and how it stood.
        frame: what was shown.
        place: which windows of the run came before; see `Chronicle.place`.
    """

    trainer: Trains
    state: TrainerState
    frame: Frame
    place: tuple[int, int]

    @property
    def trained(self) -> int:
        """Windows of the run before it."""
        return self.place[1]

    def come_back(self) -> None:
        """Bring the trainer back to this moment."""
        config = self.state.config
        if self.trainer.state.config != config:
            self.trainer.reset()  # the first epoch lies within any num_epochs
            self.trainer.edit(config)
        self.trainer.restore(self.state)


class Past:
    """The newest `UNDO_DEPTH` moments that can be gone back to, and the last good one, should the loss diverge."""

    def __init__(self) -> None:
        self._moments: deque[Moment] = deque(maxlen=UNDO_DEPTH)
        self._remembered_at = 0
        self._good: Moment | None = None

    def __len__(self) -> int:
        return len(self._moments)

    def remember(self, moment: Moment) -> None:
        """Make this moment one that can be gone back to, unless its weights are past saving."""
        self._remembered_at = moment.trained
        if moment.state.is_finite:
            self._moments.append(moment)

    def passed(self, moment: Moment) -> None:
        """Take note of a moment that is good if its weights are finite."""
        if moment.state.is_finite:
            self._good = moment

    def diverged(self) -> None:
        """Make the last good moment one that can be gone back to, unless going back takes there already."""
        if self._good is not None and (not self._moments or self._good.trained > self._remembered_at):
            self.remember(self._good)

    def newest(self) -> Moment:
        """Take the newest moment out; it is the last good one until another passes.

        Raises:
            IndexError: there is none.
        """
        self._good = self._moments.pop()
        self._remembered_at = -1
        return self._good


def edited(trainer: Trains, config: EchoConfig, make_trainer: MakeTrainer, anew: bool = False) -> Trains:
    """The trainer that goes on with ``config``: the same where only live fields differ, else a new one, compiled.

    Whatever is raised, ``trainer`` is as it was.

    Args:
        anew: whether to start over.
    """
    if trainer.state.config.differs_only_live(config):
        if anew:
            trainer.reset()
        trainer.edit(config)
        return trainer
    another = make_trainer(config)
    another.compile()
    return another
