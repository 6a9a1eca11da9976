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
from echornn.network.shapes import carried_size, decayed_names
from echornn.progress import Floats
from echornn.tasks.task import Numbers
from echornn.training.optimizers import OPTIMIZERS
from echornn.training.rules import LEARN, WindowData


class Values(NamedTuple):
    """Everything that training changes, as in `PopulationState`, in arrays or tensors with or
    without replicas."""

    weights: dict[str, Any]
    optimizer: tuple[Any, ...]
    carried_state: Any
    influence: dict[str, Any]


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
    of_steps = [config.window_steps, config.batch_size]
    return Trained(
        tf.zeros([windows, *replicas]),
        tf.zeros([windows, *replicas], tf.int32),
        tf.zeros([windows, *replicas]),
        tf.zeros([*of_steps, config.output_size, *replicas]),
        tf.zeros([*of_steps, carried_size(config), *replicas]),
        tf.zeros([config.batch_size, carried_size(config), *replicas]),
    )


def train(
    config: EchoConfig,
    values: Values,
    nothing: Trained,
    x: tf.Tensor,
    y: tf.Tensor,
    call: tf.Tensor,
    begin: tf.Tensor | int,
    *scored: tf.Tensor,
    on_cpu: bool,
) -> tuple[Values, Trained]:
    """Train windows of ``x`` and ``y``, which contain whole epochs end to end; this gets compiled,
    once for any number of windows and any position, since both are tensors, and windows are read by
    XLA's dynamic slices.

    Args:
        x, y, scored: symbols, uint8 [epochs * row length, batch, ...], or numbers, float32 [...,
            count, ...]; and which steps count, bool, unless all do.
        call: int32 [7]: the first window to train, counted from the start of ``x``; how many; the
            number of windows of the run before ``x``; the bits of `Penalties`; the key of dropout.
            With replicas int32 [6 + replicas].
        begin: the time step of ``x`` at which the first epoch begins.
    """
    steps, has_numbers = config.window_steps, isinstance(config.the_task.outputs, Numbers)
    first, count, windows_before = tf.unstack(call[:3])
    penalties = Penalties(*tf.unstack(tf.bitcast(call[3:6], tf.float32)))
    key = call[6:] if len(nothing.losses.shape) > 1 else call[6]
    learn = LEARN[config.rule]

    def train_next(
        index: tf.Tensor, values: Values, trained: Trained
    ) -> tuple[tf.Tensor, Values, Trained]:
        model = EchoRNN(config, values.weights, on_cpu)
        epoch, window = (
            (first + index) // config.windows_per_epoch,
            (first + index) % config.windows_per_epoch,
        )
        start = begin + epoch * config.row_length + window * config.window_stride
        zeros = tf.zeros_like(values.carried_state)
        state = tf.where(window == 0, zeros, values.carried_state) if config.is_stream else zeros
        influence = {
            name: tf.where(window == 0, tf.zeros_like(one), one)
            for name, one in values.influence.items()
        }
        labels = read_steps(y, start, steps)
        data = WindowData(
            read_steps(x, start, steps),
            labels if has_numbers else tf.cast(labels, tf.int32),
            read_steps(scored[0], start, steps) if scored else None,
            state,
            tf.stack([key, tf.zeros_like(key) + (windows_before + first + index)]),
            penalties.rate_penalty,
        )
        learned = learn(model, data, influence)
        norm = tf.add_n([tf.reduce_sum(tf.square(one), axis=[0, 1]) for one in learned.gradients])
        gradients = penalized(config, values.weights, learned.gradients, norm, penalties)
        weights, optimizer = updated(config, values, gradients)
        no_errors = tf.zeros_like(learned.loss, tf.int32)
        wrong = no_errors if has_numbers else errors(learned.outputs, data.labels, data.scored)
        trained = Trained(
            tf.tensor_scatter_nd_update(trained.losses, [[index]], [learned.loss]),
            tf.tensor_scatter_nd_update(trained.errors, [[index]], [wrong]),
            tf.tensor_scatter_nd_update(trained.norms, [[index]], [norm]),
            learned.outputs,
            learned.states,
            state,
        )
        after = Values(
            weights, optimizer, learned.states[config.window_stride - 1], learned.influence
        )
        return (kept_apart(index) if model.loops_apart else index) + 1, after, trained

    _, values, trained = tf.while_loop(
        lambda index, *_: index < count, train_next, (tf.constant(0), values, nothing)
    )
    return values, trained


class Penalties(NamedTuple):
    """Live fields of the configuration as float32 [], so that other values need no other
    program."""

    clip_norm: Any  # 0 if gradients are not clipped
    weight_decay: Any
    rate_penalty: Any

    @classmethod
    def of(cls, config: EchoConfig) -> Penalties:
        return cls(config.clip_norm or 0.0, config.weight_decay, config.rate_penalty)


def penalized(
    config: EchoConfig,
    weights: dict[str, tf.Tensor],
    gradients: list[tf.Tensor],
    square: tf.Tensor,
    by: Penalties,
) -> list[tf.Tensor]:
    """Clipped by their global norm (Pascanu, Mikolov, Bengio 2013), of this ``square``; decay is
    added after that. If the norm is infinite, they are NaN."""
    if config.clip_norm is not None:
        scale = tf.minimum(1.0, by.clip_norm / tf.sqrt(square))
        # By 0 nothing would be trained any more, with losses that stay finite
        scale = tf.where(tf.math.is_inf(square), np.float32(np.nan), scale)
        gradients = [gradient * scale for gradient in gradients]
    if config.weight_decay:
        decayed, pairs = decayed_names(config), zip(weights.items(), gradients, strict=True)
        gradients = [
            one + by.weight_decay * weight if name in decayed else one
            for (name, weight), one in pairs
        ]
    return gradients


def updated(
    config: EchoConfig, values: Values, gradients: list[tf.Tensor]
) -> tuple[dict[str, tf.Tensor], tuple[tf.Tensor, ...]]:
    optimizer = OPTIMIZERS[config.optimizer]
    steps, rate, *slots = values.optimizer
    # The networks of a shard have made the same number
    step = steps[0] if len(steps.shape) else steps
    weights, new_slots = {}, []
    for (name, weight), gradient in zip(values.weights.items(), gradients, strict=True):
        gradient.set_shape(weight.shape)  # XLA's own operations do not tell it
        own, slots = slots[: optimizer.slots], slots[optimizer.slots :]
        change, *own = optimizer.update(gradient, rate, step, *own)
        weights[name] = weight - change
        new_slots += own
    return weights, (steps + 1, rate, *new_slots)


def fresh_optimizer(
    configs: Sequence[EchoConfig], weights: dict[str, Floats]
) -> tuple[npt.NDArray[Any], ...]:
    optimizer = OPTIMIZERS[configs[0].optimizer]
    slots = (
        np.full_like(weight, optimizer.first)
        for weight in weights.values()
        for _ in range(optimizer.slots)
    )
    return np.zeros(len(configs), np.int64), rates_of(configs), *slots


def rates_of(configs: Sequence[EchoConfig]) -> Floats:
    return np.array([config.learning_rate for config in configs], np.float32)
