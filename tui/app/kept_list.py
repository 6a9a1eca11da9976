"""The kept runs as entries of the list of other runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from echornn.config import EchoConfig
from echornn.config_text import fields_text
from echornn.files.run_error import RunError
from echornn.runs import kept_runs
from echornn.runs.summary import summary
from tui.app.widgets.run_list import KeptRun

MOST_RUNS = 500
"""The most runs in the list, the newest; reading more would take too long."""


def kept_runs_beside(config: EchoConfig, own: Path | None, under: Sequence[Path] = ()) -> list[KeptRun]:
    """The runs under the curve, then the other runs of the user's state folder, the newest first; without the run on
    the screen, and without runs that cannot be read.

    Args:
        config: the configuration on the screen, with which they are compared.
        own: the folder of the run on the screen.
        under: folders of the runs under the curve, which may be anywhere.
    """
    found = []
    kept = kept_runs.runs()[:MOST_RUNS]
    known = {folder.resolve() for folder in kept}
    for folder in [*(one for one in under if one not in known), *kept]:
        if own is not None and folder.resolve() == own.resolve():
            continue
        try:
            run = summary(folder)
        except (RunError, OSError):
            continue
        differs = fields_text(config.changes_to(run.config))
        counts = None if run.seed_stats is None else run.seed_stats.counts
        when = (run.solved_at or None, run.lost_at or None)
        found.append(KeptRun(folder, differs, run.windows, run.loss, *when, counts))
    return found
