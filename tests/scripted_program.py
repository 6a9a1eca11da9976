"""The program without TensorFlow, which takes seconds in every process: its trainer follows a script.

`python -m tests.scripted_program ARGUMENT ...` works like `python -m tui ARGUMENT ...` but trains and probes nothing,
and is ready at once. The environment variable `TRAINERS` selects one of `TRAINERS`.
"""

from __future__ import annotations

import os
import time
from typing import NoReturn
from unittest.mock import patch

from echornn.config import ConfigError, EchoConfig
from echornn.progress import PopulationProgress
from echornn.session import loop
from echornn.training.any_trainer import AnyTrainer, MakeTrainer
from tests.hashed import HashTrainer
from tests.scripted import ScriptedTrainer, unread
from tui.__main__ import main as run_program

SECONDS_A_CALL = 0.2


class SlowTrainer(ScriptedTrainer):
    """A trainer that takes some time for each call, on any machine."""

    def advance(self, n: int) -> PopulationProgress:
        time.sleep(SECONDS_A_CALL)
        return super().advance(n)


def partly_wrong(config: EchoConfig) -> AnyTrainer:
    trainer = ScriptedTrainer(config)
    trainer.wrong_every = 4
    return trainer


def without_gpu(config: EchoConfig) -> AnyTrainer:
    """Refuses a GPU, as TensorFlow's trainers do if there is none."""
    if config.device == "gpu":
        raise ConfigError("device", config.device, "TensorFlow sees no GPU here")
    return partly_wrong(config)


TRAINERS: dict[str, MakeTrainer] = {
    "": partly_wrong,
    "hashed": HashTrainer,
    "slow": SlowTrainer,
    "cpu": without_gpu,
}


def main() -> NoReturn:
    """Run the command, and exit."""
    make_trainer = TRAINERS[os.environ.get("TRAINERS", "")]
    with patch.object(loop, "tensorflow_trainers", lambda *_: make_trainer), patch.object(loop, "by_probes", unread):
        run_program()


if __name__ == "__main__":
    main()
