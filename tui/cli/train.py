"""The main command: begins or continues a run, in the app or as printed lines, and says how to go
on with it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from echornn import ConfigError, EchoConfig, Run, RunError, RunRecorder, Session
from echornn.config import CELL, TASK, require_epochs
from echornn.data import check_own_data, check_own_files
from echornn.network.given_weights import require_weights
from echornn.own.own_file import OwnFile
from echornn.own.trusted import trusting
from echornn.run import kept_runs
from echornn.run.moves import before_it_diverged
from echornn.run.recorder import Recorder
from echornn.runtime import quiet
from echornn.runtime.visitor import is_visitor
from echornn.session.commands import Pause
from echornn.session.exchange import LOCAL
from echornn.tasks.own_task import OwnTask
from echornn.tasks.table import settings_by_name, values_of
from echornn.training.memory import require_memory
from tui.cli.detach import Serving, go_on_in_the_background, into_background
from tui.cli.flags import NO_FLAGS, Given, ScreenFlags, TrainFlags
from tui.cli.preferences import Preferences, preferences, speed_of
from tui.term import guardian, printed, terminal
from tui.term.exit_code import ENDING_SIGNALS, ExitCode, UsageError
from tui.term.thread_errors import ThreadErrors
from tui.text.command_line import flags_text

if TYPE_CHECKING:
    from tui.app.app import EchoApp
    from tui.app.training_screen import TrainingScreen
    from tui.map.app import MapApp

# To wait at the end for the current windows, besides those for the last checkpoint
SECONDS_TO_SAVE = 1.0
SECONDS_TO_STOP = 0.1  # to wait for a thread in native code that has nothing to save


def train(
    *,
    flags: TrainFlags = NO_FLAGS,
    screen: ScreenFlags | None = None,
    given: Given | None = None,
) -> int:
    """Train, in the app or as lines."""
    speed = None if flags.speed is None else speed_of(flags.speed)
    without_app = flags.headless or flags.json or flags.detach
    in_the_app = not without_app and terminal.is_interactive()
    _require_together(flags, in_the_app)
    compared = [kept_runs.find(name) for name in flags.compare]
    for folder in compared:
        Run.read(folder, quickly=True)  # refused before anything is made

    if in_the_app:
        chosen = preferences(screen)
        guarded = guardian.divide()
        config, recorder, at = _taken_up(flags, given or {})
        session = Session(config, speed, recorder=recorder, at=at, usual_speed=chosen.speed)
        if flags.paused:
            session.send(Pause())
        with quiet.collector_spared():
            from tui.app.training_screen import TrainingScreen
        shown = ShownSession(session, chosen, guarded, serve=not flags.no_serve)
        return shown.show(TrainingScreen, compared)

    background = into_background() if flags.detach else None
    config, recorder, at = _taken_up(flags, given or {})
    from tui.cli.headless import PrintedTraining

    return PrintedTraining(config, recorder, at, speed, flags, background).run()


def _require_together(flags: TrainFlags, in_the_app: bool) -> None:
    """A UsageError or a ConfigError if these flags cannot be used together."""
    if flags.at is not None and flags.at < 0:
        raise ConfigError("at", flags.at, "the number of windows along the run's path, 0 or more")
    if flags.resume is not None and flags.run is not None:
        raise UsageError(
            f"resume = {flags.resume!r} cannot be used with --run: a continued run stays in its "
            "folder"
        )
    if flags.at is not None and flags.resume is None:
        raise UsageError(
            f"at = {flags.at} cannot be used without --resume: a run continues at this window"
        )
    if flags.compare and not in_the_app:
        raise ConfigError("compare", flags.compare[0], "only in the app, which draws the curves")
    if flags.paused and not in_the_app and not flags.detach:
        raise UsageError(
            "--paused cannot be used with --headless or without a terminal, only with --detach"
        )


def _taken_up(flags: TrainFlags, given: Given) -> tuple[EchoConfig, Recorder, int | None]:
    if flags.resume is not None:
        return go_on(flags.resume, given, flags.at, flags.trust)
    config = changed(EchoConfig(), given)
    return config, begin(flags.run, config), None


class ShownSession:
    """A session in the app, until the user leaves it; meanwhile others may attach to it."""

    def __init__(
        self, session: Session, chosen: Preferences, guarded: guardian.Guarded, serve: bool
    ) -> None:
        self._session = session
        self._recorder = session.recorder
        self._chosen = chosen
        self._guarded = guarded
        self._serve = serve
        self._screen = AppScreen(guarded, chosen.mouse)
        session.viewers.join(terminal.name(), LOCAL)
        self._serving = Serving(session, serve)

    def show(self, training: Callable[..., TrainingScreen], compared: Sequence[Path]) -> int:
        """Returns the exit code."""
        from tui.app.app import EchoApp

        self._leave_words()
        app = EchoApp(
            self._session,
            self._chosen.fps,
            self._chosen.ascii,
            self._chosen.theme,
            compared,
            self._chosen.keys,
            training=training,
            on_loaded=self._loaded,
            why_no_detach=self._why_no_detach,
        )
        shown = self._screen.show_session(app, self._session)
        code = self._screen.until_left(shown, self._code_if_gone)
        goes_on = app.detaches and code == ExitCode.DONE
        if goes_on:
            again = "attach again with echornn-tui attach"
            self._serving.end("the session goes on in the background", again)
        else:
            self._serving.end("the session was ended")
        printed.say_last(self._screen.last_words(code, self._session, goes_on))
        if goes_on and self._recorder.folder is not None:
            self._go_on_in_the_background(self._recorder.folder, paused=not app.trains)
        return self._screen.errors.conclude(code)

    def _loaded(self) -> None:
        self._leave_words()  # the flags have been applied by now
        # The disk may be slow
        threading.Thread(target=self._serving.begin, name="begin serving", daemon=True).start()

    def _leave_words(self) -> None:
        self._guarded.leave_words("\n".join(farewell(self._session)))

    def _why_no_detach(self) -> str:
        if is_visitor():
            return "it ends with this page"
        recorder = self._recorder
        if recorder.folder is not None and (recorder.saved or not recorder.warning):
            return ""
        return "not everything is kept, so it cannot go on without the screen"

    def _code_if_gone(self) -> int:
        return end(self._session, after_a_signal=True)

    def _go_on_in_the_background(self, folder: Path, paused: bool) -> NoReturn:
        session = self._session
        first = _flags_for(session.going_first, session.editing_first)
        go_on_in_the_background(folder, session.frame.speed, paused, self._serve, first)


class AppScreen:
    """The terminal while apps are on it, one after the other: their signals and errors, and the
    last words."""

    def __init__(self, guarded: guardian.Guarded, mouse: bool) -> None:
        self.guarded = guarded
        self._mouse = mouse
        self.native_log = terminal.keep_native_stderr_off_the_screen(guarded.log)
        terminal.draw_on_the_terminal()
        self.errors = ThreadErrors()
        self._app: EchoApp | MapApp | None = None  # that is shown
        self._is_asked_to_end = False  # by a signal

    def until_left(self, shown: Coroutine[Any, Any, int], code_if_gone: Callable[[], int]) -> int:
        """The exit code of what is shown; if the terminal is gone, the process ends with another
        one."""

        def leave() -> None:
            terminal.leave_process(code_if_gone())

        guarded = self.guarded
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
        after_a_signal = left == ExitCode.CHECKPOINTED
        code = await asyncio.to_thread(end, session, after_a_signal)
        if app.return_code or (session.error and not after_a_signal):
            return ExitCode.FAILED
        return code

    def last_words(self, code: int, session: Session, goes_on: bool = False) -> list[str]:
        """What to print after the app has ended with this code; a run in which nothing was trained
        is removed."""
        may_forget = code != ExitCode.CHECKPOINTED and not goes_on
        forgotten = may_forget and forget_if_empty(session)
        if session.refused is not None:
            raise session.refused
        if session.error is not None:
            printed.complain(*why_it_failed(session, self.native_log))
        if goes_on or forgotten:
            return []
        return farewell(session)


def why_it_failed(session: Session, native_log: terminal.NativeLog) -> list[str]:
    """Lines: the error, and what native code has said last, unless the user can do without."""
    text = f"echornn-tui: {session.frame.message}\n"
    if not isinstance(session.error, ConfigError):
        text += native_log.tail()
    return text.splitlines()


# ---- the run


def begin(folder: Path | None, config: EchoConfig) -> Recorder:
    """Record a new run in ``folder``, by default a new one in the state folder.

    If that fails, nothing is recorded.
    """
    require_memory(config, config.replicas)
    require_weights(config)
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
    going_on = _GoingOn(given, at)
    with trusting(trust):
        recorder = RunRecorder.go_on(kept_runs.find(name), going_on.decide)
    config = going_on.config
    assert recorder.resumed is not None
    for field in (TASK, CELL):
        own = config.value(field)
        if isinstance(own, OwnFile) and own.is_change_of(recorder.resumed.config.value(field)):
            what = f"so it is another {field}: the network starts over"
            printed.complain(f"echornn-tui: the file of {own} has changed, {what}")
    return config, recorder, going_on.at


class _GoingOn:
    """How a run goes on, which is decided once it is read: at which window, and with which
    configuration."""

    def __init__(self, given: Given, at: int | None) -> None:
        self._given = given
        self.at = at
        self.config = EchoConfig()

    def decide(self, run: Run) -> None:
        """An error if the run cannot go on so."""
        if self.at is None and self._given and run.has_diverged(run.position):
            # The weights there cannot learn
            self.at = before_it_diverged(run.losses, run.position)
        self.config = _edited(run, self._given, self.at)


def _edited(run: Run, given: Given, at: int | None) -> EchoConfig:
    position = run.position_at(at)
    owner = None if at is None else run.owner(position)
    before, epoch, window = run.config, 0, 0
    if owner is not None:
        before = owner.config
        epoch, window = owner.epoch_and_window(position.window)
    elif run.checkpoint is not None:
        state = run.checkpoint.state
        epoch, window = state.epoch, state.window
    if given.get(TASK, before.value(TASK)) == before.value(TASK):  # else its text is not used
        check_own_files(before)
    config = changed(before, given)
    if before.differs_only_live(config):
        require_epochs(config, epoch, window)
    require_memory(config, config.replicas)
    require_weights(config)
    return config


def changed(config: EchoConfig, given: Given) -> EchoConfig:
    """The configuration with these fields.

    If the file of its task has changed, settings that it still has are kept.
    """
    task = given.get(TASK)
    fields: dict[str, Any] = {}
    if isinstance(task, OwnTask) and task.is_change_of(config.value(TASK)):
        settings = settings_by_name(task)
        for name, value in values_of(config.the_task).items():
            with contextlib.suppress(ConfigError, KeyError):
                fields[name] = settings[name].checked(value)
    fields |= given
    wanted = config.with_fields(fields)
    if fields.keys() - {*EchoConfig.names(), TASK}:
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


def farewell(session: Session) -> list[str]:
    """The lines that say where the run is, how to go on with it and what was not done yet, or why
    it is not kept."""
    recorder = session.recorder
    warning = []
    if recorder.warning:
        warning.append(printed.printable(recorder.warning))
    if recorder.folder is None or recorder.misplaced:
        return warning
    at, fields = session.going_first, session.editing_first
    wanted = session.frame.config.with_fields(fields)
    if at is None and session.frame.is_at_the_end_of(wanted):
        fields = {**fields, "num_epochs": 2 * wanted.num_epochs}
    elif at is None and not fields:
        at = session.before_it_diverged
    folder = printed.quoted(recorder.folder)
    go_on = ["echornn-tui --resume", folder, *_flags_for(at, fields)]
    return [*warning, f"the run is in {folder}", f"go on with: {' '.join(go_on)}"]


def _flags_for(at: int | None, fields: Given) -> list[str]:
    return flags_text(fields if at is None else {"at": at, **fields})


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
