"""The parser of the command line ``echornn-tui``: its flags and subcommands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import wraps
from importlib.metadata import version
from inspect import signature
from typing import Annotated, Any, get_args, get_type_hints

from cyclopts import App, CycloptsError, Parameter, Token, UnknownOptionError, UnusedCliTokensError, convert

from echornn.files.recorded_values import shortened
from echornn.tasks.own_task import TaskName
from tui.cli import task_flags
from tui.cli.commands import SUBCOMMANDS
from tui.cli.training import training
from tui.commands import record
from tui.commands.flags import ConfigFlags, TrainingFlags
from tui.commands.front_end import FrontEnd, UsageError


def converted(kind: Any, words: Sequence[Token]) -> Any:
    """The value of a flag, of type ``kind``, for the words that follow the flag."""
    if int in (kind, *get_args(kind)):
        for word in words:
            if "." in word.value:
                raise ValueError(f"{shortened(word.value)!r} is not a whole number")
    return convert(kind, words)


def parser_with(flags: type[ConfigFlags]) -> App:
    """The parser whose flags for configurations are those of this class."""
    app = App(
        name="echornn-tui",
        help="Train an Echo-RNN by truncated back-propagation through time, live in the terminal.",
        version=lambda: version("echornn-tui"),
        default_parameter=Parameter(negative=(), converter=converted, consume_multiple=True),
        result_action="return_value",
    )
    for name, subcommand in SUBCOMMANDS.items():
        app.command(_with_flags(subcommand, flags), name=name)
    app.default(_with_flags(train, flags))
    return app


def _with_flags(function: Callable[..., FrontEnd], flags: type[ConfigFlags]) -> Callable[..., FrontEnd]:
    """The function with another class of flags as its parameter ``config``, if it has one."""
    if flags is ConfigFlags or "config" not in function.__annotations__:
        return function

    @wraps(function)
    def copy(*given: Any, **named: Any) -> FrontEnd:
        return function(*given, **{**named, "config": named.get("config") or flags()})

    copy.__annotations__ = {
        **get_type_hints(function, include_extras=True),
        "config": Annotated[flags | None, Parameter(name="*")],
    }
    parameters = signature(function).parameters.items()
    annotated = [one.replace(annotation=copy.__annotations__[name]) for name, one in parameters]
    copy.__signature__ = signature(function).replace(parameters=annotated)  # type: ignore[attr-defined]
    return copy


def train(
    *,
    config: Annotated[ConfigFlags | None, Parameter(name="*")] = None,
    flags: Annotated[TrainingFlags | None, Parameter(name="*")] = None,
) -> FrontEnd:
    """Train, in the app or as lines."""
    return training(config or ConfigFlags(), flags or TrainingFlags())


command = parser_with(ConfigFlags)
"""The parser for the echo."""


def with_newest(tokens: list[str]) -> list[str]:
    """The command line, with a lone ``--resume`` replaced by ``--resume newest``."""
    ends = [following.startswith("-") for following in tokens[1:]] + [True]
    return [
        word
        for token, alone in zip(tokens, ends, strict=False)
        for word in ([token, record.NEWEST] if token == "--resume" and alone else [token])
    ]


def parsed(arguments: list[str]) -> FrontEnd | None:
    """The program to run for these arguments; None if the command is already done, such as ``--help``."""
    task_flags.check_cells(arguments)
    tasks = task_flags.tasks_of(arguments)
    try:
        try:
            return _parsed(arguments, tasks)
        except UnknownOptionError:
            tasks = tasks or task_flags.task_of_the_run(arguments)
            if not tasks:
                raise
            return _parsed(arguments, tasks)
    except UnknownOptionError as error:
        flag = error.token.keyword or error.token.value
        hint = task_flags.hint(flag.partition("=")[0])
        unknown = f"Unknown option: {flag}. {hint}" if hint else str(error)
        raise UsageError(f"{unknown}{task_flags.settings_text(tasks)}") from error
    except UnusedCliTokensError as error:
        raise UsageError(_unused_text(list(error.unused_tokens or ()))) from error
    except CycloptsError as error:
        raise UsageError(str(error)) from error


def _unused_text(words: list[str]) -> str:
    """A line about words that mean nothing where they are: a subcommand after flags, or a word that is none."""
    late = next((word for word in words if word in SUBCOMMANDS), None)
    if late is not None:
        return f"the subcommand comes first: echornn-tui {late}, then its flags"
    named = shortened(" ".join(words)) or "an empty word"
    near = get_close_matches(words[0], SUBCOMMANDS, 1) if words else []
    return f"{named} is not understood here{f'; did you mean echornn-tui {near[0]}?' if near else ''}"


def _parsed(arguments: list[str], tasks: Mapping[str, TaskName]) -> FrontEnd | None:
    flags = task_flags.flags_with(tasks)
    parser = command if flags is ConfigFlags else parser_with(flags)
    front_end: FrontEnd | None = parser(with_newest(arguments), exit_on_error=False, print_error=False)
    return front_end
