"""Takes a snapshot of a stored run's network at any position, without continuing the run."""

from __future__ import annotations

from echornn.files.run_error import RunError
from echornn.replay.keyframing import ours
from echornn.replay.replay import Replay
from echornn.runs.run_dir import Run
from echornn.runs.states.keyframes import Keyframes
from echornn.snapshot import Snapshot
from echornn.timeline.branch import Position
from echornn.training.any_trainer import MakeTrainer, tensorflow_trainers

WINDOWS_AT_A_TIME = 4096


def snapshot_of_run(
    run: Run,
    at: int | None = None,
    make_trainer: MakeTrainer | None = None,
    branch: int | None = None,
    replica: int = 0,
) -> Snapshot:
    """The network after ``at`` windows of the path to the run's position; by default at that position.

    The run's position was saved, and its network is known without the newest window. For other positions, windows are
    trained again, as when a session goes back. Nothing on disk is changed.

    Args:
        run: the run, as read from disk.
        at: the number of windows along the path, from 0.
        make_trainer: makes the trainer if one is needed; by default `echornn.training.trainer.Trainer`.
        branch: the number of an existing branch, to use the path to its end instead.
        replica: the index of the replica, from 0.

    Raises:
        RunError: the run has no checkpoint, or the path is shorter than ``at``.
        OSError: the losses of the run cannot be read.
        ConfigError: there is not enough memory, or no device, to train it again.
    """
    if run.checkpoint is None:
        raise RunError(f"{run.folder} has no weights yet")
    position = run.position_at(at, branch)
    if position == run.position:
        return Snapshot(run.checkpoint.state.of(replica), position.branch, position.window)
    replay = replayed(run, position, make_trainer)
    newest = replay.tape[-1].of(replica) if replay.tape else None
    state = replay.trainer.state.of(replica)
    return Snapshot(state, position.branch, position.window, newest, unlike=replay.unlike)


def replayed(run: Run, position: Position, make_trainer: MakeTrainer | None = None) -> Replay:
    """A replay that has arrived at a position: it has trained windows again from the nearest keyframe; see
    `snapshot_of_run`.
    """
    timeline, keyframes = run.timeline(), Keyframes()
    for one in ours(timeline, run.keyframes()):
        keyframes.add(one)
    make = make_trainer or tensorflow_trainers(run.devices, run.threshold, run.threads)
    replay = Replay(timeline, keyframes, make(run.config), position, 1, make)
    while not replay.arrived:
        replay.advance(WINDOWS_AT_A_TIME)
    return replay
