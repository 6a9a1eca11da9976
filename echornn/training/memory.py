"""Refuses configurations that need more memory than is free, before anything is allocated."""

from __future__ import annotations

import psutil

from echornn.config import ConfigError, EchoConfig
from echornn.network.shapes import block_length, carried_size, influence_size, is_trained_alone, weight_shapes
from echornn.training.optimizers import OPTIMIZERS
from echornn.training.threads import bytes_of_a_step, epochs_in_a_block, usable_processors

FLOAT = 4
"""Bytes of a float32."""

USABLE = 0.8
"""The share of the available memory that may be needed."""

COMPILED, COMPILED_PRODUCT = 150 << 20, 10 << 20
"""Bytes of TensorFlow's compiler; and for each step and product of a rule whose influence is compiled too."""

COPIES = 4
"""Copies of data (drawn, sorted, on the device, made in advance), and of each number that a window computes."""

COPIES_OF_WEIGHTS = 12
"""Copies of weights, slots and influence: in the trainer, its gradient, and states that are kept or written."""

OF_A_REPLICA = 256 << 10
"""Bytes of a replica's losses, in calls and in the curve."""

PROBES = 700
"""Bytes of the probes for each pair of units of a layer: read-outs and gradients of groups of rows."""


def bytes_needed(config: EchoConfig, replicas: int = 1, at_once: int | None = None) -> int:
    """About how many bytes the training of ``replicas`` networks needs in addition to TensorFlow.

    Args:
        at_once: how many calls run at the same time; by default one for each processor.
    """
    return sum(_terms(config, replicas, at_once).values())


def _terms(config: EchoConfig, replicas: int, at_once: int | None = None) -> dict[str, int]:
    """What `bytes_needed` is the sum of, each by the field that it depends on most."""
    calls = min(replicas, at_once or usable_processors())
    together = calls if is_trained_alone(config) else replicas
    task, cell, influence = config.the_task, config.the_cell, influence_size(config)
    weights = sum(rows * columns for rows, columns in weight_shapes(config).values())
    columns = _columns(config)
    shown = config.predictions_per_window * (carried_size(config) + config.input_size + config.output_size)
    derivatives = config.predictions_per_window * carried_size(config) * columns if influence else 0
    of_a_step = bytes_of_a_step(task.inputs) + bytes_of_a_step(task.outputs) + (not task.scores_every_step)
    data = of_a_step * epochs_in_a_block(config, replicas) * config.total_series_length
    window = replicas * shown + together * config.predictions_per_window * columns
    compiled = len(cell.products) * config.num_layers * block_length(config.window_stride) if influence else 0
    return {
        "replicas": calls * COMPILED + replicas * OF_A_REPLICA,
        "total_series_length": COPIES * replicas * data,
        "state_size": FLOAT * COPIES_OF_WEIGHTS * replicas * (1 + OPTIMIZERS[config.optimizer].slots) * weights,
        _of_a_window(config): FLOAT * COPIES * window,
        "rule": FLOAT * (COPIES_OF_WEIGHTS * replicas * influence + COPIES * together * derivatives)
        + calls * COMPILED_PRODUCT * compiled,
    }


def _columns(config: EchoConfig) -> int:
    """The numbers that the cells of all layers compute in a time step of a row."""
    return config.num_layers * config.the_cell.columns * config.state_size


def _of_a_window(config: EchoConfig) -> str:
    """The field that makes a window large, compared with the tutorial's."""
    is_long = config.is_stream and config.truncated_backprop_length > 3 * config.batch_size
    return "truncated_backprop_length" if is_long else "batch_size"


def usable_bytes() -> int:
    """The bytes that may be used: most of those that the system can give without swapping."""
    return int(USABLE * psutil.virtual_memory().available)


def require_memory(config: EchoConfig, replicas: int, at_once: int | None = None) -> None:
    """Check that there is enough memory to train replicas of a configuration.

    Raises:
        ConfigError: there is too little; the error names ``replicas`` if one would fit, else the field that takes most.
    """
    needed, free = bytes_needed(config, replicas, at_once), usable_bytes()
    if needed > free:
        terms = _terms(config, 1)
        if sum(terms.values()) - terms["rule"] > free:
            del terms["rule"]
        name = "replicas" if replicas > 1 and sum(terms.values()) <= free else max(terms, key=terms.__getitem__)
        value = replicas if name == "replicas" else getattr(config, name)
        raise ConfigError(name, value, f"it needs about {in_words(needed)}, and {in_words(free)} are free")


def require_room_for_probes(config: EchoConfig) -> None:
    """Check that there is enough memory for the probes.

    Raises:
        MemoryError: there is too little.
    """
    needed = PROBES * config.num_layers * config.state_size**2
    needed += FLOAT * COPIES * config.predictions_per_window * (_columns(config) + config.output_size)
    if needed > (free := usable_bytes()):
        size = f"state_size = {config.state_size}"
        raise MemoryError(f"{size} needs about {in_words(needed)}, and {in_words(free)} are free")


def in_words(size: int) -> str:
    """A number of bytes as text: 350 MB, 2.7 GB, 101 GB."""
    if size < 10**9:
        return f"{size / 1e6:.0f} MB"
    return f"{size / 1e9:,.{0 if size >= 10**10 else 1}f} GB"
