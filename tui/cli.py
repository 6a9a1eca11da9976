"""The command ``echornn-tui``: its flags, and which front end they open."""

from __future__ import annotations

import math
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

from cyclopts import App, CycloptsError, Parameter

from echornn import collector
from echornn.config import ConfigError, EchoConfig
from echornn.runs.recorder import Recorder
from echornn.runs.run_error import RunError
from echornn.session.pace import LEAST_SPEED, MOST_SPEED, require_speed
from tui import printed
from tui.commands import record
from tui.exit_code import ExitCode
from tui.flags import ConfigFlags, converted
from tui.front_end import FrontEnd, Training, UsageError, require_at
from tui.subcommands import SUBCOMMANDS
from tui.theme import Theme
from tui.tty import early_signals, guardian, terminal

APP_SPEED = 100.0

command = App(
    name="echornn-tui",
    help="Train an Echo-RNN by truncated back-propagation through time, live in the terminal.",
    version=lambda: version("echornn-tui"),
    default_parameter=Parameter(negative=(), converter=converted),
    result_action="return_value",
)


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


for name, subcommand in SUBCOMMANDS.items():
    command.command(subcommand, name=name)


@command.default
def train(
    *,
    config: Annotated[ConfigFlags | None, Parameter(name="*")] = None,
    speed: str | None = None,
    fps: float = 10.0,
    headless: bool = False,
    json: bool = False,
    ascii: bool = False,
    theme: Theme | None = None,
    run: Path | None = None,
    resume: str | None = None,
    at: int | None = None,
    compare: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
) -> FrontEnd:
    """Train, in the app or as lines.

    Parameters
    ----------
    speed
        Windows a second, 0.01 to 1,000,000, or max. By default 100 in the app, and max with --headless.
    fps
        Most frames a second that the app draws, 0.1 to 60; a slow connection gets fewer.
    headless
        Print lines instead of opening the app; the default if there is no terminal.
    json
        Print JSON lines; implies --headless.
    ascii
        Draw with ASCII characters only.
    theme
        Background of the app, dark or light. By default the one chosen last.
    run
        Folder to keep the run in, new or empty. By default a new one in your state folder (see list).
    resume
        Go on with the run in this folder, exactly where it was saved; without a folder, with the newest run. Other
        fields given with it are changed there, as by s in the app; u undoes that.
    at
        With --resume: go back to this window of the run's path (0 is the start) and train on from there at once, as a
        new branch. Nothing that was trained is lost (see branches). To look at a window only, open the run without
        --at, and go there with [ and { or the crosshair.
    compare
        Draw these runs under the curve, in the app: folders, names that list shows, or newest. A run that another
        process trains is followed.
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
    with collector.paused():
        from tui.tty.open_app import show_training

    return Training(
        show_training, start, windows_a_second or APP_SPEED, fps, ascii, theme, recorder, guarded, at, compared
    )


def _begin(folder: Path | None, flags: ConfigFlags) -> tuple[EchoConfig, Recorder]:
    config = flags.over(EchoConfig())
    return config, record.begin(folder, config)


def with_newest(tokens: list[str]) -> list[str]:
    """The command line with ``--resume`` alone written out as ``--resume newest``."""
    ends = [following.startswith("-") for following in tokens[1:]] + [True]
    return [
        word
        for token, alone in zip(tokens, ends, strict=False)
        for word in ([token, record.NEWEST] if token == "--resume" and alone else [token])
    ]


def main() -> NoReturn:
    """Run the command, and exit with an `ExitCode`."""
    terminal.leave_process(exit_code_of(sys.argv[1:]))


def exit_code_of(arguments: list[str]) -> int:
    """Run the command that these words are, and say on standard error, in a line, why it could not be done."""
    try:
        front_end: FrontEnd | None = command(with_newest(arguments), exit_on_error=False, print_error=False)
        if not isinstance(front_end, Training):
            early_signals.let_go()
        code: int = ExitCode.DONE if front_end is None else front_end()
        printed.finish()
        return code
    except (CycloptsError, ConfigError, UsageError, RunError) as error:
        printed.complain(f"echornn-tui: {error}", "Try 'echornn-tui --help'.")
        return ExitCode.USAGE
    except BrokenPipeError:  # whoever read the lines has gone, and knows
        return ExitCode.FAILED
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        printed.complain(f"echornn-tui: {where}{error.strerror or error}")
        return ExitCode.FAILED
    except KeyboardInterrupt:
        printed.complain("echornn-tui: interrupted")
        return ExitCode.FORCED
