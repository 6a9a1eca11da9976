"""The command line that shows again what is on the screen, and the key that copies it."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Sequence
from pathlib import Path

from echornn.config import EchoConfig
from echornn.runs.branch import Branch, Moment
from tui.app.part import Part
from tui.printable import printable

PROGRAM = "echornn-tui"


def command_of(config: EchoConfig) -> str:
    """What trains this configuration from its start: the fields that are not as in the tutorial."""
    values = dataclasses.asdict(config)
    usual = dataclasses.asdict(EchoConfig())
    flags = [f"--{name.replace('_', '-')} {value}" for name, value in values.items() if value != usual[name]]
    return " ".join([PROGRAM, *flags])


def command_again(path: Sequence[Branch], window: int, is_past: bool, folder: Path | None) -> str:
    """What leads to this moment again.

    From its start, a run needs its fields alone, on any machine. After changes on the way, and in the past, it needs
    the run that was kept.

    Args:
        path: the branches that lead to the moment, from where the weights began; at least one.
        window: windows along them.
        is_past: whether more was trained after it.
        folder: where the run is kept; None if nowhere.
    """
    last = path[-1]
    from_the_start = len(path) == 1 and last.draw == last.generation == 0 and not is_past
    if from_the_start or folder is None:
        return command_of(last.config)
    return f"{PROGRAM} --resume {shlex.quote(str(folder))} --at {window}"


class ShownAgain(Part):
    """An app that tells how to come to what it shows."""

    def action_copy(self) -> None:
        """Put the command where the terminal keeps what is copied, if it does, and say it."""
        frame, timeline = self._frame, self.session.timeline
        if len(timeline):
            path = timeline.path(Moment(frame.branch, frame.trained))
            command = command_again(path, frame.trained, frame.is_past, self.session.recorder.folder)
        else:
            command = command_of(frame.config)
        self.copy_to_clipboard(printable(command))
        self.notify(command, title="copied", markup=False)
