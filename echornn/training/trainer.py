"""The trainer of one network: model, optimizer, data and position; it trains any number of windows."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from echornn.config import LIVE_FIELDS, START_FIELDS, ConfigError, EchoConfig, require_epochs
from echornn.network.model import checked_weights, initial_weights
from echornn.network.shapes import shown_part
from echornn.population_state import AnyState
from echornn.progress import Floats, Progress, Symbols
from echornn.tasks.series import EchoSeries
from echornn.trainer_state import TrainerState as TrainerState
from echornn.training.bptt import MAX_WINDOWS_PER_CALL, call_numbers, dropout_key
from echornn.training.data_block import DataBlock
from echornn.training.memory import require_memory
from echornn.training.programs import Programs


class Trainer:
    """A network that learns the echo, window by window, by truncated back-propagation through time.

    Attributes:
        config: the present configuration.
        epoch, window: the next window to train, from (0, 0); after an epoch's last window it is (epoch + 1, 0).
        generation: how often the data was regenerated.
        draw: which of the seed's random starts the weights came from.
        placement: the device, and why it was chosen.

    Args:
        config: the configuration to train.
        programs: keeps compiled loops for the next trainer of the same structure; by default they are not kept.

    Raises:
        ConfigError: the device that was asked for is missing, or there is too little memory for the configuration; or
            it has several replicas, which need a `Population`.
        OutOfMappingsError: this process has compiled too much.
    """

    def __init__(self, config: EchoConfig, programs: Programs | None = None) -> None:
        if config.replicas != 1:
            raise ConfigError("replicas", config.replicas, "1; a Population trains several")
        require_memory(config)
        self.config = config
        self.epoch = 0
        self.window = 0
        self.generation = 0
        self.draw = 0
        programs = programs or Programs()
        self.placement = programs.place(config, 0, lambda device, n: _try(config, programs, device, n))
        self._device = self.placement.device
        self._loop = programs.borrow(config, self._device)
        weakref.finalize(self, programs.give_back, config, self._device, self._loop)
        self.load_weights(initial_weights(config))
        self._block: DataBlock | None = None
        self._last: Progress | None = None

    def compile(self) -> None:
        """Compile the training loop now instead of at the first `advance`; nothing is trained."""
        block = self._current_block()
        with tf.device(self._device):
            self._loop(block.x, block.y, self._call(block, 0, 0))

    def advance(self, n: int) -> Progress:
        """Train ``n`` windows, across epochs, or fewer if ``num_epochs`` is reached.

        After the last epoch nothing is trained: the losses are empty, and the last window is shown again.

        Raises:
            ValueError: ``n`` is below 1.
        """
        if n < 1:
            raise ValueError(f"n = {n!r} windows cannot be trained: 1 or more")
        if self.finished:
            return self._nothing_trained()
        losses, errors = [], []
        while n > 0 and not self.finished:
            block = self._current_block()
            first = (self.epoch - block.first_epoch) * self.config.windows_per_epoch + self.window
            count = min(n, MAX_WINDOWS_PER_CALL, self.windows_left, block.windows - first)
            with tf.device(self._device):
                trained = self._loop(block.x, block.y, self._call(block, first, count))
            losses.append(trained.losses.numpy()[:count])
            errors.append(trained.errors.numpy()[:count])
            n -= count
            last_epoch, last_window = self._position_after(count - 1)
            x, y = self._window_of(block.series[last_epoch - block.first_epoch], last_window)
            self.epoch, self.window = self._position_after(count)
            del block  # before the next is made, so that a long series does not take its memory twice
        self._last = Progress(
            np.concatenate(losses),
            np.concatenate(errors),
            last_epoch,
            last_window,
            x,
            y,
            np.swapaxes(trained.probabilities.numpy(), 0, 1),
            np.swapaxes(trained.states.numpy()[..., shown_part(self.config)], 0, 1),
            trained.init_state.numpy(),
        )
        return self._last

    @property
    def finished(self) -> bool:
        """Whether all epochs are trained."""
        return self.epoch >= self.config.num_epochs

    @property
    def windows_left(self) -> int:
        """Windows still to train until all epochs are done."""
        return (self.config.num_epochs - self.epoch) * self.config.windows_per_epoch - self.window

    @property
    def series(self) -> EchoSeries:
        """The data of the present epoch."""
        block = self._current_block()
        return block.series[self.epoch - block.first_epoch]

    @property
    def weights(self) -> dict[str, Floats]:
        """A copy of the weights by name: W, b, W2 and b2, in the tutorial's shapes."""
        return {name: variable.numpy() for name, variable in self._loop.model.weights.items()}

    @property
    def carried_state(self) -> Floats:
        """The state from which the next window starts, float32 [batch_size, carried]; zero at the start of an epoch.

        The states of all layers are side by side, for an LSTM h and then c: the tutorial's cell has [batch_size,
        state_size].
        """
        state: Floats = self._loop.carried_state.numpy()
        return np.zeros_like(state) if self.window == 0 else state

    @property
    def device(self) -> str:
        """The device that trains: cpu or gpu."""
        return self.placement.name

    @property
    def compilations(self) -> int:
        """How often the training loop was traced and compiled so far."""
        return self._loop.compilations

    @property
    def state(self) -> TrainerState:
        """A copy of everything that a bit-exact continuation needs."""
        return TrainerState(
            self.config,
            self.epoch,
            self.window,
            self.generation,
            self.draw,
            self.weights,
            self._loop.carried_state.numpy(),
            tuple(variable.numpy() for variable in self._loop.optimizer.variables),
        )

    def restore(self, state: AnyState) -> None:
        """Continue exactly from where `state` was taken.

        Raises:
            ValueError: the state is of another configuration.
        """
        if not isinstance(state, TrainerState) or state.config != self.config:
            raise ValueError(f"state of {state.config} cannot be restored: the trainer's is {self.config}")
        self.load_weights(state.weights)
        for variable, value in zip(self._loop.optimizer.variables, state.optimizer, strict=True):
            variable.assign(value)
        self._loop.carried_state.assign(state.carried_state)
        self.epoch, self.window, self.draw = state.epoch, state.window, state.draw
        self.generation = state.generation
        self._last = None

    def load_weights(self, weights: Mapping[str, npt.ArrayLike]) -> None:
        """Replace the weights, and reset the optimizer's accumulators to the start; position and carried state stay.

        Raises:
            ValueError: the names or shapes differ from those of `weights`, or a number is not finite.
        """
        arrays = checked_weights(weights, self.config, "loaded")
        for name, variable in self._loop.model.weights.items():
            variable.assign(arrays[name])
        self._loop.reset_optimizer(self.config.learning_rate)

    def edit(self, config: EchoConfig) -> None:
        """Go on with other live fields (`echornn.config.LIVE_FIELDS`): nothing is lost, and nothing is compiled again.

        Raises:
            ValueError: another field differs, or the new ``num_epochs`` is below the present epoch.
        """
        if not self.config.differs_only_live(config):
            raise ValueError(
                f"{config} needs a new trainer: between windows only {', '.join(sorted(LIVE_FIELDS))} can change"
            )
        require_epochs(config, self.epoch, self.window)
        self._take(config)
        self._loop.optimizer.learning_rate.assign(config.learning_rate)

    def start(self, config: EchoConfig, draw: int = 0) -> None:
        """Start over like a new trainer of another configuration (see `reset`); nothing is compiled again.

        Raises:
            ValueError: a field differs that is compiled in; see `echornn.config.START_FIELDS`.
        """
        if not self.config.same_program(config):
            raise ValueError(
                f"{config} needs a new trainer: without compiling only {', '.join(sorted(START_FIELDS))} can change"
            )
        self._take(config)
        self.generation, self._last = 0, None
        self.reset(draw)

    def _take(self, config: EchoConfig) -> None:
        """Train this configuration from now on; data that do not change are kept."""
        if not self.config.same_data(config):
            self._block = None
        self.config = config

    def reset(self, draw: int = 0) -> None:
        """Start over: initial weights, fresh optimizer, first window of the first epoch. The data stays.

        Args:
            draw: which of the seed's random starts to take; a new trainer has 0.
        """
        self.load_weights(initial_weights(self.config, draw))
        self.draw = draw
        self.epoch, self.window = 0, 0

    def regenerate(self) -> None:
        """Take new data, trained from the first window of the present epoch with a zero state. The weights stay.

        After the last epoch, the last epoch is trained again.
        """
        self.generation += 1
        self.epoch = min(self.epoch, self.config.num_epochs - 1)
        self.window = 0

    def _nothing_trained(self) -> Progress:
        """No losses, and the last window as it was; if another process trained it, without predictions."""
        config = self.config
        if self._last is None:
            epoch, window = config.num_epochs - 1, config.windows_per_epoch - 1
            x, y = self._window_of(EchoSeries.generate(config, self.generation, epoch), window)
            unknown = np.full((*y.shape, config.num_classes), np.nan, np.float32)
            states = np.full((*y.shape, config.state_size), np.nan, np.float32)
            self._last = Progress(unknown[0, 0], np.zeros(1, np.int32), epoch, window, x, y, unknown, states)
        return dataclasses.replace(self._last, losses=np.empty(0, np.float32), errors=np.empty(0, np.int32))

    def _window_of(self, series: EchoSeries, window: int) -> tuple[Symbols, Symbols]:
        """x and y of a window, copied so that a shown window does not keep a whole epoch in memory."""
        x, y = series.window(window * self.config.window_stride, self.config.truncated_backprop_length)
        return x.copy(), y.copy()

    def _call(self, block: DataBlock, first: int, count: int) -> tf.Tensor:
        """The numbers that the loop needs for one call."""
        before = block.first_epoch * self.config.windows_per_epoch
        return tf.constant(call_numbers(first, count, before, dropout_key(self.config, self.draw)))

    def _position_after(self, windows: int) -> tuple[int, int]:
        """The epoch and the window that lie ``windows`` after the position."""
        epochs, window = divmod(self.window + windows, self.config.windows_per_epoch)
        return self.epoch + epochs, window

    def _current_block(self) -> DataBlock:
        """The block of data that holds the position; a new one is made when the position leaves the last one."""
        if self._block is None or not self._block.holds(self.generation, self.epoch):
            self._block = None
            self._block = DataBlock.generate(self.config, self.generation, self.epoch, self._device)
        return self._block


def _try(config: EchoConfig, programs: Programs, device: str, n: int) -> None:
    """Train ``n`` windows of a throw-away run on a device, to measure it."""
    loop = programs.borrow(config, device)
    try:
        block = DataBlock.generate(config, 0, 0, device)
        with tf.device(device):
            left = n
            while left:
                count = min(left, MAX_WINDOWS_PER_CALL, block.windows)
                loop(block.x, block.y, tf.constant([0, count, 0, 0])).losses.numpy()
                left -= count
    finally:
        programs.give_back(config, device, loop)
