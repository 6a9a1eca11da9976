"""`read`: opens a stored run as plain arrays, without training and without running the text of a user's task."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from echornn.arrays.facts import BranchFacts, ReplicaNumbers, branch_facts, configs_of, timeline_of
from echornn.arrays.kept_weights import Integers, kept_windows, pieces, pieces_along, state_at
from echornn.arrays.network_facts import NetworkFacts, network_facts
from echornn.arrays.positions import BranchName, config_at, network_at, position_of
from echornn.arrays.run_windows import RunWindows, windows_of
from echornn.config import EchoConfig
from echornn.data.series import check_own_files
from echornn.own import trusting
from echornn.progress import Floats
from echornn.readings import Kind, Question, Readings
from echornn.runs import kept_runs, run_dir
from echornn.runs.run_dir import Run
from echornn.runtime import quiet
from echornn.session.probing import examine
from echornn.state import Snapshot
from echornn.timeline.branch import Position
from echornn.timeline.timeline import Timeline
from echornn.training.device import threads_if_asked


@dataclass(frozen=True, eq=False)
class RunArrays:
    """A stored run, up to its newest checkpoint. Nothing on disk is changed, and another process may go on training it.

    Positions are given as on the command line: ``branch`` is a letter or a number, and means the path to the end of
    that branch; ``at`` is a number of windows along the path, 0 for its start. Without a branch, the path is that to
    the run's current position; without ``at``, its end. ``replica`` is the number of a network, the same in all
    branches (see ``export``). All of these raise a `RunError` if there is no such position or network.

    Attributes:
        run: the run as the program itself reads it.
    """

    run: Run

    @property
    def config(self) -> EchoConfig:
        """The configuration at the run's current position."""
        return self.run.config

    @property
    def position(self) -> Position:
        """The current position, from which the run would continue: branch and windows along its path."""
        return self.run.position

    @property
    def notes(self) -> tuple[str, ...]:
        """What is damaged in the folder, in words; empty if nothing is."""
        return self.run.notes

    @cached_property
    def timeline(self) -> Timeline:
        """All branches with all losses in memory, for `Timeline.curve` and the like."""
        return timeline_of(self.run)

    @cached_property
    def branches(self) -> tuple[BranchFacts, ...]:
        """The facts that ``branches --json`` prints about each branch, in the order in which they began."""
        return tuple(branch_facts(self.run, self.timeline))

    def config_at(self, at: int | None = None, branch: BranchName | None = None) -> EchoConfig:
        """The configuration in effect at a position."""
        return config_at(self.run, position_of(self.run, at, branch))

    def windows(self, replica: int | None = None) -> RunWindows:
        """Every window ever trained, in the order trained; `RunWindows.window` counts them from 1.

        Args:
            replica: only the network with this number.
        """
        self._require(replica, None)
        return windows_of(pieces(self.run, replica))

    def path(
        self, branch: BranchName | None = None, at: int | None = None, replica: int | None = None, first: int = 0
    ) -> RunWindows:
        """The windows on the path to a position; `RunWindows.window` counts them along the path, from 1.

        Args:
            first: the number of windows at the beginning of the path to leave out, to save memory.
        """
        position = position_of(self.run, at, branch)
        self._require(replica, position)
        return windows_of(pieces_along(self.run, position, replica, first))

    def networks(self, at: int | None = None, branch: BranchName | None = None) -> tuple[NetworkFacts, ...]:
        """The results of each network at a position: replica, seed, solved_at, final_loss, lost_at."""
        return tuple(network_facts(self.run, position_of(self.run, at, branch)))

    def kept(self, branch: BranchName | None = None) -> Integers:
        """The windows of a path after which the weights are on disk, int64 [n], ascending. `weights` returns these at
        once; for others, windows have to be trained again.
        """
        return kept_windows(self.run, position_of(self.run, None, branch).branch)

    def weights(
        self,
        at: int | None = None,
        branch: BranchName | None = None,
        replica: int | None = None,
        retrain: bool = False,
    ) -> dict[str, Floats]:
        """The weights at a position, by name: float32 [rows, columns], or with several networks and no ``replica``
        float32 [replicas, rows, columns].

        Args:
            retrain: whether to train windows again, from the nearest kept ones, if the weights at this position were
                not kept. Only then is TensorFlow imported, and a user's own task checked and run. It takes as long as
                training those windows, and gives the same bits on the same machine and versions.

        Raises:
            RunError: the weights were not kept there (see `kept`), and ``retrain`` is False.
            OwnError: a task or cell of the user's own fails its check, or is not trusted; see `read`.
            ConfigError: there is not enough memory, or no device, to train it again.
        """
        position = position_of(self.run, at, branch)
        config, index = network_at(self.run, position, replica)
        state = state_at(self.run, position, retrain).state
        if replica is None and config.replicas > 1:
            return state.weights
        return state.of(index).weights

    def probe(
        self,
        kinds: Iterable[Kind] = ("memory", "gradient", "weights"),
        at: int | None = None,
        branch: BranchName | None = None,
        replica: int | None = None,
        retrain: bool = False,
    ) -> Readings:
        """What the probes measure at a position, the same numbers as ``probe`` prints. It imports TensorFlow, and runs
        the text of a user's own task, after a check.

        Args:
            kinds: the kinds of readings to compute; the fields of `Readings` of other kinds are None.
            replica: by default the first network, or the one that continues alone later on that path.
            retrain: as in `weights`.

        Raises:
            RunError, TaskError, ConfigError: as in `weights`.
            MemoryError: there is too little memory for the probes.
        """
        return self.examined(self.snapshot(at, branch, replica, retrain), kinds)

    def snapshot(
        self,
        at: int | None = None,
        branch: BranchName | None = None,
        replica: int | None = None,
        retrain: bool = False,
    ) -> Snapshot:
        """The network at a position, for `examine`. Arguments and errors as in `weights`; by default the first network,
        or the one that continues alone later on that path.
        """
        position = position_of(self.run, at, branch)
        _, index = network_at(self.run, position, replica)
        there = state_at(self.run, position, retrain)
        newest = None if there.newest is None else there.newest.of(index)
        return Snapshot(there.state.of(index), *position, newest, unlike=there.unlike)

    def examined(self, snapshot: Snapshot, kinds: Iterable[Kind]) -> Readings:
        """What the probes measure of a snapshot of this run; see `probe`."""
        check_own_files(snapshot.state.config)
        quiet.import_tensorflow(self.run.threshold)
        from echornn.training.device import use_threads

        use_threads(threads_if_asked(self.run.threads))  # else a network that is made later would be too late
        return examine(snapshot, Question(frozenset(kinds)))

    def _require(self, replica: int | None, end: Position | None) -> None:
        if replica is not None:
            ReplicaNumbers.of(self.run).require(replica, configs_of(self.run, end))


def read(run: str | os.PathLike[str], trust: bool = False) -> RunArrays:
    """Open a stored run as plain arrays. It trains nothing and runs no text of a user's task or cell.

    Args:
        run: the folder of a run, the name of one that ``echornn-tui list`` shows, or "newest".
        trust: whether the texts of tasks and cells in its record may run from now on where they are needed, as if you
            had given them with ``--task`` or ``--cell``. Without it, only texts that you gave before do.

    Raises:
        RunError: there is no such run, or it cannot be read.
    """
    with trusting(trust):
        return RunArrays(run_dir.read(kept_runs.find(os.fspath(run))))
