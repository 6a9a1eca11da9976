"""The trainer of one network: a population of one, whose arrays have no axis of replicas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from echornn.config import ConfigError, EchoConfig
from echornn.data.series import EchoSeries
from echornn.network.model import checked_weights
from echornn.progress import Floats, Progress
from echornn.state import PopulationState
from echornn.state import TrainerState as TrainerState
from echornn.training.loop import fresh_optimizer
from echornn.training.population import Population
from echornn.training.programs import Programs


class Trainer:
    """Trains one network on the echo, window by window, by truncated back-propagation through time. It is a view of a
    `Population` of one, without the axis of replicas.

    Args:
        config: the configuration to train.
        programs: stores compiled loops for the next trainer of the same structure; by default they are not stored.

    Raises:
        ConfigError: the requested device does not exist, there is not enough memory, or the configuration has several
            replicas, which need a `Population`.
        OutOfMappingsError: this process has compiled too many programs.
    """

    def __init__(self, config: EchoConfig, programs: Programs | None = None) -> None:
        if config.replicas != 1:
            raise ConfigError("replicas", config.replicas, "it must be 1; a Population trains several")
        self._population = Population(config, programs=programs)
        self._series: tuple[object, EchoSeries] | None = None

    def compile(self) -> None:
        """Compile the training loop now instead of at the first `advance`; nothing is trained."""
        self._population.compile()

    def advance(self, n: int) -> Progress:
        """Train ``n`` windows, also across epochs, or fewer if the last epoch ends before.

        After the last epoch nothing is trained: the losses are empty, and the last window is returned again.

        Raises:
            ValueError: ``n`` is below 1.
        """
        return self._population.advance(n).of(0)

    @property
    def config(self) -> EchoConfig:
        """The current configuration."""
        return self._population.configs[0]

    @property
    def epoch(self) -> int:
        """The epoch of the next window to train, from 0."""
        return self._population.epoch

    @property
    def window(self) -> int:
        """The number of the next window in its epoch, from 0; after an epoch's last window it is 0 of the next."""
        return self._population.window

    @property
    def data_version(self) -> int:
        """How many times new data has been drawn."""
        return self._population.data_version

    @property
    def init_index(self) -> int:
        """The number of the initial weights, from 0."""
        return self._population.init_index

    @property
    def finished(self) -> bool:
        """Whether all epochs have been trained."""
        return self._population.finished

    @property
    def windows_left(self) -> int:
        """The number of windows to train until the end of the last epoch."""
        return self._population.windows_left

    @property
    def series(self) -> EchoSeries:
        """The data of the current epoch; of the last epoch if all have been trained."""
        of = (self.config, self.data_version, self.epoch)
        if self._series is None or self._series[0] != of:
            self._series = of, self._population.series(0)
        return self._series[1]

    @property
    def weights(self) -> dict[str, Floats]:
        """A copy of the weights by name: W, b, W2 and b2, in the tutorial's shapes."""
        return {name: values[0] for name, values in self._population.weights.items()}

    @property
    def carried_state(self) -> Floats:
        """The state from which the next window starts, float32 [batch_size, carried]; zero at the start of an epoch,
        and of a trial.

        The states of all layers are side by side, for an LSTM h and then c: the tutorial's cell has [batch_size,
        state_size].
        """
        carried = self.state.carried_state
        return np.zeros_like(carried) if self.window == 0 or not self.config.is_stream else carried

    @property
    def device(self) -> str:
        """The device that trains: cpu or gpu."""
        return self._population.device

    @property
    def compilations(self) -> int:
        """How many times the training loop has been traced and compiled."""
        return self._population.compilations

    @property
    def state(self) -> TrainerState:
        """A copy of everything that is needed to continue bit for bit."""
        return self._population.state.of(0)

    def restore(self, state: TrainerState) -> None:
        """Continue from a state, bit for bit; `ValueError` if the state has another configuration."""
        self._population.restore(PopulationState.of_one(state))

    def load_weights(self, weights: Mapping[str, npt.ArrayLike]) -> None:
        """Replace the weights, and reset the optimizer's variables; position and carried state stay.

        Raises:
            ValueError: names or shapes differ from those of `weights`, or a number is NaN or infinite.
        """
        arrays = checked_weights(weights, self.config, "loaded")
        loaded = {name: arrays[name][np.newaxis] for name in self._population.weights}
        fresh = fresh_optimizer(self._population.configs, loaded)
        self._population.restore(replace(self._population.state, weights=loaded, optimizer=fresh))

    def edit(self, config: EchoConfig) -> None:
        """Continue with new values of live fields: nothing is lost, and nothing is compiled again; see
        `Population.edit`.
        """
        self._population.edit(config)

    def start(self, config: EchoConfig, init_index: int = 0) -> None:
        """Start over like a new trainer of another configuration; see `Population.start`."""
        self._population.start(config, init_index)

    def reset(self, init_index: int = 0) -> None:
        """Start over with the initial weights ``init_index``, and the same data. See `Population.reset`."""
        self._population.reset(init_index)

    def regenerate(self) -> None:
        """Draw new data from the current epoch on; the weights stay. See `Population.regenerate`."""
        self._population.regenerate()
