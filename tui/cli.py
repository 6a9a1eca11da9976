"""The flags of the command ``echornn-tui``, and its subcommands."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, get_args

from cyclopts import App, CycloptsError, Parameter, Token, convert

from echornn.runs.recorded_values import shortened
from tui.commands import record
from tui.flags import ConfigFlags
from tui.front_end import FrontEnd, UsageError
from tui.subcommands import SUBCOMMANDS
from tui.theme import Theme
from tui.training import FPS, training


def converted(kind: Any, words: Sequence[Token]) -> Any:
    """What the words that follow a flag are, as a value of its kind.

    Raises:
        ValueError: a whole number has a point: cyclopts alone would round it.
    """
    if int in (kind, *get_args(kind)):
        for word in words:
            if "." in word.value:
                raise ValueError(f"{shortened(word.value)!r} is not a whole number")
    return convert(kind, words)


command = App(
    name="echornn-tui",
    help="Train an Echo-RNN by truncated back-propagation through time, live in the terminal.",
    version=lambda: version("echornn-tui"),
    default_parameter=Parameter(negative=(), converter=converted),
    result_action="return_value",
)

for name, subcommand in SUBCOMMANDS.items():
    command.command(subcommand, name=name)


@command.default
def train(
    *,
    config: Annotated[ConfigFlags | None, Parameter(name="*")] = None,
    speed: str | None = None,
    fps: float = FPS,
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
    return training(config, speed, fps, headless, json, ascii, theme, run, resume, at, compare)


def with_newest(tokens: list[str]) -> list[str]:
    """The command line with ``--resume`` alone written out as ``--resume newest``."""
    ends = [following.startswith("-") for following in tokens[1:]] + [True]
    return [
        word
        for token, alone in zip(tokens, ends, strict=False)
        for word in ([token, record.NEWEST] if token == "--resume" and alone else [token])
    ]


def parsed(arguments: list[str]) -> FrontEnd | None:
    """What these words start; None if they were carried out, as ``--help`` is.

    Raises:
        UsageError: they are no command line, or cannot be used; `training` says what else is raised.
    """
    try:
        front_end: FrontEnd | None = command(with_newest(arguments), exit_on_error=False, print_error=False)
    except CycloptsError as error:
        raise UsageError(str(error)) from error
    return front_end
