"""The program but for its trainer, which follows a script: TensorFlow alone takes seconds of every process.

`python -m tests.scripted_program ARGUMENT ...` is `python -m tui ARGUMENT ...`, trains nothing, and is ready at once.
"""

from __future__ import annotations

from typing import NoReturn
from unittest.mock import patch

from echornn.config import EchoConfig
from echornn.session import loop
from echornn.training.any_trainer import AnyTrainer
from tests.scripted import ScriptedTrainer
from tests.scripted_population import scripted_trainers
from tui.__main__ import main as run_program


def make_trainer(config: EchoConfig) -> AnyTrainer:
    trainer = scripted_trainers(config)
    if isinstance(trainer, ScriptedTrainer):
        trainer.wrong_every = 4
    return trainer


def main() -> NoReturn:
    """Run the command, and exit."""
    with patch.object(loop, "tensorflow_trainers", lambda devices: make_trainer):
        run_program()


if __name__ == "__main__":
    main()
