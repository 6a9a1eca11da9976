"""The program: what a command line starts, and the exit code."""

from __future__ import annotations

import sys
from typing import NoReturn

from echornn.config import ConfigError
from echornn.files.run_error import RunError
from echornn.runtime import collector
from tui.cli.training import training
from tui.commands.flags import ConfigFlags, TrainingFlags
from tui.commands.front_end import FrontEnd, Training, UsageError
from tui.term import early_signals, printed, terminal
from tui.term.exit_code import ExitCode


def main() -> NoReturn:
    """Run the command, and exit with an `ExitCode`."""
    terminal.leave_process(exit_code_of(sys.argv[1:]))


def exit_code_of(arguments: list[str]) -> int:
    """Run the command in these words; if it fails, print the reason on standard error, in a line."""
    try:
        front_end = _front_end(arguments)
        if not isinstance(front_end, Training):
            early_signals.let_go()
        code: int = ExitCode.DONE if front_end is None else front_end()
        printed.finish()
        return code
    except (ConfigError, UsageError, RunError) as error:
        printed.complain(f"echornn-tui: {error}", "Try 'echornn-tui --help'.")
        return ExitCode.USAGE
    except BrokenPipeError:  # the reader of the lines has gone, and knows
        return ExitCode.FAILED
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        printed.complain(f"echornn-tui: {where}{error.strerror or error}")
        return ExitCode.FAILED
    except KeyboardInterrupt:
        printed.complain("echornn-tui: interrupted")
        return ExitCode.FORCED


def _front_end(arguments: list[str]) -> FrontEnd | None:
    """The front end for these words; None if the command was carried out. Without words, the app does not wait for the
    parser.
    """
    if not arguments:
        return training(ConfigFlags(), TrainingFlags())
    with collector.spared():
        from tui.cli.parser import parsed

    return parsed(arguments)
