"""The entry point of the program: runs a command line, and exits with its code."""

from __future__ import annotations

import sys
from typing import NoReturn

from echornn import ConfigError, RunError
from echornn.errors import OwnError
from echornn.remote.address import AddressError
from echornn.runtime import quiet
from tui.cli.train import train
from tui.term import printed, terminal
from tui.term.exit_code import ExitCode, FailedError, UsageError


def main() -> NoReturn:
    terminal.leave_process(exit_code_of(sys.argv[1:]))


def exit_code_of(arguments: list[str]) -> int:
    """Run a command line; returns the exit code.

    If it fails, the reason is printed on standard error, in a line.
    """
    try:
        if arguments:
            with quiet.collector_spared():
                from tui.cli.parser import read_command
            code = read_command(arguments)() or ExitCode.DONE
        else:  # the app starts without loading the parser, which takes time
            code = train()
        printed.finish()
        return code
    except (ConfigError, UsageError, RunError, AddressError) as error:
        # The help says nothing about it
        is_in_a_file = isinstance(error, OwnError) and error.is_placed
        printed.complain(f"echornn-tui: {error}")
        if not is_in_a_file:
            printed.complain(f"Try '{_help_for(arguments)}'.")
        return ExitCode.USAGE
    except BrokenPipeError:  # the reader of the output has ended, so there is nobody to tell
        return ExitCode.FAILED
    except (FailedError, MemoryError) as error:
        printed.complain(f"echornn-tui: {error or type(error).__name__}")
        return ExitCode.FAILED
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        printed.complain(f"echornn-tui: {where}{error.strerror or error}")
        return ExitCode.FAILED
    except KeyboardInterrupt:
        printed.complain("echornn-tui: interrupted")
        return ExitCode.FORCED


def _help_for(arguments: list[str]) -> str:
    from tui.cli.parser import SUBCOMMANDS

    command = "echornn-tui"
    if arguments and arguments[0] in SUBCOMMANDS:
        command += f" {arguments[0]}"
    return f"{command} --help"
