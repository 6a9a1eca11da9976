"""What the replicas of a population may differ in, and how its configurations are given."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from echornn.config import MAX_SEED, ConfigError, EchoConfig

REPLICA_FIELDS = frozenset({"seed", "learning_rate", "echo_step", "init", "row_start"})
"""The others decide the compiled program, or how far all train."""

MAX_REPLICAS = 1_000_000


def require_replicas(config: EchoConfig, replicas: int) -> None:
    """Refuse a number of replicas, of consecutive seeds from the configuration's on, that cannot be.

    Raises:
        ConfigError: it cannot.
    """
    if isinstance(replicas, bool) or not isinstance(replicas, int) or not 1 <= replicas <= MAX_REPLICAS:
        raise ConfigError("replicas", replicas, f"1 to {MAX_REPLICAS}")
    if config.seed + replicas - 1 > MAX_SEED:
        raise ConfigError("seed", config.seed, f"at most {MAX_SEED - replicas + 1}, so that each replica has its own")


def with_seeds(config: EchoConfig, replicas: int) -> tuple[EchoConfig, ...]:
    """The configuration so many times, with consecutive seeds from its own on."""
    return tuple(dataclasses.replace(config, seed=config.seed + index) for index in range(replicas))


def require_one_structure(configs: Sequence[EchoConfig]) -> None:
    """Refuse configurations that cannot be trained in step.

    Raises:
        ConfigError: one differs from the first in a field that is not among `REPLICA_FIELDS`, or there are none.
    """
    if not configs:
        raise ConfigError("replicas", 0, f"1 to {MAX_REPLICAS}")
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
