"""The training loop: a pure function that trains many windows, with any learning rule, in one
compiled call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn.config import EchoConfig
from echornn.network.affine import kept_apart, read_steps
from echornn.network.model import EchoRNN, errors
from echornn.network.shapes import carried_size
from echornn.progress import Floats
from echornn.tasks.task import Numbers
from echornn.training.optimizers import OPTIMIZERS
from echornn.training.penalties import Penalties, clipped, decayed, squared_norm
from echornn.training.rules import LEARN, WindowData


class Values(NamedTuple):
    """Everything that training changes, as in `PopulationState`, in arrays or tensors with or
    without replicas."""

    weights: dict[str, Any]
    optimizer: tuple[Any, ...]  # steps made, learning rate, and the slots of each weight in turn
    carried_state: Any
    influence: dict[str, Any]


class EpochSeries(NamedTuple):
    """Whole epochs end to end; with replicas, each tensor has an additional last axis."""

    # Symbols, uint8 [steps, batch, ...], or numbers, float32 [steps, batch, count, ...]
    x: tf.Tensor
    y: tf.Tensor  # likewise
    # The steps that count, bool, or their weights, float32 [steps, batch, ...]; None if all do
    scored: tf.Tensor | None
    begin: tf.Tensor | int  # the step at which the first epoch of these networks begins


LARGEST = 0x7FFFFFFF  # numbers of windows and keys wrap around at 31 bits
# How many numbers a packed `Call` has before its keys
COUNTS = 3  # first, windows and windows before
COMMON = COUNTS + len(Penalties._fields)


class Call(NamedTuple):
    """What one call is to train. These are tensors, so that one program serves any number of
    windows, at any position."""

    first: tf.Tensor  # the first window, counted from the begin of the series
    windows: tf.Tensor  # how many to train
    windows_before: tf.Tensor  # those before the series, for the random numbers of each window
    penalties: Penalties
    key: tf.Tensor  # of random numbers, int32 [] or [replicas]

    @staticmethod
    def packed(
        config: EchoConfig, first: int, windows: int, windows_before: int
    ) -> npt.NDArray[np.int32]:
        """All but the keys, which are to be appended: the counts, and the bits of the penalties,
        int32 [COMMON]. One array is copied to the device faster than several."""
        counts = np.array([first, windows, windows_before & LARGEST], np.int32)
        penalties = np.array(Penalties.of(config), np.float32)
        return np.append(counts, penalties.view(np.int32))

    @classmethod
    def unpacked(cls, numbers: tf.Tensor, has_replicas: bool) -> Call:
        first, windows, windows_before = tf.unstack(numbers[:COUNTS])
        penalties = Penalties(*tf.unstack(tf.bitcast(numbers[COUNTS:COMMON], tf.float32)))
        key = numbers[COMMON:] if has_replicas else numbers[COMMON]
        return cls(first, windows, windows_before, penalties, key)


class Trained(NamedTuple):
    """The results of a call, with all data of its last window; with replicas, each has an
    additional last axis."""

    # Before the update, float32 [most windows of a call, ...], filled as far as windows were
    # requested
    losses: Any
    errors: Any  # wrong predictions, int32 [most windows of a call, ...]; 0 for numbers
    # Squares of the global norms of the gradients, before they are clipped, float32 as the losses
    norms: Any
    outputs: Any  # the softmax, or the numbers, float32 [T, batch, outputs, ...]
    states: Any  # the carried states, float32 [T, batch, carried, ...]
    init_state: Any  # float32 [batch, carried, ...]


def nothing_trained(config: EchoConfig, windows: int, replicas: list[int]) -> Trained:
    """Room for the results of so many windows."""
    of_call = [windows] + replicas
    of_step = [config.batch_size, carried_size(config)] + replicas
    outputs = [config.window_steps, config.batch_size, config.output_size] + replicas
    return Trained(
        losses=tf.zeros(of_call),
        errors=tf.zeros(of_call, tf.int32),
        norms=tf.zeros(of_call),
        outputs=tf.zeros(outputs),
        states=tf.zeros([config.window_steps] + of_step),
        init_state=tf.zeros(of_step),
    )


def train(
    config: EchoConfig,
    values: Values,
    nothing: Trained,
    series: EpochSeries,
    call_numbers: tf.Tensor,
    on_cpu: bool,
) -> tuple[Values, Trained]:
    """Train the windows of a `Call` on a series, from these values on.

    This is compiled: Python runs once, and what it adds up is the program.
    """
    has_replicas = len(nothing.losses.shape) > 1
    call = Call.unpacked(call_numbers, has_replicas)
    learn = LEARN[config.rule]

    def is_left(index: tf.Tensor, values: Values, trained: Trained) -> tf.Tensor:
        return index < call.windows

    def train_next(
        index: tf.Tensor, values: Values, trained: Trained
    ) -> tuple[tf.Tensor, Values, Trained]:
        model = EchoRNN(config, values.weights, on_cpu)
        epoch = (call.first + index) // config.windows_per_epoch
        window = (call.first + index) % config.windows_per_epoch

        # In a stream a window goes on from the one before, unless ``start_state`` is zero, but an
        # epoch begins with zeros, and so does each trial. The influence of the weights on the
        # states goes with them.
        nowhere = tf.zeros_like(values.carried_state)
        state = nowhere
        if not config.resets_state:
            state = tf.where(window == 0, nowhere, values.carried_state)
        influence = {
            name: tf.where(window == 0, tf.zeros_like(matrix), matrix)
            for name, matrix in values.influence.items()
        }

        start = series.begin + epoch * config.row_length + window * config.window_stride
        x, labels, scored = read_window(config, series, start)
        # Dropout and noise are drawn anew in each window, and again the same if it is trained again
        number = call.windows_before + call.first + index
        key = tf.stack([call.key, tf.zeros_like(call.key) + number])
        data = WindowData(x, labels, scored, state, key, call.penalties.rate_penalty)

        # The window is seen with the weights as they were before; what it shows comes from there
        learned = learn(model, data, influence)
        squared = squared_norm(learned.gradients)
        gradients = learned.gradients
        if config.clip_norm is not None:
            gradients = clipped(gradients, squared, call.penalties.clip_norm)
        if config.weight_decay:
            # After clipping, which would scale it too
            decay = call.penalties.weight_decay
            gradients = decayed(config, values.weights, gradients, decay)
        weights, optimizer = updated(config, values, gradients)

        # Windows may overlap: the next begins behind the stride, not behind this window
        next_state = learned.states[config.window_stride - 1]
        values = Values(weights, optimizer, next_state, learned.influence)
        if isinstance(config.the_task.outputs, Numbers):
            wrong = tf.zeros_like(learned.loss, tf.int32)
        else:
            wrong = errors(learned.outputs, labels, scored)
        trained = Trained(
            losses=tf.tensor_scatter_nd_update(trained.losses, [[index]], [learned.loss]),
            errors=tf.tensor_scatter_nd_update(trained.errors, [[index]], [wrong]),
            norms=tf.tensor_scatter_nd_update(trained.norms, [[index]], [squared]),
            outputs=learned.outputs,
            states=learned.states,
            init_state=state,
        )
        # Else XLA would make the loop a single kernel, which is slower for some networks
        if model.loops_apart:
            index = kept_apart(index)
        return index + 1, values, trained

    _, values, trained = tf.while_loop(is_left, train_next, (tf.constant(0), values, nothing))
    return values, trained


def read_window(
    config: EchoConfig, series: EpochSeries, start: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor | None]:
    """Inputs, labels and which steps count of a window, [T, batch, ...]: XLA's dynamic slices."""
    steps = config.window_steps
    x = read_steps(series.x, start, steps)
    labels = read_steps(series.y, start, steps)
    if not isinstance(config.the_task.outputs, Numbers):
        labels = tf.cast(labels, tf.int32)
    if series.scored is None:
        return x, labels, None
    return x, labels, read_steps(series.scored, start, steps)


