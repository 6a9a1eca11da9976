"""The subcommand ``map`` without the app: prints the map of a sweep as text or CSV, or writes a picture."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from echornn.sweeps.folder import SweepResults
from tui.map.drawing import csv_lines, lines_of
from tui.map.state import MapFrame, MapState
from tui.term import printed
from tui.term.exit_code import ExitCode
from tui.views.inks import in_ascii


def print_map(results: SweepResults, chosen: MapState, as_csv: bool, picture: Path | None, ascii_only: bool) -> int:
    """Print the map of a sweep, or write it to a file; returns the exit code.

    Args:
        picture: the SVG file to write, replacing an existing file; None to print.
        ascii_only: whether to print only ASCII characters; also done if the output has another encoding than UTF-8.
    """
    frame = MapFrame.of(replace(chosen, turned=None), results)
    if picture is not None:
        from tui.map.app import drawn

        picture.write_text(asyncio.run(drawn(results, chosen)), encoding="utf-8")
    else:
        lines = csv_lines(frame) if as_csv else lines_of(frame)
        plain = ascii_only or not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
        printed.lines(map(in_ascii, lines) if plain and not as_csv else lines)
    return ExitCode.DONE
