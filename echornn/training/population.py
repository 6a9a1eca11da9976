"""A population, networks of one structure that are trained together, and a trainer: a population of
one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import (
    LIVE_FIELDS,
    MAX_EPOCHS,
    START_FIELDS,
    ConfigError,
    EchoConfig,
    require_epochs,
)
from echornn.network.frozen import FrozenNetwork
from echornn.network.given_weights import checked_weights, require_weights
from echornn.network.initial import initial_weights
from echornn.network.shapes import carried_size, influence_shapes, shown_part
from echornn.progress import (
    OF_WINDOWS,
    Floats,
    ForwardPass,
    PopulationProgress,
    Progress,
    of_windows,
)
from echornn.solved import Levels, SolvedAt
from echornn.state import PopulationState, TrainerState
from echornn.tasks.task import TaskError
from echornn.training.device import processors
from echornn.training.loop import Trained, Values, fresh_optimizer, rates_of
from echornn.training.memory import require_memory
from echornn.training.programs import Programs
from echornn.training.shards import Block, Shards
from echornn.training.structure import require_one_structure

MOST_CALLS = 64
"""The calls whose losses are examined together: examining a single window costs a tenth of the call
that trains it."""


class Population:
    """Networks of one structure that are trained together; each trains as a `Trainer` of its
    configuration would.

    They may differ in seed, learning rate, initial weights and forget bias, and in settings that
    keep the form of their task, such as the echo step. Their losses equal those of a `Trainer` up
    to rounding, in a population of one exactly. On one machine, a population gives the same bits
    again.

    Attributes:
        configs: the configuration of each replica.
        epoch, window, data_version, init_index: as in `PopulationState`.

    Args:
        configs: the configuration of each replica; or a single one for networks with consecutive
            seeds, as many as ``replicas``, or as it says itself.
        programs: stores compiled programs for the next population of the same structure.
        at_once: the most calls that run at the same time; by default one for each processor.
        placement: TensorFlow's name of the device; by default it is selected.

    Raises:
        ConfigError: the configurations differ in structure, the number of replicas is not allowed,
            the replicas need too much memory, or the device does not exist.
        OutOfMappingsError: this process has compiled too many programs.
    """

    def __init__(
        self,
        configs: EchoConfig | Sequence[EchoConfig],
        replicas: int | None = None,
        programs: Programs | None = None,
        at_once: int | None = None,
        placement: str | None = None,
    ) -> None:
        if isinstance(configs, EchoConfig):
            wanted = configs if replicas is None else replace(configs, replicas=replicas)
            require_memory(wanted, wanted.replicas, at_once)
            configs = each_replica(wanted)
        elif replicas is not None:
            raise ValueError(
                f"replicas = {replicas!r} cannot be used: each configuration is one replica"
            )
        else:
            require_one_structure(configs)
            require_memory(configs[0], len(configs), at_once)
        self.configs = tuple(configs)
        self.epoch = self.window = self.data_version = self.init_index = 0
        self._programs = programs or Programs()
        self._at_once = at_once
        self.placement = placement or self._choose_device()
        self._shards = self._divide(self.configs)
        self._newest: PopulationProgress | None = None
        # When replicas solved the task, and the losses that were not examined for that yet
        self._solved: SolvedAt
        self._levels: Levels
        self._unseen: list[Floats]
        self.reset()

    def compile(self) -> None:
        """Compile the training loops now instead of at the first `advance`; nothing is trained."""
        block, first = self._next_window()
        self._shards.train(block, first, 0, self.init_index)

    def advance(self, n: int) -> PopulationProgress:
        """Train ``n`` windows in every replica, or fewer if the last epoch ends before, or if a
        user's task cannot make later data; a `TaskError` if it cannot make the next, a `ValueError`
        if ``n`` is below 1.

        After the last epoch nothing is trained: the losses are empty, and the last window is
        returned again.
        """
        if n < 1:
            raise ValueError(f"n = {n!r} windows cannot be trained: it must be 1 or more")
        if self.finished:
            newest = self._newest or self._never_seen()
            self._newest = newest
            return replace(newest, **of_windows(newest, slice(0)))

        # Of each call only what has an entry for each window is kept: the rest is of the last
        pieces: list[dict[str, Any]] = []
        left = n
        while left > 0 and not self.finished:
            try:
                newest = self._train(left)
            except TaskError:
                if not pieces:
                    raise
                break
            pieces.append(of_windows(newest, slice(None)))
            left -= len(newest.losses)
        whole: dict[str, Any] = {
            name: np.concatenate([piece[name] for piece in pieces]) for name in OF_WINDOWS
        }
        self._newest = replace(newest, **whole)
        return self._newest

    def _next_window(self) -> tuple[Block, int]:
        """The data of the next window, and its number there; after the last epoch, the number after
        the last."""
        config = self.configs[0]
        block = self._shards.block(self.data_version, min(self.epoch, config.num_epochs - 1))
        epochs = self.epoch - block.first_epoch
        return block, epochs * config.windows_per_epoch + self.window

    def _train(self, n: int) -> PopulationProgress:
        """Train at most ``n`` windows in one call."""
        per_epoch = self.configs[0].windows_per_epoch
        block, first = self._next_window()
        left_of_block = block.epochs * per_epoch - first
        most = self._shards.division.windows_per_call
        windows = min(n, most, self.windows_left, left_of_block)

        trained = self._shards.train(block, first, windows, self.init_index)
        self._unseen.append(trained.losses)
        if self.replicas > 1 or len(self._unseen) >= MOST_CALLS:
            self._examine_losses()
        epochs, self.window = divmod(self.window + windows, per_epoch)
        self.epoch += epochs
        return self._progress(block, first + windows - 1, trained)

    def _never_seen(self) -> PopulationProgress:
        """The last window of networks that another process has trained."""
        block, after_last = self._next_window()
        return self._progress(block, after_last - 1, _unknown(self.configs[0], self.replicas))

    def _progress(self, block: Block, newest: int, trained: Trained) -> PopulationProgress:
        """Of a call whose last window has this number in the block."""
        config = self.configs[0]
        epoch, window = divmod(newest, config.windows_per_epoch)
        begin = epoch * config.row_length + window * config.window_stride
        x, y, scored = self._shards.window(block, slice(begin, begin + config.window_steps))
        solved = self._solved
        if self.replicas == 1:
            solved = SolvedAt.unknown(1)  # who reads its losses sees when it solved the task
        return PopulationProgress(
            losses=trained.losses,
            errors=trained.errors,
            grad_norms=np.sqrt(trained.norms),
            epoch=block.first_epoch + epoch,
            window=window,
            x=x,
            y=y,
            scored=scored,
            outputs=trained.outputs,
            states=trained.states[:, :, shown_part(config)],
            init_state=trained.init_state,
            solved_at=solved.at,
            trained=solved.windows,
        )

    def _examine_losses(self) -> SolvedAt:
        if self._unseen:
            self._solved = self._solved.after(np.concatenate(self._unseen), self._levels)
            self._unseen = []
        return self._solved

    def run(self, inputs: npt.ArrayLike, state: npt.ArrayLike | None = None) -> ForwardPass:
        """Run each replica over the same inputs; see `Trainer.run`.

        Arrays have a first axis of replicas.
        """
        weights = self.weights
        passes = []
        for replica, config in enumerate(self.configs):
            own = {name: values[replica] for name, values in weights.items()}
            forward = FrozenNetwork(config, own).forward(inputs, state)
            passes.append((forward.outputs, forward.states, forward.gates, forward.carried))
        outputs, states, gates, carried = zip(*passes, strict=True)
        return ForwardPass(np.stack(outputs), np.stack(states), stacked(gates), np.stack(carried))

    @property
    def config(self) -> EchoConfig:
        return replace(self.configs[0], replicas=self.replicas)

    @property
    def replicas(self) -> int:
        return len(self.configs)

    @property
    def finished(self) -> bool:
        return self.epoch >= self.configs[0].num_epochs

    @property
    def windows_left(self) -> int:
        """The number of windows that each replica still has to train until the end of the last
        epoch."""
        config = self.configs[0]
        return (config.num_epochs - self.epoch) * config.windows_per_epoch - self.window

    @property
    def solved_at(self) -> npt.NDArray[np.int64]:
        """The window, from 1, at which each replica solved the task: 50 windows' mean loss is below
        its level; or 0."""
        return self._examine_losses().at.copy()

    @property
    def lost_at(self) -> npt.NDArray[np.int64]:
        """The window at which each replica lost the task after solving it, from 1; 0 if it has
        not."""
        return self._examine_losses().lost_at.copy()

    @property
    def weights(self) -> dict[str, Floats]:
        """A copy of the weights by name, float32 [replicas, rows, columns]."""
        return self._shards.values.weights

    @property
    def device(self) -> str:
        return "gpu" if "GPU" in self.placement else "cpu"

    @property
    def compilations(self) -> int:
        """How many times the training program has been traced and compiled."""
        return self._shards.program.compilations

    @property
    def state(self) -> PopulationState:
        """A copy of everything that is needed to continue bit for bit."""
        return PopulationState(
            self.configs,
            self.epoch,
            self.window,
            self.data_version,
            self.init_index,
            solved=self._examine_losses(),
            **self._shards.values._asdict(),
        )

    def restore(self, state: PopulationState) -> None:
        """Continue from a state, bit for bit; `ValueError` if the state has other
        configurations."""
        if state.configs != self.configs:
            raise ValueError(
                f"state of {state.configs[0]} cannot be restored: the trainer has {self.configs[0]}"
            )
        influence = {**no_influence(self.configs), **state.influence}
        self._shards.values = Values(state.weights, state.optimizer, state.carried_state, influence)
        self.epoch, self.window = state.epoch, state.window
        self.data_version, self.init_index = state.data_version, state.init_index
        self._begin_with(state.solved)
        self._newest = None

    def edit(self, configs: EchoConfig | Sequence[EchoConfig]) -> None:
        """Continue with new values of live fields (`echornn.config.LIVE_FIELDS`): one configuration
        for all replicas, or one for each. If the task changes, no replica counts as having solved
        it. Nothing changes with an error:

        Raises:
            ConfigError, TaskError: a new learning rule needs too much memory, or the next data
                cannot be made.
            ValueError: another field differs, or the new ``num_epochs`` is below the current epoch.
        """
        if isinstance(configs, EchoConfig):
            configs = each_replica(configs)
        if not self._differ_only_live(configs):
            raise ValueError(
                f"{configs[0]} needs new networks: between windows only "
                f"{', '.join(sorted(LIVE_FIELDS))} can change"
            )
        require_one_structure(configs)
        require_epochs(configs[0], self.epoch, self.window)
        has_same_tasks = all(map(EchoConfig.same_task, self.configs, configs))
        self._take(configs, self.data_version, min(self.epoch, configs[0].num_epochs - 1))
        solved = self._examine_losses()
        self._begin_with(solved if has_same_tasks else solved.anew())

    def _differ_only_live(self, configs: Sequence[EchoConfig]) -> bool:
        if len(configs) != self.replicas:
            return False
        return all(map(EchoConfig.differs_only_live, self.configs, configs))

    def start(self, config: EchoConfig, init_index: int = 0) -> None:
        """Start over, like a new population of another configuration and size, without compiling
        again; a `ValueError` if other fields than `echornn.config.START_FIELDS` differ, a
        `TaskError` if the first data cannot be made, a `ConfigError` if its file of weights does
        not fit.
        """
        if not self.config.same_program(config):
            raise ValueError(
                f"{config} needs new networks: other fields than "
                f"{', '.join(sorted(START_FIELDS))} need another program"
            )
        require_weights(config)
        self._take(each_replica(config), data_version=0, epoch=0)
        self.data_version = 0
        self._newest = None
        self.reset(init_index)

    def _take(self, configs: Sequence[EchoConfig], data_version: int, epoch: int) -> None:
        """Train the same values with other configurations from now on; nothing changes with an
        error."""
        keeps_rule = configs[0].rule == self.configs[0].rule
        if not keeps_rule:
            require_memory(configs[0], len(configs), self._at_once)
        shards = self._divide(configs)
        shards.take_data(self._shards)
        if configs[0].the_task.own is not None:  # only a user's task can fail to make the data
            shards.block(data_version, epoch)

        values = self._shards.values
        steps, _, *slots = values.optimizer
        influence = values.influence if keeps_rule else no_influence(configs)
        shards.values = values._replace(
            optimizer=(steps, rates_of(configs), *slots), influence=influence
        )
        self.configs, self._shards = tuple(configs), shards

    def reset(self, init_index: int = 0) -> None:
        """Start over with the initial weights of this number and new optimizers. The data stays."""
        config = self.configs[0]
        networks = [initial_weights(config, init_index) for config in self.configs]
        weights = stacked(networks)
        optimizer = fresh_optimizer(self.configs, weights)
        carried = np.zeros((self.replicas, config.batch_size, carried_size(config)), np.float32)
        self._shards.values = Values(weights, optimizer, carried, no_influence(self.configs))
        self.init_index = init_index
        self.epoch = self.window = 0
        self._begin_with(SolvedAt.never(self.replicas))

    def regenerate(self) -> None:
        """Draw new data, and train it from the start of the current (or last) epoch with zero
        states. Weights stay."""
        self.data_version += 1
        self.epoch = min(self.epoch, self.configs[0].num_epochs - 1)
        self.window = 0

    def _begin_with(self, solved: SolvedAt) -> None:
        self._solved = solved
        self._levels = Levels.of(self.configs)
        self._unseen = []

    def _choose_device(self) -> str:
        # Trials must not reach the last epoch
        endless = [replace(config, num_epochs=MAX_EPOCHS) for config in self.configs]

        def train(device: str, n: int) -> None:
            Population(endless, None, self._programs, self._at_once, device).advance(n)

        return self._programs.device_for(self.configs[0], self.replicas, train)

    def _divide(self, configs: Sequence[EchoConfig]) -> Shards:
        devices = [self.placement]  # a GPU takes all in one call
        if self.device == "cpu" and len(configs) > 1:
            devices = processors()[: self._at_once]
        return Shards(configs, devices, self._programs)


class Trainer(Population):
    """Trains one network window by window: a `Population` of one, which documents it, without the
    axis of replicas. A configuration of several replicas is a `ConfigError`.
    """

    def __init__(self, config: EchoConfig, programs: Programs | None = None) -> None:
        if config.replicas != 1:
            raise ConfigError(
                "replicas", config.replicas, "it must be 1; a Population trains several"
            )
        super().__init__(config, programs=programs)

    def advance(self, n: int) -> Progress:  # type: ignore[override]
        """Train ``n`` windows, or fewer if the last epoch ends before; see `Population.advance`."""
        return super().advance(n).of(0)

    @property
    def weights(self) -> dict[str, Floats]:
        """A copy of the weights by name: W, b, W2 and b2, in the tutorial's shapes."""
        return {name: values[0] for name, values in super().weights.items()}

    @property
    def carried_state(self) -> Floats:
        """From which the next window starts, float32 [batch_size, carried]: all layers, for an LSTM
        h and then c."""
        carried = self.state.carried_state
        if self.window > 0 and not self.config.resets_state:
            return carried
        return np.zeros_like(carried)

    @property
    def state(self) -> TrainerState:  # type: ignore[override]
        """A copy of everything that is needed to continue bit for bit."""
        return super().state.of(0)

    def restore(self, state: TrainerState) -> None:  # type: ignore[override]
        """Continue from a state, bit for bit; `ValueError` if the state has another
        configuration."""
        super().restore(PopulationState.of_one(state))

    def run(self, inputs: npt.ArrayLike, state: npt.ArrayLike | None = None) -> ForwardPass:
        """Run the network as it is now over any inputs; nothing is trained, and nothing changes.

        Args:
            inputs: symbols, whole numbers [trials, steps]; or numbers [trials, steps, count].
            state: from which each trial starts, float [trials, carried]; by default zeros.

        Raises:
            ValueError: an array has another shape, or a symbol does not exist.
        """
        return FrozenNetwork(self.config, self.weights).forward(inputs, state)

    def load_weights(self, weights: Mapping[str, npt.ArrayLike]) -> None:
        """Replace the weights, and reset the optimizer's variables; position and carried state
        stay. `ValueError` if names or shapes differ from those of `weights`, or a number is NaN or
        infinite.
        """
        arrays = checked_weights(weights, self.config)
        loaded = {name: arrays[name][np.newaxis] for name in self.weights}
        optimizer = fresh_optimizer(self.configs, loaded)
        super().restore(replace(super().state, weights=loaded, optimizer=optimizer))


def each_replica(config: EchoConfig) -> list[EchoConfig]:
    return [config.of(index) for index in range(config.replicas)]


def stacked(networks: Sequence[Mapping[str, Floats]]) -> dict[str, Floats]:
    """Arrays with a first axis of replicas, from those of each network."""
    return {name: np.stack([network[name] for network in networks]) for name in networks[0]}


def _unknown(config: EchoConfig, replicas: int) -> Trained:
    """Of no window; what the last one showed is NaN."""
    nothing = np.zeros((0, replicas), np.float32)
    of_steps = config.window_steps, config.batch_size
    return Trained(
        losses=nothing,
        errors=nothing.astype(np.int32),
        norms=nothing,
        outputs=np.full((*of_steps, config.output_size, replicas), np.nan, np.float32),
        states=np.full((*of_steps, carried_size(config), replicas), np.nan, np.float32),
        init_state=np.zeros((0, 0, replicas), np.float32),
    )


def no_influence(configs: Sequence[EchoConfig]) -> dict[str, Floats]:
    influence = {}
    for name, shape in influence_shapes(configs[0]).items():
        influence[name] = np.zeros((len(configs), *shape), np.float32)
    return influence
