"""A snapshot with results that several probes share; each is computed when first needed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn.config import DEFAULT_WINDOW, EchoConfig
from echornn.network.affine import affine_map
from echornn.network.model import embed
from echornn.network.shapes import carried_size, shown_part, weight_shapes
from echornn.network.step import gates_size, step
from echornn.probes.parts import CellPart
from echornn.probes.series import FEW_ROWS, MOST_LAGS, Inputs, ProbeSeries, TargetSeries, draw, series_for, targets_for
from echornn.progress import Floats
from echornn.state import Snapshot
from echornn.tasks.task import Numbers, Symbols

GRAPHS_KEPT = 16
"""The number of graphs of each kind that are kept."""

CPU = "/CPU:0"


def structure(config: EchoConfig) -> EchoConfig:
    """The configuration, with default values in all fields that graphs do not depend on."""
    kept = ("cell", "state_size", "num_layers", "truncated_backprop_length")
    sizes: dict[str, Any] = {name: getattr(config, name) for name in kept}
    sizes |= {"batch_size": 1, "total_series_length": max(config.window_steps, DEFAULT_WINDOW)}
    if config.the_task.echoed_lag is not None:
        return EchoConfig(num_classes=config.num_classes, **sizes)
    return EchoConfig(task=config.the_task, **sizes)


def call(graph: Any, *arguments: Any) -> tuple[Any, ...]:
    """The results of a graph for these arguments, as NumPy arrays.

    Raises:
        MemoryError: TensorFlow ran out of memory.
    """
    try:
        with tf.device(CPU):
            return tuple(tensor.numpy() for tensor in graph(*map(tf.constant, arguments)))
    except tf.errors.ResourceExhaustedError as error:
        raise MemoryError(error.message) from error


def ordered(config: EchoConfig, weights: Mapping[str, Floats]) -> list[Floats]:
    return [weights[name] for name in weight_shapes(config)]


def graph_of(function: Callable[..., Any], config: EchoConfig, *specs: tf.TensorSpec) -> Any:
    """A graph of a function of these tensors and of the network's weights by name."""
    shapes = weight_shapes(config)

    def with_names(*arguments: tf.Tensor) -> Any:
        with tf.device(CPU):
            given, values = arguments[: len(specs)], arguments[len(specs) :]
            return function(*given, dict(zip(shapes, values, strict=True)))

    weight_specs = [tf.TensorSpec(shape) for shape in shapes.values()]
    return tf.function(with_names, autograph=False).get_concrete_function(*specs, *weight_specs)


def input_spec(config: EchoConfig, steps: int | None, rows: int) -> tf.TensorSpec:
    """Symbols [steps, rows] or numbers [steps, rows, count]."""
    form = config.the_task.inputs
    if isinstance(form, Numbers):
        return tf.TensorSpec([steps, rows, form.count])
    return tf.TensorSpec([steps, rows], tf.uint8)


def series_specs(config: EchoConfig, rows: int) -> tuple[tf.TensorSpec, tf.TensorSpec]:
    return input_spec(config, None, rows), tf.TensorSpec([None, rows, carried_size(config)])


class Ran(NamedTuple):
    """The results of a run over time steps, time first."""

    states: Floats
    """The whole carried state after each step, float32 [steps, rows, carried]."""
    gates: Floats
    """The gate values at each step, float32 [steps, rows, gates]."""
    outputs: Floats
    """Probabilities of symbols, or numbers, float32 [steps, rows, outputs]."""


def run(config: EchoConfig, weights: Mapping[str, Floats], x: Inputs, init_state: Floats) -> Ran:
    """Run the network over ``x`` (see `Inputs`) from ``init_state``, float32 [rows, carried]."""
    graph = _running(structure(config), x.shape[1])
    return Ran(*call(graph, x, init_state, *ordered(config, weights)))


