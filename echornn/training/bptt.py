"""The training loop: one compiled call trains many windows, with any learning rule."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from echornn.config import MAX_LAYERS, EchoConfig
from echornn.network.affine import Tensors
from echornn.network.loss import errors
from echornn.network.model import EchoRNN
from echornn.network.shapes import carried_size
from echornn.network.xla import kept_apart, read_steps
from echornn.tasks.task import Numbers
from echornn.training.kept_programs import first_call
from echornn.training.rules import RuleEngine, WindowData, engine_of
from echornn.training.threads import MAX_WINDOWS_PER_CALL


class WindowOutput(NamedTuple):
    """The results of training one window, before its update; with replicas, an additional last axis."""

    loss: tf.Tensor
    """Mean cross-entropy in nats, or mean squared error, float32 [...]."""
    errors: tf.Tensor
    """The number of wrong predictions, int32 [...]; 0 if the outputs are numbers."""
    outputs: tf.Tensor
    """The softmax, or the numbers, float32 [T, batch, outputs, ...]."""
    states: tf.Tensor
    """The states carried after each time step, float32 [T, batch, carried, ...]."""


class LoopOutput(NamedTuple):
    """The results of one call of the loop; buffers are filled only up to the requested number of windows.

    With replicas, each result has an additional last axis.
    """

    losses: tf.Tensor
    """The loss of each window, float32 [most windows of a call, ...]."""
    errors: tf.Tensor
    """The number of wrong predictions in each window, int32 [most windows of a call, ...]."""
    outputs: tf.Tensor
    """The outputs of the last window, float32 [T, batch, outputs, ...]."""
    states: tf.Tensor
    """The carried states of the last window, float32 [T, batch, carried, ...]."""
    init_state: tf.Tensor
    """The state before the last window, float32 [batch, carried, ...]."""


def dropout_key(config: EchoConfig, init_index: int) -> int:
    """The random key of a run's dropout; the loop adds the number of the window."""
    return (config.seed * 1_000_003 + init_index) * MAX_LAYERS


def call_numbers(first: int, count: int, before: int, *dropout_keys: int) -> list[int]:
    """The numbers that a call of the loop needs, see `TrainingLoop.train`; they wrap around at 31 bits."""
    return [number & 0x7FFFFFFF for number in (first, count, before, *dropout_keys)]


def train_window(
    engine: RuleEngine, model: EchoRNN, optimizer: Any, window: WindowData, influence: Tensors
) -> tuple[WindowOutput, dict[str, tf.Tensor]]:
    """Train one window; returns its results, and what the learning rule carries to the next window.

    Args:
        engine: the learning rule.
        model: the network, whose weights are updated.
        optimizer: a Keras optimizer.
        window: the data, and the state before it.
        influence: what the rule has carried to this window.
    """
    learned = engine.learn(model, window, influence)
    optimizer.apply(learned.gradients, list(model.weights.values()))
    has_numbers = isinstance(model.config.the_task.outputs, Numbers)
    wrong = (
        tf.zeros_like(learned.loss, tf.int32) if has_numbers else errors(learned.outputs, window.labels, window.scored)
    )
    return WindowOutput(learned.loss, wrong, learned.outputs, learned.states), learned.influence


