"""The fields in which replicas may differ, and the configurations of a population."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from echornn.config import MAX_REPLICAS, ConfigError, EchoConfig

REPLICA_FIELDS = frozenset({"seed", "learning_rate", "init"})
"""The fields in which replicas may differ, beside settings of the task that do not change its form; others affect the
compiled program, or the length of training.
"""


def with_seeds(config: EchoConfig, replicas: int) -> tuple[EchoConfig, ...]:
    """The configurations of ``replicas`` replicas of this one, with consecutive seeds.

    Raises:
        ConfigError: the number of replicas is not allowed.
    """
    many = dataclasses.replace(config, replicas=replicas)
    return tuple(many.of(index) for index in range(replicas))


def require_one_structure(configs: Sequence[EchoConfig]) -> None:
    """Check that these configurations can be trained side by side.

    Raises:
        ConfigError: one differs from the first in a field that is not in `REPLICA_FIELDS`, there are none, or one has
            several replicas.
    """
    if not configs:
        raise ConfigError("replicas", 0, f"1 to {MAX_REPLICAS}")
    for config in configs:
        if config.replicas != 1:
            raise ConfigError("replicas", config.replicas, "it must be 1, since each configuration is one replica")
    first = configs[0]
    for config in configs[1:]:
        if not first.differs_only_in(config, REPLICA_FIELDS):
            name, value = next(
                (one, value)
                for one, value in first.changes_to(config).items()
                if one not in REPLICA_FIELDS | first.the_task.live_settings
            )
            may = ", ".join(sorted(REPLICA_FIELDS))
            allowed = f"{first.value(name)!r}, as in the first replica; replicas may differ only in {may}"
            raise ConfigError(name, value, allowed)