def updated(
    config: EchoConfig, values: Values, gradients: list[tf.Tensor]
) -> tuple[dict[str, tf.Tensor], tuple[tf.Tensor, ...]]:
    """The weights after a step of the optimizer, and its variables."""
    optimizer = OPTIMIZERS[config.optimizer]
    steps, rate, *slots = values.optimizer
    # The networks of a shard have made the same number
    step = steps[0] if len(steps.shape) else steps

    weights: dict[str, tf.Tensor] = {}
    new_slots: list[tf.Tensor] = []
    for (name, weight), gradient in zip(values.weights.items(), gradients, strict=True):
        gradient.set_shape(weight.shape)  # XLA's own operations do not tell it
        first = len(new_slots)
        own = slots[first : first + optimizer.slots]
        change, *own = optimizer.update(gradient, rate, step, *own)
        weights[name] = weight - change
        new_slots += own
    return weights, (steps + 1, rate, *new_slots)


def fresh_optimizer(
    configs: Sequence[EchoConfig], weights: dict[str, Floats]
) -> tuple[npt.NDArray[Any], ...]:
    """The variables of networks that have made no step, [replicas, ...]."""
    optimizer = OPTIMIZERS[configs[0].optimizer]
    slots = []
    for weight in weights.values():
        slots += [np.full_like(weight, optimizer.first)] * optimizer.slots
    return np.zeros(len(configs), np.int64), rates_of(configs), *slots


def rates_of(configs: Sequence[EchoConfig]) -> Floats:
    return np.array([config.learning_rate for config in configs], np.float32)
