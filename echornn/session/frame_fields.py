"""What a frame shows of the run that is being trained, as fields of `Frame`."""

from __future__ import annotations

from typing import Any

from echornn.config import EchoConfig, changes_text
from echornn.run import moves
from echornn.run.recorder import Recorder
from echornn.session.live_run import LiveRun
from echornn.session.pictures.frame import Frame, State


def first_frame(
    config: EchoConfig, recorder: Recorder, speed: float, at: int | None = None
) -> Frame:
    """The frame before anything is loaded: where the recorded run stands, if any, and what will be
    done there first."""
    run = recorder.resumed
    folder = "" if recorder.folder is None else str(recorder.folder)
    message = "loading TensorFlow"
    if run is None or run.checkpoint is None:
        return Frame(State.LOADING, config, message, speed=speed, folder=folder)
    state = run.checkpoint.state
    first = changes_text(state.config, config) if at is None else f"window {at:,}"
    if first:
        message += f", then {first}"
    epoch, window = epoch_shown(state.epoch, state.window, state.config)
    return Frame(
        State.LOADING,
        state.config,
        message,
        epoch,
        window,
        speed=speed,
        losses_are_loading=run.trained > 0,
        folder=folder,
    )


def place_fields(live: LiveRun) -> dict[str, Any]:
    """Where the session stands in the tree of the run."""
    position, losses = live.path_position, live.losses
    return {
        "branch": live.owner.number,
        "path_branch": position.branch,
        "path_end": live.tree.end(position.branch).window,
        "is_past": live.is_past,
        "trained": position.window,
        "trained_in_all": live.tree.trained,
        "branch_notes": live.branch_notes,
        "undoable": moves.undoable(losses, position),
        "redoable": live.can_redo,
        "seed_stats": losses.seed_stats(position),
        "tried": live.tree.changes_tried(position),
        "losses_are_loading": False,
    }


def recorded_fields(live: LiveRun) -> dict[str, Any]:
    """The fields that are known from the record alone: the losses, and the newest window's
    numbers."""
    owner = live.owner
    epoch, window = epoch_shown(*owner.epoch_and_window(live.path_position.window), live.config)
    return {
        "epoch": epoch,
        "window": window,
        "data_version": owner.data_version,
        "init_index": owner.init_index,
        "loss_stats": live.losses.stats(live.path_position, live.replica),
    }


def trained_fields(live: LiveRun) -> dict[str, Any]:
    """The fields about the trainer's position, with the newest windows of the selected replica."""
    trainer = live.trainer
    shown = live.rows.of(live.replica)
    epoch, window = epoch_shown(trainer.epoch, trainer.window, live.config)
    newest = None
    if shown:
        newest = shown[-1]
        epoch, window = newest.epoch + 1, newest.window + 1
    return {
        "epoch": epoch,
        "window": window,
        "data_version": trainer.data_version,
        "init_index": trainer.init_index,
        "loss_stats": live.losses.stats(live.path_position, live.replica),
        "progress": newest,
        "recent": shown[:-1],
        "device": trainer.device,
    }


def epoch_shown(epoch: int, window: int, config: EchoConfig) -> tuple[int, int]:
    """A trainer's next epoch and window, both from 0, as in a frame: the epoch from 1, the windows
    trained in it."""
    if epoch < config.num_epochs:
        return epoch + 1, window
    return epoch, config.windows_per_epoch
