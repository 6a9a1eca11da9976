"""The subcommand that does a script; `tui.cli.subcommands.table` has the table of all subcommands."""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tui.commands.front_end import FrontEnd, UsageError

SIZES = re.compile(r"([0-9]{1,4})x([0-9]{1,4})")

MOST_BYTES = 1 << 20
"""The most bytes of a script."""


def do_script(
    run: str,
    script: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    /,
    *,
    file: Path | None = None,
    size: str = "100x30",
    ascii: bool = False,
    json: bool = False,
    trust: bool = False,
) -> FrontEnd:
    """Do what the keys of the app do, without a screen: the words are those after : in the app.

    echornn-tui do newest "edit learning_rate=0.1; step 100; view memory; save a.svg"

    Lines are separated by semicolons; the first that is refused ends the script, with exit code 2. docs/cli.md lists
    the words.

    Parameters
    ----------
    run
        Folder of the run, a name that list shows, or newest.
    script
        Commands, separated by semicolons or lines; # begins a comment. - reads them from the standard input.
    file
        Read the commands from this file instead.
    size
        Columns and lines of the screen that save FILE.svg draws.
    ascii
        Draw with ASCII characters only.
    json
        Print JSON lines.
    trust
        Also run the tasks and cells of your own in the record; they are programs with all your rights.
    """
    if (script is None) == (file is None):
        raise UsageError('do takes either commands, such as "step 100", or --file')
    from tui.app.words import WordError, lines_of, no_person

    try:
        lines = lines_of(_text(script, file))
        no_person(lines)
    except WordError as error:
        raise UsageError(str(error)) from error
    if not lines:
        raise UsageError("the script has no commands")
    from tui.cli.front_ends.open_script import do_lines

    return partial(do_lines, run, lines, json, _size(size), ascii, trust)


def _text(script: str | None, file: Path | None) -> str:
    try:
        if file is not None:
            with file.open("rb") as reading:
                data = reading.read(MOST_BYTES + 1)
        elif script == "-":
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            return script or ""
    except OSError as error:
        raise UsageError(f"{file or 'the standard input'} cannot be read: {error.strerror or error}") from error
    if len(data) > MOST_BYTES:
        raise UsageError(f"{file or 'the standard input'} is too long: a script has at most {MOST_BYTES:,} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{file or 'the standard input'} is not UTF-8 text") from error


def _size(text: str) -> tuple[int, int]:
    """Columns and lines."""
    if (found := SIZES.fullmatch(text)) is None:
        raise UsageError(f"size = {text!r} cannot be used: columns and lines, such as 100x30")
    width, height = map(int, found.groups())
    if not (20 <= width <= 1000 and 5 <= height <= 1000):
        raise UsageError(f"size = {text!r} cannot be used: 20x5 to 1000x1000")
    return width, height
