"""A network whose weights stay, run as graphs over any inputs, without dropout."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
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

GRAPHS_KEPT = 96  # chosen by eye
CPU = "/CPU:0"

Tensor: TypeAlias = tf.Tensor
Tensors: TypeAlias = tuple[Tensor, ...]
Weights = Mapping[str, Tensor]


def graph_config(config: EchoConfig) -> EchoConfig:
    """The configuration with defaults in all fields that graphs do not depend on."""
    kept = ("cell", "state_size", "num_layers", "truncated_backprop_length")
    fields: dict[str, Any] = {name: getattr(config, name) for name in kept}
    fields["total_series_length"] = max(config.window_steps, DEFAULT_WINDOW)
    if "num_classes" in config.fields():
        fields["num_classes"] = config.num_classes
    else:
        fields["task"] = config.the_task
    return EchoConfig(batch_size=1, **fields)


Function = Callable[..., Tensors]  # of a configuration, the weights by name, and tensors


@functools.lru_cache(GRAPHS_KEPT)
def _graph(function: Function, config: EchoConfig, *specs: tf.TensorSpec) -> Any:
    def on_cpu(weights: Weights, *tensors: Tensor) -> Tensors:
        with tf.device(CPU):
            return function(config, weights, *tensors)

    weights = {name: tf.TensorSpec(shape) for name, shape in weight_shapes(config).items()}
    return tf.function(on_cpu, autograph=False).get_concrete_function(weights, *specs)


def _graph_side_by_side(function: Function, config: EchoConfig, *specs: tf.TensorSpec) -> Any:
    """As `_graph`, for any number of networks; the last tensor is another for each."""
    *of_all, of_each = specs
    of_any = tf.TensorSpec([None, *of_each.shape[1:]], of_each.dtype)
    return _graph_of_any_number(function, config, *of_all, of_any)


@functools.lru_cache(GRAPHS_KEPT)
def _graph_of_any_number(function: Function, config: EchoConfig, *specs: tf.TensorSpec) -> Any:
    def on_cpu(weights: Weights, *tensors: Tensor) -> Tensors:
        *shared, own = tensors

        def of_one(network: tuple[Weights, Tensor]) -> Tensors:
            return function(config, network[0], *shared, network[1])

        with tf.device(CPU):
            results: Tensors = tf.vectorized_map(of_one, (weights, own))
        return results

    shapes = weight_shapes(config)
    weights = {name: tf.TensorSpec([None, *shape]) for name, shape in shapes.items()}
    return tf.function(on_cpu, autograph=False).get_concrete_function(weights, *specs)


def loop(
    steps: Tensor, run: Callable[..., tuple[Tensor, Tensors]], carried: Tensor, *kept: Any
) -> Tensors:
    """Carry a tensor through steps, of which ``run`` also returns what is kept, of these specs; it
    is returned."""

    def is_left(t: Tensor, *_: Any) -> Tensor:
        return t < steps

    def run_next(t: Tensor, carried: Tensor, *arrays: tf.TensorArray) -> Any:
        carried, values = run(t, carried)
        written = [array.write(t, value) for array, value in zip(arrays, values, strict=True)]
        return t + 1, carried, *written

    arrays = [tf.TensorArray(spec.dtype, steps, element_shape=spec.shape) for spec in kept]
    _, _, *filled = tf.while_loop(is_left, run_next, (tf.constant(0), carried, *arrays))
    return tuple(map(tf.TensorArray.stack, filled))


def logits_of(config: EchoConfig, weights: Weights, states: Tensor) -> Tensor:
    """The logits or numbers for the states after a step, float32 [rows, carried] to [rows,
    outputs]."""
    return affine_map([states[:, shown_part(config)]], weights["W2"], weights["b2"])


def outputs_of(config: EchoConfig, logits: Tensor) -> Tensor:
    if isinstance(config.the_task.outputs, Numbers):
        return logits
    return tf.nn.softmax(logits)


def _running(config: EchoConfig, weights: Weights, x: Tensor, *others: Tensor) -> Tensors:
    *noise, init_state = others
    inputs = embed(x, config.the_task.inputs)

    def run_step(t: Tensor, state: Tensor) -> tuple[Tensor, Tensors]:
        noise_t = tf.gather(noise[0], t) if noise else None
        state, gates = step(config, weights, tf.gather(inputs, t), state, noise=noise_t)
        return state, (state, gates, logits_of(config, weights, state))

    sizes = (carried_size(config), gates_size(config), config.output_size)
    kept = [tf.TensorSpec([init_state.shape[0], size]) for size in sizes]
    states, gates, logits = loop(tf.shape(x)[0], run_step, init_state, *kept)
    return states, gates, outputs_of(config, logits)


class Ran(NamedTuple):
    """A run over time steps, time first; of a population, networks before."""

    init_state: Floats  # [rows, carried]
    states: Floats  # [steps, rows, carried], after each step
    gates: Floats  # [steps, rows, gates]
    outputs: Floats  # [steps, rows, outputs], probabilities of symbols, or numbers

    @property
    def before(self) -> Floats:
        """The state before each step, float32 [steps, rows, carried]."""
        first, others = self.init_state[..., np.newaxis, :, :], self.states[..., :-1, :, :]
        return np.concatenate([first, others], axis=-3)

    def of(self, part: CellPart) -> Floats:
        """A part of the network, float32 [steps, rows, units]."""
        vectors = self.gates if part.is_gate else self.states
        return vectors[..., part.where]


def _computed(
    graph_of: Callable[..., Any],
    function: Function,
    config: EchoConfig,
    weights: Mapping[str, Floats],
    arrays: tuple[Any, ...],
    free_axes: Sequence[int],
) -> tuple[Any, ...]:
    try:
        with tf.device(CPU):
            constants = {name: tf.constant(weights[name]) for name in weight_shapes(config)}
            tensors = list(map(tf.constant, arrays))
            specs = []
            none_free = [0] * (len(tensors) - len(free_axes))
            for tensor, free in zip(tensors, [*free_axes, *none_free], strict=True):
                shape = [None] * free + tensor.shape[free:]
                specs.append(tf.TensorSpec(shape, tensor.dtype))
            graph = graph_of(function, config, *specs)
            return tuple(result.numpy() for result in graph(constants, *tensors))
    except tf.errors.ResourceExhaustedError as error:
        raise MemoryError(error.message) from error


class FrozenNetwork:
    def __init__(self, config: EchoConfig, weights: Mapping[str, Floats]) -> None:
        self.config = config
        self.weights = weights
        self._graph_config = graph_config(config)

    def compute(
        self, function: Function, *arrays: Any, free_axes: Sequence[int] = ()
    ) -> tuple[Any, ...]:
        """The results of a function as a graph, which is kept for networks of the same structure
        and arrays of the same shapes; but so many first axes of the first arrays may have any
        length.
        """
        config = self._graph_config
        return _computed(_graph, function, config, self.weights, arrays, free_axes)

    def run(self, x: npt.NDArray[Any], init_state: Floats, *noise: Floats) -> Ran:
        steps_and_rows = [2] * (1 + len(noise))
        ran = self.compute(_running, x, *noise, init_state, free_axes=[*steps_and_rows, 1])
        return Ran(init_state, *ran)

    def noise(self, steps: int, rows: int) -> list[Floats]:
        """What `run` needs, drawn for a cell with noise: standard normal, float32 [steps, rows,
        layers * units]."""
        config = self.config
        if not config.the_cell.noise:
            return []
        rng = seeding.stream(config.seed, seeding.NOISE)
        units = config.num_layers * config.state_size
        return [rng.standard_normal((steps, rows, units), np.float32)]

    def forward(self, inputs: npt.ArrayLike, state: npt.ArrayLike | None) -> ForwardPass:
        """See `echornn.training.population.Trainer.run`."""
        x = self._checked_inputs(np.asarray(inputs))
        trials, steps = x.shape[:2]
        init_state = self._checked_state(state, trials)
        x = np.ascontiguousarray(np.swapaxes(x, 0, 1))
        ran = self.run(x, init_state, *self.noise(steps, trials))

        states = np.swapaxes(ran.states, 0, 1)
        gates = {}
        for name, part in parts_of(self.config).items():
            if part.is_gate:
                gates[name] = np.swapaxes(ran.of(part), 0, 1)
        h = states[..., shown_part(self.config)]
        return ForwardPass(np.swapaxes(ran.outputs, 0, 1), h, gates, states)

    def _checked_inputs(self, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        form = self.config.the_task.inputs
        if isinstance(form, Numbers):
            if x.shape[2:] == (form.count,):
                return x.astype(np.float32)
            wanted = f"numbers [trials, steps, {form.count}]"
        else:
            are_whole = x.ndim == 2 and x.dtype.kind in "iub"
            if are_whole and np.isin(x, range(form.count)).all():
                return x.astype(np.uint8)
            wanted = f"0 to {form.count - 1} [trials, steps]"
        raise ValueError(
            f"inputs of {x.dtype} {list(x.shape)} cannot be run: they must be {wanted}"
        )

    def _checked_state(self, state: npt.ArrayLike | None, trials: int) -> Floats:
        shape = (trials, carried_size(self.config))
        if state is None:
            return np.zeros(shape, np.float32)
        array = np.asarray(state, np.float32)
        if array.shape != shape:
            raise ValueError(
                f"state of {list(array.shape)} cannot be run: it must be {list(shape)}"
            )
        return array


NUMBERS_AT_ONCE = 2**24  # that a part of a population keeps, 64 MiB; chosen by eye


class FrozenPopulation:
    """Networks of one structure, which run side by side over the same inputs, without noise."""

    def __init__(self, config: EchoConfig, weights: Mapping[str, Floats]) -> None:
        """Weights by name, float32 [networks, ...]."""
        self.config = config
        self.weights = weights
        self.networks = len(weights["W2"])
        self._graph_config = graph_config(config)

    def parts(self, steps: int) -> Iterator[FrozenPopulation]:
        """The networks in order, so many at a time that what is kept of these steps, of all rows
        together, takes little memory."""
        config = self.config
        of_a_step = carried_size(config) + gates_size(config) + config.output_size
        at_once = max(1, NUMBERS_AT_ONCE // (steps * of_a_step))
        for first in range(0, self.networks, at_once):
            yield self.only(slice(first, first + at_once))

    def only(self, which: Any) -> FrozenPopulation:
        """Some of the networks, by an index of NumPy that keeps their axis."""
        weights = {name: weight[which] for name, weight in self.weights.items()}
        return FrozenPopulation(self.config, weights)

    def compute(
        self, function: Function, *arrays: Any, free_axes: Sequence[int] = ()
    ) -> tuple[Any, ...]:
        """The results of a function of one network, [networks, ...], as `FrozenNetwork.compute`;
        the last array is another for each network, [networks, ...]."""
        config = self._graph_config
        return _computed(_graph_side_by_side, function, config, self.weights, arrays, free_axes)

    def run(self, x: npt.NDArray[Any], init_state: Floats) -> Ran:
        """A run over inputs [steps, rows, ...] from states [rows, carried], or other ones for each
        network, [networks, rows, carried]."""
        states = np.broadcast_to(init_state, (self.networks, *init_state.shape[-2:]))
        return Ran(states, *self.compute(_running, x, states, free_axes=[2, 2]))
