"""The main command: starts or continues a run, in the app or as printed lines."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

from echornn.config import EchoConfig
from echornn.replay.pace import LEAST_SPEED, MOST_SPEED, require_speed
from echornn.runs.recorder import Recorder
from echornn.runtime import quiet
from tui.cli.own_keys import moved_keys
from tui.commands import record
from tui.commands.flags import ConfigFlags, TrainingFlags
from tui.commands.front_end import FrontEnd, UsageError, require_at, require_fps
from tui.commands.training.background import divide
from tui.preferences.chosen import preferences
from tui.term import guardian, terminal


def parse_speed(text: str) -> float:
    """Parse ``--speed``: windows per second, or ``max``."""
    try:
        return require_speed(math.inf if text == "max" else float(text))
    except ValueError as error:
        allowed = f"{LEAST_SPEED:g} to {MOST_SPEED:,.0f} windows a second, or max"
        raise UsageError(f"speed = {text!r} cannot be used: {allowed}") from error


def training(fields: ConfigFlags, flags: TrainingFlags) -> FrontEnd:
    """The program to run for the main command, with these configuration fields and other flags."""
    if flags.fps is not None:
        require_fps(flags.fps)
    speed = None if flags.speed is None else parse_speed(flags.speed)
    if flags.resume is not None and flags.run is not None:
        raise UsageError(f"resume = {flags.resume!r} cannot be used with --run: a continued run stays in its folder")
    if flags.at is not None and flags.resume is None:
        raise UsageError(
            f"at = {flags.at} cannot be used without --resume: it is the window from which a run continues"
        )
    require_at(flags.at)
    in_the_app = not (flags.headless or flags.json or flags.detach) and terminal.is_interactive()
    if flags.compare and not in_the_app:
        raise UsageError(f"compare = {flags.compare[0]!r} cannot be used without the app, which draws the curves")
    if flags.paused and not (in_the_app or flags.detach):
        raise UsageError("--paused cannot be used with --headless or without a terminal, only with --detach")
    compared = [record.readable(name) for name in flags.compare]
    given = {"theme": flags.theme, "fps": flags.fps, "ascii": flags.ascii or None, "speed": speed}
    given["mouse"] = False if flags.no_mouse else None
    chosen = preferences(**given) if in_the_app else None
    guarded = guardian.divide() if in_the_app else None
    if chosen is not None:
        moved_keys(chosen)  # refused before a folder is made
    background = divide() if flags.detach else None
    if flags.resume is None:
        config, recorder = _begin(flags.run, fields)
    else:
        config, recorder = record.go_on(flags.resume, fields, flags.at, flags.trust)
    at = flags.at if recorder.resumed is None else record.first_at(recorder.resumed, fields, flags.at)
    if guarded is None or chosen is None:
        from tui.commands.training.headless import print_training

        how = (flags.json, recorder, at, not flags.no_serve, flags.paused, background)
        return partial(print_training, config, speed or math.inf, *how)
    with quiet.collector_spared():
        from tui.cli.front_ends.open_app import show_training

    return partial(
        show_training,
        config,
        chosen,
        recorder,
        guarded,
        at,
        compared,
        not flags.no_serve,
        flags.paused,
    )


def _begin(folder: Path | None, fields: ConfigFlags) -> tuple[EchoConfig, Recorder]:
    config = fields.over(EchoConfig())
    return config, record.begin(folder, config)
