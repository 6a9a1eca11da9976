"""The parser of the command line ``echornn-tui``: its flags and subcommands."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Any, get_args

from cyclopts import App, CycloptsError, Parameter, Token, convert

from echornn.files.recorded_values import shortened
from tui.cli.subcommands import SUBCOMMANDS
from tui.cli.training import training
from tui.commands import record
from tui.commands.flags import ConfigFlags, TrainingFlags
from tui.commands.front_end import FrontEnd, UsageError


def converted(kind: Any, words: Sequence[Token]) -> Any:
    """The value of a flag, of type ``kind``, for the words that follow the flag.

    Raises:
        ValueError: a whole number has a decimal point, which cyclopts alone would round.
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
    default_parameter=Parameter(negative=(), converter=converted, consume_multiple=True),
    result_action="return_value",
)

for name, subcommand in SUBCOMMANDS.items():
    command.command(subcommand, name=name)


@command.default
def train(
    *,
    config: Annotated[ConfigFlags | None, Parameter(name="*")] = None,
    flags: Annotated[TrainingFlags | None, Parameter(name="*")] = None,
) -> FrontEnd:
    """Train, in the app or as lines."""
    return training(config or ConfigFlags(), flags or TrainingFlags())


def with_newest(tokens: list[str]) -> list[str]:
    """The command line, with a lone ``--resume`` replaced by ``--resume newest``."""
    ends = [following.startswith("-") for following in tokens[1:]] + [True]
    return [
        word
        for token, alone in zip(tokens, ends, strict=False)
        for word in ([token, record.NEWEST] if token == "--resume" and alone else [token])
    ]


def parsed(arguments: list[str]) -> FrontEnd | None:
    """The program to run for these arguments; None if the command is already done, such as ``--help``.

    Raises:
        UsageError: the command line is invalid; see `training` for other errors.
    """
    try:
        front_end: FrontEnd | None = command(with_newest(arguments), exit_on_error=False, print_error=False)
    except CycloptsError as error:
        raise UsageError(str(error)) from error
    return front_end
