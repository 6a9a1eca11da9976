"""The main command: begins or continues a run, in the app or as printed lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from echornn.config import EchoConfig
from echornn.errors import ConfigError
from echornn.runs import folders
from echornn.runs.run_dir import Run
from echornn.runtime import quiet
from tui.cli import UsageError, detach, record
from tui.cli.preferences import Preferences, ScreenFlags, preferences, speed_of
from tui.term import guardian, terminal
from tui.term.exit_code import ExitCode
from tui.term.guardian import Guarded

if TYPE_CHECKING:
    from echornn.runs.recorder import Recorder
    from tui.app.app import EchoApp


@dataclass(frozen=True)
class TrainingFlags:
    """The flags besides those of the screen and the fields of the configuration."""

    speed: str | None = None
    """Windows a second, 0.01 to 1,000,000, or max; by default 100 in the app and max with --headless."""

    no_serve: bool = False
    """Let nobody attach to this session (see attach)."""

    paused: bool = False
    """Begin paused; space starts the training, or with --detach a viewer who attaches."""

    detach: bool = False
    """Train in the background, without a terminal: prints the folder, and how to attach."""

    headless: bool = False
    """Print lines instead of opening the app; the default if there is no terminal."""

    json: bool = False
    """Print JSON lines; implies --headless."""

    run: Path | None = None
    """Folder to keep the run in, new or empty; by default a new folder in your state folder."""

    resume: str | None = None
    """Continue the run in this folder exactly where it was saved; without a folder, the newest run."""

    at: int | None = None
    """With --resume: continue at this window of the run's path (0 is the start), as a new branch."""

    trust: bool = False
    """Also run the tasks and cells of your own in the record; they are programs with all your rights."""

    compare: tuple[str, ...] = ()
    """Draw these runs under the curve, in the app: folders, names that list shows, or newest."""


def train(
    *, flags: TrainingFlags | None = None, screen: ScreenFlags | None = None, given: record.Given | None = None
) -> int:
    """Train, in the app or as lines."""
    flags, given = flags or TrainingFlags(), given or {}
    speed = None if flags.speed is None else speed_of(flags.speed)
    record.require_at(flags.at)
    in_the_app = not (flags.headless or flags.json or flags.detach) and terminal.is_interactive()
    if flags.resume is not None and flags.run is not None:
        raise UsageError(f"resume = {flags.resume!r} cannot be used with --run: a continued run stays in its folder")
    if flags.at is not None and flags.resume is None:
        raise UsageError(f"at = {flags.at} cannot be used without --resume: a run continues at this window")
    if flags.compare and not in_the_app:
        raise ConfigError("compare", flags.compare[0], "only in the app, which draws the curves")
    if flags.paused and not (in_the_app or flags.detach):
        raise UsageError("--paused cannot be used with --headless or without a terminal, only with --detach")
    compared = [folders.find(name) for name in flags.compare]
    for folder in compared:
        Run.read(folder, quickly=True)  # refused before anything is made
    chosen = preferences(screen or ScreenFlags(), speed) if in_the_app else None
    guarded = guardian.divide() if in_the_app else None
    background = detach.divide() if flags.detach else None
    if flags.resume is None:
        config = record.changed(EchoConfig(), given)
        recorder = record.begin(flags.run, config)
    else:
        config, recorder = record.go_on(flags.resume, given, flags.at, flags.trust)
    at = flags.at if recorder.resumed is None else record.first_at(recorder.resumed, given, flags.at)
    if guarded is not None and chosen is not None:
        with quiet.collector_spared():
            from tui.app.app import EchoApp
        return show(EchoApp, config, chosen, recorder, guarded, at, compared, not flags.no_serve, flags.paused)
    from tui.cli.headless import print_training

    how = (flags.json, recorder, at, not flags.no_serve, flags.paused, background)
    return print_training(config, speed or math.inf, *how)


def show(
    kind: type[EchoApp],
    config: EchoConfig,
    chosen: Preferences,
    recorder: Recorder,
    guarded: Guarded,
    at: int | None = None,
    compared: Sequence[Path] = (),
    serve: bool = True,
    paused: bool = False,
) -> int:
    """Train in an app of this kind until the user leaves it; returns the exit code. The training thread may still be
    in native code.
    """
    from echornn.session.commands import Pause
    from echornn.session.exchange import LOCAL
    from echornn.session.session import Session
    from tui.cli.lines import say_last
    from tui.cli.screen import AppScreen, show_error

    screen = AppScreen(guarded, chosen.mouse)
    session = Session(config, chosen.speed, recorder=recorder, at=at, vitals=True)
    if paused:
        session.send(Pause())
    session.viewers.join(terminal.name(), LOCAL)
    serving = detach.Serving(session, serve)
    app = kind(session, chosen.fps, chosen.ascii, chosen.theme, compared, chosen.keys)
    screen.errors.tell = partial(show_error, app)

    def leave_words() -> None:
        guarded.leave_words("\n".join(record.farewell(session)))

    def loaded() -> None:
        leave_words()  # the flags have been applied by now
        serving.begin_soon()

    leave_words()
    app.on_loaded = loaded
    app.why_no_detach = partial(_why_no_detach, recorder)
    screen.when_gone(lambda: record.end(session).after_a_signal)
    code = screen.until_left(screen.show_session(app, session))
    goes_on = app.detaches and code == ExitCode.DONE
    if goes_on:
        serving.end("the session goes on in the background", "attach again with echornn-tui attach")
    else:
        serving.end("the session was ended")
    say_last([*screen.last_words(code, session, goes_on), *app.LAST_WORDS])
    if goes_on and recorder.folder is not None:
        flags = record.flags_for(session.going_first, **session.editing_first)
        detach.go_on_in_the_background(recorder.folder, session.frame.speed, not app.trains, serve, flags)
    return screen.errors.conclude(code)


def _why_no_detach(recorder: Recorder) -> str:
    """Why the run cannot go on without its screen; empty if it can."""
    if recorder.folder is None:
        return "this run is not kept, so it cannot go on without the screen"
    if recorder.warning and not recorder.saved:
        return "not everything is saved, so it cannot go on without the screen"
    return ""
