"""Estimates how much memory a configuration needs, so that a configuration that is too large is refused at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from echornn.config import ConfigError, EchoConfig
from echornn.data.levels import deciding_windows
from echornn.network.blocks import block_length, unrolled_steps
from echornn.network.shapes import carried_size, influence_size, is_trained_alone, weight_shapes
from echornn.training.call_sizes import MAX_WINDOWS_PER_CALL, bytes_of_a_step, epochs_in_a_block
from echornn.training.free_memory import free_bytes
from echornn.training.optimizers import OPTIMIZERS

FLOAT = 4
"""Bytes of a float32."""

COMPILER, COMPILED_VECTOR, COMPILED_STEP = 120 << 20, 25 << 20, 3 << 20
"""Bytes of the first compilation (tracing, XLA and LLVM); for each vector that the cell computes at a step; and for
each unrolled step of each layer after the first.
"""

COMPILED_INFLUENCE_PRODUCT, COMPILED_INFLUENCE_VECTOR = 15 << 19, 2 << 20
"""Bytes of compiling what a learning rule carries, for each unrolled step of each layer: for each product of the cell,
and for each vector that it computes.
"""

COPIES_OF_DATA, COPIES_OF_DATA_OF_MANY = 3, 4
"""Copies of inputs, targets and scored steps: drawn, sorted, and on the device; of a population, whose next block is
made in advance, more.
"""

COPIES_IN_A_WINDOW = 4
"""Copies of each number that a window computes: for the backward pass, its gradient, and XLA's temporaries."""

COPIES_OF_WEIGHTS, COPIES_OF_SLOTS = 4, 2
"""Copies of the weights and of the optimizer's slots: in the trainer, and in its gradient."""

COPIES_OF_INFLUENCE = 5
"""Copies of a learning rule's influence: before and after a window, its two terms, and in the loop's variables."""

STATES_IN_A_SESSION = 8
"""Copies of the trainer's state while a session saves it: the newest, keyframes, and states that are being written."""

LOSSES_KEPT, LOSSES_KEPT_OF_ONE = 160 << 20, 80 << 10
"""The most bytes of a long run's losses in a session: of a population, and, with very many replicas, of each
replica.
"""

KEYFRAMES, BYTES_OF_KEYFRAMES = 64, 256 << 20
"""The most keyframes of large states in a session, and the most bytes of them."""

SMALL = {
    "state_size": 4,
    "total_series_length": 50_000,
    "batch_size": 5,
    "truncated_backprop_length": 15,
    "num_layers": 1,
    "num_classes": 2,
}
"""The fields that the needed memory depends on, each with a value that needs very little."""


def bytes_needed(config: EchoConfig, states: int = 1) -> int:
    """The most memory in bytes that a trainer needs in addition to TensorFlow, estimated within a factor of two.

    Measured peaks in MiB, each followed by the estimate: the tutorial 139, 147, as a GRU 203, 197; state 256, batch
    256, T 100 430, 442; a series of 3e7 steps 323, 317, of two coins 317, 317, of temporal order 407, 403; 1e7 steps of
    adding 469, 517, of flip-flop 733, 832; adding with batch 10 240 350, 411; copy memory with a GRU of state 64, batch
    64 373, 284; three layers of LSTM, state 64, batch 2000, T 50 1 476, 2 136. With rtrl, where most is for compiling:
    state 16, 64, 128 297, 290, 306, 325, 506, 552; T 100, state 16, 64 367, 396, 412, 457; an LSTM of 16 440, 460; GRUs
    of two layers of 16, of three of 32 912, 884, 1 233, 1 437.

    Args:
        config: the configuration to train.
        states: the number of copies of the trainer's state (`Trainer.state`) that exist at the same time.
    """
    weights = sum(rows * columns for rows, columns in weight_shapes(config).values())
    slots = OPTIMIZERS[config.optimizer].slots
    copies = COPIES_OF_WEIGHTS + COPIES_OF_SLOTS * slots + states * (1 + slots)
    cell = config.the_cell
    vectors = config.num_layers * (len(cell.state_parts) + cell.columns)
    numbers = vectors * config.state_size + config.input_size + config.output_size
    return (
        COMPILER
        + COMPILED_VECTOR * cell.columns
        + COMPILED_STEP * (config.num_layers - 1) * block_length(config.window_steps)
        + _bytes_of_data(config, 1)
        + FLOAT * copies * weights
        + FLOAT * COPIES_IN_A_WINDOW * config.predictions_per_window * numbers
        + FLOAT * (COPIES_OF_INFLUENCE + states) * influence_size(config)
        + _bytes_of_derivatives(config)
        + bool(influence_size(config)) * _bytes_of_compiled_influence(config)
    )


