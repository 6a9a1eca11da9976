"""The subcommands by name: docstrings are the help, parameters the flags, and each returns the program to run."""

from __future__ import annotations

from collections.abc import Callable

from tui.cli.choices import list_cells, list_tasks
from tui.cli.export import export_run
from tui.cli.figure import make_figure
from tui.cli.kept import list_runs, prune_runs, show_branches
from tui.cli.probe import probe_run
from tui.cli.subcommands.attach import attach_to, serve_run
from tui.cli.subcommands.script import do_script
from tui.cli.subcommands.sweep import compute_sweep, show_map
from tui.cli.subcommands.tour import take_tour
from tui.commands.front_end import FrontEnd

SUBCOMMANDS: dict[str, Callable[..., FrontEnd]] = {
    "tour": take_tour,
    "export": export_run,
    "branches": show_branches,
    "probe": probe_run,
    "figure": make_figure,
    "attach": attach_to,
    "serve": serve_run,
    "do": do_script,
    "list": list_runs,
    "tasks": list_tasks,
    "cells": list_cells,
    "prune": prune_runs,
    "map": show_map,
    "sweep": compute_sweep,
}
