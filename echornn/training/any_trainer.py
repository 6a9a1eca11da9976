"""What a session needs of a trainer, and where it gets one from."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol

from echornn import quiet
from echornn.config import EchoConfig
from echornn.progress import Progress
from echornn.trainer_state import TrainerState


class AnyTrainer(Protocol):
    """What a session needs of a trainer (see `echornn.training.trainer.Trainer`)."""

    epoch: int
    window: int
    generation: int
    draw: int

    @property
    def finished(self) -> bool: ...
    @property
    def windows_left(self) -> int: ...
    @property
    def device(self) -> str: ...
    @property
    def state(self) -> TrainerState: ...
    def restore(self, state: TrainerState) -> None: ...
    def edit(self, config: EchoConfig) -> None: ...
    def compile(self) -> None: ...
    def advance(self, n: int) -> Progress: ...
    def reset(self, draw: int = 0) -> None: ...
    def regenerate(self) -> None: ...


MakeTrainer = Callable[[EchoConfig], AnyTrainer]


def tensorflow_trainers() -> MakeTrainer:
    """Makes trainers for a session, which share compiled loops; TensorFlow is imported with the first.

    One that needs more memory than there is, with what saving it takes, is refused with a `ConfigError`.
    """

    @functools.cache
    def programs() -> Any:
        quiet.import_tensorflow()
        from echornn.training.device import use_one_thread
        from echornn.training.programs import Programs

        use_one_thread()
        return Programs()

    def make(config: EchoConfig) -> AnyTrainer:
        shared = programs()
        from echornn.training.memory import STATES_IN_A_SESSION, require_memory
        from echornn.training.trainer import Trainer

        require_memory(config, states=STATES_IN_A_SESSION)
        return Trainer(config, shared)

    return make