class TrainingLoop:
    """The compiled loop over windows. Weights, optimizer slots, carried state and influence stay on the device.

    One compilation serves any number of windows and any position: both are tensors, and windows are gathered. Otherwise
    XLA would compile again for each slice and each number of iterations.

    Args:
        model: the network to train.
        optimizer: a Keras optimizer, built for the model's weights.
        replicas: the number of networks side by side in the weights; 0 for a single network without an axis of
            replicas.
        windows: the most windows that a call can train.

    Attributes:
        fresh_optimizer: the initial values of `optimizer_variables`.
        carried_state: the state after the last window.
        influence: what the learning rule carries besides, see `RuleEngine.carried`.
    """

    def __init__(self, model: EchoRNN, optimizer: Any, replicas: int = 0, windows: int = MAX_WINDOWS_PER_CALL) -> None:
        config = model.config
        self.model = model
        self.optimizer = optimizer
        self.replicas = replicas
        self._windows = windows
        self._axes = [replicas] if replicas else []
        carried = [config.batch_size, carried_size(config), *self._axes]
        self.carried_state = tf.Variable(tf.zeros(carried), name="carried_state")
        self._engine = engine_of(config)
        self.influence = {
            name: tf.Variable(tf.zeros([*shape, *self._axes]), name=f"influence_{name}")
            for name, shape in self._engine.carried(config).items()
        }
        self.fresh_optimizer = [variable.numpy() for variable in self.optimizer_variables]
        self._function = tf.function(self.train, jit_compile=True, autograph=False)
        self._compiled: Any = None

    def __call__(self, x: tf.Tensor, y: tf.Tensor, call: tf.Tensor, *scored: tf.Tensor) -> LoopOutput:
        """Train some windows; arguments as in `train`. The first call compiles."""
        trained: LoopOutput
        # if an argument were left to its default, TensorFlow would print all others at each call, for an error that it
        # then handles: half of the time of a short call
        arguments = (x, y, call, 0, *scored)
        if self._compiled is None:
            self._function, self._compiled, trained = first_call(self._function, *arguments)
        else:
            trained = self._compiled(*arguments)
        return trained

    @property
    def compilations(self) -> int:
        """How many times the loop was traced (and compiled) so far."""
        count: int = self._function.experimental_get_tracing_count()
        return count

    @property
    def optimizer_variables(self) -> list[Any]:
        """The iteration count, the learning rate and the slots, in Keras' order, with or without replicas."""
        iteration, *others = self.optimizer.variables
        return [iteration, self.optimizer.learning_rate, *others] if self.replicas else [iteration, *others]

    @property
    def changing(self) -> list[Any]:
        """The variables that training changes: weights, optimizer variables, carried state, influence."""
        return [
            *self.model.weights.values(),
            *self.optimizer_variables,
            self.carried_state,
            *self.influence.values(),
        ]

    def train(
        self, x: tf.Tensor, y: tf.Tensor, call: tf.Tensor, begin: tf.Tensor | int, *scored: tf.Tensor
    ) -> LoopOutput:
        """Train windows of ``x`` and ``y``, which contain whole epochs end to end; this function gets compiled.

        Args:
            x: inputs: symbols, uint8 [epochs * row length, batch, ...], or numbers, float32 [epochs * row length,
                batch, count, ...].
            y: targets, in the same form.
            call: int32 [4]: the first window to train, counted from the start of ``x``; the number of windows to train;
                the number of windows of the run before ``x``; the key of dropout. With replicas int32 [3 + replicas],
                with a key each.
            scored: bool [epochs * row length, batch, ...], the steps that count; not given if all do.
            begin: the time step of ``x`` at which the first epoch begins.
        """
        config = self.model.config
        steps, is_stream = config.window_steps, config.is_stream
        first, count, windows_before = tf.unstack(call[:3])
        key = call[3:] if self.replicas else call[3]

        def train_next(
            index: tf.Tensor, state: tf.Tensor, influence: dict[str, tf.Tensor], trained: LoopOutput
        ) -> tuple[tf.Tensor, tf.Tensor, dict[str, tf.Tensor], LoopOutput]:
            epoch, window = (first + index) // config.windows_per_epoch, (first + index) % config.windows_per_epoch
            start = begin + epoch * config.row_length + window * config.window_stride
            state = tf.where(window == 0, tf.zeros_like(state), state) if is_stream else tf.zeros_like(state)
            influence = {name: tf.where(window == 0, tf.zeros_like(one), one) for name, one in influence.items()}
            y_now = read_steps(y, start, steps)
            data = WindowData(
                read_steps(x, start, steps),
                y_now if isinstance(config.the_task.outputs, Numbers) else tf.cast(y_now, tf.int32),
                read_steps(scored[0], start, steps) if scored else None,
                state,
                tf.stack([key, tf.zeros_like(key) + (windows_before + first + index)]),
            )
            shown, influence = train_window(self._engine, self.model, self.optimizer, data, influence)
            at = [[index]]
            trained = LoopOutput(
                tf.tensor_scatter_nd_update(trained.losses, at, [shown.loss]),
                tf.tensor_scatter_nd_update(trained.errors, at, [shown.errors]),
                shown.outputs,
                shown.states,
                state,
            )
            index = kept_apart(index) if self.model.loops_apart else index
            return index + 1, shown.states[config.window_stride - 1], influence, trained

        state: tf.Tensor
        influence: dict[str, tf.Tensor]
        trained: LoopOutput
        before = {name: one.read_value() for name, one in self.influence.items()}
        _, state, influence, trained = tf.while_loop(
            lambda index, *_: index < count,
            train_next,
            (tf.constant(0), self.carried_state.read_value(), before, self.nothing()),
        )
        self.carried_state.assign(state)
        for name, one in influence.items():
            self.influence[name].assign(one)
        return trained

    def nothing(self) -> LoopOutput:
        """The result of a call that trains no windows."""
        config, axes = self.model.config, self._axes
        of_steps = [config.window_steps, config.batch_size]
        return LoopOutput(
            tf.zeros([self._windows, *axes]),
            tf.zeros([self._windows, *axes], tf.int32),
            tf.zeros([*of_steps, config.output_size, *axes]),
            tf.zeros([*of_steps, carried_size(config), *axes]),
            tf.zeros([config.batch_size, carried_size(config), *axes]),
        )
