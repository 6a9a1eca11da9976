"""Finds and opens runs for the command line, and prints at the end how to continue a run."""

from __future__ import annotations

import contextlib
import time
from enum import Enum, auto
from pathlib import Path

import numpy as np

from echornn.config import CELL, TASK, EchoConfig, require_epochs
from echornn.data.series import check_own_files
from echornn.errors import RunError
from echornn.history.windows import losses_of
from echornn.own import OwnFile, trusting
from echornn.runs import folders
from echornn.runs.folders import NEWEST as NEWEST
from echornn.runs.folders import find as find
from echornn.runs.recorder import Recorder, RunRecorder
from echornn.runs.run_dir import Run
from echornn.session.session import Session
from echornn.timeline.moves import before_it_diverged
from echornn.training.device import require_memory
from tui.commands.flags import ConfigFlags
from tui.term import printed
from tui.term.exit_code import ExitCode
from tui.term.printed import printable, quoted

SECONDS_TO_SAVE = 1.0
"""Seconds to wait at the end for the current windows, besides those for the last checkpoint."""

SECONDS_TO_STOP = 0.1
"""Seconds to wait at the end for a thread in native code that has nothing to save."""


def begin(folder: Path | None, config: EchoConfig) -> Recorder:
    """Begin to record a new run in ``folder``, by default a new folder in the state folder. If the default fails,
    nothing is recorded.
    """
    require_memory(config, config.replicas)
    if folder is not None:
        return RunRecorder.begin(folder, config)
    try:
        return RunRecorder.begin(folders.new_folder(config), config)
    except RunError as error:
        return Recorder(str(error))


def go_on(name: str, flags: ConfigFlags, at: int | None = None, trust: bool = False) -> tuple[EchoConfig, Recorder]:
    """Continue a run, given by name; returns the configuration and the recorder.

    Args:
        name: the run's name; see `find`.
        flags: fields to change.
        at: the window of the run's path at which to continue; by default its current position.
        trust: whether the texts of its tasks and cells may run; see `echornn.own`.
    """
    with trusting(trust):
        recorder = RunRecorder.go_on(find(name), lambda run: _edited(run, flags, first_at(run, flags, at)))
    run = recorder.resumed
    assert run is not None
    config = _edited(run, flags, first_at(run, flags, at))
    for name in (TASK, CELL):
        own = config.value(name)
        if isinstance(own, OwnFile) and own.is_change_of(run.config.value(name)):
            what = f"so it is another {name}: the network starts over"
            printed.complain(f"echornn-tui: the file of {own} has changed, {what}")
    return config, recorder


def first_at(run: Run, flags: ConfigFlags, at: int | None) -> int | None:
    """The window of its path at which a run continues; None for its current position. If fields are changed in a run
    that has diverged, it continues before the divergence, since diverged weights cannot learn.
    """
    if at is not None or not flags.given or _is_finite(run):
        return at
    return before_it_diverged(run.timeline(), run.position)


def _is_finite(run: Run) -> bool:
    """Whether the last loss is finite; with several networks, whether any last loss is. Only one window is read."""
    newest = run.path(run.position, max(0, run.position.window - 1))
    return all(bool(np.isfinite(losses_of(piece.windows)[-1]).any()) for piece in newest)


def _edited(run: Run, flags: ConfigFlags, at: int | None) -> EchoConfig:
    """The configuration with which to continue: the run's, with the changed fields."""
    position = run.position_at(at)
    owner = run.owner(position) if at is not None else None
    if owner is not None:
        before, (epoch, window) = owner.config, owner.epoch_and_window(position.window)
    else:
        state = run.checkpoint.state if run.checkpoint else None
        before, (epoch, window) = run.config, (state.epoch, state.window) if state else (0, 0)
    if flags.given.get(TASK, before.value(TASK)) == before.value(TASK):  # else its text is not used
        check_own_files(before)
    config = flags.over(before)
    if before.differs_only_live(config):
        require_epochs(config, epoch, window)
    require_memory(config, config.replicas)
    return config


