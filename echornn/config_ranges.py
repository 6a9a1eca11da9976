"""The ranges of the fields of a configuration, as far as they do not depend on other fields."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from echornn.config_error import ConfigError
from echornn.limits import MAX_CLASSES, MAX_STEPS

MAX_LAYERS = 8

MAX_EPOCHS = 10**12
"""The most epochs: more than can ever be trained, and few enough that all counts of windows are exact."""

MAX_SEED = 2**128 - 1
"""The largest seed: NumPy's seed sequences use 128 bits."""

MAX_REPLICAS = 4096

LEAST_RATE, MAX_RATE = 1e-37, 1e38
"""The smallest and largest learning rate with which float32 neither loses digits nor overflows."""

MOST = {
    "num_epochs": MAX_EPOCHS,
    "total_series_length": MAX_STEPS,
    "truncated_backprop_length": MAX_STEPS,
    "state_size": MAX_STEPS,
    "echo_step": MAX_STEPS,
    "batch_size": MAX_STEPS,
    "seed": MAX_SEED,
    "stride": MAX_STEPS,
}
"""The largest value of each whole-number field without another limit."""


def _from_1(value: Any) -> bool:
    return bool(value >= 1)


RANGES: dict[str, tuple[tuple[Callable[[Any], bool], str], ...]] = {
    "num_epochs": ((_from_1, "1 or more"),),
    "total_series_length": ((_from_1, "1 or more"),),
    "truncated_backprop_length": ((_from_1, "1 or more"),),
    "state_size": ((_from_1, "1 or more"),),
    "num_classes": ((lambda value: 2 <= value <= MAX_CLASSES, f"2 to {MAX_CLASSES}"),),
    "batch_size": ((_from_1, "1 or more"),),
    "seed": ((lambda value: value >= 0, "0 or more"),),
    "replicas": ((lambda value: 1 <= value <= MAX_REPLICAS, f"1 to {MAX_REPLICAS}"),),
    "num_layers": ((lambda value: 1 <= value <= MAX_LAYERS, f"1 to {MAX_LAYERS}"),),
    "dropout": ((lambda value: 0 <= value < 1, "0 to below 1"),),
    "learning_rate": (
        (lambda value: math.isfinite(value) and value > 0, "a finite number above 0"),
        (
            lambda value: LEAST_RATE <= value <= MAX_RATE,
            f"{LEAST_RATE} to {MAX_RATE}, since weights are float32",
        ),
    ),
}
"""Checks of single fields, each with what it allows, in words."""


def require_in_range(name: str, value: Any) -> None:
    """Check a field's value, which has the right type.

    Raises:
        ConfigError: no configuration can have this value.
    """
    most = MOST.get(name)
    if most is not None and value is not None and value > most:
        raise ConfigError(name, value, f"at most {most}")
    for allows, allowed in RANGES.get(name, ()):
        if not allows(value):
            raise ConfigError(name, value, allowed)
