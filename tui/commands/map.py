"""The subcommand ``map`` without the app: prints the map of a sweep as text or CSV, or writes a picture."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from echornn.maps.overview import overview_of
from echornn.sweeps.results import SweepResults
from tui.map.frame import MapFrame
from tui.map.signs import BLOCKS, signs_for
from tui.map.state import MapState
from tui.map.text import csv_lines, lines_of
from tui.term import printed
from tui.term.exit_code import ExitCode


def print_map(results: SweepResults, chosen: MapState, as_csv: bool, picture: Path | None, ascii_only: bool) -> int:
    """Print the map of a sweep, or write it to a file; returns the exit code.

    Args:
        picture: the SVG file to write, replacing an existing file; None to print.
        ascii_only: whether to print only ASCII characters; also done if the output's encoding lacks other characters.
    """
    frame = MapFrame.of(replace(chosen, turned=None), overview_of(results))
    if picture is not None:
        from tui.map.app import drawn

        picture.write_text(asyncio.run(drawn(results, chosen)), encoding="utf-8")
    else:
        signs = signs_for(ascii_only or not _can_say(BLOCKS.shades + BLOCKS.left_out))
        printed.lines(csv_lines(frame) if as_csv else lines_of(frame, signs))
    return ExitCode.DONE


def _can_say(text: str) -> bool:
    """Whether the output's encoding has these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
