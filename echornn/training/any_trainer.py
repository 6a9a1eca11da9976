"""The interface of a trainer that a session uses, and the function that makes a trainer."""

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
    """The interface of a trainer, as a session uses it. Each member is documented in
    `echornn.training.population.Population`. A single network is a population of one.
    """

    @property
    def epoch(self) -> int:
        """The epoch of the next window to train, from 0."""

    @property
    def window(self) -> int:
        """The number of the next window in its epoch, from 0."""

    @property
    def data_version(self) -> int:
        """How many times new data has been drawn."""

    @property
    def init_index(self) -> int:
        """The number of the initial weights, from 0."""

    @property
    def config(self) -> EchoConfig:
        """The configuration that is trained."""

    @property
    def finished(self) -> bool:
        """Whether all epochs have been trained."""

    @property
    def windows_left(self) -> int:
        """The number of windows to train until the end of the last epoch."""

    @property
    def device(self) -> str:
        """The device that trains: cpu or gpu."""

    @property
    def state(self) -> PopulationState:
        """A copy of everything that is needed to continue bit for bit."""

    def restore(self, state: PopulationState) -> None:
        """Continue from a state, bit for bit; `ValueError` if the state has another configuration."""

    def edit(self, config: EchoConfig) -> None:
        """Continue with new values of live fields, which can change between windows; `ValueError` if another field
        differs, or if more epochs than ``num_epochs`` have been trained already.
        """

    def compile(self) -> None:
        """Compile, so that training runs at full speed; nothing is trained."""

    def advance(self, n: int) -> PopulationProgress:
        """Train ``n`` windows, or fewer at the end of the last epoch, or if a user's task cannot make the data of later
        windows; `TaskError` if it cannot make that of the next window, `ValueError` if ``n`` is below 1.
        """

    def reset(self, init_index: int = 0) -> None:
        """Start over with the initial weights ``init_index``, and the same data."""

    def start(self, config: EchoConfig, init_index: int = 0) -> None:
        """Start over with this configuration, like a new trainer; `ValueError` if a field differs that is fixed in the
        compiled program.
        """

    def regenerate(self) -> None:
        """Draw new data: the current epoch starts again, or the last one if all are trained. The weights stay."""


MakeTrainer = Callable[[EchoConfig], AnyTrainer]


def tensorflow_trainers(
    devices: Devices = NO_DEVICES, threshold: int = small_loops.THRESHOLD, threads: int | None = None
) -> MakeTrainer:
    """Return a function that makes the trainers of a session. They share compiled programs; making the first one
    imports TensorFlow.

    The function raises a `ConfigError` if there is not enough memory to train and save the networks.

    Args:
        devices: the devices on which networks were trained before; with ``auto`` they are used again, if available.
        threshold: the threshold of small loops with which networks were trained (see `echornn.runtime.small_loops`).
        threads: the number of threads per operation with which networks were trained; by default the number that suits
            the first network (see `echornn.training.threads`).
    """

    shared: Any = None

    def make(config: EchoConfig) -> AnyTrainer:
        nonlocal shared
        if shared is None:
            shared = _programs(devices, threshold, threads or threads_for(config, config.replicas == 1))
        from echornn.training.population import Population

        return Population(config, programs=shared)

    return make


def _programs(devices: Devices, threshold: int, threads: int) -> Any:
    """The programs of this process. Imports TensorFlow, and applies the settings that can be applied only once."""
    with collector.paused():
        quiet.import_tensorflow(threshold)
        from echornn.training import kept_programs
        from echornn.training.process import begin
        from echornn.training.programs import Programs

    kept_programs.keep(threads_if_asked(threads))
    begin(threads)
    return Programs(devices)
