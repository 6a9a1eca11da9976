"""Estimates how long a window takes and what a learning rule costs; no TensorFlow is needed."""

from __future__ import annotations

from dataclasses import replace

from echornn.config import EchoConfig
from echornn.network.blocks import unrolled_steps
from echornn.network.shapes import carried_size, influence_size, is_trained_alone, largest_product
from echornn.training.memory import in_words, state_bytes
from echornn.training.shards import LEAST

FAR_LONGER = 10
"""A rule whose window takes this many times as long as with `CHEAPEST` is announced before it is used."""

CHEAPEST = "tbptt"

FIXED_ALONE = 4.0
"""The us of a window besides its computations, if networks do not share them."""

ONE_KERNEL = 400
"""The most multiplications of a product with which all steps of a window are one kernel, see `network.one_kernel`."""

LONG_WINDOW = 1e-3
"""The seconds from which a window is long: with a shorter one, no other part of a run is slow, whatever the rule."""

LARGE_STATE = 64 << 20
"""The bytes of a network's state from which its size is announced too: it is written to the disk again and again."""

LONG_COMPILATION = 10.0
"""A compilation that takes so many seconds of processor time more than with `CHEAPEST` is announced too."""


def window_microseconds(config: EchoConfig, side_by_side: bool = True) -> float:
    """The approximate processor time of a window of one network, in us, within a factor of about two.

    Measured: the tutorial 1.5; state 16 with rnn, gru, lstm 12, 46, 63; batch 50 with state 16, 64, 256
    86, 280, 2500; state 6, batch 50, T 20 with rnn, gru, lstm 94, 300, 325 (on a busy machine). For networks that are
    trained alone, the work on each unit counts.

    Args:
        side_by_side: whether small networks are trained side by side with others, as in a sweep.
    """
    operations = 6 * multiplications_of_a_step(config) * config.window_steps
    each: float = min(operations / 9e3, max(80 * (operations / 1.2e6) ** 0.45, operations / 1.2e5))
    if is_trained_alone(config):
        units = config.num_layers * config.state_size * config.the_cell.columns
        each = max(each, config.batch_size * units * config.window_steps / 80)
    fixed = 0.5 if side_by_side else FIXED_ALONE
    return fixed + each + _microseconds_of_influence(config, side_by_side and not is_trained_alone(config))


def _microseconds_of_influence(config: EchoConfig, side_by_side: bool) -> float:
    """What a rule adds to a window for the influence that it carries.

    Measured for rtrl, in us: side by side, rnn of state 4, 8 2.0, 20; alone, rnn of state 16, 32, 64, 128
    110, 1 050, 7 500, 72 000, with T 100 state 16, 64 1 250, 15 000; gru of state 8, 16, 64 190, 860, 26 000.
    """
    numbers, steps = influence_size(config), config.window_stride
    if not numbers:
        return 0.0
    carried = carried_size(config)
    if side_by_side:
        return numbers * (3e-4 * steps + 2e-4 * carried)
    kernels = 5 * steps * config.num_layers * config.the_cell.columns
    if largest_product(config) <= ONE_KERNEL:
        kernels = 0
    return kernels + numbers * (2e-3 + 7e-5 * steps + 5e-5 * carried)


def multiplications_of_a_step(config: EchoConfig) -> int:
    """The multiplications of a time step, in all layers."""
    inputs = config.input_size + (config.num_layers - 1) * config.state_size
    columns = config.the_cell.columns * config.state_size
    return config.batch_size * columns * (inputs + config.num_layers * config.state_size)


def seconds_to_compile(config: EchoConfig) -> float:
    """The approximate processor time to compile a program, if it is not kept on disk.

    Measured with rnn, gru, lstm, from T 5 to 100: 2.1, 2.8, 2.9 side by side; 3.7, 9.3, 11.4 for networks that are
    trained alone (state 6, batch 50); a gru of state 64 6.7, one of two small layers 4.6.
    """
    columns = config.the_cell.columns
    each = 2 + 2 * columns if is_trained_alone(config) else 2 + columns / 4
    more = 0.0
    if influence_size(config):
        more = unrolled_steps(config.window_stride) * (0.1 * len(config.the_cell.products) + 0.15 * columns)
    return float(config.num_layers * (each + more))


def cost_note(config: EchoConfig) -> str:
    """What the learning rule costs, where that is far more than with tbptt; otherwise empty.

    It has the processor time of compiling and of a window of all replicas, and the size of a state that is saved.
    """
    plain, side_by_side = replace(config, rule=CHEAPEST), config.replicas >= LEAST
    seconds, usual = (config.replicas * window_microseconds(one, side_by_side) / 1e6 for one in (config, plain))
    size, compiling = config.replicas * state_bytes(config), seconds_to_compile(config)
    parts = []
    if compiling >= LONG_COMPILATION + seconds_to_compile(plain):
        parts.append(f"compiling takes about {duration(compiling)}")
    if seconds >= max(LONG_WINDOW, FAR_LONGER * usual):
        parts.append(f"a window takes about {duration(seconds)} (with {CHEAPEST} {duration(usual)})")
    if size >= max(LARGE_STATE, 2 * config.replicas * state_bytes(plain)):
        parts.append(f"a saved state has {in_words(size)}")
    return "; ".join(parts)


def duration(seconds: float) -> str:
    """A rough time as text, with two digits: 20 us, 3.4 ms, 1.2 s, 3 minutes."""
    if seconds >= 100:
        return f"{seconds / 60:,.0f} minutes"
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if (rounded := float(f"{seconds * factor:.2g}")) >= 1:
            return f"{rounded:g} {unit}"
    return f"{float(f'{seconds * 1e6:.2g}'):g} us"
