"""How much memory training and probes need, estimated before any of it is taken.

Importing this does not import TensorFlow.
"""

from __future__ import annotations

import math
import os

import psutil

from echornn.config import ConfigError, EchoConfig
from echornn.network import shapes
from echornn.runtime.visitor import VISITOR
from echornn.tasks.task import Numbers, Symbols
from echornn.training.device import usable_processors
from echornn.training.optimizers import OPTIMIZERS

MAX_WINDOWS_PER_CALL = 4096  # in each network; the size of the buffers that return the losses
MAX_BLOCK_BYTES = 1 << 24  # of inputs in a block with more than one epoch; chosen by eye
USABLE = 0.8  # of the free memory: other programs take some meanwhile; chosen by eye
FLOAT = 4  # bytes

# The numbers below were fitted to measured peaks
COMPILED = 150 << 20  # bytes of TensorFlow's compiler
# The same for each step and product of a rule whose influence is compiled too
COMPILED_PRODUCT = 10 << 20
# Of data (drawn, sorted, on the device, made in advance), and of each number that a window computes
COPIES = 4
# Also of slots and influence: in the trainer, its gradient, and states that are kept or written
COPIES_OF_WEIGHTS = 12
OF_A_REPLICA = 256 << 10  # bytes of a replica's losses, in calls and in the curve
PROBES = 700  # bytes for each pair of units of a layer: read-outs and gradients of groups of rows
# Of a stream's windows, in rows of its batch: beyond it, their length is what takes most
LONG = 3  # that of the tutorial


def epochs_in_a_block(config: EchoConfig, replicas: int) -> int:
    """The epochs that are copied to the device at once: by their size a power of two, since each
    number needs its own program; and no more than a call could train."""
    steps = config.total_series_length * replicas
    epoch = bytes_of_a_step(config.the_task.inputs) * steps
    by_size = max(1, MAX_BLOCK_BYTES // epoch)
    power_of_two = 1 << (by_size.bit_length() - 1)  # 5 epochs, 0b101, become 4
    by_windows = max(1, MAX_WINDOWS_PER_CALL // config.windows_per_epoch)
    return min(by_windows, power_of_two)


def bytes_of_a_step(form: Symbols | Numbers) -> int:
    return FLOAT * form.count if isinstance(form, Numbers) else 1


def bytes_needed(config: EchoConfig, replicas: int = 1, at_once: int | None = None) -> int:
    """To train so many networks, with so many calls at once, by default one a processor."""
    return sum(_bytes_by_field(config, replicas, at_once).values())


def _bytes_by_field(
    config: EchoConfig, replicas: int, at_once: int | None = None
) -> dict[str, int]:
    """The parts of `bytes_needed`, each by the field that it depends on most."""
    influence = shapes.influence_size(config)
    carried = shapes.carried_size(config)
    steps = config.predictions_per_window
    calls = min(replicas, at_once or usable_processors())

    weights = sum(map(math.prod, shapes.weight_shapes(config).values()))
    numbers = (1 + OPTIMIZERS[config.optimizer].slots) * weights + influence

    # What a window shows is kept of each replica; what it computes, only of those side by side
    shown = steps * (carried + config.input_size + config.output_size)
    computed = steps * _columns(config)
    if influence:
        computed *= carried
    together = calls if shapes.is_trained_alone(config) else replicas
    is_long = config.is_stream and config.truncated_backprop_length > LONG * config.batch_size
    size_of_a_window = "truncated_backprop_length" if is_long else "batch_size"
    return {
        "replicas": calls * _compiler_bytes(config) + replicas * OF_A_REPLICA,
        "total_series_length": COPIES * replicas * _series_bytes(config, replicas),
        "state_size": FLOAT * COPIES_OF_WEIGHTS * replicas * numbers,
        size_of_a_window: FLOAT * COPIES * (replicas * shown + together * computed),
    }


def _compiler_bytes(config: EchoConfig) -> int:
    """For one program."""
    if not shapes.influence_size(config):
        return COMPILED
    unrolled = shapes.block_length(config.window_stride) * config.num_layers
    return COMPILED + len(config.the_cell.products) * unrolled * COMPILED_PRODUCT


def _series_bytes(config: EchoConfig, replicas: int) -> int:
    """Of the data of one replica in a block."""
    task = config.the_task
    step = bytes_of_a_step(task.inputs) + bytes_of_a_step(task.outputs)
    if task.weighs_steps:
        step += FLOAT
    elif not task.scores_every_step:
        step += 1  # whether it counts
    return step * epochs_in_a_block(config, replicas) * config.total_series_length


def _columns(config: EchoConfig) -> int:
    """Of all products of a step."""
    columns = sum(len(product.columns) for product in config.the_cell.products)
    return config.num_layers * columns * config.state_size


def usable_bytes() -> int:
    free = int(USABLE * psutil.virtual_memory().available)
    return min(free, int(os.environ.get(VISITOR, free)))


def require_memory(config: EchoConfig, replicas: int, at_once: int | None = None) -> None:
    """Raise a `ConfigError` if memory is too small; it names ``replicas`` if one would fit, else
    what takes most."""
    needed, free = bytes_needed(config, replicas, at_once), usable_bytes()
    if needed <= free:
        return
    too_much = f"it {_too_much(needed, free)}"
    alone = _bytes_by_field(config, 1)
    if replicas > 1 and sum(alone.values()) <= free:
        raise ConfigError("replicas", replicas, too_much)
    largest = max(alone, key=alone.__getitem__)
    value = replicas if largest == "replicas" else getattr(config, largest)
    raise ConfigError(largest, value, too_much)


def require_room_for_probes(config: EchoConfig) -> None:
    matrices = PROBES * config.num_layers * config.state_size**2
    columns = _columns(config) + config.output_size
    window = FLOAT * COPIES * config.predictions_per_window * columns
    require_room(f"state_size = {config.state_size}", matrices + window)


def require_room_for_held_out(config: EchoConfig) -> None:
    """For data of a `held_out_config`, and what a network computes of it."""
    steps = config.batch_size * config.row_length
    numbers = config.input_size + _columns(config) + config.output_size
    require_room(f"held-out data of {steps:,} steps", FLOAT * COPIES * steps * numbers)


def require_room(what: str, needed: int) -> None:
    """Raise a `MemoryError` that names ``what`` unless so many bytes are free."""
    free = usable_bytes()
    if needed > free:
        raise MemoryError(f"{what} {_too_much(needed, free)}")


def _too_much(needed: int, free: int) -> str:
    return f"needs about {size_text(needed)}, and {size_text(free)} are free"


def size_text(size: int) -> str:
    """350 MB, 2.7 GB, 101 GB."""
    if size < 10**9:
        return f"{size / 1e6:.0f} MB"
    digits = 0 if size >= 10**10 else 1
    return f"{size / 1e9:,.{digits}f} GB"
