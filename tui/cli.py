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
from echornn.session.pace import LEAST_SPEED, MOST_SPEED, require_speed
from tui import printed
from tui.commands import record
from tui.exit_code import ExitCode
from tui.flags import ConfigFlags, converted
from tui.theme import Theme
from tui.tty import early_signals, guardian, terminal

APP_SPEED = 100.0

AT_ALLOWED = "at = {} cannot be used: 0 or more, the windows along the run's path"

command = App(
    name="echornn-tui",
    help="Train an Echo-RNN by truncated back-propagation through time, live in the terminal.",
    version=lambda: version("echornn-tui"),
    default_parameter=Parameter(negative=(), converter=converted),
    result_action="return_value",
)

FrontEnd = Callable[[], int]
"""What a command opens: it runs to its end and returns the exit code."""


class Training(partial[int]):
    """A front end that trains: it listens to signals itself, also to those that came before."""


class UsageError(ValueError):
    """A flag that cannot be used; the message names it, its value and what is allowed."""


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
        Windows a second, 0.01 to 1,000,000, or max. Unset, it is 100 in the app and max as lines.
    fps
        Frames a second that the app draws at the most, 0.1 to 60; a slow line gets fewer.
    headless
        Print lines instead of opening the app; also chosen where there is no terminal.
    json
        Print JSON lines; implies --headless.
    ascii
        Draw with ASCII characters only.
    theme
        Background of the app, dark or light. Unset, it is the one chosen last.
    run
        Folder to keep the run in, new or empty. Unset, it is one in your state folder (see list).
    resume
        Go on with the run in this folder, exactly where it was saved; without a folder, with the newest run. Fields
        given beside it are an edit made there, which can be undone.
    at
        With --resume: go back to after that many windows along the run's path (0 is the start), and train on from there
        at once, as a new branch. Nothing that was trained is lost (see branches). Only to look at a moment, open the
        run without this, and go there with [ and { or the crosshair.
    compare
        Lay these runs under the curve: folders, names that list shows, or newest. One that another process trains is
        followed. In the app only.
    """
    if not 0.1 <= fps <= 60:
        raise UsageError(f"fps = {fps!r} cannot be used: 0.1 to 60")
    windows_a_second = None if speed is None else parse_speed(speed)
    if resume is not None and run is not None:
        raise UsageError(f"resume = {resume!r} cannot be used with --run: the run goes on in its folder")
    if at is not None and resume is None:
        raise UsageError(f"at = {at} cannot be used without --resume: it says where a run goes on")
    if at is not None and at < 0:
        raise UsageError(AT_ALLOWED.format(at))
    flags = config or ConfigFlags()
    in_the_app = not (headless or json) and terminal.is_interactive()
    if compare and not in_the_app:
        raise UsageError(
            f"compare = {compare[0]!r} cannot be used without the app, which shows it: export prints a run"
        )
    compared = [record.readable(name) for name in compare]
    guarded = guardian.divide() if in_the_app else None
    start, recorder = _begin(run, flags) if resume is None else record.go_on(resume, flags, at)
    if guarded is None:
        from tui.commands.headless import print_training

        return Training(print_training, start, windows_a_second or math.inf, json, recorder, at)
    from tui.tty.open_app import show_training

    return Training(
        show_training, start, windows_a_second or APP_SPEED, fps, ascii, theme, recorder, guarded, at, compared
    )


@command.command(name="export")
def export_run(
    run: str,
    /,
    *,
    path: bool = False,
    branch: str | None = None,
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
        Only the windows along the path to the end of this branch, numbered along it: its letter, or its number, as
        branches prints them.
    json
        Print JSON lines instead.
    weights
        Write the weights to this .npz file instead.
    keras
        Write the network to this .keras file instead, as a Keras model with the same outputs.
    """
    if path and branch is not None:
        raise UsageError(f"branch = {branch!r} cannot be used with --path: it is a path of its own")
    if (path or branch is not None) and (weights is not None or keras is not None):
        flag = "--path" if path else "--branch"
        raise UsageError(f"{flag} cannot be used with --weights or --keras: they are those of where the run stands")
    from tui.commands.export import export

    return partial(export, run, json, weights, keras, path, branch)


@command.command(name="branches")
def show_branches(run: str, /, *, json: bool = False) -> FrontEnd:
    """Print the branches of a run: what began each, from where, how far it came; * is the one on which it stands.

    Of each: its letter and number, those of its parent, the window along the parent's path at which it begins, the
    windows trained in it, the mean loss of the last 50 of its path, and the window along its path at which the echo was
    solved.

    Parameters
    ----------
    run
        Folder of the run, a name that list shows, or newest.
    json
        Print JSON lines.
    """
    from tui.commands.branches import print_branches

    return partial(print_branches, run, json)


@command.command(name="probe")
def probe_run(run: str, /, *, at: int | None = None, branch: str | None = None, json: bool = False) -> FrontEnd:
    """Print what a run's network holds and how far its error travels: memory and gradient by lag, and more.

    Of data of the probes' own, without dropout. memory and saturated are of the top layer's h alone; gradient and
    lyapunov, of all that is carried on: every layer's, and an LSTM's c.

    The JSON line's keys; lists by lag begin at lag 0, and null is what is no number or not known:

    window: windows along the path.

    memory: r2 by lag, of the best linear read-out of the input so many steps ago; memory_total, numbers held, of
    memory_size.

    gradient_by_lag: mean size of the gradient of a step's loss to what was carried on so many steps before it, nats for
    a unit of state.

    truncation_bias: the share of the gradient that is missing where each error is followed through T steps, to all
    weights but W2 and b2; truncation_bias_by_steps, through 1, 2, ... steps; truncation_bias_of_windows, in windows of
    T steps, as trained. Each with _spread: so much more it may be, two standard errors. Where the spread is as large as
    the bias, it may be none.

    spectral_radius: the largest of spectral_radii, those of the recurrent matrices by name.

    saturated: share of units and steps beyond 0.97 in size, 0 to 1.

    lyapunov: exponents, nats a step, the largest first; -87.3 stands for minus infinity.

    Parameters
    ----------
    run
        Folder of the run, a name that list shows, or newest.
    at
        After that many windows along the run's path (0 is the start). Unset, where the run stands.
    branch
        Along the path to the end of this branch instead: its letter, or its number, as branches prints them. Without
        --at, that end.
    json
        Print a JSON line.
    """
    if at is not None and at < 0:
        raise UsageError(AT_ALLOWED.format(at))
    from tui.commands.probe import probe

    return partial(probe, run, at, json, branch)


@command.command(name="list")
def list_kept_runs(folder: Path | None = None, /, *, json: bool = False) -> FrontEnd:
    """Print the runs in your state folder, or in another, the newest first.

    Of each: windows in all branches, the mean loss of the last 50 where it stands, the window along its path at which
    the echo was solved, and the fields that are not the defaults.

    Parameters
    ----------
    folder
        Folder that holds runs, or is one.
    json
        Print JSON lines.
    """
    from tui.commands.list_runs import list_runs

    return partial(list_runs, folder, json)


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
