"""What networks must have in common to be trained together or by the same program; what trains them
in a session."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from echornn.config import (
    COMPILED_FIELDS,
    FIELDS,
    MAX_REPLICAS,
    START_FIELDS,
    ConfigError,
    EchoConfig,
)
from echornn.progress import PopulationProgress
from echornn.runtime import quiet, small_loops
from echornn.state import PopulationState
from echornn.tasks.task import form_of
from echornn.training.device import begin, effective_threads, threads_for

REPLICA_FIELDS = frozenset(
    {"seed", "learning_rate", "init", "forget_bias", "chrono", "spectral_radius", "weights"}
)
"""The fields in which replicas may differ."""


def require_one_structure(configs: Sequence[EchoConfig]) -> None:
    """Raise a `ConfigError` unless these configurations can be trained side by side."""
    if not configs:
        raise ConfigError("replicas", 0, f"1 to {MAX_REPLICAS}")
    first = configs[0]
    for config in configs:
        if config.replicas != 1:
            allowed = "it must be 1, since each configuration is one replica"
            raise ConfigError("replicas", config.replicas, allowed)
        if first.differs_only_in(config, REPLICA_FIELDS):
            continue
        changes = first.changes_to(config)
        name = next(name for name in changes if name not in REPLICA_FIELDS)
        allowed = (
            f"{first.value(name)!r}, as in the first replica; replicas may differ only in "
            f"{', '.join(sorted(REPLICA_FIELDS))}"
        )
        raise ConfigError(name, changes[name], allowed)


def structure(config: EchoConfig) -> tuple[Any, ...]:
    """Everything that changes a compiled program: the fields of `program_key` but for the device,
    and the form of the task. So tasks of the same form share a program; devices are measured for
    each task.
    """
    key = program_key(config)
    fields = tuple(getattr(key, name) for name in FIELDS if name != "device")
    return fields, *form_of(config.the_task), config.the_task.weighs_steps


Devices = Mapping[EchoConfig, str]
"""For each program (see `program_key`), the device, cpu or gpu, that trained it last."""

NO_DEVICES: Devices = MappingProxyType({})


def program_key(config: EchoConfig) -> EchoConfig:
    """The configuration with fixed values in all fields that do not affect the compiled program or
    its device."""
    fixed: dict[str, Any] = {
        name: getattr(EchoConfig, name) for name in START_FIELDS - COMPILED_FIELDS
    }
    for name in ("clip_norm", "weight_decay", "rate_penalty"):
        if getattr(config, name):
            fixed[name] = 1.0  # whether there is one changes the program, its value does not
    fixed |= {"num_epochs": 1, "learning_rate": 1.0, "seed": 0}
    if "row_start" in config.fields():
        fixed |= {"echo_step": 0, "row_start": "previous_row"}
    return config.with_fields(fixed)


def device_note(config: EchoConfig, device: str, devices: Devices) -> str:
    before = devices.get(program_key(config), device)
    if before == device:
        return ""
    return f"trained on the {before} before, now on the {device}: last digits may differ"


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
    devices: Devices = NO_DEVICES,
    threshold: int = small_loops.THRESHOLD,
    threads: int | None = None,
) -> MakeTrainer:
    """A function that makes trainers with shared programs, on the devices and with the threads of
    an earlier run."""
    shared: Any = None

    def make(config: EchoConfig) -> AnyTrainer:
        nonlocal shared
        quiet.import_tensorflow(threshold)
        from echornn.training.kept_programs import keep
        from echornn.training.population import Population
        from echornn.training.programs import Programs

        if shared is None:
            number = threads or threads_for(config, config.replicas == 1)
            keep(effective_threads(number))
            begin(number)
            shared = Programs(devices)
        return Population(config, programs=shared)

    return make
