"""Sweeps by their command line, with scripted results in place of training; and the map of a sweep
as an app."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rich.style import Style
from textual.app import App
from textual.message import Message

from echornn import EchoConfig
from echornn.sweeps.folder import SweepResults
from echornn.sweeps.grid import Axis, Grid
from echornn.sweeps.processes import Processes
from echornn.sweeps.results import Result
from echornn.sweeps.sweep import Part
from tests.answered import Answer, answered
from tests.door.sweeps.scripted import KILLS, RAISES, ScriptedEngine, children, train, trains
from tests.swept import CLIFF, SMALL, keep, results_of, with_a_cliff
from tests.typed import bytes_of
from tui.cli import computation
from tui.map.app import Follower, MapApp, MapScreen
from tui.term.private_textual import strips_shown
from tui.term.terminal_input import TerminalInput

__all__ = ["CLIFF", "KILLS", "RAISES", "SMALL", "Part", "children", "train"]


@contextmanager
def engine_is(engine: Any) -> Iterator[None]:
    """The command to sweep trains with this engine."""
    with patch.object(computation, "engine_of", lambda *_: engine):
        yield


def swept(folder: Path, *flags: str, engine: Any = None) -> Answer:
    """What the command to sweep answers; the engine trains at once, with results by rule, unless
    one is given."""
    with engine_is(engine or scripted_engine()):
        return answered("sweep", "--out", folder, *flags)


def scripted_engine(kills: Sequence[int] = (), workers: int = 2) -> ScriptedEngine:
    """An engine in this process; networks with these echo steps kill their worker."""
    return ScriptedEngine(workers, kills)


def scripted_processes(workers: int = 2) -> Processes:
    """Real worker processes whose results are scripted."""
    return Processes(workers, trains, preload="")


def rows(folder: Path) -> list[dict[str, str]]:
    """The rows of the sweep's table of results."""
    with (folder / "results.csv").open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def kept_cliff(folder: Path) -> Path:
    """A folder with a finished sweep of an epoch: echo steps 1 to 20 by three cells, 16 seeds; see
    `tests.swept`."""

    def rule(config: EchoConfig) -> Result | None:
        result = with_a_cliff(config)
        late = result.solved_at is not None and result.solved_at > 666
        return replace(result, solved_at=None, windows=666) if late else result

    return keep(folder, [CLIFF], rule)


def kept_part(folder: Path) -> Path:
    """A folder with half of a small sweep: the rnn's results, not the gru's."""
    return keep(
        folder, [SMALL], lambda config: with_a_cliff(config) if config.cell == "rnn" else None
    )


def kept_seed(folder: Path) -> Path:
    """A folder with the second of the two seeds of each point of that sweep; with echo 12 the rnn's
    has solved it."""
    return keep(folder, [SMALL], lambda config: with_a_cliff(config) if config.seed == 1 else None)


def kept_texts(folder: Path) -> Path:
    """A folder with a finished sweep of the task text, which nothing solves."""
    fields = {"task": "text", "seed": 0, "num_epochs": 1}
    grid = Grid((Axis.parse("cell=rnn,gru"),), fields, 2)
    return keep(folder, [grid], lambda _: Result(None, 1.5, 10, 0.1))


def fill(folder: Path) -> None:
    """Add what lacks in `kept_part`."""
    keep(folder, [SMALL])


def map_of(folder: Path | None = None) -> MapApp:
    """The map of a folder as an app, by default of the cliff."""
    results = results_of(CLIFF) if folder is None else SweepResults.read(folder)
    return MapApp(MapScreen(Follower(results)))


def look_again(app: App[Any]) -> None:
    """Read the folder now, and show what is in it."""
    assert isinstance(app, MapApp)
    app.map.follower.look_now()
    app.map.show_newest()


def packet(keys: str) -> Iterator[Message]:
    """What keys are that come all at once, as signs of `tests.typed`."""
    return TerminalInput().messages(bytes_of(keys))


def text_of(app: MapApp) -> str:
    """What the map shows, without spaces at the ends of lines."""
    return "\n".join(app.map.view.cells.text(y).rstrip() for y in range(app.map.view.size.height))


def lines_and_styles(app: MapApp) -> tuple[list[str], list[list[Style]]]:
    """What the screen shows, and how each of its characters looks."""
    strips = strips_shown(app.screen)
    styles = [[part.style or Style() for part in strip for _ in part.text] for strip in strips]
    return [strip.text for strip in strips], styles


def where(app: MapApp) -> tuple[int, int]:
    """The row and the column of the cursor."""
    return app.shown.cursor


def config_opened(app: MapApp) -> EchoConfig | None:
    """What `enter` left the map for; None if it was left otherwise."""
    opened = app.return_value
    return opened if isinstance(opened, EchoConfig) else None


def dask_engine(scheduler: str | None, file: Path | None = None) -> Any:
    """Workers of a Dask scheduler, at an address or in a file; their results are scripted."""
    from echornn.sweeps import on_dask

    engine = on_dask.of_scheduler(scheduler, file)
    engine._train = train
    return engine
