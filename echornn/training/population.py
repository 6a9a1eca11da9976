"""A population: networks of one structure that are trained together. A single network is a population of one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import LIVE_FIELDS, MAX_EPOCHS, START_FIELDS, EchoConfig, require_epochs
from echornn.data.series import EchoSeries
from echornn.data.solved import Levels, SolvedAt
from echornn.progress import Counts, Floats, PopulationProgress
from echornn.state import PopulationState
from echornn.tasks.task import TaskError
from echornn.training.device import GPU, processors
from echornn.training.memory import require_memory
from echornn.training.population_data import PopulationData
from echornn.training.programs import Programs
from echornn.training.replica_configs import require_one_structure, with_seeds
from echornn.training.runner import Call, LoneLoop, ShardThreads, Values, no_influence, start_values
from echornn.training.shown import SolvedCount, shown_window, unknown_window


class Population:
    """Networks of one structure that are trained together; each trains as a `Trainer` of its configuration would.

    They may differ in seed, learning rate, echo step, initial weights and row start. Their losses equal those of a
    `Trainer` up to rounding (within 2e-5 over the first 50 windows), in a population of one exactly. The same
    population on the same machine gives the same bits. All processors are used.

    Attributes:
        configs: the configuration of each replica.
        epoch, window: the position of the next window to train, both from 0, the same for all replicas.
        data_version: how many times new data has been drawn.
        init_index: the number of the initial weights, from 0.
        placement: TensorFlow's name of the device.

    Args:
        configs: the configuration of each replica; or a single configuration for ``replicas`` networks with consecutive
            seeds.
        replicas: the number of replicas if a single configuration is given; by default the number in that
            configuration.
        programs: stores compiled loops for the next population of the same structure; by default they are not stored.
        at_once: the most calls that run at the same time; by default one for each processor.
        placement: the device; by default it is selected.

    Raises:
        ConfigError: the configurations differ in structure, the number of replicas is not allowed, the replicas need
            too much memory, or the device does not exist.
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
            wanted = configs if replicas is None else dataclasses.replace(configs, replicas=replicas)
            require_memory(wanted, wanted.replicas, at_once)
            configs = with_seeds(wanted, wanted.replicas)
        elif replicas is not None:
            raise ValueError(f"replicas = {replicas!r} cannot be used: each configuration is one replica")
        else:
            require_one_structure(configs)
            require_memory(configs[0], len(configs), at_once)
        self.configs = tuple(configs)
        self.epoch = self.window = self.data_version = self.init_index = 0
        self._programs, self._at_once = programs or Programs(), at_once
        self.placement = placement or self._place()
        self._runner = self._runner_of(self.configs)
        self._data = PopulationData(self.configs, self._runner.shards, self._runner.devices)
        self._last: PopulationProgress | None = None
        self.reset()

    def compile(self) -> None:
        """Compile the training loops now instead of at the first `advance`; nothing is trained."""
        self._runner.train(self._next_call(0), self.init_index)

    def advance(self, n: int) -> PopulationProgress:
        """Train ``n`` windows in every replica, or fewer if the last epoch ends before, or if a user's task cannot make
        the data of later windows; then the next call raises the error.

        After the last epoch nothing is trained: the losses are empty, and the last window is returned again.

        Raises:
            TaskError: a user's task cannot make the data of the next window; nothing was trained.
            ValueError: ``n`` is below 1.
        """
        if n < 1:
            raise ValueError(f"n = {n!r} windows cannot be trained: it must be 1 or more")
        if self.finished:
            return self._nothing_trained()
        losses: list[Floats] = []
        errors: list[Counts] = []
        while n > 0 and not self.finished:
            try:
                call = self._next_call(n)
            except TaskError:
                if not losses:
                    raise
                break
            trained = self._runner.train(call, self.init_index)
            losses.append(trained.losses)
            errors.append(trained.errors)
            self._solved.add(trained.losses)
            epochs, self.window = divmod(self.window + call.windows, self.configs[0].windows_per_epoch)
            self.epoch += epochs
            n -= call.windows
            newest = shown_window(self.configs[0], self._data, call, trained, self._solved.reported())
            del call, trained  # before the next data is made, so that both do not take memory at the same time
        self._last = dataclasses.replace(newest, losses=np.concatenate(losses), errors=np.concatenate(errors))
        return self._last

    @property
    def config(self) -> EchoConfig:
        """The first replica's configuration, with the number of replicas. It describes all replicas if their seeds are
        consecutive and nothing else differs.
        """
        return dataclasses.replace(self.configs[0], replicas=self.replicas)

    @property
    def replicas(self) -> int:
        """The number of replicas."""
        return len(self.configs)

    @property
    def finished(self) -> bool:
        """Whether all epochs have been trained."""
        return self.epoch >= self._num_epochs

    @property
    def windows_left(self) -> int:
        """The number of windows that each replica still has to train until the end of the last epoch."""
        return (self._num_epochs - self.epoch) * self.configs[0].windows_per_epoch - self.window

    @property
    def solved_at(self) -> npt.NDArray[np.int64]:
        """The window at which each replica solved the task, counted from 1 since the start; 0 if it has not yet.

        A task is solved when the mean loss of 50 windows falls below a level that theory gives (0.05 nats for the
        tutorial), as in a single run; see `echornn.diagnosis.loss_stats.LossStats`.
        """
        return self._solved.now().at.copy()

    @property
    def lost_at(self) -> npt.NDArray[np.int64]:
        """The window at which each replica lost the task after solving it, counted from 1 since the start (see
        `echornn.data.solved.crossings`); 0 if it has not.
        """
        return self._solved.now().lost_at.copy()

    @property
    def weights(self) -> dict[str, Floats]:
        """A copy of the weights by name, float32 [replicas, rows, columns]."""
        return self._runner.values.weights

    @property
    def fresh_optimizer(self) -> tuple[npt.NDArray[Any], ...]:
        """The optimizers' variables at the start, in the form of `PopulationState.optimizer`."""
        return self._runner.fresh_optimizer

    @property
    def device(self) -> str:
        """The device that trains: cpu or gpu."""
        return "gpu" if "GPU" in self.placement else "cpu"

    @property
    def compilations(self) -> int:
        """How many times a training loop has been traced and compiled."""
        return self._runner.compilations

    def series(self, replica: int) -> EchoSeries:
        """The data of the current epoch for one replica; if all epochs have been trained, of the last."""
        epoch = min(self.epoch, self._num_epochs - 1)
        return EchoSeries.generate(self.configs[replica], self.data_version, epoch)

    @property
    def state(self) -> PopulationState:
        """A copy of everything that is needed to continue bit for bit."""
        values = self._runner.values
        return PopulationState(
            self.configs,
            self.epoch,
            self.window,
            self.data_version,
            self.init_index,
            values.weights,
            values.carried_state,
            values.optimizer,
            self._solved.now(),
            values.influence,
        )

    def restore(self, state: PopulationState) -> None:
        """Continue from a state, bit for bit; see `state`.

        Raises:
            ValueError: the state has other configurations.
        """
        if state.configs != self.configs:
            raise ValueError(f"state of {state.configs[0]} cannot be restored: the trainer has {self.configs[0]}")
        influence = {**no_influence(self.configs), **state.influence}
        self._runner.load(Values(state.weights, state.optimizer, state.carried_state, influence))
        self.epoch, self.window = state.epoch, state.window
        self.data_version, self.init_index = state.data_version, state.init_index
        self._solved = SolvedCount(state.solved, Levels.of(self.configs))
        self._last = None

    def edit(self, configs: EchoConfig | Sequence[EchoConfig]) -> None:
        """Continue with new values of live fields (`echornn.config.LIVE_FIELDS`): one configuration for all replicas,
        or one for each. If the task changes, no replica counts as having solved it. Another learning rule starts with
        an influence of zero, so that it knows nothing of the steps before; its program is compiled if it is new.

        Raises:
            ConfigError: the learning rule needs too much memory; then nothing has changed.
            TaskError: a user's task cannot make the data of the next window; then nothing has changed.
            ValueError: another field differs, or the new ``num_epochs`` is below the current epoch.
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
        same_task = all(before.same_task(after) for before, after in pairs)
        solved = self._solved.now() if same_task else self._solved.now().anew()
        self._take(configs, self.data_version, min(self.epoch, configs[0].num_epochs - 1))
        self._solved = SolvedCount(solved, Levels.of(self.configs))

    def start(self, config: EchoConfig, init_index: int = 0) -> None:
        """Start over, like a new population of another configuration and size, without compiling again.

        Raises:
            TaskError: a user's task cannot make the data of the first window; then nothing has changed.
            ValueError: a field differs that is fixed in the compiled program; see `echornn.config.START_FIELDS`.
        """
        if not self.config.same_program(config):
            raise ValueError(
                f"{config} needs new networks: other fields than {', '.join(sorted(START_FIELDS))} need another program"
            )
        self._take(with_seeds(config, config.replicas), data_version=0, epoch=0)
        self.data_version, self._last = 0, None
        self.reset(init_index)

    def _take(self, configs: Sequence[EchoConfig], data_version: int, epoch: int) -> None:
        """Train these configurations from now on, next in this epoch; data that does not change is kept."""
        before, runner, data = self.configs, self._runner, self._data
        if configs[0].rule != before[0].rule:
            require_memory(configs[0], len(configs), self._at_once)
            runner = self._runner_of(configs)
            self._data = PopulationData(before, runner.shards, runner.devices)  # these may be others
        self._data.edit(configs)
        try:
            if configs[0].the_task.own is not None:  # only a user's task can fail to make the data
                self._data.block(data_version, epoch)
        except TaskError:
            self._data = data
            self._data.edit(before)
            raise
        self.configs = tuple(configs)
        if runner is not self._runner:
            runner.load(self._runner.values._replace(influence=no_influence(self.configs)))
            self._runner = runner
        self._runner.edit(self.configs)

    def reset(self, init_index: int = 0) -> None:
        """Start over with initial weights and new optimizers, at the first window of the first epoch. The data stays.

        Args:
            init_index: the number of the initial weights; 0 in a new population.
        """
        self._runner.load(start_values(self.configs, init_index, self.fresh_optimizer))
        self.init_index, self.epoch, self.window = init_index, 0, 0
        self._solved = SolvedCount(SolvedAt.never(self.replicas), Levels.of(self.configs))

    def regenerate(self) -> None:
        """Draw new data, and train it from the first window of the current epoch with zero states. The weights stay.

        After the last epoch, the last epoch is trained again.
        """
        self.data_version += 1
        self.epoch, self.window = min(self.epoch, self._num_epochs - 1), 0

    @property
    def _num_epochs(self) -> int:
        return self.configs[0].num_epochs

    def _place(self) -> str:
        """The device. If it has to be measured, it is measured with as many replicas as this population has."""

        def train(device: str, n: int) -> None:
            endless = [dataclasses.replace(one, num_epochs=MAX_EPOCHS) for one in self.configs]
            Population(endless, None, self._programs, self._at_once, device).advance(n)

        return self._programs.place(self.configs[0], self.replicas, train)

    def _runner_of(self, configs: Sequence[EchoConfig]) -> LoneLoop | ShardThreads:
        """The runner for the replicas. A single network is compiled differently, which makes its calls faster."""
        if len(configs) == 1:
            return LoneLoop(configs[0], self.placement, self._programs)
        devices = [GPU] if self.device == "gpu" else processors()[: self._at_once]  # a GPU takes all in one call
        return ShardThreads(configs, devices, self._programs)

    def _next_call(self, n: int) -> Call:
        """The next call, with at most ``n`` windows from the position on; without windows if all epochs have been
        trained.
        """
        per_epoch = self.configs[0].windows_per_epoch
        block = self._data.block(self.data_version, min(self.epoch, self._num_epochs - 1))
        first = (self.epoch - block.first_epoch) * per_epoch + self.window
        if self.finished:
            return Call(block, first - 1, 0)
        most = min(self._runner.shards.windows_per_call, self.windows_left, block.epochs * per_epoch - first)
        return Call(block, first, min(n, most))

    def _nothing_trained(self) -> PopulationProgress:
        """A `PopulationProgress` without losses that shows the last window; the predictions are unknown if another
        process trained that window.
        """
        if self._last is None:
            unknown = unknown_window(self.configs[0], self.replicas)
            self._last = shown_window(self.configs[0], self._data, self._next_call(0), unknown, self._solved.reported())
        return dataclasses.replace(self._last, losses=self._last.losses[:0], errors=self._last.errors[:0])
