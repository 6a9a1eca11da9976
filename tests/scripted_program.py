"""The program without TensorFlow, which takes seconds in every process: its trainer follows a script.

`python -m tests.scripted_program ARGUMENT ...` works like `python -m tui ARGUMENT ...` but trains and probes nothing,
and is ready at once. The environment variable `TRAINERS` selects one of `TRAINERS`.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import nullcontext
from typing import IO, NoReturn, cast
from unittest.mock import patch

from echornn.config import ConfigError, EchoConfig
from echornn.progress import PopulationProgress
from echornn.session import session as loop
from echornn.training.structure import AnyTrainer, MakeTrainer
from tests.hashed import HashTrainer
from tests.patience import PATIENCE
from tests.races import DISTURBANCE, Drops
from tests.scripted import ScriptedTrainer, unread
from tui.__main__ import main as run_program

SECONDS_A_CALL = 0.2


class SlowTrainer(ScriptedTrainer):
    """A trainer that takes some time for each call, on any machine."""

    def advance(self, n: int) -> PopulationProgress:
        time.sleep(SECONDS_A_CALL)
        return super().advance(n)


class StuckTrainer(ScriptedTrainer):
    """A trainer whose call does not return after some windows, which it says on standard output."""

    def advance(self, n: int) -> PopulationProgress:
        if self.trained >= 5:
            os.write(1, b'{"event": "stuck"}\n')
            time.sleep(PATIENCE)
        return super().advance(1)


class HungTrainer(ScriptedTrainer):
    """A trainer whose first call is its last: the second one never returns."""

    def advance(self, n: int) -> PopulationProgress:
        if self.calls:
            threading.Event().wait()
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
    "hung": HungTrainer,
    "stuck": StuckTrainer,
    "cpu": without_gpu,
}


def main() -> NoReturn:
    """Run the command, and exit."""
    make_trainer = TRAINERS[os.environ.get("TRAINERS", "")]
    drops = patch("textual.drivers.linux_driver.WriterThread", _writing_in_drops)
    with drops if DISTURBANCE.written else nullcontext():
        _run(make_trainer)


def _run(make_trainer: MakeTrainer) -> NoReturn:
    with patch.object(loop, "tensorflow_trainers", lambda *_: make_trainer), patch.object(loop, "by_probes", unread):
        run_program()


def _writing_in_drops(file: IO[str]) -> object:
    """Textual's thread that draws, on a terminal that takes small pieces."""
    from textual.drivers._writer_thread import WriterThread

    return WriterThread(cast(IO[str], Drops(file)))


if __name__ == "__main__":
    main()
