"""What can be gone back to, and how a configuration takes another's place."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields

from echornn.analysis.theory import RECENT_WINDOWS, chance_level
from echornn.config import EchoConfig
from echornn.session.frame import Frame
from echornn.trainer_state import TrainerState
from echornn.training.any_trainer import MakeTrainer, Trains

UNDO_DEPTH = 10
"""Commands that can be undone, one after the other."""

MUCH_WORSE = 2.0
"""A mean loss so many times what it was, and so many times chance: what trains so is on its way to diverge."""


@dataclass(frozen=True, eq=False)
class Moment:
    """What can be gone back to.

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

    @property
    def mean(self) -> float:
        """Mean loss of its newest windows, in nats; infinity where none is known."""
        mean = self.frame.evidence.mean
        return mean if math.isfinite(mean) else math.inf

    def come_back(self) -> None:
        """Bring the trainer back to this moment."""
        config = self.state.config
        if self.trainer.state.config != config:
            self.trainer.reset()  # the first epoch lies within any num_epochs
            self.trainer.edit(config)
        self.trainer.restore(self.state)


class Past:
    """The only owner of the last good state: a divergence is trained again from it, and undone to it or to before the
    edit that did it.

    Keeps the newest `UNDO_DEPTH` moments before a command, the newest whose weights are finite, and the newest that
    trained well too.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._moments: deque[Moment] = deque(maxlen=UNDO_DEPTH)
        self._remembered_at = 0
        self._good: Moment | None = None
        self._is_lost = False
        self._newest_at = 0.0
        self.newest: Moment
        """The newest moment under the present command whose weights are finite, or else its first."""
        self.blamed: tuple[str, ...] = ()
        """Fields of the edit under which the loss diverged; see `Frame.blamed`."""

    def __len__(self) -> int:
        return len(self._moments)

    @property
    def seconds(self) -> float:
        """How long ago the `newest` moment was."""
        return self._clock() - self._newest_at

    def remember(self, moment: Moment) -> None:
        """Make this moment one that can be gone back to, unless its weights are past saving."""
        self._remembered_at = moment.trained
        if moment.state.is_finite and not self._is_lost:
            self._moments.append(moment)

    def begin(self, moment: Moment, weights_stay: bool) -> None:
        """A command was carried out, and this is the first moment under it."""
        self.newest, self._newest_at = moment, self._clock()
        self.blamed = ()
        self._is_lost = self._is_lost and weights_stay

    def passed(self, moment: Moment) -> None:
        """Take note of a moment."""
        if not moment.state.is_finite:
            return
        self.newest, self._newest_at = moment, self._clock()
        chance = chance_level(moment.state.config)
        before = chance if self._good is None else max(chance, self._good.mean)
        goes_well = not moment.frame.evidence.windows or moment.mean <= MUCH_WORSE * before
        self._is_lost = self._is_lost and not moment.mean <= MUCH_WORSE * chance
        if goes_well and not self._is_lost:
            self._good = moment

    def diverged(self, config: EchoConfig) -> None:
        """The loss is no finite number: what is gone back to first is the moment before the edit that did it.

        An edit under which training went well for `RECENT_WINDOWS` did not do it, nor does any where there was none:
        then it is the last good moment, unless going back takes there already.
        """
        if self._is_lost:
            return
        self._is_lost, self.blamed = True, ()
        good, edit = self._good, self._before_the_edit(config)
        if edit is not None and (good is None or good.trained - edit.trained < RECENT_WINDOWS):
            self.blamed = changed(edit.state.config, config)
            while self._moments[-1] is not edit:
                self._moments.pop()
        elif good is not None and (not self._moments or good.trained > self._remembered_at):
            self._moments.append(good)

    def _before_the_edit(self, config: EchoConfig) -> Moment | None:
        """The newest moment at which something else was trained."""
        return next((one for one in reversed(self._moments) if changed(one.state.config, config)), None)

    def take(self) -> Moment:
        """Take the newest moment out that can be gone back to; it is the last good one until another passes.

        Raises:
            IndexError: there is none.
        """
        self._good = self._moments.pop()
        self._remembered_at = -1
        self._is_lost = False
        return self._good


def changed(before: EchoConfig, after: EchoConfig) -> tuple[str, ...]:
    """Fields that differ, other than the number of epochs, which nothing that is learned depends on."""
    names = (field.name for field in fields(before) if field.name != "num_epochs")
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


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
