"""A command that began a stretch of windows, as a run's command log has it."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import get_args

from echornn.analysis.loss_history import Cause
from echornn.config import EchoConfig
from echornn.runs.checkpoint import config_from


@dataclass(frozen=True)
class Command:
    """What began a stretch of windows.

    Attributes:
        at: windows trained before it, in the whole run.
        cause: start, reset, edit, ...
        epoch, window: position after it, from (0, 0).
        generation, draw: data and weights from here on.
        config: what is trained from here on.
        back: where an undo went: the number of the command, from 0, that began the stretch of windows, and the windows
            trained in the whole run there; None for all others.
    """

    at: int
    cause: Cause
    epoch: int
    window: int
    generation: int
    draw: int
    config: EchoConfig
    back: tuple[int, int] | None = None

    def goes_on_after(self, before: Command | None) -> bool:
        """Whether it is an edit under which weights, data and task of the command before go on."""
        return before is not None and self.cause == "edit" and before.config.same_task(self.config)

    def keeps_weights_of(self, before: Command | None) -> bool:
        """Whether the weights of the command before are trained on under it."""
        return self.cause == "regenerate" or self.goes_on_after(before)

    def as_line(self) -> bytes:
        """The command as a line of the command log."""
        return json.dumps(dataclasses.asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Command:
        """The command of a line.

        Raises:
            ValueError: it is none.
        """
        try:
            fields = json.loads(line)
            fields["config"] = config_from(fields["config"])
            if fields.get("back") is not None:
                number, trained = fields["back"]
                fields["back"] = (number, trained)
            command = cls(**fields)
        except (LookupError, TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"no command: {error}") from error
        place = (command.at, command.epoch, command.window, command.generation, command.draw)
        numbers = (*place, *(command.back or ()))
        if command.cause not in get_args(Cause) or not all(type(one) is int and one >= 0 for one in numbers):
            raise ValueError(f"no command: cause {command.cause!r}, numbers {numbers}")
        return command
