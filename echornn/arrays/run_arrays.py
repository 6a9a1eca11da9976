"""`read`: opens a stored run as plain arrays, without training and without running the text of a
user's task."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from echornn.arrays.facts import BranchFacts, NetworkFacts, branch_facts, network_facts
from echornn.arrays.numbers import data_seed_of, network_at
from echornn.arrays.retraining import Retraining, StateThere, state_at
from echornn.arrays.windows import Integers, RunWindows, pieces
from echornn.config import EchoConfig
from echornn.data import check_own_files
from echornn.own.trusted import trusting
from echornn.progress import Floats
from echornn.readings import Kind, Question, Readings
from echornn.run import kept_runs
from echornn.run.branch import Position
from echornn.run.losses import Losses
from echornn.run.run import BranchName, Run
from echornn.runtime import quiet
from echornn.runtime.waiting import Countdown, Say, silent
from echornn.session.probing import examine
from echornn.state import Snapshot
from echornn.training.device import effective_threads


@dataclass(frozen=True, eq=False)
class RunArrays:
    """A stored run, up to its newest checkpoint.

    Nothing on disk is changed, and another process may go on training it.

    Positions are given as on the command line: ``branch`` is a letter or a number, and means the
    path to the end of that branch; ``at`` is a number of windows along the path, 0 for its start.
    Without a branch, the path is that to the run's current position; without ``at``, its end.
    ``replica`` is the number of a network, the same in all branches. All of these raise a
    `RunError` if there is no such position or network.
    """

    run: Run  # as the program itself reads it
    progress: Say = silent  # see `read`

    @property
    def config(self) -> EchoConfig:
        """The configuration at the run's current position."""
        return self.run.config

    @property
    def position(self) -> Position:
        """The current position, from which the run would continue: branch and windows along its
        path."""
        return self.run.position

    @property
    def notes(self) -> tuple[str, ...]:
        """What is damaged in the folder, in words; empty if nothing is."""
        return self.run.notes

    @property
    def timeline(self) -> Losses:
        """All branches with all losses in memory, for `Losses.curve` and the like."""
        return self.run.losses

    @property
    def branches(self) -> tuple[BranchFacts, ...]:
        """The facts that ``branches --json`` prints about each branch, in the order in which they
        began."""
        return tuple(branch_facts(self.run))

    def config_at(self, at: int | None = None, branch: BranchName | None = None) -> EchoConfig:
        """The configuration in effect at a position."""
        return self.run.config_at(self.run.position_at(at, branch))

    def windows(self, replica: int | None = None) -> RunWindows:
        """Every window ever trained, of all networks or one, in the order trained, numbered from
        1."""
        return RunWindows.of(pieces(self.run, replica=replica))

    def path(
        self,
        branch: BranchName | None = None,
        at: int | None = None,
        replica: int | None = None,
        first: int = 0,
    ) -> RunWindows:
        """The windows on the path to a position, without the ``first`` ones; `RunWindows.window`
        counts along it."""
        end = self.run.position_at(at, branch)
        return RunWindows.of(pieces(self.run, end, replica, first))

    def networks(
        self, at: int | None = None, branch: BranchName | None = None
    ) -> tuple[NetworkFacts, ...]:
        """The results of each network at a position."""
        return network_facts(self.run, self.run.position_at(at, branch))

    def kept(self, branch: BranchName | None = None) -> Integers:
        """The windows of a path after which the weights are on disk, int64 [n], ascending."""
        end = self.run.position_at(branch=branch)
        return np.array(sorted(self.run.kept(end.branch)), np.int64)

    def weights(
        self,
        at: int | None = None,
        branch: BranchName | None = None,
        replica: int | None = None,
        retrain: bool = False,
    ) -> dict[str, Floats]:
        """The weights at a position, by name: float32 [rows, columns], or with several networks and
        no ``replica`` float32 [replicas, rows, columns].

        Args:
            retrain: train windows again, from the nearest kept ones, if the weights were not kept
                there: only then is TensorFlow imported, and a user's own task checked and run. The
                bits are the same on the same machine.

        Raises:
            RunError: the weights were not kept there (see `kept`), and ``retrain`` is False.
            OwnError: a task or cell of the user's own fails its check, or is not trusted; see
                `read`.
            ConfigError: there is not enough memory, or no device, to train it again.
        """
        position = self.run.position_at(at, branch)
        network = network_at(self.run, position, replica)
        state = state_at(self.run, position, retrain, self.progress).state
        if replica is None and network.config.replicas > 1:
            return state.weights
        return state.of(network.index).weights

    def probe(
        self,
        kinds: Iterable[Kind] = ("memory", "gradient", "weights"),
        at: int | None = None,
        branch: BranchName | None = None,
        replica: int | None = None,
        retrain: bool = False,
    ) -> Readings:
        """What the probes measure at a position, the same numbers as ``probe`` prints; readings of
        other kinds are None. It imports TensorFlow, and runs the text of a user's own task, after a
        check. Arguments and errors are those of `weights`, and a MemoryError; by default of the
        first network, or of the one that continues alone.
        """
        return self.examined(self.snapshot(at, branch, replica, retrain), kinds)

    def snapshot(
        self,
        at: int | None = None,
        branch: BranchName | None = None,
        replica: int | None = None,
        retrain: bool = False,
    ) -> Snapshot:
        """The network at a position, for `examined`; see `probe`."""
        position = self.run.position_at(at, branch)
        network_at(self.run, position, replica)  # refused before anything is trained
        there = state_at(self.run, position, retrain, self.progress)
        return self._snapshot(there, position, replica)

    def snapshots(
        self,
        count: int,
        at: int | None = None,
        branch: BranchName | None = None,
        replica: int | None = None,
    ) -> Iterator[Snapshot]:
        """The network at ``count`` positions, evenly apart from the start of a path to a position,
        for `examined`, each with the weights of the window before. Windows are trained again;
        arguments and errors as in `weights`.
        """
        end = self.run.position_at(at, branch)
        network_at(self.run, end, replica)
        retraining = Retraining(self.run, end.branch, self.progress)
        windows = np.unique(np.linspace(0, end.window, count).round())
        countdown = Countdown(self.progress, "window", len(windows))
        for window in windows.astype(int).tolist():
            there = retraining.state_after(window)
            yield self._snapshot(there, Position(end.branch, window), replica)
            countdown.next()

    def _snapshot(self, there: StateThere, position: Position, replica: int | None) -> Snapshot:
        index = network_at(self.run, position, replica).index
        newest = before = None
        if there.newest is not None:
            newest = there.newest.of(index)
        if there.before is not None:
            before = there.before.of(index).weights
        population = there.state if len(there.state.configs) > 1 else None
        return Snapshot(
            there.state.of(index), *position, newest, before, 1, there.unlike, population
        )

    def examined(self, snapshot: Snapshot, kinds: Iterable[Kind], **more: Any) -> Readings:
        """What the probes measure of a snapshot of this run; see `probe`, and `Question` for what
        more there is. The held-out data is the same for all networks of the run, unless there is a
        ``data_seed``."""
        check_own_files(snapshot.state.config)
        quiet.import_tensorflow(self.run.about.threshold, self.progress)
        from echornn.training.device import use_threads

        # Else a network that is made later would be too late
        use_threads(effective_threads(self.run.about.threads))
        more = {"data_seed": data_seed_of(self.run), **more}
        return examine(snapshot, Question(frozenset(kinds), **more), self.progress)


def read(run: str | os.PathLike[str], trust: bool = False, progress: Say = silent) -> RunArrays:
    """Open a stored run as plain arrays.

    It trains nothing and runs no text of a user's task or cell.

    Args:
        run: the folder of a run, the name of one that ``echornn-tui list`` shows, or "newest".
        trust: whether the texts of tasks and cells in its record may run from now on where they are
            needed, as if you had given them with ``--task`` or ``--cell``. Without it, only texts
            that you gave before do.
        progress: is called with a short text, what is done and what is left, where numbers take
            long: "window 12 of 32 measured, about 20 s left".

    Raises:
        RunError: there is no such run, or it cannot be read.
    """
    with trusting(trust):
        return RunArrays(Run.read(kept_runs.find(os.fspath(run))), progress)
