"""The main command: begins or continues a run, in the app or as printed lines, and says how to go
on with it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from echornn import ConfigError, EchoConfig, Run, RunError, RunRecorder, Session
from echornn.config import CELL, TASK, require_epochs
from echornn.data.series import check_own_data, check_own_files
from echornn.own import OwnFile, trusting
from echornn.run import kept_runs
from echornn.run.moves import before_it_diverged
from echornn.run.recorder import Recorder
from echornn.runtime import quiet
from echornn.session.commands import Pause
from echornn.session.exchange import LOCAL
from echornn.tasks.own_task import OwnTask
from echornn.tasks.table import settings_by_name, values_of
from echornn.training.device import require_memory
from tui.cli.detach import Serving, go_on_in_the_background, into_background
from tui.cli.preferences import Preferences, ScreenFlags, preferences, speed_of
from tui.term import guardian, printed, terminal
from tui.term.exit_code import ENDING_SIGNALS, ExitCode, UsageError
from tui.term.thread_errors import ThreadErrors

if TYPE_CHECKING:
    from tui.app.app import EchoApp
    from tui.app.training_screen import TrainingScreen
    from tui.map.app import MapApp

# To wait at the end for the current windows, besides those for the last checkpoint
SECONDS_TO_SAVE = 1.0
SECONDS_TO_STOP = 0.1  # to wait for a thread in native code that has nothing to save

Given = Mapping[str, Any]
"""The fields that the user gave, by name (see `EchoConfig.fields`); they may be invalid
together."""


def train(
    *,
    speed: Annotated[
        str | None, "Windows a second, 0.01 to 1,000,000, or max; by default 100 in the app."
    ] = None,
    no_serve: Annotated[bool, "Let nobody attach to this session (see attach)."] = False,
    paused: Annotated[
        bool, "Begin paused; space starts the training, or a viewer who attaches."
    ] = False,
    detach: Annotated[
        bool, "Train in the background: prints the folder, and how to attach."
    ] = False,
    headless: Annotated[
        bool, "Print lines instead of opening the app; the default without a terminal."
    ] = False,
    json: Annotated[bool, "Print JSON lines; implies --headless."] = False,
    run: Annotated[
        Path | None, "Folder to keep the run in, new or empty; by default in your state folder."
    ] = None,
    resume: Annotated[
        str | None, "Continue this run exactly where it was saved; by default the newest run."
    ] = None,
    at: Annotated[
        int | None, "With --resume: go back to this window of the run's path, as a new branch."
    ] = None,
    trust: Annotated[
        bool, "Run your own tasks and cells in the record: programs with all your rights."
    ] = False,
    compare: Annotated[
        tuple[str, ...], "Draw these runs under the curve, in the app: folders or names."
    ] = (),
    screen: ScreenFlags | None = None,
    given: Given | None = None,
) -> int:
    """Train, in the app or as lines."""
    rate = None if speed is None else speed_of(speed)
    if at is not None and at < 0:
        raise ConfigError("at", at, "the number of windows along the run's path, 0 or more")
    in_the_app = not (headless or json or detach) and terminal.is_interactive()
    if resume is not None and run is not None:
        raise UsageError(
            f"resume = {resume!r} cannot be used with --run: a continued run stays in its folder"
        )
    if at is not None and resume is None:
        raise UsageError(
            f"at = {at} cannot be used without --resume: a run continues at this window"
        )
    if compare and not in_the_app:
        raise ConfigError("compare", compare[0], "only in the app, which draws the curves")
    if paused and not (in_the_app or detach):
        raise UsageError(
            "--paused cannot be used with --headless or without a terminal, only with --detach"
        )
    compared = [kept_runs.find(name) for name in compare]
    for folder in compared:
        Run.read(folder, quickly=True)  # refused before anything is made
    chosen = preferences(screen) if in_the_app else None
    guarded = guardian.divide() if in_the_app else None
    background = into_background() if detach else None
    given = given or {}
    if resume is None:
        config = changed(EchoConfig(), given)
        recorder = begin(run, config)
    else:
        config, recorder, at = go_on(resume, given, at, trust)
    if guarded is not None and chosen is not None:
        session = Session(config, rate, recorder=recorder, at=at, usual_speed=chosen.speed)
        if paused:
            session.send(Pause())
        with quiet.collector_spared():
            from tui.app.training_screen import TrainingScreen
        return show(TrainingScreen, session, chosen, guarded, compared, not no_serve)
    from tui.cli.headless import print_training

    return print_training(config, recorder, at, rate, json, not no_serve, paused, background)


def show(
    training: Callable[..., TrainingScreen],
    session: Session,
    chosen: Preferences,
    guarded: guardian.Guarded,
    compared: Sequence[Path],
    serve: bool,
) -> int:

    from tui.app.app import EchoApp

    screen, recorder = AppScreen(guarded, chosen.mouse), session.recorder
    session.viewers.join(terminal.name(), LOCAL)
    serving = Serving(session, serve)

    def leave_words() -> None:
        guarded.leave_words("\n".join(farewell(session)))

    def loaded() -> None:
        leave_words()  # the flags have been applied by now
        # The disk may be slow
        threading.Thread(target=serving.begin, name="begin serving", daemon=True).start()

    def why_no_detach() -> str:
        is_kept = recorder.folder is not None and (recorder.saved or not recorder.warning)
        return "" if is_kept else "not everything is kept, so it cannot go on without the screen"

    leave_words()
    app = EchoApp(
        session,
        chosen.fps,
        chosen.ascii,
        chosen.theme,
        compared,
        chosen.keys,
        training=training,
        on_loaded=loaded,
        why_no_detach=why_no_detach,
    )
    code = screen.until_left(
        screen.show_session(app, session), lambda: end(session, after_a_signal=True)
    )
    goes_on = app.detaches and code == ExitCode.DONE
    if goes_on:
        serving.end("the session goes on in the background", "attach again with echornn-tui attach")
    else:
        serving.end("the session was ended")
    printed.say_last(screen.last_words(code, session, goes_on))
    if goes_on and recorder.folder is not None:
        flags = flags_for(session.going_first, **session.editing_first)
        go_on_in_the_background(recorder.folder, session.frame.speed, not app.trains, serve, flags)
    return screen.errors.conclude(code)


class AppScreen:
    """The terminal while apps are on it, one after the other: their signals and errors, and the
    last words."""

    def __init__(self, guarded: guardian.Guarded, mouse: bool) -> None:
        self.guarded, self._mouse = guarded, mouse
        self.native_log = terminal.keep_native_stderr_off_the_screen(guarded.log)
        terminal.draw_on_the_terminal()
        self.errors = ThreadErrors()
        self._app: EchoApp | MapApp | None = None  # that is shown
        self._is_asked_to_end = False  # by a signal

    def until_left(self, shown: Coroutine[Any, Any, int], code_if_gone: Callable[[], int]) -> int:
        """The exit code of what is shown; if the terminal is gone, the process ends with another
        one."""
        leave, guarded = (lambda: terminal.leave_process(code_if_gone())), self.guarded
        terminal.when_terminal_is_gone(leave, guardian=guarded.line, wake=guarded.wake)
        # asyncio.run would close the loop, and for that wait forever for the training thread
        with self.errors.keeping():
            return asyncio.new_event_loop().run_until_complete(self._on_signals(shown))

    async def _on_signals(self, shown: Coroutine[Any, Any, int]) -> int:
        """Hear signals all the time: also before an app is there, between two, and after them."""
        calls: dict[int, Callable[[], None]] = dict.fromkeys(ENDING_SIGNALS, self._end)
        calls[signal.SIGUSR1] = self._save
        with terminal.signals_heard(calls):
            return await shown

    def _end(self) -> None:
        self._is_asked_to_end = True
        if self._app is not None:  # it can be left once it has its widgets
            self._app.call_later(self._app.leave, ExitCode.CHECKPOINTED)

    def _save(self) -> None:
        if self._app is not None:
            self._app.save()

    def tell_errors_in(self, app: EchoApp) -> None:
        self.errors.tell = lambda words: app.call_later(
            partial(app.notify, words, severity="error")
        )

    async def show(self, app: EchoApp | MapApp, behind: Callable[[], str] = lambda: "") -> Any:
        """What an app returns when the user leaves it; FAILED if it crashed, and has said why."""
        from tui.term.driver import TerminalDriver
        from tui.term.output import draw_in_few_bytes

        app.driver_class = TerminalDriver
        draw_in_few_bytes(app, behind)
        if self._is_asked_to_end:
            return ExitCode.CHECKPOINTED
        self._app = app
        left = await app.run_async(mouse=self._mouse)
        self._app = None
        return ExitCode.FAILED if app.return_code else left

    async def show_session(self, app: EchoApp, session: Session) -> int:
        """The exit code of the app of a session, which is ended with it, when all is saved."""
        self.tell_errors_in(app)
        left = await self.show(app, app.behind_an_update)
        code = await asyncio.to_thread(end, session, left == ExitCode.CHECKPOINTED)
        has_failed = app.return_code or (session.error and left != ExitCode.CHECKPOINTED)
        return ExitCode.FAILED if has_failed else code

    def last_words(self, code: int, session: Session, goes_on: bool = False) -> list[str]:
        """What to print after the app has ended with this code; a run in which nothing was trained
        is removed."""
        forgotten = code != ExitCode.CHECKPOINTED and not goes_on and forget_if_empty(session)
        if session.refused is not None:
            raise session.refused
        if session.error is not None:
            tail = "" if isinstance(session.error, ConfigError) else self.native_log.tail()
            printed.complain(*f"echornn-tui: {session.frame.message}\n{tail}".splitlines())
        return [] if goes_on or forgotten else farewell(session)


# ---- the run


def begin(folder: Path | None, config: EchoConfig) -> Recorder:
    """Record a new run in ``folder``, by default a new one in the state folder.

    If that fails, nothing is recorded.
    """
    require_memory(config, config.replicas)
    if folder is not None:
        return RunRecorder.begin(folder, config)
    try:
        return RunRecorder.begin(kept_runs.new_folder(config), config)
    except RunError as error:
        return Recorder(str(error))


def go_on(
    name: str, given: Given, at: int | None, trust: bool
) -> tuple[EchoConfig, Recorder, int | None]:
    """Continue a run at a window of its path, by default where it is, with fields changed; returns
    that window too."""
    config, first = EchoConfig(), at

    def allow(run: Run) -> None:
        nonlocal config, first
        if at is None and given and run.has_diverged(run.position):  # its weights cannot learn
            first = before_it_diverged(run.losses, run.position)
        config = _edited(run, given, first)

    with trusting(trust):
        recorder = RunRecorder.go_on(kept_runs.find(name), allow)
    for field in (TASK, CELL):
        own = config.value(field)
        if (
            recorder.resumed
            and isinstance(own, OwnFile)
            and own.is_change_of(recorder.resumed.config.value(field))
        ):
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
    """The configuration with these fields.

    If the file of its task has changed, settings that it still has are kept.
    """
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
    """Stop a session, and wait until everything is on disk, or until the time limit; returns the
    exit code."""
    session.stop()
    recorder = session.recorder
    until = time.monotonic() + SECONDS_TO_SAVE + recorder.seconds_to_end
    while True:
        has_stopped, is_saved = session.stopped.wait(SECONDS_TO_STOP), recorder.saved
        if has_stopped or is_saved or recorder.folder is None or time.monotonic() >= until:
            return code_at_the_end(recorder, is_saved, after_a_signal)


def code_at_the_end(recorder: Recorder, is_saved: bool, after_a_signal: bool) -> ExitCode:
    """Whether the run can be continued from its last window; if not after a signal, a run that is
    not kept is fine."""
    if after_a_signal:
        return ExitCode.CHECKPOINTED if is_saved else ExitCode.FAILED
    return ExitCode.DONE if is_saved or recorder.folder is None else ExitCode.FAILED


def flags_for(at: int | None = None, **fields: object) -> list[str]:
    given = {**({} if at is None else {"at": at}), **fields}
    return [
        text
        for name, value in given.items()
        for text in (f"--{name.replace('_', '-')}", str(value))
    ]


def farewell(session: Session) -> list[str]:
    """The lines that say where the run is, how to go on with it and what was not done yet, or why
    it is not kept."""
    recorder, frame, at, fields = (
        session.recorder,
        session.frame,
        session.going_first,
        session.editing_first,
    )
    warning = [printed.printable(recorder.warning)] if recorder.warning else []
    if recorder.folder is None or recorder.misplaced:
        return warning
    folder = printed.quoted(recorder.folder)
    wanted = frame.config.with_fields(fields)
    if at is None and frame.is_at_the_end_of(wanted):
        flags = flags_for(**{**fields, "num_epochs": 2 * wanted.num_epochs})
    else:
        flags = flags_for(session.before_it_diverged if at is None and not fields else at, **fields)
    go_on = ["echornn-tui --resume", folder, *flags]
    return [*warning, f"the run is in {folder}", f"go on with: {' '.join(go_on)}"]


def forget_if_empty(session: Session) -> bool:
    """Remove the folder of a new run in which nothing was trained; returns whether it was
    removed."""
    recorder = session.recorder
    # The disk may hang
    if recorder.resumed is not None or session.frame.trained_in_all or not recorder.saved:
        return False
    with contextlib.suppress(OSError):
        recorder.forget()
        return True
    return False
