"""What a session needs from a trainer, and the function that makes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from echornn.config import EchoConfig
from echornn.population_state import PopulationState
from echornn.progress import PopulationProgress
from echornn.runtime import collector, quiet, small_loops
from echornn.training.threads import threads_for, threads_if_asked
from echornn.training.trained_on import NO_DEVICES, Devices


class AnyTrainer(Protocol):
    """The interface of a trainer that a session needs: that of a `echornn.training.population.Population`, which
    documents it in full; a lone network is a population of one.
    """

    @property
    def epoch(self) -> int:
        """The epoch of the next window to train, from 0."""

    @property
    def window(self) -> int:
        """The number of the next window in its epoch, from 0."""

    @property
    def generation(self) -> int:
        """How often the data was regenerated."""

    @property
    def draw(self) -> int:
        """Which of the seed's random starts the weights came from."""

    @property
    def config(self) -> EchoConfig:
        """The configuration that is trained."""

    @property
    def finished(self) -> bool:
        """Whether all epochs are trained."""

    @property
    def windows_left(self) -> int:
        """Windows still to train until all epochs are done."""

    @property
    def device(self) -> str:
        """The device that trains: cpu or gpu."""

    @property
    def state(self) -> PopulationState:
        """A copy of everything that a bit-exact continuation needs."""

    def restore(self, state: PopulationState) -> None:
        """Continue exactly from where this state was taken; `ValueError` if it is of another configuration."""

    def edit(self, config: EchoConfig) -> None:
        """Go on with other live fields; `ValueError` if another field differs, or if more epochs are trained
        already.
        """

    def compile(self) -> None:
        """Compile, so that training runs at full speed; nothing is trained."""

    def advance(self, n: int) -> PopulationProgress:
        """Train so many windows, or fewer at the end of the last epoch; `ValueError` if ``n`` is below 1."""

    def reset(self, draw: int = 0) -> None:
        """Start over with the weights of this draw; the data stays."""

    def start(self, config: EchoConfig, draw: int = 0) -> None:
        """Start over with this configuration, like a new trainer; `ValueError` if a field differs that is compiled
        in.
        """

    def regenerate(self) -> None:
        """Take new data: the epoch starts again, or the last one if all are trained. The weights stay."""


MakeTrainer = Callable[[EchoConfig], AnyTrainer]


def tensorflow_trainers(
    devices: Devices = NO_DEVICES, threshold: int = small_loops.THRESHOLD, threads: int | None = None
) -> MakeTrainer:
    """Make a function that makes populations for a session. They share compiled loops; the first one imports
    TensorFlow.

    The function raises a `ConfigError` if there is too little memory to train and save the networks.

    Args:
        devices: the devices that trained the networks before: ``auto`` takes these, if they are there.
        threshold: the threshold of small loops with which they were trained (see `echornn.runtime.small_loops`).
        threads: the threads of an operation with which they were trained; by default, those that suit the first network
            (see `echornn.training.threads`).
    """

    shared: Any = None

    def make(config: EchoConfig) -> AnyTrainer:
        nonlocal shared
        if shared is None:
            shared = _programs(devices, threshold, threads or threads_for(config, config.replicas == 1))
        from echornn.training.memory import require_memory
        from echornn.training.population import Population

        require_memory(config, config.replicas, in_a_session=True)
        return Population(config, programs=shared)

    return make


def _programs(devices: Devices, threshold: int, threads: int) -> Any:
    """The programs of this process: imports TensorFlow, and makes the settings that are made only once."""
    with collector.paused():
        quiet.import_tensorflow(threshold)
        from echornn.training import kept_programs
        from echornn.training.process import begin
        from echornn.training.programs import Programs

    kept_programs.keep(threads_if_asked(threads))
    begin(threads)
    return Programs(devices)
