"""The fields in which replicas may differ, and the configurations of a population."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from echornn.config import MAX_REPLICAS, ConfigError, EchoConfig

REPLICA_FIELDS = frozenset({"seed", "learning_rate", "echo_step", "init", "row_start"})
"""All other fields determine the compiled program, or how long all replicas train."""


def with_seeds(config: EchoConfig, replicas: int) -> tuple[EchoConfig, ...]:
    """The configurations of so many replicas: this one for a single network, with consecutive seeds.

    Raises:
        ConfigError: there cannot be so many replicas.
    """
    many = dataclasses.replace(config, replicas=replicas)
    return tuple(many.of(index) for index in range(replicas))


def require_one_structure(configs: Sequence[EchoConfig]) -> None:
    """Raise an error for configurations that cannot be trained side by side.

    Raises:
        ConfigError: one differs from the first in a field that is not in `REPLICA_FIELDS`, there are none, or one has
            several replicas itself.
    """
    if not configs:
        raise ConfigError("replicas", 0, f"1 to {MAX_REPLICAS}")
    for config in configs:
        if config.replicas != 1:
            raise ConfigError("replicas", config.replicas, "1, where each of the configurations is a replica")
    for field in dataclasses.fields(EchoConfig):
        if field.name in REPLICA_FIELDS:
            continue
        first = getattr(configs[0], field.name)
        for config in configs:
            if getattr(config, field.name) != first:
                may = ", ".join(sorted(REPLICA_FIELDS))
                raise ConfigError(
                    field.name, getattr(config, field.name), f"{first!r}, as in the first replica; they differ in {may}"
                )