def _bytes_of_compiled_influence(config: EchoConfig) -> int:
    """The bytes of compiling the derivatives, whose steps are unrolled."""
    cell = config.the_cell
    each = COMPILED_INFLUENCE_PRODUCT * len(cell.products) + COMPILED_INFLUENCE_VECTOR * cell.columns
    return each * config.num_layers * unrolled_steps(config.window_stride)


def _bytes_of_derivatives(config: EchoConfig) -> int:
    """The bytes of the derivatives of a window's states that a network's influence is computed from."""
    if not influence_size(config):
        return 0
    columns = config.num_layers * config.the_cell.columns * config.state_size
    return FLOAT * COPIES_IN_A_WINDOW * config.predictions_per_window * carried_size(config) * columns


def _bytes_of_data(config: EchoConfig, replicas: int) -> int:
    """The bytes of a network's data in a block."""
    task = config.the_task
    each = bytes_of_a_step(task.inputs) + bytes_of_a_step(task.outputs) + (not task.scores_every_step)
    copies = COPIES_OF_DATA if replicas == 1 else COPIES_OF_DATA_OF_MANY
    return copies * each * epochs_in_a_block(config, replicas) * config.total_series_length


def _require_for_one(config: EchoConfig, free: Callable[[], int | None], states: int) -> None:
    """Check that there is enough memory for a single network.

    Args:
        config, states: see `bytes_needed`.
        free: returns the number of free bytes; None if unknown.

    Raises:
        ConfigError: there is too little; the error names the field that needs the most.
    """
    needed, there = bytes_needed(config, states), free()
    if there is None or needed <= there:
        return
    by_tbptt = replace(config, rule="tbptt")
    if influence_size(config) and bytes_needed(by_tbptt, states) <= there:
        influence = FLOAT * influence_size(config)
        raise ConfigError(
            "rule",
            config.rule,
            f"it needs about {in_words(needed)} (the influence of each weight on each row's state has "
            f"{in_words(influence)}), and {in_words(there)} are free; tbptt would fit",
        )
    name = min(_fields(config), key=lambda name: bytes_needed(_at_most(config, name, SMALL[name]), states))
    fitting = _largest_that_fits(config, name, there, states)
    advice = "" if fitting is None else f"; about {fitting} would fit"
    raise ConfigError(
        name, getattr(config, name), f"it needs about {in_words(needed)}, and {in_words(there)} are free{advice}"
    )


def population_bytes_needed(config: EchoConfig, replicas: int) -> int:
    """The most memory in bytes that a population needs in addition to TensorFlow, estimated within a factor of two:
    compiled programs, data of two blocks of epochs, weights, and the windows that are being trained.

    Measured peaks in MiB on two processors, each followed by the estimate: the tutorial with 256 replicas 380, 409,
    with 1 024 716, 757; adding with 64 471, 529, with 512 1 677, 1 680; temporal order with 512 695, 674; flip-flop
    with 256 1 369, 1 522, of 16 bits with 64 1 665, 2 006.
    """
    alone = bytes_needed(config)
    data = _bytes_of_data(config, replicas)
    weights = sum(rows * columns for rows, columns in weight_shapes(config).values())
    copies = COPIES_OF_WEIGHTS * (1 + OPTIMIZERS[config.optimizer].slots)
    numbers = carried_size(config) + config.output_size + config.input_size
    of_each = data + FLOAT * (copies * weights + COPIES_IN_A_WINDOW * config.predictions_per_window * numbers)
    of_each += FLOAT * COPIES_OF_INFLUENCE * influence_size(config)
    if not is_trained_alone(config):
        of_each += _bytes_of_derivatives(config)
    from echornn.training.device import processors  # imports TensorFlow

    return alone * len(processors()) + replicas * (of_each + 2 * FLOAT * 2 * MAX_WINDOWS_PER_CALL)