@functools.lru_cache(GRAPHS_KEPT)
def _running(config: EchoConfig, rows: int) -> Any:
    def forward(x: tf.Tensor, init_state: tf.Tensor, weights: Mapping[str, tf.Tensor]) -> Any:
        inputs, steps = embed(x, config.the_task.inputs), tf.shape(x)[0]

        def run_step(t: tf.Tensor, state: tf.Tensor, *arrays: tf.TensorArray) -> Any:
            states, gates, logits = arrays
            after = step(config, weights, tf.gather(inputs, t), state)
            return (
                t + 1,
                after.state,
                states.write(t, after.state),
                gates.write(t, after.gates),
                logits.write(t, logits_of(config, weights, after.state)),
            )

        sizes = (carried_size(config), gates_size(config), config.output_size)
        arrays = [tf.TensorArray(tf.float32, steps, element_shape=[rows, size]) for size in sizes]
        loop = (tf.constant(0), init_state, *arrays)
        _, _, states, gates, logits = tf.while_loop(lambda t, *_: t < steps, run_step, loop)
        return states.stack(), gates.stack(), outputs_of(config, logits.stack())

    specs = input_spec(config, None, rows), tf.TensorSpec([rows, carried_size(config)])
    return graph_of(forward, config, *specs)


def logits_of(config: EchoConfig, weights: Mapping[str, tf.Tensor], states: tf.Tensor) -> tf.Tensor:
    """The logits or numbers for the states after a step, float32 [rows, carried] to [rows, outputs]."""
    return affine_map([states[:, shown_part(config)]], weights["W2"], weights["b2"])


def outputs_of(config: EchoConfig, logits: tf.Tensor) -> tf.Tensor:
    """The predictions of the network: probabilities of symbols, or numbers."""
    return logits if isinstance(config.the_task.outputs, Numbers) else tf.nn.softmax(logits)


STEPS_TO_SETTLE = 256
"""Time steps until a network has settled from a zero state: with the tutorial's initial weights, 2 of 100 rows have not
settled after 20 steps, and all have after 200.
"""


@dataclass(frozen=True, eq=False)
class NewestWindow:
    """The newest window, with time on the first axis.

    Attributes:
        x, y: symbols, uint8 [T, batch_size], or numbers, float32 [T, batch_size, count].
        init_state: float32 [batch_size, carried].
    """

    x: Inputs
    y: Inputs
    init_state: Floats


class Prepared:
    """A snapshot's network, run over the probes' own data and over its newest window.

    The probes' rows start with the states that the batch's rows carry. A network can have several resting states, and
    from a zero state it may take hundreds of steps to reach those of training. At the beginning of an epoch, where
    states are zero, the network is run until it settles. Trials begin with a zero state.

    Attributes:
        config, weights: the configuration and weights of the network.
        window: the newest window; None if there is none that can be run again.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.config = snapshot.state.config
        self.weights = snapshot.state.weights
        self.window = _newest_window(snapshot)
        self._carried = snapshot.state.carried_state if snapshot.state.window else None

    @functools.cached_property
    def series(self) -> ProbeSeries:
        """The probes' own data."""
        return series_for(self.config)

    @functools.cached_property
    def on_series(self) -> Ran:
        """The states of the network on the probes' own data."""
        return run(self.config, self.weights, self.series.x, self.first_state(self.series.x.shape[1]))

    @functools.cached_property
    def targets(self) -> TargetSeries:
        """The data whose losses are followed back."""
        return targets_for(self.config)

    @functools.cached_property
    def on_targets(self) -> Ran:
        """The states of the network on the target data."""
        return run(self.config, self.weights, self.targets.x, self.first_state(self.targets.x.shape[1]))

    @functools.cached_property
    def on_window(self) -> Ran:
        """The states on the newest window, which must exist, with the current weights."""
        assert self.window is not None
        return run(self.config, self.weights, self.window.x, self.window.init_state)

    def read(self, part: CellPart) -> Floats:
        """A part of the network at the steps of the series that are read, float32 [steps read, rows, units]."""
        return part_of(self.on_series, part)[self.series.steps_back :]

    def first_state(self, rows: int) -> Floats:
        """The initial states of the probes' rows, float32 [rows, carried]."""
        return np.resize(self._settled, (rows, carried_size(self.config)))

    @functools.cached_property
    def _settled(self) -> Floats:
        """States as they occur in training, float32 [rows, carried]."""
        carried = self._carried
        if not self.config.is_stream:
            return np.zeros((1, carried_size(self.config)), np.float32)
        if carried is not None and np.isfinite(carried).all() and carried.any():
            return carried
        zero = np.zeros((FEW_ROWS, carried_size(self.config)), np.float32)
        settled: Floats = run(self.config, self.weights, draw(self.config, STEPS_TO_SETTLE, FEW_ROWS), zero).states[-1]
        return settled


