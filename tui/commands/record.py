"""Finds and opens runs for the command line, and says at the end how to continue a run."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import replace
from enum import Enum, auto
from pathlib import Path

import numpy as np

from echornn.config import EchoConfig, require_epochs
from echornn.files.recorded_values import shortened
from echornn.files.run_error import RunError
from echornn.runs import kept_runs, run_dir
from echornn.runs.recorder import Recorder, Unrecorded
from echornn.runs.run_dir import Run, losses_of
from echornn.runs.run_recorder import SECONDS_TO_END, RunRecorder
from echornn.session.session import Session
from echornn.timeline.going_back import before_it_diverged
from echornn.timeline.letters import letter_of, number_of
from tui.commands.flags import ConfigFlags
from tui.term.exit_code import ExitCode
from tui.term.printable import printable, quoted

NEWEST = "newest"

SECONDS_TO_SAVE = SECONDS_TO_END + 1.0
"""How long leaving waits for the present windows and the last checkpoint, if the disk hangs."""

SECONDS_TO_STOP = 0.1
"""How long leaving waits for a thread that is in native code and has nothing to save."""


def begin(folder: Path | None, config: EchoConfig) -> Recorder:
    """Record a new run in ``folder``, or in a new one of the state folder; if that fails, the run is not recorded.

    Raises:
        RunError: the given folder cannot be used.
    """
    if folder is not None:
        return RunRecorder.begin(folder, config)
    try:
        return RunRecorder.begin(kept_runs.new_folder(config), config)
    except RunError as error:
        return Unrecorded(str(error))


def go_on(name: str, flags: ConfigFlags, at: int | None = None) -> tuple[EchoConfig, Recorder]:
    """Continue recording in the run with this name, or in the newest run; returns the configuration and the recorder.

    Args:
        name: see `find`.
        flags: the fields to change from then on.
        at: the number of windows along the run's path after which it continues; by default its present position.

    Raises:
        RunError: there is no such run, or it cannot continue, or not from there; nothing on disk was changed.
        ConfigError: it cannot continue with these fields; nothing on disk was changed.
    """
    recorder = RunRecorder.go_on(find(name), lambda run: _edited(run, flags, first_at(run, flags, at)))
    run = recorder.resumed
    assert run is not None
    return _edited(run, flags, first_at(run, flags, at)), recorder


def first_at(run: Run, flags: ConfigFlags, at: int | None) -> int | None:
    """The number of windows along its path after which a run continues; None for its present position. If fields are
    given for a run that diverged, it continues before the divergence: with the present weights nothing can be learned.
    """
    if at is not None or not flags.given or _is_finite(run):
        return at
    return before_it_diverged(run.timeline(), run.stands)


def _is_finite(run: Run) -> bool:
    """Whether the last loss is finite; for several networks, whether any is. Only one window is read."""
    newest = [windows for _, _, windows in run.path(run.stands, max(0, run.stands.window - 1))]
    return all(bool(np.isfinite(losses_of(windows)[-1]).any()) for windows in newest)


def _edited(run: Run, flags: ConfigFlags, at: int | None) -> EchoConfig:
    """The configuration to train there: the run's, with the given fields."""
    moment = run.moment(at)
    owner = run.owner(moment) if at is not None else None
    if owner is not None:
        before, (epoch, window) = owner.config, owner.position(moment.window)
    else:
        state = run.checkpoint.state if run.checkpoint else None
        before, (epoch, window) = run.config, (state.epoch, state.window) if state else (0, 0)
    config = flags.over(before)
    if before.differs_only_live(config):
        require_epochs(config, epoch, window)
    return config


def branch_named(run: Run, name: str) -> int:
    """The branch of a run with this letter, or with this number in digits.

    Raises:
        RunError: there is no such branch.
    """
    ends, number = run.ends, number_of(name)
    if number is None or number >= len(ends):
        last = len(ends) - 1
        there = f"a to {letter_of(last)}, or 0 to {last}, as branches prints them" if ends else "the run has none yet"
        raise RunError(f"branch = {shortened(repr(name))} cannot be used: {there}")
    return number


