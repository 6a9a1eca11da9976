"""A network whose weights stay, run as graphs over any inputs, without dropout."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn import seeding
from echornn.config import DEFAULT_WINDOW, EchoConfig
from echornn.network.affine import affine_map
from echornn.network.model import embed
from echornn.network.shapes import carried_size, shown_part, weight_shapes
from echornn.network.step import gates_size, step
from echornn.progress import Floats, ForwardPass
from echornn.readings import CellPart, parts_of
from echornn.tasks.task import Numbers

GRAPHS_KEPT, CPU = 96, "/CPU:0"

Tensor: TypeAlias = tf.Tensor
Tensors: TypeAlias = tuple[tf.Tensor, ...]
Weights = Mapping[str, Tensor]


def graph_config(config: EchoConfig) -> EchoConfig:
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


def loop(
    steps: Tensor, one: Callable[..., tuple[Tensor, Tensors]], carried: Tensor, *kept: Any
) -> Tensors:
    """Carry a tensor through steps, of which ``one`` also returns what is kept, of these specs; it
    is returned."""

    def body(k: Tensor, carried: Tensor, *arrays: tf.TensorArray) -> Any:
        carried, values = one(k, carried)
        return (
            k + 1,
            carried,
            *(array.write(k, value) for array, value in zip(arrays, values, strict=True)),
        )

    arrays = [tf.TensorArray(spec.dtype, steps, element_shape=spec.shape) for spec in kept]
    _, _, *filled = tf.while_loop(lambda k, *_: k < steps, body, (tf.constant(0), carried, *arrays))
    return tuple(array.stack() for array in filled)


def logits_of(config: EchoConfig, weights: Weights, states: Tensor) -> Tensor:
    """The logits or numbers for the states after a step, float32 [rows, carried] to [rows,
    outputs]."""
    return affine_map([states[:, shown_part(config)]], weights["W2"], weights["b2"])


def outputs_of(config: EchoConfig, logits: Tensor) -> Tensor:
    return logits if isinstance(config.the_task.outputs, Numbers) else tf.nn.softmax(logits)


def _running(config: EchoConfig, weights: Weights, x: Tensor, *others: Tensor) -> Tensors:
    inputs, (*noise, init_state) = embed(x, config.the_task.inputs), others

    def one(t: Tensor, state: Tensor) -> tuple[Tensor, Tensors]:
        of_step = tf.gather(noise[0], t) if noise else None
        after = step(config, weights, tf.gather(inputs, t), state, noise=of_step)
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


class FrozenNetwork:
    def __init__(self, config: EchoConfig, weights: Mapping[str, Floats]) -> None:
        self.config, self.weights, self._graph_config = config, weights, graph_config(config)

    def compute(self, function: Function, *arrays: Any, any_steps: int = 0) -> tuple[Any, ...]:
        """The results of a function as a graph, which is kept for networks of the same structure
        and arrays of the same shapes; but the first axis of the first ``any_steps`` arrays may have
        any length.
        """
        try:
            with tf.device(CPU):
                weights = {
                    name: tf.constant(self.weights[name]) for name in weight_shapes(self.config)
                }
                tensors = [tf.constant(array) for array in arrays]
                specs = [
                    tf.TensorSpec([None, *one.shape[1:]], one.dtype) for one in tensors[:any_steps]
                ]
                specs += [tf.TensorSpec(one.shape, one.dtype) for one in tensors[any_steps:]]
                return tuple(
                    one.numpy()
                    for one in _graph(function, self._graph_config, *specs)(weights, *tensors)
                )
        except tf.errors.ResourceExhaustedError as error:
            raise MemoryError(error.message) from error

    def run(self, x: npt.NDArray[Any], init_state: Floats, *noise: Floats) -> Ran:
        return Ran(
            init_state, *self.compute(_running, x, *noise, init_state, any_steps=1 + len(noise))
        )

    def noise(self, steps: int, rows: int) -> list[Floats]:
        """What `run` needs, drawn for a cell with noise: standard normal, float32 [steps, rows,
        layers * units]."""
        config = self.config
        if not config.the_cell.noise:
            return []
        rng = seeding.stream(config.seed, seeding.NOISE)
        return [
            rng.standard_normal((steps, rows, config.num_layers * config.state_size), np.float32)
        ]

    def forward(self, inputs: npt.ArrayLike, state: npt.ArrayLike | None) -> ForwardPass:
        """See `echornn.training.population.Trainer.run`."""
        form, x = self.config.the_task.inputs, np.asarray(inputs)
        if isinstance(form, Numbers):
            fits, wanted = x.shape[2:] == (form.count,), f"numbers [trials, steps, {form.count}]"
        else:
            fits = (
                x.ndim == 2 and x.dtype.kind in "iub" and bool(np.isin(x, range(form.count)).all())
            )
            wanted = f"0 to {form.count - 1} [trials, steps]"
        if not fits:
            raise ValueError(
                f"inputs of {x.dtype} {list(x.shape)} cannot be run: they must be {wanted}"
            )
        size = (len(x), carried_size(self.config))
        first = np.zeros(size, np.float32) if state is None else np.asarray(state, np.float32)
        if first.shape != size:
            raise ValueError(f"state of {list(first.shape)} cannot be run: it must be {list(size)}")
        kind = np.float32 if isinstance(form, Numbers) else np.uint8
        ran = self.run(
            np.ascontiguousarray(np.swapaxes(x, 0, 1), kind), first, *self.noise(x.shape[1], len(x))
        )
        states, outputs = (np.swapaxes(one, 0, 1) for one in (ran.states, ran.outputs))
        parts = parts_of(self.config).items()
        gates = {name: np.swapaxes(ran.of(part), 0, 1) for name, part in parts if part.is_gate}
        return ForwardPass(outputs, states[..., shown_part(self.config)], gates, states)