def state_bytes(config: EchoConfig) -> int:
    """The bytes of a network's state (`Trainer.state`), about as many as on disk."""
    weights = sum(rows * columns for rows, columns in weight_shapes(config).values())
    slots = OPTIMIZERS[config.optimizer].slots
    carried = config.batch_size * carried_size(config) + influence_size(config)
    return FLOAT * ((1 + slots) * weights + carried + deciding_windows(config))


def session_bytes_of(config: EchoConfig, replicas: int) -> int:
    """The most bytes that a session needs in addition to its population: copies of the state, and losses."""
    losses = max(LOSSES_KEPT, replicas * LOSSES_KEPT_OF_ONE)
    state = replicas * state_bytes(config)
    return STATES_IN_A_SESSION * state + min(KEYFRAMES * state, BYTES_OF_KEYFRAMES) + losses


def require_for_training(config: EchoConfig, free: Callable[[], int | None] = free_bytes) -> None:
    """Check that a configuration can be trained, as far as this is known before TensorFlow is imported: not for all
    replicas together. Afterwards `require_memory` checks all.

    Raises:
        ConfigError: it cannot be trained, or there is too little memory even for one replica.
    """
    _require_for_one(config, free, STATES_IN_A_SESSION if config.replicas == 1 else 1)


def require_memory(
    config: EchoConfig, replicas: int, free: Callable[[], int | None] = free_bytes, in_a_session: bool = False
) -> None:
    """Check that there is enough memory for replicas of a configuration.

    Args:
        config, replicas: the configuration to train, and the number of replicas.
        free: returns the number of free bytes; None if unknown.
        in_a_session: whether to count the memory that a session needs as well.

    Raises:
        ConfigError: there is too little; the error names ``replicas``, or the field that is too large even for one
            replica.
    """
    _require_for_one(config, free, STATES_IN_A_SESSION if in_a_session and replicas == 1 else 1)
    if replicas == 1:
        return

    def bytes_for(number: int) -> int:
        return population_bytes_needed(config, number) + (session_bytes_of(config, number) if in_a_session else 0)

    needed, there = bytes_for(replicas), free()
    if there is None or needed <= there:
        return
    fitting = max(1, int(replicas * there / needed))
    while fitting > 1 and bytes_for(fitting) > there:
        fitting = fitting * 9 // 10
    unit = 10 ** max(0, len(str(fitting)) - 2)
    raise ConfigError(
        "replicas",
        replicas,
        f"they need about {in_words(needed)}, and {in_words(there)} are free; about {fitting // unit * unit} would fit",
    )


def in_words(size: int) -> str:
    """A number of bytes as text: 350 MB, 2.7 GB, 101 GB."""
    if size < 10**9:
        return f"{size / 1e6:.0f} MB"
    return f"{size / 1e9:.{0 if size >= 10**10 else 1}f} GB"


def _fields(config: EchoConfig) -> list[str]:
    """The fields that the needed memory of this task depends on: the classes are the echo's, and the window of a trial
    is the whole trial.
    """
    without = ["num_classes"] * (not config.is_echo) + ["truncated_backprop_length"] * (not config.is_stream)
    return [name for name in SMALL if name not in without]


def _at_most(config: EchoConfig, name: str, value: int) -> EchoConfig:
    """The configuration with this field at most ``value``, or as low as the other fields allow."""
    least = {
        "total_series_length": config.batch_size * max(config.window_steps, config.echo_step + 1),
        "truncated_backprop_length": config.stride or 1,
        "num_layers": 2 if config.dropout else 1,
    }.get(name, 1)
    changes: dict[str, Any] = {name: min(getattr(config, name), max(value, least))}
    return replace(config, **changes)


def _largest_that_fits(config: EchoConfig, name: str, there: int, states: int) -> int | None:
    """The largest value of the field that fits into memory, rounded down to two digits; None if none fits."""
    fits: int = getattr(_at_most(config, name, 0), name)
    too_large: int = getattr(config, name)
    if bytes_needed(_at_most(config, name, fits), states) > there:
        return None
    while too_large - fits > 1:
        middle = (fits + too_large) // 2
        if bytes_needed(_at_most(config, name, middle), states) <= there:
            fits = middle
        else:
            too_large = middle
    unit: int = 10 ** max(0, len(str(fits)) - 2)
    return fits // unit * unit
