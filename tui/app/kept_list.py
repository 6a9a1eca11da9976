"""Reads the runs on disk for the list of other runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from echornn.arrays.facts import summary
from echornn.config import EchoConfig, changes_shown, fields_text
from echornn.errors import RunError
from echornn.runs import folders
from tui.app.widgets.run_list import KeptRun

MOST_RUNS = 500
"""The most runs in the list: the newest ones. Reading more would take too long."""


def kept_runs_beside(config: EchoConfig, own: Path | None, under: Sequence[Path] = ()) -> list[KeptRun]:
    """The entries for the list of other runs: first the runs under the curve, then the runs in the user's state folder,
    newest first. The run on the screen and unreadable runs are left out.

    Args:
        config: the configuration on the screen; each entry names the fields that differ from it.
        own: the folder of the run on the screen.
        under: folders of the runs under the curve; these can be outside the state folder.
    """
    found = []
    kept = folders.runs()[:MOST_RUNS]
    known = {folder.resolve() for folder in kept}
    for folder in [*(one for one in under if one not in known), *kept]:
        if own is not None and folder.resolve() == own.resolve():
            continue
        try:
            run = summary(folder)
        except (RunError, OSError):
            continue
        differs = fields_text(changes_shown(config, run.config))
        counts = None if run.seed_stats is None else run.seed_stats.counts
        when = (run.solved_at or None, run.lost_at or None)
        found.append(KeptRun(folder, differs, run.windows, run.loss, *when, counts))
    return found