def find(name: str) -> Path:
    """The folder with this name, the user's run with this name, or the user's newest run.

    Raises:
        RunError: ``newest`` was asked for, and there is no run; or no folder can have this name.
    """
    if name == NEWEST and not os.path.exists(name):
        newest = kept_runs.runs()[:1]
        if not newest:
            raise RunError(f"there is no run in {kept_runs.state_folder()}")
        return newest[0]
    kept = kept_runs.state_folder() / name
    return kept if not os.path.exists(name) and os.path.exists(kept) else Path(name)


def readable(name: str) -> Path:
    """The folder of a run that can be read; see `find`.

    Raises:
        RunError: it holds no run that can be read.
    """
    folder = find(name)
    run_dir.glance(folder)
    return folder


class Saved(Enum):
    """Whether everything trained is on disk. It is asked only once, since a thread that nobody waits for may still
    train.
    """

    YES = auto()
    NO = auto()
    NOWHERE = auto()
    """Nothing is kept, as the user was told."""

    @property
    def after_a_signal(self) -> ExitCode:
        """The exit code after a signal: it says whether the run can be continued from where it was."""
        return ExitCode.CHECKPOINTED if self is Saved.YES else ExitCode.FAILED

    @property
    def at_the_end(self) -> ExitCode:
        """The exit code at the end of training: it says whether everything to be kept is on disk."""
        return ExitCode.FAILED if self is Saved.NO else ExitCode.DONE


def saved_by(recorder: Recorder) -> Saved:
    """Whether everything reported to the recorder so far is on disk."""
    if recorder.folder is None:
        return Saved.NOWHERE
    return Saved.YES if recorder.saved else Saved.NO


def end(session: Session) -> Saved:
    """Stop the session, and wait until everything that it reported is on disk, or it has stopped."""
    session.stop()
    until = time.monotonic() + SECONDS_TO_SAVE
    while True:
        has_stopped = session.stopped.wait(SECONDS_TO_STOP)
        saved = saved_by(session.recorder)
        if has_stopped or saved is not Saved.NO or time.monotonic() >= until:
            return saved


def of_outstanding(commands: int) -> list[str]:
    """A line that says how many of the last commands were not carried out; none if all were."""
    if not commands:
        return []
    last = "the last command was" if commands == 1 else f"the last {commands:,} commands were"
    return [f"the program ended while it was busy: {last} not carried out"]


def flags_for(at: int | None = None, **fields: object) -> str:
    """The flags to add after ``--resume RUN`` so that it continues at this window of its path, with these fields."""
    given = {**({} if at is None else {"at": at}), **fields}
    return "".join(f" --{name.replace('_', '-')} {value}" for name, value in given.items())


def flags_to_go_on(session: Session) -> str:
    """The flags that are not carried out yet, to give again; for a run at the end of its epochs, more epochs; for a run
    that diverged, a window before the divergence.
    """
    frame, at, fields = session.frame, session.going_first, session.editing_first
    wanted = replace(frame.config, **fields)
    if at is None and frame.is_at_the_end_of(wanted):
        return flags_for(**{**fields, "num_epochs": 2 * wanted.num_epochs})
    return flags_for(session.before_it_diverged if at is None and not fields else at, **fields)


def farewell(recorder: Recorder | None, flags: str = "") -> list[str]:
    """Lines that say where the run is and how to continue it, or why it is not kept; none if there is nothing to say.

    Args:
        flags: the flags to continue it; see `flags_for`.
    """
    if recorder is None:
        return []
    if recorder.folder is None:
        return [printable(recorder.warning)]
    folder = quoted(recorder.folder)
    lines = [f"the run is in {folder}", f"go on with: echornn-tui --resume {folder}{flags}"]
    misplaced = recorder.misplaced if isinstance(recorder, RunRecorder) else ""  # looking at the disk itself may hang
    if misplaced == "gone":
        lines = [f"the run is not kept: {folder} is gone"]
    elif misplaced == "replaced":
        lines = [f"the run is not kept: {folder} holds another run now"]
    return [printable(recorder.warning), *lines] if recorder.warning else lines


def forget_if_empty(recorder: Recorder | None, trained: int) -> bool:
    """Remove a new run's folder if nothing was trained; returns whether it was removed."""
    if not isinstance(recorder, RunRecorder) or recorder.resumed is not None or trained:
        return False
    if not recorder.saved:  # a disk that takes nothing may hang
        return False
    with contextlib.suppress(OSError):
        recorder.forget()
        return True
    return False
