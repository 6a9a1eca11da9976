"""AnyTrainer a recorded run again, command by command, as the engine that nobody disturbs does it."""

from __future__ import annotations

from pathlib import Path

from echornn.session.edits import edited

from echornn.runs import run_dir
from echornn.runs.command import Command
from echornn.trainer_state import TrainerState
from echornn.training.programs import Programs
from echornn.training.trainer import Trainer


def difference(folder: Path) -> str:
    """Where the run's record differs from the same commands given to a trainer; empty where no bit does."""
    run = run_dir.read(folder)
    if not run.commands:
        return ""
    programs = Programs()
    targets = {command.back for command in run.commands if command.back is not None}
    states: dict[tuple[int, int], TrainerState] = {}
    trainer = Trainer(run.commands[0].config, programs)
    ends = [command.at for command in run.commands[1:]] + [run.trained]
    for number, (command, end) in enumerate(zip(run.commands, ends, strict=True)):
        trainer = _obey(trainer, command, states, programs)
        position = (trainer.epoch, trainer.window, trainer.generation, trainer.draw)
        if position != (command.epoch, command.window, command.generation, command.draw):
            return f"command {number}, {command.cause}: at {position} in the replay"
        stops = sorted({at for which, at in targets if which == number} | {end})
        at = command.at
        for stop in stops:
            if stop > at:
                progress = trainer.advance(stop - at)
                recorded = run.windows(at, at + len(progress.losses))
                if len(recorded) < stop - at or progress.losses.tobytes() != recorded["loss"].tobytes():
                    return f"a window from {at} to {stop}, after command {number}, {command.cause}"
                at = stop
            states[number, stop] = trainer.state
    return ""


def _obey(
    trainer: Trainer, command: Command, states: dict[tuple[int, int], TrainerState], programs: Programs
) -> Trainer:
    match command.cause:
        case "start":
            pass
        case "reset" | "redraw":
            trainer.reset(command.draw)
        case "regenerate":
            trainer.regenerate()
        case "undo":
            assert command.back is not None
            trainer = Trainer(command.config, programs)
            trainer.restore(states[command.back])
        case cause:
            another = edited(trainer, command.config, lambda one: Trainer(one, programs), cause == "preset")
            assert isinstance(another, Trainer)
            trainer = another
    return trainer
