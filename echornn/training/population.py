"""A population: networks of one structure that are trained together; a lone network is a population of one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from echornn.config import LIVE_FIELDS, MAX_EPOCHS, START_FIELDS, EchoConfig, require_epochs
from echornn.data.series import EchoSeries
from echornn.data.solved import Levels, SolvedAt
from echornn.network.model import checked_weights, initial_weights
from echornn.network.shapes import carried_size, shown_part
from echornn.population_state import PopulationState
from echornn.progress import Counts, Floats, PopulationProgress
from echornn.training.bptt import LoopOutput
from echornn.training.device import GPU, Placement, processors
from echornn.training.lone_loop import LoneLoop
from echornn.training.memory import require_memory
from echornn.training.population_data import PopulationData
from echornn.training.programs import Programs
from echornn.training.replica_configs import require_one_structure, with_seeds
from echornn.training.runner import Call, Runner, Values
from echornn.training.shard_threads import ShardThreads


class Population:
    """Replicas of one structure that are trained together, each as a `Trainer` of its configuration would train it.

    They may differ in seed, learning rate, echo step, start of weights and rows. The losses equal those of a `Trainer`
    up to rounding (within 2e-5 over the first 50 windows), those of a population of one exactly; the same population
    on the same machine gives the same bits. All processors are used.

    Attributes:
        configs: the configuration of each replica.
        epoch, window: the next window to train, the same for all replicas.
        generation: how often the data was regenerated.
        draw: which of each seed's random starts the weights came from.
        placement: the device, and why it was chosen.

    Args:
        configs: the configuration of each replica; or one configuration, for ``replicas`` of it with consecutive seeds.
        replicas: the number of replicas if one configuration is given; by default the number in that configuration.
        programs: keeps compiled loops for the next population of the same structure; by default they are not kept.
        at_once: the most calls that run at the same time; by default one for each processor.
        placement: the device; by default it is chosen.

    Raises:
        ConfigError: configurations of different structure, an impossible number of replicas or one that needs more
            memory than there is, or a device that is not there.
        OutOfMappingsError: this process has compiled too much.
    """

    def __init__(
        self,
        configs: EchoConfig | Sequence[EchoConfig],
        replicas: int | None = None,
        programs: Programs | None = None,
        at_once: int | None = None,
        placement: Placement | None = None,
    ) -> None:
        if isinstance(configs, EchoConfig):
            wanted = configs if replicas is None else dataclasses.replace(configs, replicas=replicas)
            require_memory(wanted, wanted.replicas)
            configs = with_seeds(wanted, wanted.replicas)
        elif replicas is not None:
            raise ValueError(f"replicas = {replicas!r} cannot be used: each of the configurations is a replica")
        else:
            require_one_structure(configs)
            require_memory(configs[0], len(configs))
        self.configs = tuple(configs)
        self.epoch = self.window = self.generation = self.draw = 0
        programs = programs or Programs()
        self.placement = placement or self._place(programs, at_once)
        self._runner = self._runner_of(programs, at_once)
        self._data = PopulationData(self.configs, self._runner.shards, self._runner.devices)
        self._last: PopulationProgress | None = None
        self._levels = Levels.of(self.configs)
        self._solved = SolvedAt.never(len(self.configs))
        self.reset()

    def compile(self) -> None:
        """Compile the training loops now instead of at the first `advance`; nothing is trained."""
        self._runner.train(self._next_call(0), self.draw)

    def advance(self, n: int) -> PopulationProgress:
        """Train ``n`` windows in every replica, or fewer if ``num_epochs`` is reached.

        After the last epoch nothing is trained: the losses are empty, and the last window is shown again.

        Raises:
            ValueError: ``n`` is below 1.
        """
        if n < 1:
            raise ValueError(f"n = {n!r} windows cannot be trained: it must be 1 or more")
        if self.finished:
            return self._nothing_trained()
        losses: list[Floats] = []
        errors: list[Counts] = []
        while True:
            call = self._next_call(n)
            trained = self._runner.train(call, self.draw)
            losses.append(trained.losses)
            errors.append(trained.errors)
            self._solved = self._solved.after(losses[-1], self._levels)
            epochs, self.window = divmod(self.window + call.windows, self.configs[0].windows_per_epoch)
            self.epoch += epochs
            n -= call.windows
            if n == 0 or self.finished:
                break
            del call, trained  # before the next data are made, so that both do not take memory at the same time
        self._last = self._shown(call, trained, np.concatenate(losses), np.concatenate(errors))
        return self._last

    @property
    def config(self) -> EchoConfig:
        """The first replica's configuration with the number of replicas; it describes all if they differ by consecutive
        seeds.
        """
        return dataclasses.replace(self.configs[0], replicas=self.replicas)

    @property
    def replicas(self) -> int:
        """The number of replicas."""
        return len(self.configs)

    @property
    def finished(self) -> bool:
        """Whether all epochs are trained."""
        return self.epoch >= self._num_epochs

    @property
    def windows_left(self) -> int:
        """Windows still to train, in each replica, until all epochs are done."""
        return (self._num_epochs - self.epoch) * self.configs[0].windows_per_epoch - self.window

    @property
    def solved_at(self) -> npt.NDArray[np.int64]:
        """For each replica the window since the start, from 1, at which it solved the task; 0 if it has not yet.

        The rule is that of a single run (see `echornn.diagnosis.loss_stats.LossStats`): the
        mean of 50 windows is below the level that theory gives, 0.05 nats for the tutorial.
        """
        return self._solved.at.copy()

    @property
    def lost_at(self) -> npt.NDArray[np.int64]:
        """For each replica that solved the task and lost it again, the window since the start, from 1, at which it lost
        it (see `echornn.data.solved.crossings`); 0 for all others.
        """
        return self._solved.lost_at.copy()

    @property
    def weights(self) -> dict[str, Floats]:
        """A copy of the weights by name, float32 [replicas, rows, columns]."""
        return self._runner.values.weights

    @property
    def device(self) -> str:
        """The device that trains: cpu or gpu."""
        return self.placement.name

    @property
    def compilations(self) -> int:
        """How often a training loop was traced and compiled so far."""
        return self._runner.compilations

    def series(self, replica: int) -> EchoSeries:
        """The data of the present epoch for one replica; of the last epoch if all are trained."""
        epoch = min(self.epoch, self._num_epochs - 1)
        return EchoSeries.generate(self.configs[replica], self.generation, epoch)

    @property
    def state(self) -> PopulationState:
        """A copy of everything that a bit-exact continuation needs."""
        values = self._runner.values
        return PopulationState(
            self.configs,
            self.epoch,
            self.window,
            self.generation,
            self.draw,
            values.weights,
            values.carried_state,
            values.optimizer,
            self._solved,
        )

    def restore(self, state: PopulationState) -> None:
        """Continue exactly from where `state` was taken.

        Raises:
            ValueError: the state is of other configurations.
        """
        if state.configs != self.configs:
            raise ValueError(f"state of {state.configs[0]} cannot be restored: the trainer's is {self.configs[0]}")
        self._runner.load(Values(state.weights, state.optimizer, state.carried_state))
        self.epoch, self.window = state.epoch, state.window
        self.generation, self.draw, self._solved = state.generation, state.draw, state.solved
        self._last = None

    def load_weights(self, weights: Mapping[str, npt.ArrayLike]) -> None:
        """Replace the weights, and reset the optimizers to the start; position and carried states stay.

        Args:
            weights: [replicas, rows, columns] by name, as `weights` has them.

        Raises:
            ValueError: the names or shapes differ from those of `weights`, or a number is not finite.
        """
        arrays = {name: np.asarray(value) for name, value in weights.items()}
        if any(value.shape[:1] != (self.replicas,) for value in arrays.values()):
            raise ValueError(f"weights cannot be loaded: the first axis of each has {self.replicas} replicas")
        each = [
            checked_weights({name: value[index] for name, value in arrays.items()}, config, "loaded")
            for index, config in enumerate(self.configs)
        ]
        loaded = {name: np.stack([one[name] for one in each]) for name in self._runner.values.weights}
        self._runner.load(Values(loaded, self._runner.fresh_optimizer, self._runner.values.carried_state))

    def edit(self, configs: EchoConfig | Sequence[EchoConfig]) -> None:
        """Go on with other live fields (`echornn.config.LIVE_FIELDS`): one configuration for all, or one for each
        replica. If the task changes, no replica has solved the new one yet.

        Raises:
            ValueError: another field differs, or the new ``num_epochs`` is below the present epoch.
        """
        if isinstance(configs, EchoConfig):
            configs = with_seeds(configs, configs.replicas)
        pairs = list(zip(self.configs, configs, strict=False))
        same = len(self.configs) == len(configs)
        if not (same and all(before.differs_only_live(after) for before, after in pairs)):
            raise ValueError(
                f"{configs[0]} needs new networks: between windows only {', '.join(sorted(LIVE_FIELDS))} can change"
            )
        require_one_structure(configs)
        require_epochs(configs[0], self.epoch, self.window)
        if not all(before.same_task(after) for before, after in pairs):
            self._solved = self._solved.anew()
        self._take(configs)

    def start(self, config: EchoConfig, draw: int = 0) -> None:
        """Start over like a new population of another configuration and size; nothing is compiled again.

        Raises:
            ValueError: a field differs that is compiled in; see `echornn.config.START_FIELDS`.
        """
        if not self.config.same_program(config):
            raise ValueError(
                f"{config} needs new networks: without compiling only {', '.join(sorted(START_FIELDS))} can change"
            )
        self._take(with_seeds(config, config.replicas))
        self.generation, self._last = 0, None
        self.reset(draw)

    def _take(self, configs: Sequence[EchoConfig]) -> None:
        """Train these configurations from now on; data that do not change are kept."""
        self.configs = tuple(configs)
        self._levels = Levels.of(self.configs)
        self._data.edit(self.configs)
        self._runner.edit(self.configs)

    def reset(self, draw: int = 0) -> None:
        """Start over: initial weights, fresh optimizers, first window of the first epoch. The data stays.

        Args:
            draw: which of each seed's random starts to take; a new population has 0.
        """
        config, each = self.configs[0], [initial_weights(one, draw) for one in self.configs]
        weights = {name: np.stack([one[name] for one in each]) for name in each[0]}
        carried = np.zeros((self.replicas, config.batch_size, carried_size(config)), np.float32)
        self._runner.load(Values(weights, self._runner.fresh_optimizer, carried))
        self.draw, self.epoch, self.window = draw, 0, 0
        self._solved = SolvedAt.never(len(self.configs))

    def regenerate(self) -> None:
        """Take new data, trained from the first window of the present epoch with zero states. The weights stay."""
        self.generation += 1
        self.epoch, self.window = min(self.epoch, self._num_epochs - 1), 0

    @property
    def _num_epochs(self) -> int:
        return self.configs[0].num_epochs

    def _place(self, programs: Programs, at_once: int | None) -> Placement:
        """The device; if it has to be measured, then with as many replicas as there are."""

        def train(device: str, n: int) -> None:
            endless = [dataclasses.replace(one, num_epochs=MAX_EPOCHS) for one in self.configs]
            Population(endless, None, programs, at_once, Placement(device, "tried")).advance(n)

        return programs.place(self.configs[0], self.replicas, train)

    def _runner_of(self, programs: Programs, at_once: int | None) -> Runner:
        """What trains the replicas: a lone network is compiled differently, which makes its calls faster."""
        if self.replicas == 1:
            return LoneLoop(self.configs[0], self.placement.device, programs)
        devices = [GPU] if self.device == "gpu" else processors()[:at_once]  # a GPU takes all in one call
        return ShardThreads(self.configs, devices, programs)

    def _next_call(self, n: int) -> Call:
        """The next call: at most so many windows from the position on; of the last epoch, if all are trained."""
        windows = self.configs[0].windows_per_epoch
        block = self._data.block(self.generation, min(self.epoch, self._num_epochs - 1))
        first = (self.epoch - block.first_epoch) * windows + self.window
        if self.finished:
            return Call(block, first - 1, 0)
        return Call(
            block,
            first,
            min(n, self._runner.shards.windows_per_call, self.windows_left, block.epochs * windows - first),
        )

    def _shown(self, call: Call, trained: LoopOutput, losses: Floats, errors: Counts) -> PopulationProgress:
        config = self.configs[0]
        last = call.first + max(call.windows, 1) - 1
        epoch, window = divmod(last, config.windows_per_epoch)
        begin = epoch * config.row_length + window * config.window_stride
        steps = slice(begin, begin + config.window_steps)
        return PopulationProgress(
            losses,
            errors,
            call.block.first_epoch + epoch,
            window,
            self._data.window(call.block.x, steps),
            self._data.window(call.block.y, steps),
            self._data.scored(call.block, steps),
            trained.outputs,
            trained.states[:, :, shown_part(config)],
            trained.init_state,
            self.solved_at,
            self._solved.windows,
        )

    def _nothing_trained(self) -> PopulationProgress:
        """No losses, and the last window as it was; if another process trained it, without predictions."""
        if self._last is None:
            config, replicas = self.configs[0], self.replicas
            steps = (config.window_steps, config.batch_size)
            unknown = LoopOutput(
                np.zeros((0, replicas), np.float32),
                np.zeros((0, replicas), np.int32),
                np.full((*steps, config.output_size, replicas), np.nan, np.float32),
                np.full((*steps, carried_size(config), replicas), np.nan, np.float32),
                np.zeros((0, 0, replicas), np.float32),
            )
            self._last = self._shown(self._next_call(0), unknown, unknown.losses, unknown.errors)
        return dataclasses.replace(self._last, losses=self._last.losses[:0], errors=self._last.errors[:0])
