"""A snapshot's network as graphs, run over the probes' own data and over its newest window."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import tensorflow as tf

from echornn.config import DEFAULT_WINDOW, EchoConfig
from echornn.network.affine import affine_map
from echornn.network.model import embed
from echornn.network.shapes import carried_size, shown_part, weight_shapes
from echornn.network.step import gates_size, step
from echornn.probes.series import FEW_ROWS, MOST_LAGS, Inputs, Series, draw, series_for, targets_for
from echornn.progress import Floats
from echornn.readings import CellPart
from echornn.state import Snapshot
from echornn.tasks.task import Numbers

GRAPHS_KEPT, CPU = 96, "/CPU:0"
STEPS_TO_SETTLE = 256  # from a zero state; with the tutorial's initial weights, all of 100 rows have after 200 steps

Tensor: TypeAlias = tf.Tensor
Tensors: TypeAlias = tuple[tf.Tensor, ...]
Weights = Mapping[str, Tensor]


def structure(config: EchoConfig) -> EchoConfig:
    """The configuration with defaults in all fields that graphs do not depend on."""
    kept = ("cell", "state_size", "num_layers", "truncated_backprop_length")
    sizes: dict[str, Any] = {name: getattr(config, name) for name in kept}
    sizes |= {"batch_size": 1, "total_series_length": max(config.window_steps, DEFAULT_WINDOW)}
    if "num_classes" in config.fields():
        return EchoConfig(num_classes=config.num_classes, **sizes)
    return EchoConfig(task=config.the_task, **sizes)


Function = Callable[..., Tensors]  # of a configuration, the weights by name, and tensors


@functools.lru_cache(GRAPHS_KEPT)
def _graph(function: Function, config: EchoConfig, *specs: tf.TensorSpec) -> Any:
    def on_cpu(weights: Weights, *tensors: Tensor) -> Tensors:
        with tf.device(CPU):
            return function(config, weights, *tensors)

    weights = {name: tf.TensorSpec(shape) for name, shape in weight_shapes(config).items()}
    return tf.function(on_cpu, autograph=False).get_concrete_function(weights, *specs)


def loop(steps: Tensor, one: Callable[..., tuple[Tensor, Tensors]], carried: Tensor, *kept: Any) -> Tensors:
    """Carry a tensor through steps, of which ``one`` also returns what is kept, of these specs; it is returned."""

    def body(k: Tensor, carried: Tensor, *arrays: tf.TensorArray) -> Any:
        carried, values = one(k, carried)
        return k + 1, carried, *(array.write(k, value) for array, value in zip(arrays, values, strict=True))

    arrays = [tf.TensorArray(spec.dtype, steps, element_shape=spec.shape) for spec in kept]
    _, _, *filled = tf.while_loop(lambda k, *_: k < steps, body, (tf.constant(0), carried, *arrays))
    return tuple(array.stack() for array in filled)


def logits_of(config: EchoConfig, weights: Weights, states: Tensor) -> Tensor:
    """The logits or numbers for the states after a step, float32 [rows, carried] to [rows, outputs]."""
    return affine_map([states[:, shown_part(config)]], weights["W2"], weights["b2"])


def outputs_of(config: EchoConfig, logits: Tensor) -> Tensor:
    return logits if isinstance(config.the_task.outputs, Numbers) else tf.nn.softmax(logits)


def _running(config: EchoConfig, weights: Weights, x: Tensor, init_state: Tensor) -> Tensors:
    inputs = embed(x, config.the_task.inputs)

    def one(t: Tensor, state: Tensor) -> tuple[Tensor, Tensors]:
        after = step(config, weights, tf.gather(inputs, t), state)
        return after.state, (after.state, after.gates, logits_of(config, weights, after.state))

    sizes = (carried_size(config), gates_size(config), config.output_size)
    kept = [tf.TensorSpec([x.shape[1], size]) for size in sizes]
    states, gates, logits = loop(tf.shape(x)[0], one, init_state, *kept)
    return states, gates, outputs_of(config, logits)


class Ran(NamedTuple):
    """A run over time steps, time first."""

    init_state: Floats  # [rows, carried]
    states: Floats  # [steps, rows, carried], after each step
    gates: Floats  # [steps, rows, gates]
    outputs: Floats  # [steps, rows, outputs], probabilities of symbols, or numbers

    @property
    def before(self) -> Floats:
        """The state before each step, float32 [steps, rows, carried]."""
        return np.concatenate([self.init_state[np.newaxis], self.states[:-1]])

    def of(self, part: CellPart) -> Floats:
        """A part of the network, float32 [steps, rows, units]."""
        return (self.gates if part.is_gate else self.states)[..., part.where]


class NewestWindow(NamedTuple):
    x: Inputs  # time first
    y: Inputs
    init_state: Floats  # [batch_size, carried]


class Prepared:
    """A snapshot's network, with runs that several probes share; each is computed when first needed."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.config, self.weights = snapshot.state.config, snapshot.state.weights
        self.structure = structure(self.config)
        self.window = _newest_window(snapshot)
        self._carried = snapshot.state.carried_state if snapshot.state.window else None

    def compute(self, function: Function, *arrays: Any, any_steps: int = 0) -> tuple[Any, ...]:
        """The results of a function as a graph, which is kept for networks of the same structure and arrays of the same
        shapes; but the first axis of the first ``any_steps`` arrays may have any length.
        """
        try:
            with tf.device(CPU):
                weights = {name: tf.constant(self.weights[name]) for name in weight_shapes(self.config)}
                tensors = [tf.constant(array) for array in arrays]
                specs = [tf.TensorSpec([None, *one.shape[1:]], one.dtype) for one in tensors[:any_steps]]
                specs += [tf.TensorSpec(one.shape, one.dtype) for one in tensors[any_steps:]]
                return tuple(one.numpy() for one in _graph(function, self.structure, *specs)(weights, *tensors))
        except tf.errors.ResourceExhaustedError as error:
            raise MemoryError(error.message) from error

    def run(self, x: Inputs, init_state: Floats) -> Ran:
        return Ran(init_state, *self.compute(_running, x, init_state, any_steps=1))

    @functools.cached_property
    def series(self) -> Series:
        return series_for(self.config)

    @functools.cached_property
    def on_series(self) -> Ran:
        return self.run(self.series.x, self.first_state(self.series.x.shape[1]))

    @functools.cached_property
    def targets(self) -> Series:
        return targets_for(self.config)

    @functools.cached_property
    def on_targets(self) -> Ran:
        return self.run(self.targets.x, self.first_state(self.targets.x.shape[1]))

    @functools.cached_property
    def on_window(self) -> Ran:
        assert self.window is not None
        return self.run(self.window.x, self.window.init_state)

    def read(self, part: CellPart) -> Floats:
        """A part of the network at the steps of the series that are read, float32 [steps read, rows, units]."""
        return self.on_series.of(part)[self.series.steps_back :]

    def first_state(self, rows: int) -> Floats:
        """The initial states of the probes' rows, float32 [rows, carried]."""
        return np.resize(self._settled, (rows, carried_size(self.config)))

    @functools.cached_property
    def _settled(self) -> Floats:
        """States as they occur in training, float32 [rows, carried]: from a zero state a network may take hundreds of
        steps to reach its resting states, so its rows begin where the batch's are. Trials begin with a zero state.
        """
        carried = self._carried
        if not self.config.is_stream:
            return np.zeros((1, carried_size(self.config)), np.float32)
        if carried is not None and np.isfinite(carried).all() and carried.any():
            return carried
        zero = np.zeros((FEW_ROWS, carried_size(self.config)), np.float32)
        return np.asarray(self.run(draw(self.config, STEPS_TO_SETTLE, FEW_ROWS), zero).states[-1])

    def rows_read(self, row: int | None) -> tuple[int, int, Any]:
        """The first row and step of the newest window that are read, and which: all, or one, at the newest steps."""
        assert self.window is not None
        steps, rows = self.window.x.shape[:2]
        first_row, count = (0, rows) if row is None else (min(row, rows - 1), 1)
        first_step = max(0, steps - MOST_LAGS)
        return first_row, first_step, np.s_[first_step:, first_row : first_row + count]


def _newest_window(snapshot: Snapshot) -> NewestWindow | None:
    """The snapshot's newest window; None if it had another configuration, or if its initial state is unknown."""
    config, progress = snapshot.state.config, snapshot.progress
    if progress is None or not np.isfinite(progress.init_state).all():
        return None
    forms = (config.the_task.inputs, config.the_task.outputs)
    shapes = [(config.window_steps, *([form.count] if isinstance(form, Numbers) else [])) for form in forms]
    arrays = progress.x, progress.y, progress.init_state
    if [one.shape for one in arrays] != [(config.batch_size, *one) for one in (*shapes, (carried_size(config),))]:
        return None
    x, y = (np.ascontiguousarray(np.swapaxes(one, 0, 1)) for one in arrays[:2])
    return NewestWindow(x, y, progress.init_state)
