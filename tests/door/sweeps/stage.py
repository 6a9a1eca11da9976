"""Sweeps by their command line, with scripted results in place of training; and the map of a sweep
as an app."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from textual.message import Message
from textual.pilot import Pilot

from echornn import EchoConfig
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.grid import Axis, Grid
from echornn.sweeps.processes import Processes
from echornn.sweeps.results import Result
from tests.answered import Answer, answered
from tests.door.sweeps.scripted import ScriptedEngine, train, trains
from tests.swept import CLIFF, SMALL, keep, results_of, with_a_cliff
from tests.typed import bytes_of
from tui.cli import computation
from tui.map.app import Follower, MapApp, MapScreen
from tui.term.terminal_input import TerminalInput


def swept(folder: Path, *flags: str, engine: Any = None) -> Answer:
    """What the command to sweep answers; the engine trains at once, with results by rule, unless
    one is given."""
    engine = engine or ScriptedEngine()
    with patch.object(computation, "engine_of", lambda *_: engine):
        return answered("sweep", "--out", folder, *flags)


def scripted_processes() -> Processes:
    """Real worker processes whose results are scripted."""
    return Processes(2, trains, preload="")


def dask_engine(scheduler: str | None, file: Path | None = None) -> Any:
    """Workers of a Dask scheduler, at an address or in a file; their results are scripted."""
    from echornn.sweeps import on_dask

    engine = on_dask.of_scheduler(scheduler, file)
    engine._train = train
    return engine


def last_record(answer: Answer) -> dict[str, Any]:
    """The last line of JSON that a sweep has printed."""
    record: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return record


def rows(folder: Path) -> list[dict[str, str]]:
    """The rows of the sweep's table of results."""
    with (folder / "results.csv").open(newline="") as table:
        return list(csv.DictReader(table))


# ---- kept sweeps


def kept_cliff(folder: Path) -> Path:
    """A finished sweep of an epoch: echo steps 1 to 20 by three cells, 16 seeds; see
    `tests.swept`."""

    def rule(config: EchoConfig) -> Result | None:
        result = with_a_cliff(config)
        if result.solved_at is not None and result.solved_at > 666:
            return replace(result, solved_at=None, windows=666)
        return result

    return keep(folder, [CLIFF], rule)


def kept_part(folder: Path) -> Path:
    """Half of a small sweep: the rnn's results, not the gru's."""

    def rule(config: EchoConfig) -> Result | None:
        return with_a_cliff(config) if config.cell == "rnn" else None

    return keep(folder, [SMALL], rule)


def kept_seed(folder: Path) -> Path:
    """The second of the two seeds of each point of that sweep; with echo 12 the rnn's has solved
    it."""

    def rule(config: EchoConfig) -> Result | None:
        return with_a_cliff(config) if config.seed == 1 else None

    return keep(folder, [SMALL], rule)


def kept_texts(folder: Path) -> Path:
    """A finished sweep of the task text, which nothing solves."""
    fields = {"task": "text", "seed": 0, "num_epochs": 1}
    grid = Grid((Axis.parse("cell=rnn,gru"),), fields, 2)
    return keep(folder, [grid], lambda _: Result(None, 1.5, 10, 0.1))


def kept_three(folder: Path) -> Path:
    """A finished sweep of three networks: one has solved the task, one diverged after it, and one
    never did."""
    outcomes = [
        Result(10, 0.01, 666, 0.1),
        Result(20, math.nan, 666, 0.1),
        Result(None, 0.69, 666, 0.1),
    ]
    grid = Grid((Axis.parse("cell=rnn"),), {"seed": 0, "num_epochs": 1}, 3)
    return keep(folder, [grid], lambda config: outcomes[config.seed])


def fill(folder: Path) -> None:
    """Add what lacks in `kept_part`."""
    keep(folder, [SMALL])


# ---- the map as an app


@asynccontextmanager
async def opened(
    folder: Path | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[MapApp, Pilot[Any]]]:
    """The map of a folder, by default of the cliff, and its keys."""
    results = results_of(CLIFF)
    if folder is not None:
        results = SweepResults.read(folder)
    app = MapApp(MapScreen(Follower(results)))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


def look_again(app: MapApp) -> None:
    """Read the folder now, and show what is in it."""
    app.map.follower.look_now()
    app.map.show_newest()


def packet(keys: str) -> Iterator[Message]:
    """What keys are that come all at once, as signs of `tests.typed`."""
    return TerminalInput().messages(bytes_of(keys))


def text_of(app: MapApp) -> str:
    """What the map shows, without spaces at the ends of lines."""
    view = app.map.view
    lines = [view.cells.text(y).rstrip() for y in range(view.size.height)]
    return "\n".join(lines)


def config_opened(app: MapApp) -> EchoConfig:
    """What `enter` left the map for."""
    config = app.return_value
    assert isinstance(config, EchoConfig)
    return config
