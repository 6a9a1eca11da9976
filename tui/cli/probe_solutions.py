"""``probe --solutions``: how differently the networks of a run solve its task, as text, JSON, or
arrays in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from echornn.arrays.run_arrays import RunArrays
from echornn.arrays.solutions import (
    SolutionsThere,
    compared_states,
    mean_distance,
    solutions_along,
    solutions_at,
)
from echornn.diagnosis.loss_stats import loss_text
from echornn.progress import Floats
from echornn.solutions import Solutions
from tui.cli.rows import Form, Record, csv_lines, emit, finite
from tui.term import printed, terminal
from tui.term.exit_code import UsageError
from tui.term.waiting_line import WaitingLine
from tui.views.solutions_scene import NAMES

SAVED = ("distances", "places", "clusters", "losses", "longer_losses", "resting_states")


def print_solutions(
    run: RunArrays,
    line: WaitingLine,
    along: int | None,
    npz: Path | None,
    choose: Callable[[Form, Form], Form],
    **where: Any,
) -> int:
    """Arguments as of the command; ``choose`` is given the forms of text and CSV."""
    if npz is not None and along is not None:
        raise UsageError("--npz cannot be used with --along")
    terminal.keep_native_stderr_off_the_screen()
    if along is not None:
        records = solutions_along(run, along, **where)
        with line:
            return emit(line.between(choose(_table, _csv)(records)))
    with line:
        there = solutions_at(run, **where)
        if npz is not None:
            states = compared_states(run, there.snapshot)
            printed.export_whole(npz, lambda file: _save(file, there, states))
    return emit(choose(lambda _: _lines(there), _csv)([_record(there)]))


def _record(there: SolutionsThere) -> Record:
    solutions, snapshot, networks = there
    return {
        "window": snapshot.window,
        "as_recorded": snapshot.unlike is None,
        "distance": solutions.distance,
        "samples": solutions.samples,
        "shown": solutions.shown,
        "silhouette": solutions.silhouette,
        "silhouette_by_chance": solutions.silhouette_by_chance,
        "networks": networks,
        "distances": solutions.distances,
    }


def _save(file: Path, there: SolutionsThere, states: Floats) -> None:
    arrays = {name: getattr(there.solutions, name) for name in SAVED}
    seeds = np.array([str(seed) for seed in there.solutions.seeds])  # of any number of digits
    np.savez(file, allow_pickle=False, states=states, seed=seeds, **arrays)


def _lines(there: SolutionsThere) -> Iterator[str]:
    solutions, snapshot, networks = there
    between = f"{NAMES[solutions.distance]} between {len(networks)} networks"
    yield f"after window {snapshot.window:,}: {between}, by {solutions.samples} states"
    if snapshot.unlike is not None:
        yield str(snapshot.unlike)
    mean = mean_distance(solutions.distances)
    yield f"mean distance {mean:.3f}; the plane shows {solutions.shown:.0%} of squared distances"
    yield _clusters_text(solutions)
    yield ""
    yield f"{'seed':>10}  cluster       x       y    loss  twice as long  at rest  solved at"
    has_clusters = len(solutions.medoids) > 1
    for row in networks:
        cluster = str(row["cluster"] + 1) if has_clusters else "-"
        if row["is_medoid"]:
            cluster += " middle"
        yield (
            f"{row['seed']:>10}  {cluster:<7}{row['x']:>8.3f}{row['y']:>8.3f}"
            f"{loss_text(row['loss']):>8}{loss_text(row['longer_loss']):>15}"
            f"{row['resting_states']:>9}{row['solved_at'] or '-':>11}"
        )


def _clusters_text(solutions: Solutions) -> str:
    seeds = ", ".join(str(solutions.seeds[network]) for network in solutions.medoids)
    text = f"{len(solutions.medoids)} clusters; in their middles seeds {seeds}"
    if len(solutions.medoids) < 2:
        text = f"no clusters seen; in the middle seed {seeds}"
    if np.isnan(solutions.silhouette):
        return text
    by_chance = solutions.silhouette_by_chance
    return f"{text}; silhouette {solutions.silhouette:.2f}, by chance up to {by_chance:.2f}"


# ---- along the path


def _csv(records: Iterable[Record]) -> Iterator[str]:
    rows = [finite(record) for record in records]
    return csv_lines([*rows[0]], rows)


def _table(records: Iterable[Record]) -> Iterator[str]:
    yield "   window  mean distance  solved  among these  clusters"
    for record in records:
        clusters = record["clusters"] if record["clusters"] > 1 else "none seen"
        among = f"{record['mean_distance_solved']:.3f}" if record["solved"] > 1 else "-"
        yield (
            f"{record['window']:>9,}{record['mean_distance']:>15.3f}{record['solved']:>8}"
            f"{among:>13}  {clusters}"
        )
