"""Begins and continues runs for the command line, and prints at the end how to go on with them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from echornn import ConfigError, EchoConfig, Run, RunError, RunRecorder, Session
from echornn.config import CELL, TASK, require_epochs
from echornn.data.series import check_own_data, check_own_files
from echornn.history.windows import losses_of
from echornn.own import OwnFile, trusting
from echornn.runs import folders
from echornn.runs.recorder import Recorder
from echornn.tasks.own_task import OwnTask
from echornn.tasks.table import settings_by_name, values_of
from echornn.timeline.moves import before_it_diverged
from echornn.training.device import require_memory
from tui.term import printed
from tui.term.exit_code import ExitCode

SECONDS_TO_SAVE = 1.0  # to wait at the end for the current windows, besides those for the last checkpoint
SECONDS_TO_STOP = 0.1  # to wait for a thread in native code that has nothing to save

Given = Mapping[str, Any]
"""The fields that the user gave, by name (see `EchoConfig.fields`); they may be invalid together."""


def begin(folder: Path | None, config: EchoConfig) -> Recorder:
    """Record a new run in ``folder``, by default a new one in the state folder. If that fails, nothing is recorded."""
    require_memory(config, config.replicas)
    if folder is not None:
        return RunRecorder.begin(folder, config)
    try:
        return RunRecorder.begin(folders.new_folder(config), config)
    except RunError as error:
        return Recorder(str(error))


def go_on(name: str, given: Given, at: int | None, trust: bool) -> tuple[EchoConfig, Recorder, int | None]:
    """Continue a run at a window of its path, by default where it is, with fields changed; returns that window too."""
    config, first = EchoConfig(), at

    def allow(run: Run) -> None:
        nonlocal config, first
        if at is None and given:  # diverged weights cannot learn
            newest = run.path(run.position, max(0, run.position.window - 1))
            is_finite = all(bool(np.isfinite(losses_of(piece.windows)[-1]).any()) for piece in newest)
            first = None if is_finite else before_it_diverged(run.timeline(), run.position)
        config = _edited(run, given, first)

    with trusting(trust):
        recorder = RunRecorder.go_on(folders.find(name), allow)
    for field in (TASK, CELL):
        own = config.value(field)
        if recorder.resumed and isinstance(own, OwnFile) and own.is_change_of(recorder.resumed.config.value(field)):
            what = f"so it is another {field}: the network starts over"
            printed.complain(f"echornn-tui: the file of {own} has changed, {what}")
    return config, recorder, first


def _edited(run: Run, given: Given, at: int | None) -> EchoConfig:
    position = run.position_at(at)
    owner = run.owner(position) if at is not None else None
    if owner is not None:
        before, (epoch, window) = owner.config, owner.epoch_and_window(position.window)
    else:
        state = run.checkpoint.state if run.checkpoint else None
        before, (epoch, window) = run.config, (state.epoch, state.window) if state else (0, 0)
    if given.get(TASK, before.value(TASK)) == before.value(TASK):  # else its text is not used
        check_own_files(before)
    config = changed(before, given)
    if before.differs_only_live(config):
        require_epochs(config, epoch, window)
    require_memory(config, config.replicas)
    return config


def changed(config: EchoConfig, given: Given) -> EchoConfig:
    """The configuration with these fields. If the file of its task has changed, settings that it still has are kept."""
    task, kept = given.get(TASK), {}
    if isinstance(task, OwnTask) and task.is_change_of(config.value(TASK)):
        settings = settings_by_name(task)
        for name, value in values_of(config.the_task).items():
            with contextlib.suppress(ConfigError, KeyError):
                kept[name] = settings[name].checked(value)
    wanted = config.with_fields({**kept, **given})
    if {*kept, *given} - {*EchoConfig.names(), TASK}:
        check_own_data(wanted)
    return wanted


def end(session: Session, after_a_signal: bool) -> ExitCode:
    """Stop a session, and wait until everything is on disk, or until the time limit; returns the exit code."""
    session.stop()
    recorder = session.recorder
    until = time.monotonic() + SECONDS_TO_SAVE + recorder.seconds_to_end
    while True:
        has_stopped, is_saved = session.stopped.wait(SECONDS_TO_STOP), recorder.saved
        if has_stopped or is_saved or recorder.folder is None or time.monotonic() >= until:
            return code_at_the_end(recorder, is_saved, after_a_signal)


def code_at_the_end(recorder: Recorder, is_saved: bool, after_a_signal: bool) -> ExitCode:
    """Whether the run can be continued from its last window; if not after a signal, a run that is not kept is fine."""
    if after_a_signal:
        return ExitCode.CHECKPOINTED if is_saved else ExitCode.FAILED
    return ExitCode.DONE if is_saved or recorder.folder is None else ExitCode.FAILED


def flags_for(at: int | None = None, **fields: object) -> list[str]:
    """The flags after ``--resume RUN`` to continue at this window of its path with these fields."""
    given = {**({} if at is None else {"at": at}), **fields}
    return [text for name, value in given.items() for text in (f"--{name.replace('_', '-')}", str(value))]


def farewell(session: Session) -> list[str]:
    """The lines that say where the run is, how to go on with it and what was not done yet, or why it is not kept."""
    recorder, frame, at, fields = session.recorder, session.frame, session.going_first, session.editing_first
    warning = [printed.printable(recorder.warning)] if recorder.warning else []
    if recorder.folder is None:
        return warning
    folder = printed.quoted(recorder.folder)
    if recorder.misplaced:
        return [*warning, f"the run is not kept: {folder} is {recorder.misplaced}"]
    wanted = frame.config.with_fields(fields)
    if at is None and frame.is_at_the_end_of(wanted):
        flags = flags_for(**{**fields, "num_epochs": 2 * wanted.num_epochs})
    else:
        flags = flags_for(session.before_it_diverged if at is None and not fields else at, **fields)
    go_on = ["echornn-tui --resume", folder, *flags]
    return [*warning, f"the run is in {folder}", f"go on with: {' '.join(go_on)}"]


def forget_if_empty(session: Session) -> bool:
    """Remove the folder of a new run in which nothing was trained; returns whether it was removed."""
    recorder = session.recorder
    if recorder.resumed is not None or session.frame.trained_in_all or not recorder.saved:  # the disk may hang
        return False
    with contextlib.suppress(OSError):
        recorder.forget()
        return True
    return False
