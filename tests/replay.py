"""Trains a recorded run again, command by command, with an engine that is not interrupted."""

from __future__ import annotations

from pathlib import Path

from echornn.config import EchoConfig
from echornn.history.windows import kept
from echornn.progress import PopulationProgress
from echornn.run.commands import RecordedCommand
from echornn.run.run import Run
from echornn.state import PopulationState
from echornn.training.structure import AnyTrainer, MakeTrainer, tensorflow_trainers

Place = tuple[int, int]
"""A branch's number, and the windows along its path."""


def difference(folder: Path, make_trainer: MakeTrainer | None = None) -> str:
    """The first difference between a run's record and the same commands given to a trainer; empty
    if all bits are equal.

    Args:
        make_trainer: makes trainers and populations; by default those of TensorFlow.
    """
    run = Run.read(folder)
    if not run.commands:
        return ""
    make_trainer = make_trainer or tensorflow_trainers(*run.trained_by)
    return _Replay(run, make_trainer).difference()


def _position(place: AnyTrainer | RecordedCommand) -> tuple[int, int, int, int]:
    return place.epoch, place.window, place.data_version, place.init_index


class _Replay:
    """Reads the tree of branches from the commands, and keeps a state at each window where a branch
    begins."""

    def __init__(self, run: Run, make_trainer: MakeTrainer) -> None:
        self._run = run
        self._make = make_trainer
        beginnings = [command for command in run.commands if command.cause != "return"]
        self._parents = {command.branch: command.parent or (0, 0) for command in beginnings}
        self._generations = {command.branch: command.data_version for command in beginnings}
        self._stops = set[Place]()
        for command in run.commands:
            for place in (command.parent, command.before):
                if place is not None:
                    self._stops.add(self._owned(place))
        self._states: dict[Place, PopulationState] = {}
        self._ends: dict[int, int] = {}

    def _owned(self, place: Place) -> Place:
        """The same position, as a position in the branch that trained it."""
        branch, window = place
        while self._parents[branch][1] > window:
            branch = self._parents[branch][0]
        return branch, window

    def difference(self) -> str:
        commands = self._run.commands
        ends = [command.at for command in commands[1:]]
        ends.append(self._run.trained)
        for number, (command, last) in enumerate(zip(commands, ends, strict=True)):
            if command.branch is None:
                return f"command {number}, {command.cause}: of no branch"
            trainer = self._obeyed(command)
            position = _position(trainer)
            if position != _position(command):
                return f"command {number}, {command.cause}: at {position} in the replay"
            along = self._ends.setdefault(command.branch, self._parents[command.branch][1])
            wrong = self._train(trainer, command.branch, along, command.at, last)
            if wrong:
                return f"{wrong}, after command {number}, {command.cause}"
        return ""

    def _train(self, trainer: AnyTrainer, branch: int, along: int, at: int, last: int) -> str:
        """Train windows ``at`` to ``last`` of the log, beginning after ``along`` windows of the
        branch's path."""
        self._states[branch, along] = trainer.state
        end = self._ends[branch] = along + last - at
        stops = {window for owner, window in self._stops if owner == branch}
        for stop in sorted(stops | {end}):
            if along < stop <= end:
                progress = trainer.advance(stop - along)
                if not self._is_recorded(progress, at, trainer.state.config):
                    return f"a window from {at} to {at + stop - along} of the log"
                at, along = at + stop - along, stop
                self._states[branch, along] = trainer.state
        return ""

    def _is_recorded(self, progress: PopulationProgress, at: int, config: EchoConfig) -> bool:
        """Whether the log contains these windows from window ``at`` on."""
        windows = self._run.windows(at, at + len(progress.losses), config.replicas)
        if config.replicas > 1:
            return bool((windows == kept(progress.losses, progress.errors, config)).all())
        return bool(windows["loss"].tobytes() == progress.losses.tobytes())

    def _obeyed(self, command: RecordedCommand) -> AnyTrainer:
        """A trainer at the position of a command, which has carried the command out."""
        if command.branch is not None and command.cause == "return":
            return self._at((command.branch, self._ends[command.branch]))
        if command.parent is None or command.before is None:
            return self._make(command.config)
        match command.cause:
            case "reset" | "redraw":  # undo leads elsewhere if the network before was never trained
                trainer = self._make(command.config)
                for _ in range(self._generations[command.parent[0]]):
                    trainer.regenerate()
                trainer.reset(command.init_index)
                return trainer
            case "preset" | "edit":
                trainer = self._at(command.before if command.cause == "preset" else command.parent)
                if not trainer.state.config.differs_only_live(command.config):
                    return self._make(command.config)
                if command.cause == "preset":
                    trainer.reset()
                trainer.edit(command.config)
                return trainer
            case "alone":
                state = self._states[self._owned(command.parent)]
                trainer = self._make(command.config)
                trainer.restore(state.only([command.config.seed - state.config.seed]))
                return trainer
            case _:
                trainer = self._at(command.parent)
                if command.cause == "regenerate":
                    trainer.regenerate()
                return trainer

    def _at(self, place: Place) -> AnyTrainer:
        state = self._states[self._owned(place)]
        trainer = self._make(state.config)
        trainer.restore(state)
        return trainer
