"""The flags of the commands that train, and of those that open a screen, in groups. The app starts
without Cyclopts, which takes time to load: so this file does not know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from echornn.errors import ConfigError
from tui.app.theme import Theme

Given = Mapping[str, Any]
"""The fields of a configuration that the user gave, by name (see `EchoConfig.fields`); they may be
invalid together."""


@dataclass(frozen=True)
class TrainFlags:
    """Flags of the main command."""

    speed: str | None = None
    """Windows a second, 0.01 to 1,000,000, or max; by default as the run had it, else 100 in the
    app."""

    no_serve: bool = False
    """Let nobody attach to this session (see attach)."""

    paused: bool = False
    """Begin paused; space starts the training, or a viewer who attaches."""

    detach: bool = False
    """Train in the background: prints the folder, and how to attach."""

    headless: bool = False
    """Print lines instead of opening the app; the default without a terminal."""

    json: bool = False
    """Print JSON lines; implies --headless."""

    run: Path | None = None
    """Folder to keep the run in, new or empty; by default in your state folder."""

    resume: str | None = None
    """Continue this run exactly where it was saved; by default the newest run."""

    at: int | None = None
    """With --resume: go back to this window of the run's path, as a new branch."""

    trust: bool = False
    """Run your own tasks and cells in the record: programs with all your rights."""

    compare: tuple[str, ...] = ()
    """Draw these runs under the curve, in the app: folders or names."""


NO_FLAGS = TrainFlags()


@dataclass(frozen=True)
class SweepFlags:
    """Flags of ``sweep``."""

    out: Path
    """Folder of the sweep: new, empty, or one to continue; results.csv has a row a network."""

    grid: tuple[str, ...]
    """FIELD=VALUES for each field that varies: a,b,c; LO..HI; LO..HI@N for N values."""

    seeds: int = 16
    """Networks for each point, with consecutive seeds from --seed on."""

    until: Literal["solved", "all", "automaton"] = "solved"
    """Train each until it has solved its task, until it is also its automaton, or all epochs."""

    keep_weights: bool = False
    """Keep each network's last weights in the folder: weights/KEY.npz beside results/KEY.json."""

    workers: int | None = None
    """Train in this many processes on this machine."""

    scheduler: str | None = None
    """A Dask cluster at tcp://HOST:PORT: its users can run programs as you."""

    scheduler_file: Path | None = None
    """The Dask cluster whose scheduler wrote this file."""

    headless: bool = False
    """Print lines instead of opening the map; the default without a terminal."""

    json: bool = False
    """Print JSON lines; implies --headless."""


LEAST_FPS, MOST_FPS = 0.1, 60  # chosen by eye
FPS_ALLOWED = f"{LEAST_FPS} to {MOST_FPS}"


@dataclass(frozen=True)
class ScreenFlags:
    """Flags of every command that opens a screen."""

    fps: float | None = None
    """Most frames a second, 0.1 to 60, by default 10; a slow connection gets fewer."""

    ascii: bool = False
    """Draw with ASCII characters only."""

    theme: Theme | None = None
    """Background, dark or light; by default the one chosen last."""

    no_mouse: bool = False
    """Leave the mouse to the terminal, which selects text with it."""

    def __post_init__(self) -> None:
        if self.fps is not None and not LEAST_FPS <= self.fps <= MOST_FPS:
            raise ConfigError("fps", self.fps, FPS_ALLOWED)


GROUPS = (TrainFlags, SweepFlags, ScreenFlags)

OF_EVALUATE = {"branch", "replica", "sizes", "trials"}  # beside those of the same names above
TAKEN = {field.name for group in GROUPS for field in fields(group)}
TAKEN |= OF_EVALUATE | {"help", "version"}
"""Flags whose names no setting of a task can have."""
