"""``probe --solutions``: how differently the networks of a run solve its task, as text, JSON, or
arrays in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
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
from echornn.solutions import Solutions
from tui.cli.rows import Record, as_json, csv_lines, emit, finite
from tui.term import printed, terminal
from tui.term.exit_code import UsageError
from tui.term.waiting_line import WaitingLine
from tui.views.solutions_scene import NAMES


def print_solutions(
    run: RunArrays,
    line: WaitingLine,
    along: int | None,
    npz: Path | None,
    form: str,
    **where: Any,
) -> int:
    """Arguments as of the command; ``form`` is text, json or csv."""
    if npz is not None and along is not None:
        raise UsageError("--npz cannot be used with --along")
    terminal.keep_native_stderr_off_the_screen()
    if along is not None:
        forms: dict[str, Callable[[Iterable[Record]], Iterable[str]]] = {
            "text": _table,
            "json": partial(map, as_json),
            "csv": _csv,
        }
        records = solutions_along(run, along, **where)
        with line:
            return emit(line.between(forms[form](records)))
    with line:
        there = solutions_at(run, **where)
        record = _record(there)
        if npz is not None:
            states = compared_states(run, there.snapshot)
            printed.export_whole(npz, lambda file: _save(file, record, states))
    return emit([record], form == "json", lambda _: _lines(there))


def _record(there: SolutionsThere) -> Record:
    solutions, networks, snapshot = there
    return {
        "window": snapshot.window,
        "as_recorded": snapshot.unlike is None,
        "distance": solutions.distance,
        "samples": solutions.samples,
        "replicas": [network.replica for network in networks],
        "seeds": list(solutions.seeds),
        "solved_at": [network.solved_at or None for network in networks],
        "losses": solutions.losses,
        "longer_losses": solutions.longer_losses,
        "resting_states": solutions.resting_states,
        "shown": solutions.shown,
        "places": solutions.places,
        "clusters": solutions.clusters,
        "medoids": [solutions.seeds[network] for network in solutions.medoids],
        "silhouette": solutions.silhouette,
        "silhouette_by_chance": solutions.silhouette_by_chance,
        "distances": solutions.distances,
    }


SAVED = ("distances", "places", "clusters", "losses", "longer_losses", "resting_states")


def _save(file: Path, record: Record, states: Any) -> None:
    arrays = {name: record[name] for name in SAVED}
    seeds = np.array([str(seed) for seed in record["seeds"]])  # which may have any digits
    np.savez(file, allow_pickle=False, states=states, seed=seeds, **arrays)


def _lines(there: SolutionsThere) -> Iterator[str]:
    solutions, networks, snapshot = there
    between = f"{NAMES[solutions.distance]} between {len(networks)} networks"
    yield f"after window {snapshot.window:,}: {between}, by {solutions.samples} states"
    if snapshot.unlike is not None:
        yield str(snapshot.unlike)
    mean = mean_distance(solutions.distances)
    yield f"mean distance {mean:.3f}; the plane shows {solutions.shown:.0%} of squared distances"
    yield clusters_text(solutions)
    yield ""
    yield f"{'seed':>10}  cluster       x       y    loss  twice as long  at rest  solved at"
    for network, facts in enumerate(networks):
        x, y = solutions.places[network]
        loss, longer = solutions.losses[network], solutions.longer_losses[network]
        yield (
            f"{facts.seed:>10}  {_cluster(solutions, network):<7}{x:>8.3f}{y:>8.3f}"
            f"{loss_text(loss):>8}{loss_text(longer):>15}{solutions.resting_states[network]:>9}"
            f"{facts.solved_at or '-':>11}"
        )


def clusters_text(solutions: Solutions) -> str:
    seeds = ", ".join(str(solutions.seeds[network]) for network in solutions.medoids)
    text = f"{len(solutions.medoids)} clusters; in their middles seeds {seeds}"
    if len(solutions.medoids) < 2:
        text = f"no clusters seen; in the middle seed {seeds}"
    if np.isnan(solutions.silhouette):
        return text
    by_chance = solutions.silhouette_by_chance
    return f"{text}; silhouette {solutions.silhouette:.2f}, by chance up to {by_chance:.2f}"


def _cluster(solutions: Solutions, network: int) -> str:
    number = int(solutions.clusters[network])
    if number < 0:
        return "-"
    return f"{number + 1}{' middle' if network in solutions.medoids else ''}"


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
