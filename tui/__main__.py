"""Starts the command ``echornn-tui``; first does what must come before the slow imports."""

from __future__ import annotations

import os
import sys

from tui.term import exit_code

# The subcommands that train, beside the main command, which has no name
THAT_TRAIN = ("sweep", "do", "tour")


def main() -> None:
    command, *_ = [*sys.argv[1:], ""]
    if command.startswith("-") or command in ("", *THAT_TRAIN):
        exit_code.hear_signals()
    # NumPy's own threads wait for each other by spinning, on the cores that train: with them, what
    # takes 0.3 ms of one core took 33 ms of two. It is read when NumPy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Files that are opened later would take their numbers
    if None in (sys.stdin, sys.stdout, sys.stderr):
        sys.exit("echornn-tui: standard input, output or error is closed: give it /dev/null")
    try:
        import io

        from echornn.runtime import quiet

        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")  # for what its encoding lacks
        with quiet.collector_spared():
            from tui.cli.program import main as run_command
    except KeyboardInterrupt:
        os.write(2, b"echornn-tui: interrupted\n")
        os._exit(exit_code.ExitCode.FORCED)
    run_command()


if __name__ == "__main__":
    main()