def part_of(ran: Ran, part: CellPart) -> Floats:
    """A part of the network's states or gates in a run, float32 [steps, rows, units]."""
    return (ran.gates if part.is_gate else ran.states)[..., part.where]


def states_before(init_state: Floats, states: Floats) -> Floats:
    """The state before each step, from the states after each step; float32 [steps, rows, carried]."""
    return np.concatenate([init_state[np.newaxis], states[:-1]])


def _newest_window(snapshot: Snapshot) -> NewestWindow | None:
    """The snapshot's newest window; None if it had another configuration, or if its initial state is unknown."""
    config, progress = snapshot.state.config, snapshot.progress
    if progress is None:
        return None
    shape, forms = (config.batch_size, config.window_steps), (config.the_task.inputs, config.the_task.outputs)
    same = all(
        one.shape == (*shape, form.count) if isinstance(form, Numbers) else one.shape == shape
        for one, form in zip((progress.x, progress.y), forms, strict=True)
    )
    fits = same and progress.init_state.shape == (config.batch_size, carried_size(config))
    if not fits or not np.isfinite(progress.init_state).all():
        return None
    x, y = (np.ascontiguousarray(np.swapaxes(one, 0, 1)) for one in (progress.x, progress.y))
    return NewestWindow(x, y, progress.init_state)


def as_samples(values: npt.NDArray[Any], of_trials: bool) -> npt.NDArray[np.float64]:
    """Values [steps, rows, n] as float64 [samples, n]; in trials, each step's mean is subtracted."""
    numbers = values.astype(np.float64)
    if of_trials:
        numbers -= numbers.mean(axis=1, keepdims=True)
    return numbers.reshape(-1, values.shape[-1])


def as_numbers(x: Inputs, form: Symbols | Numbers) -> npt.NDArray[Any]:
    """The targets of read-outs, [steps, rows, n]: numbers unchanged, two symbols as one number, more symbols as
    one-hot.
    """
    if isinstance(form, Numbers):
        return x
    return x[..., np.newaxis] if form.count == 2 else x[..., np.newaxis] == np.arange(form.count)


class RowsRead(NamedTuple):
    """Rows of the newest window (of a long window only the newest steps), computed with the current weights."""

    x: Inputs
    """The inputs, [steps, rows, ...]."""
    y: Inputs
    """The targets, [steps, rows, ...]."""
    before: Floats
    """The state before each step, float32 [steps, rows, carried]."""
    outputs: Floats
    """The predicted probabilities or numbers, float32 [rows, steps, outputs]."""
    first_row: int
    """The index in the window (from 0) of the first row."""
    first_step: int
    """The index in the window (from 0) of the first step."""


def rows_read(prepared: Prepared, row: int | None = None) -> RowsRead | None:
    """The rows that a probe reads; None without a window.

    Only the newest 512 steps of a longer window are read, since memory and time grow with the square.

    Args:
        row: the index of the row to read, at most the last one; by default all rows are read.
    """
    window = prepared.window
    if window is None:
        return None
    steps, rows = window.x.shape[:2]
    first_row, count = (0, rows) if row is None else (min(row, rows - 1), 1)
    first_step = max(0, steps - MOST_LAGS)
    chosen = np.s_[first_step:, first_row : first_row + count]
    before = states_before(window.init_state, prepared.on_window.states)[chosen]
    outputs = prepared.on_window.outputs[chosen].swapaxes(0, 1).copy()
    return RowsRead(window.x[chosen], window.y[chosen], before, outputs, first_row, first_step)
