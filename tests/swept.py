"""Handmade sweeps: results by rule, as a sweep's folder would hold them, without training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from echornn.config import EchoConfig
from echornn.sweeps.folder import FAILED, RESULTS, SweepResults, failed_bytes, result_bytes
from echornn.sweeps.grid import Axis, Grid, with_seeds_from
from echornn.sweeps.requests import RequestedGrid, point_of, write_requests
from echornn.sweeps.results import Result

WIDE_STATE = {"state_size": 16, "init": "glorot"}

Rule = Callable[[EchoConfig], Result | None]
"""The result of a training; None if it is not known yet."""

Failed = Callable[[EchoConfig], str | None]
"""Why a point failed; None if it did not."""

VERSIONS = {"echornn-tui": "0", "tensorflow": "0"}

CLIFF = Grid(
    (Axis.parse("echo_step=1..20"), Axis.parse("cell=rnn,gru,lstm")),
    {**WIDE_STATE, "seed": 0, "num_epochs": 1},
    16,
)
"""A grid that shows which echo steps each cell can learn at T 15."""


def with_a_cliff(config: EchoConfig) -> Result:
    """The larger the echo step, the fewer seeds solve it, and the later; beyond T none does."""
    far = config.echo_step / config.truncated_backprop_length
    late = {"gru": 1.2, "lstm": 1.6}.get(str(config.cell), 1.0)
    luck = (config.seed * 7 + config.echo_step * 3) % 16 / 16
    if far >= 1 or luck < (far * late) ** 4 - 0.05:
        return Result(None, 0.693 - 0.2 * luck * (far < 1), 666, 0.02)
    at = int(50 + 400 * late * far**2 * (1 + luck))
    return Result(at, 0.045 * (1 - 0.5 * luck), min(666, at), 0.01)


SMALL = Grid(
    (Axis.parse("echo_step=12..16"), Axis.parse("cell=rnn,gru")), {**WIDE_STATE, "seed": 0}, 2
)
"""A small part of it, for tests with files."""


def results_of(
    grid: Grid, rule: Rule = with_a_cliff, failed: Failed = lambda _: None
) -> SweepResults:
    """The results of a sweep that is not on disk."""
    results = SweepResults.of(Path("nowhere"), (RequestedGrid(grid, VERSIONS),))
    points = []
    for point in results.points:
        known = {}
        for config in with_seeds_from(point.config, len(point.keys)):
            result = rule(config)
            if result is not None:
                known[config.seed] = result
        points.append(replace(point, results=known, failed=failed(point.config)))
    return replace(results, points=tuple(points))


def keep(
    folder: Path, grids: Sequence[Grid], rule: Rule = with_a_cliff, failed: Failed = lambda _: None
) -> Path:
    """Write a folder as a sweep with these results leaves it."""
    for name in (RESULTS, FAILED):
        (folder / name).mkdir(parents=True, exist_ok=True)
    requests = [RequestedGrid(grid, VERSIONS) for grid in grids]
    write_requests(folder, requests)
    for request in requests:
        for point in request.grid.points.possible:
            reason = failed(point)
            if reason is not None:
                any_seed = point_of(point)
                file = folder / FAILED / f"{request.key(any_seed)}.json"
                file.write_bytes(failed_bytes(any_seed, reason))
            for config in with_seeds_from(point, request.grid.seeds):
                result = rule(config)
                if result is not None:
                    file = folder / RESULTS / f"{request.key(config)}.json"
                    file.write_bytes(result_bytes(config, result))
    return folder
