"""The interface of a trainer that a session uses, and the function that makes a trainer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from echornn.config import EchoConfig
from echornn.progress import PopulationProgress
from echornn.runtime import collector, quiet, small_loops
from echornn.state import PopulationState
from echornn.training.device import begin, threads_for, threads_if_asked
from echornn.training.structure import NO_DEVICES, Devices


class AnyTrainer(Protocol):
    """What a session uses of a `echornn.training.population.Population`, which documents it."""

    epoch: int
    window: int
    data_version: int
    init_index: int

    @property
    def config(self) -> EchoConfig: ...
    @property
    def finished(self) -> bool: ...
    @property
    def windows_left(self) -> int: ...
    @property
    def device(self) -> str: ...
    @property
    def state(self) -> PopulationState: ...
    def restore(self, state: PopulationState) -> None: ...
    def edit(self, config: EchoConfig) -> None: ...
    def compile(self) -> None: ...
    def advance(self, n: int) -> PopulationProgress: ...
    def reset(self, init_index: int = 0) -> None: ...
    def start(self, config: EchoConfig, init_index: int = 0) -> None: ...
    def regenerate(self) -> None: ...


MakeTrainer = Callable[[EchoConfig], AnyTrainer]


def tensorflow_trainers(
    devices: Devices = NO_DEVICES, threshold: int = small_loops.THRESHOLD, threads: int | None = None
) -> MakeTrainer:
    """A function that makes trainers, which share compiled programs; its first call imports TensorFlow. Devices,
    threshold of small loops and threads are those with which networks were trained before.
    """
    shared: Any = None

    def make(config: EchoConfig) -> AnyTrainer:
        nonlocal shared
        with collector.paused():
            quiet.import_tensorflow(threshold)
            from echornn.training.population import Population
            from echornn.training.programs import Programs, keep
        if shared is None:
            number = threads or threads_for(config, config.replicas == 1)
            keep(threads_if_asked(number))
            begin(number)
            shared = Programs(devices)
        return Population(config, programs=shared)

    return make
