"""A network at any moment of a run on disk, without going on with the run."""

from __future__ import annotations

from echornn.runs.keyframes import Keyframes
from echornn.runs.run_dir import Run
from echornn.runs.run_error import RunError
from echornn.session.keyframing import ours
from echornn.session.replay import Replay
from echornn.specimen import Specimen
from echornn.training.any_trainer import MakeTrainer, tensorflow_trainers

WINDOWS_AT_A_TIME = 4096


def specimen_of_run(
    run: Run,
    at: int | None = None,
    make_trainer: MakeTrainer | None = None,
    branch: int | None = None,
    replica: int = 0,
) -> Specimen:
    """The network after so many windows along the path to where the run stands; there, unless given.

    Where it stands it was saved, and is known without its newest window; elsewhere it is trained again up to there, as
    a session does that goes back. Nothing on disk is changed.

    Args:
        run: as it was read.
        at: windows, from 0.
        make_trainer: makes the trainer, where one is needed; `echornn.training.trainer.Trainer` unless given.
        branch: along the path to the end of this branch instead, which must be there.
        replica: which of several, from 0.

    Raises:
        RunError: nothing was ever saved of it, or the path is not so long.
        OSError: its losses cannot be read.
        ConfigError: there is not the memory, or the device, to train it again.
    """
    if run.checkpoint is None:
        raise RunError(f"{run.folder} has no weights yet")
    moment = run.moment(at, branch)
    if moment == run.stands:
        return Specimen(run.checkpoint.state.of(replica), moment.branch, moment.window)
    timeline, keyframes = run.timeline(), Keyframes()
    for one in ours(timeline, run.keyframes()):
        keyframes.add(one)
    make = make_trainer or tensorflow_trainers(run.devices, run.threshold, run.threads)
    replay = Replay(timeline, keyframes, make(run.config), moment, 1, make)
    while not replay.arrived:
        replay.advance(WINDOWS_AT_A_TIME)
    newest = replay.tape[-1].of(replica) if replay.tape else None
    state = replay.trainer.state.of(replica)
    return Specimen(state, moment.branch, moment.window, newest, unlike=replay.unlike)