def readable(name: str) -> Path:
    """The folder of a run, checked to be readable; see `find`."""
    folder = find(name)
    Run.read(folder, quickly=True)
    return folder


class Saved(Enum):
    """Whether everything that was trained is on disk. This is determined only once, at the end, because the training
    thread may still be running after it.
    """

    YES = auto()
    NO = auto()
    NOWHERE = auto()
    """Nothing is saved; a message has told the user."""

    @property
    def after_a_signal(self) -> ExitCode:
        """The exit code after a signal; it tells whether the run can be continued from its last window."""
        return ExitCode.CHECKPOINTED if self is Saved.YES else ExitCode.FAILED

    @property
    def at_the_end(self) -> ExitCode:
        """The exit code at the end of training; it tells whether everything that should be saved is on disk."""
        return ExitCode.FAILED if self is Saved.NO else ExitCode.DONE


def saved_by(recorder: Recorder) -> Saved:
    """Whether everything that the recorder has received is on disk."""
    if recorder.folder is None:
        return Saved.NOWHERE
    return Saved.YES if recorder.saved else Saved.NO


def end(session: Session) -> Saved:
    """Stop a session, and wait until everything is on disk, or until the time limit."""
    session.stop()
    begun = time.monotonic()
    recorder = session.recorder
    seconds = SECONDS_TO_SAVE + recorder.seconds_to_end
    while True:
        has_stopped = session.stopped.wait(SECONDS_TO_STOP)
        saved = saved_by(recorder)
        if has_stopped or saved is not Saved.NO or time.monotonic() - begun >= seconds:
            return saved


def of_outstanding(commands: int) -> list[str]:
    """A line with the number of commands that were not carried out; no line if all were."""
    if not commands:
        return []
    last = "the last command was" if commands == 1 else f"the last {commands:,} commands were"
    return [f"the program ended while it was busy: {last} not carried out"]


def flag_list(at: int | None = None, **fields: object) -> list[str]:
    """The flags after ``--resume RUN`` to continue at this window of its path with these fields, as arguments."""
    given = {**({} if at is None else {"at": at}), **fields}
    return [text for name, value in given.items() for text in (f"--{name.replace('_', '-')}", str(value))]


def flags_for(at: int | None = None, **fields: object) -> str:
    """The flags after ``--resume RUN``, as text; see `flag_list`."""
    return "".join(f" {text}" for text in flag_list(at, **fields))


def flags_to_go_on(session: Session) -> str:
    """The flags with which to continue: changes that were not carried out yet; more epochs if all epochs are trained; a
    window before the divergence if the run diverged.
    """
    frame, at, fields = session.frame, session.going_first, session.editing_first
    wanted = frame.config.with_fields(fields)
    if at is None and frame.is_at_the_end_of(wanted):
        return flags_for(**{**fields, "num_epochs": 2 * wanted.num_epochs})
    return flags_for(session.before_it_diverged if at is None and not fields else at, **fields)


def farewell(recorder: Recorder | None, flags: str = "") -> list[str]:
    """The lines that say where the run is and how to continue it, or why it is not saved; none if there is nothing to
    say.

    Args:
        flags: the flags with which to continue; see `flags_for`.
    """
    if recorder is None:
        return []
    if recorder.folder is None:
        return [printable(recorder.warning)]
    folder = quoted(recorder.folder)
    lines = [f"the run is in {folder}", f"go on with: echornn-tui --resume {folder}{flags}"]
    misplaced = recorder.misplaced  # asking the disk itself could hang
    if misplaced == "gone":
        lines = [f"the run is not kept: {folder} is gone"]
    elif misplaced == "replaced":
        lines = [f"the run is not kept: {folder} holds another run now"]
    return [printable(recorder.warning), *lines] if recorder.warning else lines


def forget_if_empty(recorder: Recorder | None, trained: int) -> bool:
    """Remove the folder of a new run in which nothing was trained; returns whether it was removed."""
    if recorder is None or recorder.resumed is not None or trained or not recorder.saved:  # the disk may hang
        return False
    with contextlib.suppress(OSError):
        recorder.forget()
        return True
    return False
