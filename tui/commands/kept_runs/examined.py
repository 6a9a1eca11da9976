"""Examines a network of a run on disk for the subcommand ``probe``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from echornn.arrays.facts import network_at, numbers_of
from echornn.arrays.run_arrays import RunArrays
from echornn.config import EchoConfig
from echornn.data.series import check_own_files
from echornn.own import trusting
from echornn.readings import Question, Readings
from echornn.runs import folders
from echornn.runs.run_dir import Run
from echornn.runtime import quiet
from echornn.session.probing import examine, why_unread
from echornn.state import UnlikeRecord
from echornn.timeline.branch import letter_of
from tui.term import printed, terminal


@dataclass(frozen=True)
class ChosenNetwork:
    """Which network of a run to examine.

    Attributes:
        run: the run's folder or name.
        at: the window of the run's path; by default the current position.
        branch: use the path to the end of this branch instead, named by letter or number.
        replica: the network with this number, see `NetworkFacts`; by default the first, or the one that later
            continues alone.
        trust: whether the texts of its tasks and cells may run; see `echornn.own`.
    """

    run: str
    at: int | None = None
    branch: str | None = None
    replica: int | None = None
    trust: bool = False


@dataclass(frozen=True)
class Examined:
    """The readings of a network.

    Attributes:
        readings: the readings.
        replica: the number of the network.
        is_one_of_many: whether there are other networks at this position.
        unlike: the first window that was trained again with another loss than recorded; None if there is none.
    """

    readings: Readings
    replica: int = 0
    is_one_of_many: bool = False
    unlike: UnlikeRecord | None = None


def heading(readings: Readings, replica: int | None, unlike: UnlikeRecord | None) -> Iterator[str]:
    """The lines that say which network was examined; ``replica`` is None if there is only one."""
    where = "" if not readings.branch else f" of branch {letter_of(readings.branch)}"
    whose = "" if replica is None else f", replica {replica}: seed {readings.config.seed}"
    yield f"after window {readings.window:,}{where}{whose}"
    if unlike is not None:
        yield str(unlike)


def examined(network: ChosenNetwork, question_for: Callable[[EchoConfig], Question]) -> Examined | None:
    """Examine a network; None if that fails, which is then printed.

    Args:
        question_for: the question for a network of this configuration.
    """
    with trusting(network.trust):
        run = Run.read(folders.find(network.run))
    for note in run.notes:
        printed.complain(f"echornn-tui: {note}")
    config, chosen = network_at(run, run.position_at(network.at, network.branch), network.replica)
    check_own_files(config)
    question = question_for(config)
    terminal.keep_native_stderr_off_the_screen()
    quiet.import_tensorflow(run.about.threshold)
    try:
        snapshot = RunArrays(run).snapshot(network.at, network.branch, network.replica, retrain=True)
        readings = examine(snapshot, question)
    except MemoryError as error:
        printed.complain(f"echornn-tui: {why_unread(error)}")
        return None
    if not snapshot.state.is_finite:
        printed.complain(f"echornn-tui: the weights are not finite after window {readings.window}: nothing to read")
        return None
    number_of_network = numbers_of(run, config)[chosen]
    return Examined(readings, number_of_network, config.replicas > 1, snapshot.unlike)
