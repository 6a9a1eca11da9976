"""The trainer of one network: a population of one, without its axis of replicas."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from echornn.config import ConfigError, EchoConfig
from echornn.data.series import EchoSeries
from echornn.network.model import checked_weights
from echornn.population_state import PopulationState
from echornn.progress import Floats, Progress
from echornn.trainer_state import TrainerState as TrainerState
from echornn.training.device import Placement
from echornn.training.population import Population
from echornn.training.programs import Programs


class Trainer:
    """A network that learns the echo, window by window, by truncated back-propagation through time: the view of a
    `Population` of one that drops the axis of replicas.

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
        self._population = Population(config, programs=programs)
        self._series: tuple[object, EchoSeries] | None = None

    def compile(self) -> None:
        """Compile the training loop now instead of at the first `advance`; nothing is trained."""
        self._population.compile()

    def advance(self, n: int) -> Progress:
        """Train ``n`` windows, across epochs, or fewer if ``num_epochs`` is reached.

        After the last epoch nothing is trained: the losses are empty, and the last window is shown again.

        Raises:
            ValueError: ``n`` is below 1.
        """
        return self._population.advance(n).of(0)

    @property
    def config(self) -> EchoConfig:
        """The present configuration."""
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
    def generation(self) -> int:
        """How often the data was regenerated."""
        return self._population.generation

    @property
    def draw(self) -> int:
        """Which of the seed's random starts the weights came from."""
        return self._population.draw

    @property
    def finished(self) -> bool:
        """Whether all epochs are trained."""
        return self._population.finished

    @property
    def windows_left(self) -> int:
        """Windows still to train until all epochs are done."""
        return self._population.windows_left

    @property
    def series(self) -> EchoSeries:
        """The data of the present epoch; of the last epoch if all are trained."""
        of = (self.config, self.generation, self.epoch)
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
    def placement(self) -> Placement:
        """The device, and why it was chosen."""
        return self._population.placement

    @property
    def compilations(self) -> int:
        """How often the training loop was traced and compiled so far."""
        return self._population.compilations

    @property
    def state(self) -> TrainerState:
        """A copy of everything that a bit-exact continuation needs."""
        return self._population.state.of(0)

    def restore(self, state: TrainerState) -> None:
        """Continue exactly from where `state` was taken.

        Raises:
            ValueError: the state is of another configuration.
        """
        self._population.restore(PopulationState.of_one(state))

    def load_weights(self, weights: Mapping[str, npt.ArrayLike]) -> None:
        """Replace the weights, and reset the optimizer's accumulators to the start; position and carried state stay.

        Raises:
            ValueError: the names or shapes differ from those of `weights`, or a number is not finite.
        """
        arrays = checked_weights(weights, self.config, "loaded")
        self._population.load_weights({name: array[np.newaxis] for name, array in arrays.items()})

    def edit(self, config: EchoConfig) -> None:
        """Go on with other live fields (`echornn.config.LIVE_FIELDS`): nothing is lost, and nothing is compiled again.

        Raises:
            ValueError: another field differs, or the new ``num_epochs`` is below the present epoch.
        """
        self._population.edit(config)

    def start(self, config: EchoConfig, draw: int = 0) -> None:
        """Start over like a new trainer of another configuration (see `reset`); nothing is compiled again.

        Raises:
            ValueError: a field differs that is compiled in; see `echornn.config.START_FIELDS`.
        """
        self._population.start(config, draw)

    def reset(self, draw: int = 0) -> None:
        """Start over: initial weights, fresh optimizer, first window of the first epoch. The data stays.

        Args:
            draw: which of the seed's random starts to take; a new trainer has 0.
        """
        self._population.reset(draw)

    def regenerate(self) -> None:
        """Take new data, trained from the first window of the present epoch with a zero state. The weights stay.

        After the last epoch, the last epoch is trained again.
        """
        self._population.regenerate()
