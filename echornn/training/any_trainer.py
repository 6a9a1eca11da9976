"""What a session needs from a trainer, and the function that makes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from echornn import collector, quiet, small_loops
from echornn.config import EchoConfig
from echornn.population_state import AnyState
from echornn.progress import AnyProgress
from echornn.threads import threads_for, threads_if_asked
from echornn.training.trained_on import NO_DEVICES, Devices


class AnyTrainer(Protocol):
    """What a session needs of a trainer of one network, or of a population of many.

    `echornn.training.trainer.Trainer` and `echornn.training.population.Population` say it in full.
    """

    @property
    def epoch(self) -> int:
        """Of the next window to train, from 0."""

    @property
    def window(self) -> int:
        """Its number in that epoch, from 0."""

    @property
    def generation(self) -> int:
        """How often the data was regenerated."""

    @property
    def draw(self) -> int:
        """Which of the seed's random starts the weights came from."""

    @property
    def config(self) -> EchoConfig:
        """What is trained."""

    @property
    def finished(self) -> bool:
        """Whether all epochs are trained."""

    @property
    def windows_left(self) -> int:
        """Windows until they are."""

    @property
    def device(self) -> str:
        """Where it trains: cpu or gpu."""

    @property
    def state(self) -> AnyState:
        """A copy of all that a bit-exact continuation needs."""

    def restore(self, state: AnyState) -> None:
        """Go on exactly where this was taken; `ValueError` where it is of another configuration."""

    def edit(self, config: EchoConfig) -> None:
        """Go on with other live fields; `ValueError` where more differs, or fewer epochs than are trained."""

    def compile(self) -> None:
        """Be ready to train at full speed; nothing is trained."""

    def advance(self, n: int) -> AnyProgress:
        """Train so many windows, or fewer at the end of the last epoch; `ValueError` where ``n`` is below 1."""

    def reset(self, draw: int = 0) -> None:
        """Start over, with the weights of this draw; the data stays."""

    def start(self, config: EchoConfig, draw: int = 0) -> None:
        """Start over as a new one of this configuration; `ValueError` where it differs in what is compiled in."""

    def regenerate(self) -> None:
        """New data: the epoch starts again, the last one where all are trained. The weights stay."""


MakeTrainer = Callable[[EchoConfig], AnyTrainer]


def tensorflow_trainers(
    devices: Devices = NO_DEVICES, threshold: int = small_loops.THRESHOLD, threads: int | None = None
) -> MakeTrainer:
    """Makes trainers, and populations of several replicas, for a session; they share compiled loops, and TensorFlow is
    imported with the first.

    One that needs more memory than there is, with what saving it takes, is refused with a `ConfigError`.

    Args:
        devices: where networks were trained before: ``auto`` takes these, as far as they are there.
        threshold: of small loops, with which they were trained (see `echornn.small_loops`).
        threads: of an operation, with which they were trained; unset, what suits the first (see `echornn.threads`).
    """

    shared: Any = None

    def make(config: EchoConfig) -> AnyTrainer:
        nonlocal shared
        if shared is None:
            shared = _programs(devices, threshold, threads or threads_for(config, config.replicas == 1))
        from echornn.training.memory import STATES_IN_A_SESSION, require_memory, require_population_memory

        if config.replicas > 1:
            from echornn.training.population import Population

            require_population_memory(config, config.replicas, in_a_session=True)
            return Population(config, programs=shared)
        from echornn.training.trainer import Trainer

        require_memory(config, states=STATES_IN_A_SESSION)
        return Trainer(config, shared)

    return make


def _programs(devices: Devices, threshold: int, threads: int) -> Any:
    """The first of a process: TensorFlow is imported, and told all that it is told once."""
    with collector.paused():
        quiet.import_tensorflow(threshold)
        from echornn.training import kept_programs
        from echornn.training.process import begin
        from echornn.training.programs import Programs

    kept_programs.keep(threads_if_asked(threads))
    begin(threads)
    return Programs(devices)
