"""A model of a run: every state that its training ever had, kept without folders, keyframes or
replay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from echornn import EchoConfig, PopulationState
from tests.hashed import HashTrainer

Place = tuple[int, int]
"""A branch, and a number of windows along its path."""

Step = int | str | Place | dict[str, Any]
"""A number of windows to train, the name of a command, a place to go to, or fields to edit."""


@dataclass(frozen=True)
class Line:
    """A branch: where it began, and its whole path.

    Attributes:
        parent, start: the branch at whose window it began, and that window; None for the first.
        states: the state before the first window, and after each.
        losses: of each window, those of all networks.
    """

    parent: int | None
    start: int
    states: list[PopulationState]
    losses: list[list[float]]


class Model:
    """A run that takes the steps of `lab.do`; `here` is the place in the branch that trained its
    window."""

    def __init__(self, config: EchoConfig, *steps: Step) -> None:
        self.lines = [Line(None, 0, [HashTrainer(config).state], [])]
        self.line = 0
        self.window = 0
        self.log: list[list[float]] = []
        """The losses of all windows in the order trained."""
        for step in steps:
            self.take(step)

    @property
    def here(self) -> Place:
        branch = self.line
        while self.window < self.lines[branch].start:
            parent = self.lines[branch].parent
            assert parent is not None
            branch = parent
        return branch, self.window

    @property
    def state(self) -> PopulationState:
        return self.lines[self.line].states[self.window]

    @property
    def losses(self) -> list[list[float]]:
        """The losses on the path to here."""
        return self.lines[self.line].losses[: self.window]

    @property
    def lone_log(self) -> list[float]:
        """The same of a run of one network."""
        return [loss for (loss,) in self.log]

    def take(self, step: Step) -> None:
        match step:
            case int():
                self._train(step)
            case "reset":
                self._change(lambda trainer: trainer.reset(trainer.init_index), 0)
            case "redraw":
                self._change(lambda trainer: trainer.reset(trainer.init_index + 1), 0)
            case "regenerate":
                self._change(HashTrainer.regenerate, self.window)
            case dict():
                config = self.state.config.with_fields(step)
                if self.state.config.differs_only_live(config):
                    self._change(lambda trainer: trainer.edit(config), self.window)
                else:
                    self._begin(0, HashTrainer(config).state)
            case (int(branch), int(window)):
                self.line, self.window = branch, window

    def alone(self, replica: int) -> None:
        """Continue with one network of several."""
        self._begin(self.window, self.state.only([replica]))

    def _train(self, windows: int) -> None:
        if self.window < len(self.lines[self.line].losses):
            self._begin(self.window, self.state)
        trainer = self._trainer()
        line = self.lines[self.line]
        for _ in range(windows):
            losses = trainer.advance(1).losses[0].tolist()
            line.losses.append(losses)
            line.states.append(trainer.state)
            self.log.append(losses)
        self.window += windows

    def _trainer(self) -> HashTrainer:
        trainer = HashTrainer(self.state.config)
        trainer.restore(self.state)
        return trainer

    def _change(self, change: Callable[[HashTrainer], None], window: int) -> None:
        trainer = self._trainer()
        change(trainer)
        self._begin(window, trainer.state)

    def _begin(self, window: int, state: PopulationState) -> None:
        """Begin a branch here, or at the start of the path if it has no window before it."""
        path = self.lines[self.line]
        states = [*path.states[:window], state]
        self.lines.append(Line(self.here[0], window, states, path.losses[:window]))
        self.line = len(self.lines) - 1
        self.window = window
