"""Begins a run or goes on with one, in the app or as lines: what the main command does with its flags."""

from __future__ import annotations

import math
from pathlib import Path

from echornn import collector
from echornn.config import EchoConfig
from echornn.runs.recorder import Recorder
from echornn.session.pace import LEAST_SPEED, MOST_SPEED, require_speed
from tui.commands import record
from tui.flags import ConfigFlags
from tui.front_end import FrontEnd, Training, UsageError, require_at
from tui.theme import Theme
from tui.tty import guardian, terminal

APP_SPEED = 100.0

FPS = 10.0


def parse_speed(text: str) -> float:
    """``--speed``: windows a second, or ``max``.

    Raises:
        UsageError: anything else, or a number out of range; see `echornn.session.pace.require_speed`.
    """
    try:
        return require_speed(math.inf if text == "max" else float(text))
    except ValueError as error:
        allowed = f"{LEAST_SPEED:g} to {MOST_SPEED:,.0f} windows a second, or max"
        raise UsageError(f"speed = {text!r} cannot be used: {allowed}") from error


def training(
    config: ConfigFlags | None = None,
    speed: str | None = None,
    fps: float = FPS,
    headless: bool = False,
    json: bool = False,
    ascii: bool = False,
    theme: Theme | None = None,
    run: Path | None = None,
    resume: str | None = None,
    at: int | None = None,
    compare: tuple[str, ...] = (),
) -> FrontEnd:
    """What these flags start; `tui.cli.train` says what each is.

    Raises:
        UsageError: they cannot be used together, or one is out of range.
        ConfigError: nothing can be trained with these fields.
        RunError: a run cannot be kept, or gone on with.
    """
    if not 0.1 <= fps <= 60:
        raise UsageError(f"fps = {fps!r} cannot be used: 0.1 to 60")
    windows_a_second = None if speed is None else parse_speed(speed)
    if resume is not None and run is not None:
        raise UsageError(f"resume = {resume!r} cannot be used with --run: the run goes on in its folder")
    if at is not None and resume is None:
        raise UsageError(f"at = {at} cannot be used without --resume: it says where a run goes on")
    require_at(at)
    flags = config or ConfigFlags()
    in_the_app = not (headless or json) and terminal.is_interactive()
    if compare and not in_the_app:
        raise UsageError(
            f"compare = {compare[0]!r} cannot be used without the app, which shows it: export prints a run"
        )
    compared = [record.readable(name) for name in compare]
    guarded = guardian.divide() if in_the_app else None
    start, recorder = _begin(run, flags) if resume is None else record.go_on(resume, flags, at)
    if recorder.resumed is not None:
        at = record.first_at(recorder.resumed, flags, at)
    if guarded is None:
        from tui.commands.headless import print_training

        return Training(print_training, start, windows_a_second or math.inf, json, recorder, at)
    with collector.spared():
        from tui.tty.open_app import show_training

    return Training(
        show_training, start, windows_a_second or APP_SPEED, fps, ascii, theme, recorder, guarded, at, compared
    )


def _begin(folder: Path | None, flags: ConfigFlags) -> tuple[EchoConfig, Recorder]:
    config = flags.over(EchoConfig())
    return config, record.begin(folder, config)
