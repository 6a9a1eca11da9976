"""The program without TensorFlow, which takes seconds in every process: its trainer follows a
script.

`python -m tests.scripted_program ARGUMENT ...` works like `python -m tui ARGUMENT ...` but trains
and probes nothing, and is ready at once. The environment variable `TRAINERS` selects one of
`TRAINERS`. `FAILING` names a function as ``package.module:Class.method``, which fails on all
threads except the first, as if by a bug.
"""

from __future__ import annotations

import os
import pkgutil
import threading
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest.mock import patch

from echornn.config import ConfigError, EchoConfig
from echornn.progress import PopulationProgress
from echornn.session import session as loop
from echornn.training.structure import AnyTrainer, MakeTrainer
from tests.hashed import HashTrainer
from tests.scripted import ScriptedTrainer, scripted, unread
from tui.__main__ import main as run_program

READS_KEPT_RUNS = "tui.app.training_screen:kept_runs_beside"
"""What can fail: this runs on a thread when the list of runs is opened."""


class HungTrainer(ScriptedTrainer):
    """A trainer whose first call is its last: the second one never returns."""

    def advance(self, n: int) -> PopulationProgress:
        if self.calls:
            threading.Event().wait()
        return super().advance(n)


partly_wrong = scripted(wrong_every=4)


def without_gpu(config: EchoConfig) -> AnyTrainer:
    """Refuses a GPU, as TensorFlow's trainers do if there is none."""
    if config.device == "gpu":
        raise ConfigError("device", config.device, "TensorFlow sees no GPU here")
    return partly_wrong(config)


TRAINERS: dict[str, MakeTrainer] = {
    "": partly_wrong,
    "hashed": HashTrainer,
    "hung": HungTrainer,
    "cpu": without_gpu,
}


def main() -> None:
    """Run the command, and exit."""
    with ExitStack() as patches:
        if name := os.environ.get("FAILING"):
            patches.enter_context(_failing(name))
        make_trainer = TRAINERS[os.environ.get("TRAINERS", "")]
        patches.enter_context(patch.object(loop, "tensorflow_trainers", lambda *_: make_trainer))
        patches.enter_context(patch.object(loop, "by_probes", unread))
        run_program()


def _failing(name: str) -> AbstractContextManager[object]:
    real = pkgutil.resolve_name(name)

    def failing(*arguments: Any, **named: Any) -> Any:
        if threading.current_thread() is threading.main_thread():
            return real(*arguments, **named)
        raise TypeError("a fault of the program")

    return patch(name.replace(":", "."), failing)


if __name__ == "__main__":
    main()
