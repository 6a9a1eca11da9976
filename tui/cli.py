"""The command ``echornn-tui``: its flags, and which front end they open."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

from cyclopts import App, CycloptsError, Parameter

from echornn.config import ConfigError, EchoConfig
from echornn.runs.recorder import Recorder
from echornn.runs.run_error import RunError
from tui.commands import record
from tui.exit_code import ExitCode
from tui.flags import ConfigFlags
from tui.tty import guardian, terminal

APP_SPEED = 100.0

command = App(
    name="echornn-tui",
    help="Train an Echo-RNN by truncated back-propagation through time, live in the terminal.",
    version=lambda: version("echornn-tui"),
    default_parameter=Parameter(negative=()),
    result_action="return_value",
)

FrontEnd = Callable[[], int]
"""What a command opens: it runs to its end and returns the exit code."""


class UsageError(ValueError):
    """A flag that cannot be used; the message names it, its value and what is allowed."""


def parse_speed(text: str) -> float:
    """``--speed``: windows a second above 0, or ``max``.

    Raises:
        UsageError: anything else.
    """
    try:
        speed = math.inf if text == "max" else float(text)
    except ValueError:
        speed = math.nan
    if not speed > 0:
        raise UsageError(f"speed = {text!r} cannot be used: a number of windows a second above 0, or max")
    return speed


@command.default
def train(
    *,
    config: Annotated[ConfigFlags | None, Parameter(name="*")] = None,
    speed: str | None = None,
    fps: float = 10.0,
    headless: bool = False,
    json: bool = False,
    ascii: bool = False,
    run: Path | None = None,
    resume: str | None = None,
    at: int | None = None,
) -> FrontEnd:
    """Train, in the app or as lines.

    Parameters
    ----------
    speed
        Windows a second, or max. Unset, it is 100 in the app and max as lines.
    fps
        Frames a second that the app draws at the most, above 0 to 60; a slow line gets fewer.
    headless
        Print lines instead of opening the app; also chosen where there is no terminal.
    json
        Print JSON lines; implies --headless.
    ascii
        Draw with ASCII characters only.
    run
        Folder to keep the run in, new or empty. Unset, it is one in your state folder (see list).
    resume
        Go on with the run in this folder, exactly where it was saved; without a folder, with the newest run. Fields
        given beside it are an edit made there, which can be undone.
    at
        With --resume: go back to after that many windows along the run's path (0 is the start), and go on from there
        as a new branch. Nothing that was trained is lost (see branches).
    """
    if not 0 < fps <= 60:
        raise UsageError(f"fps = {fps!r} cannot be used: above 0, up to 60")
    windows_a_second = None if speed is None else parse_speed(speed)
    if resume is not None and run is not None:
        raise UsageError(f"resume = {resume!r} cannot be used with --run: the run goes on in its folder")
    if at is not None and resume is None:
        raise UsageError(f"at = {at} cannot be used without --resume: it says where a run goes on")
    if at is not None and at < 0:
        raise UsageError(f"at = {at} cannot be used: 0 or more, the windows along the run's path")
    flags = config or ConfigFlags()
    in_the_app = not (headless or json) and terminal.is_interactive()
    guarded = guardian.divide() if in_the_app else None
    start, recorder = _begin(run, flags) if resume is None else record.go_on(resume, flags, at)
    if guarded is None:
        from tui.commands.headless import print_training

        return partial(print_training, start, windows_a_second or math.inf, json, recorder, at)
    from tui.tty.open_app import show_training

    return partial(show_training, start, windows_a_second or APP_SPEED, fps, ascii, recorder, guarded, at)


@command.command(name="export")
def export_run(
    run: str,
    /,
    *,
    path: bool = False,
    branch: int | None = None,
    json: bool = False,
    weights: Path | None = None,
    keras: Path | None = None,
) -> FrontEnd:
    """Print every window of a run, in the order trained, as CSV: window,epoch,loss,accuracy, all counted from 1.

    Parameters
    ----------
    run
        Folder of the run, a name that list shows, or newest.
    path
        Only the windows along the path to where the run stands, numbered along it.
    branch
        Only the windows along the path to the end of this branch, numbered along it (see branches).
    json
        Print JSON lines instead.
    weights
        Write the weights to this .npz file instead.
    keras
        Write the network to this .keras file instead, as a Keras model with the same outputs.
    """
    if path and branch is not None:
        raise UsageError(f"branch = {branch} cannot be used with --path: it is a path of its own")
    if (path or branch is not None) and (weights is not None or keras is not None):
        flag = "--path" if path else "--branch"
        raise UsageError(f"{flag} cannot be used with --weights or --keras: they are those of where the run stands")
    from tui.commands.export import export

    return partial(export, run, json, weights, keras, path, branch)


@command.command(name="branches")
def show_branches(run: str, /, *, json: bool = False) -> FrontEnd:
    """Print the branches of a run: what began each, from where, how far it came; * is the one on which it stands.

    Parameters
    ----------
    run
        Folder of the run, a name that list shows, or newest.
    json
        Print JSON lines.
    """
    from tui.commands.branches import print_branches

    return partial(print_branches, run, json)


@command.command(name="list")
def list_kept_runs() -> FrontEnd:
    """Print the runs in your state folder, the newest first."""
    from tui.commands.list_runs import list_runs

    return list_runs


@command.command(name="prune")
def prune_kept_runs(*, keep: int, dry_run: bool = False) -> FrontEnd:
    """Remove runs from your state folder, all but the newest; never one that is being written or cannot be read.

    Parameters
    ----------
    keep
        How many stay, 0 or more: the first that list shows.
    dry_run
        Only print what would be removed.
    """
    if keep < 0:
        raise UsageError(f"keep = {keep!r} cannot be used: 0 or more")
    from tui.commands.prune import prune

    return partial(prune, keep, dry_run)


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


@command.command
def bench(*, config: Annotated[EchoConfig | None, Parameter(name="*")] = None, json: bool = False) -> FrontEnd:
    """Measure windows a second on this machine, against the tutorial's session loop and plain NumPy.

    Parameters
    ----------
    json
        Print JSON lines.
    """
    from tui.commands.bench import run_bench

    return partial(run_bench, config or EchoConfig(), json)


def main() -> NoReturn:
    """Run the command, and exit with an `ExitCode`."""
    code: int = ExitCode.DONE
    try:
        front_end: FrontEnd | None = command(with_newest(sys.argv[1:]), exit_on_error=False, print_error=False)
        if front_end is not None:
            code = front_end()
    except (CycloptsError, ConfigError, UsageError, RunError) as error:
        print(f"echornn-tui: {error}\nTry 'echornn-tui --help'.", file=sys.stderr)
        code = ExitCode.USAGE
    except BrokenPipeError:  # whoever read the lines has gone
        code = ExitCode.FAILED
    terminal.leave_process(code)
