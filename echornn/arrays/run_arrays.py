"""`read`: opens a stored run as plain arrays, without training and without running the text of a
user's task."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.arrays import facts
from echornn.arrays.facts import BranchFacts, NetworkFacts, network_at, numbers_of
from echornn.arrays.retraining import Retraining, StateThere
from echornn.config import EchoConfig
from echornn.data.series import check_own_files
from echornn.errors import RunError
from echornn.history.windows import errors_of, losses_of
from echornn.own import trusting
from echornn.progress import Floats
from echornn.readings import Kind, Question, Readings
from echornn.run import kept_runs
from echornn.run.branch import Position
from echornn.run.losses import Losses
from echornn.run.run import BranchName, Run
from echornn.run.states import Keyframe
from echornn.runtime import quiet
from echornn.session.probing import examine
from echornn.state import PopulationState, Snapshot
from echornn.training.device import threads_if_asked

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RunWindows:
    """Windows of a run, one row each. The second axis is the networks, also if there is only one;
    values are NaN where a window was lost, or its branch did not train the network.
    """

    window: Integers  # int64 [n], from 1, in the whole run or along a path
    epoch: Integers  # int64 [n], from 1
    branch: Integers  # int64 [n], which trained it
    loss: Floats  # float32 [n, networks], the mean loss in nats, or squared error
    # Float32 [n, networks], the share of right predictions; NaN if predictions are numbers
    accuracy: Floats
    grad_norm: Floats  # float32 [n, networks], before clipping; NaN in runs of early versions
    replica: Integers  # int64 [networks], the numbers of the networks, the same in all branches

    def __len__(self) -> int:
        return len(self.window)

    @classmethod
    def of(cls, pieces: Iterable[WindowPiece]) -> RunWindows:
        pieces = list(pieces)
        numbers = sorted({number for piece in pieces for number in piece.networks}) or [0]
        count = sum(len(piece.windows) for piece in pieces)
        window, epoch, branch = np.empty((3, count), np.int64)
        loss, accuracy, grad_norm = np.full((3, count, len(numbers)), np.nan, np.float32)
        end = 0
        for piece in pieces:
            rows, end = slice(end, end + len(piece.windows)), end + len(piece.windows)
            first = numbers.index(piece.networks[0])
            columns = slice(first, first + len(piece.networks))
            window[rows], epoch[rows], branch[rows] = piece.windows, piece.epochs, piece.branch
            loss[rows, columns], accuracy[rows, columns] = piece.losses, piece.accuracies
            grad_norm[rows, columns] = piece.grad_norms
        return cls(window, epoch, branch, loss, accuracy, grad_norm, np.array(numbers, np.int64))


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

    @cached_property
    def branches(self) -> tuple[BranchFacts, ...]:
        """The facts that ``branches --json`` prints about each branch, in the order in which they
        began."""
        return tuple(facts.branch_facts(self.run))

    def config_at(self, at: int | None = None, branch: BranchName | None = None) -> EchoConfig:
        """The configuration in effect at a position."""
        return self.run.config_at(self.run.position_at(at, branch))

    def windows(self, replica: int | None = None) -> RunWindows:
        """Every window ever trained, of all networks or one, in the order trained, numbered from
        1."""
        return RunWindows.of(pieces(self.run, None, replica))

    def path(
        self,
        branch: BranchName | None = None,
        at: int | None = None,
        replica: int | None = None,
        first: int = 0,
    ) -> RunWindows:
        """The windows on the path to a position, without the ``first`` ones; `RunWindows.window`
        counts along it."""
        return RunWindows.of(pieces(self.run, self.run.position_at(at, branch), replica, first))

    def networks(
        self, at: int | None = None, branch: BranchName | None = None
    ) -> tuple[NetworkFacts, ...]:
        """The results of each network at a position."""
        return facts.network_facts(self.run, self.run.position_at(at, branch))

    def kept(self, branch: BranchName | None = None) -> Integers:
        """The windows of a path after which the weights are on disk, int64 [n], ascending."""
        return np.array(
            sorted(_kept(self.run, self.run.position_at(None, branch).branch)), np.int64
        )

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
        config, index = network_at(self.run, position, replica)
        state = state_at(self.run, position, retrain).state
        return state.weights if replica is None and config.replicas > 1 else state.of(index).weights

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
        network_at(self.run, position, replica)
        return self._snapshot(state_at(self.run, position, retrain), position, replica)

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
        retraining = Retraining(self.run, end.branch)
        for window in np.unique(np.linspace(0, end.window, count).round()).astype(int).tolist():
            position = Position(end.branch, window)
            yield self._snapshot(retraining.to(position), position, replica)

    def _snapshot(self, there: StateThere, position: Position, replica: int | None) -> Snapshot:
        _, index = network_at(self.run, position, replica)
        newest = None if there.newest is None else there.newest.of(index)
        before = None if there.before is None else there.before.of(index).weights
        return Snapshot(there.state.of(index), *position, newest, before, 1, there.unlike)

    def examined(self, snapshot: Snapshot, kinds: Iterable[Kind], **more: Any) -> Readings:
        """What the probes measure of a snapshot of this run; see `probe`, and `Question` for what
        more there is. The held-out data is the same for all networks of the run, unless there is a
        ``data_seed``."""
        check_own_files(snapshot.state.config)
        quiet.import_tensorflow(self.run.about.threshold)
        from echornn.training.device import use_threads

        # Else a network that is made later would be too late
        use_threads(threads_if_asked(self.run.about.threads))
        more = {"data_seed": facts.data_seed_of(self.run), **more}
        return examine(snapshot, Question(frozenset(kinds), **more))


def read(run: str | os.PathLike[str], trust: bool = False) -> RunArrays:
    """Open a stored run as plain arrays.

    It trains nothing and runs no text of a user's task or cell.

    Args:
        run: the folder of a run, the name of one that ``echornn-tui list`` shows, or "newest".
        trust: whether the texts of tasks and cells in its record may run from now on where they are
            needed, as if you had given them with ``--task`` or ``--cell``. Without it, only texts
            that you gave before do.

    Raises:
        RunError: there is no such run, or it cannot be read.
    """
    with trusting(trust):
        return RunArrays(Run.read(kept_runs.find(os.fspath(run))))


# ---- windows


@dataclass(frozen=True, eq=False)
class WindowPiece:
    """Consecutive windows of one branch, as in `RunWindows`, but float64 accuracies."""

    branch: int
    windows: Integers
    epochs: Integers
    losses: Floats
    accuracies: npt.NDArray[np.float64]
    grad_norms: Floats
    networks: range
    has_accuracy: bool  # whether predictions are symbols, which are right or wrong


def pieces(
    run: Run, end: Position | None = None, replica: int | None = None, first: int = 0
) -> Iterator[WindowPiece]:
    """All windows in the order trained, of all networks or the one with this number; with ``end``,
    only those on the path to this position, numbered along it, without the ``first`` ones.
    """
    # Now, not when the first is asked for
    facts.require_replica(run, replica, facts.configs_of(run, end))
    return _pieces(run, end, replica, first)


def _pieces(
    run: Run, end: Position | None, replica: int | None, first: int
) -> Iterator[WindowPiece]:
    for part, stored, stored_norms in run.stored(run.tree.ranges(end, first)):
        branch, config = part.branch, part.branch.config
        numbers = numbers_of(run, config)
        if replica is not None and replica not in numbers:
            continue
        losses, norms = losses_of(stored), losses_of(stored_norms)
        errors = errors_of(stored, config)
        if replica is not None:
            own, numbers = [numbers.index(replica)], range(replica, replica + 1)
            losses, errors, norms = losses[:, own], errors[:, own], norms[:, own]
        index = np.arange(len(losses), dtype=np.int64)
        accuracies = np.where(errors < 0, np.nan, config.accuracy(errors.astype(np.float64)))
        epochs = (
            branch.epoch
            + (branch.window + part.first - branch.start + index) // config.windows_per_epoch
            + 1
        )
        windows = (part.at if end is None else part.first) + index + 1
        yield WindowPiece(
            branch.number, windows, epochs, losses, accuracies, norms, numbers, config.has_classes
        )


# ---- states


def state_at(run: Run, position: Position, retrain: bool) -> StateThere:
    """The networks at a position; arguments and errors as in `RunArrays.weights`."""
    if run.checkpoint is None:
        raise RunError(f"{run.folder} has no weights yet")
    kept = _kept(run, position.branch)
    there = kept.get(position.window)
    state = there.state() if isinstance(there, Keyframe) else there
    if state is not None:
        return StateThere(state)
    if not retrain:
        raise RunError(
            f"the weights after window {position.window} were not kept: "
            f"{_near(position.window, kept)}"
        )
    return Retraining(run, position.branch).to(position)


def _kept(run: Run, number: int) -> Mapping[int, Keyframe | PopulationState]:
    """The kept networks on the path to a branch's end, by their window."""
    if run.checkpoint is None:
        return {}
    end = run.tree.end(number)
    there = {branch.number: range(first, last) for branch, first, last in run.tree.spans(end)}
    there[number] = range(run.tree.branch(number).start, end.window + 1)  # an edit is at a start
    kept: dict[int, Keyframe | PopulationState] = {}
    for keyframe in run.keyframes():
        branch, window = keyframe.position
        if window in there.get(branch, ()):
            kept[window] = keyframe
    owner, window = run.tree.owner(run.position), run.position.window
    if window in there.get(owner.number, ()):
        kept[window] = run.checkpoint.state
    return kept


def _near(window: int, kept: Iterable[int]) -> str:
    before, after = [one for one in kept if one < window], [one for one in kept if one > window]
    found = " and ".join(map(str, [*sorted(before)[-1:], *sorted(after)[:1]]))
    return f"{f'those after {found} were; ' if found else ''}retrain=True trains windows again"
