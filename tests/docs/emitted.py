"""Finds the JSON keys that each command prints, by making it print every kind of line. Nothing is trained.

The record ``lottery`` of branches and list has the keys of the last line of a run with several networks.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from echornn.arrays.network_facts import network_facts
from echornn.arrays.window_pieces import pieces
from echornn.config import EchoConfig
from echornn.fixed_point_readings import FixedPoints
from echornn.remote.server import Server
from echornn.runs import run_dir
from echornn.runs.run_recorder import RunRecorder
from echornn.session import loop
from echornn.session.commands import Step
from echornn.session.pictures.frame import Frame, State
from echornn.session.session import Session
from echornn.training.any_trainer import AnyTrainer
from tests.door.sweeps.scripted import ScriptedEngine
from tests.record_readings import recorded_readings
from tests.recorded import record_branches
from tests.scripted import SMALL, SMALL_POPULATION, ScriptedTrainer
from tui.app.line.script import Outcome
from tui.app.line.words import Line
from tui.cli.front_ends import open_served
from tui.cli.front_ends.open_script import outcome_record
from tui.cli.program import exit_code_of
from tui.commands import bench
from tui.commands.kept_runs import branches, list_runs, print_fixed_points, replica_rows, window_rows
from tui.commands.kept_runs.examined import Examined
from tui.commands.kept_runs.probe import record_of
from tui.commands.training import sweep
from tui.commands.training.headless import print_training

Read = Callable[[], Any]

ONE_POINT = FixedPoints(
    np.zeros((1, 4)),
    np.zeros(1, np.float32),
    np.zeros((1, 4), np.complex64),
    ("stable",),
    np.ones(1, np.int32),
    np.zeros((1, 2), np.float32),
    np.zeros(1, np.float32),
)
"""The fixed points of a network that rests at zero."""
"""Returns what was printed since the last call, like pytest's ``capfd.readouterr``."""

UNEVEN = EchoConfig(num_epochs=1, total_series_length=205, truncated_backprop_length=10, batch_size=2)
"""A configuration with unused time steps, about which a note is printed."""


def keys_of(records: Iterable[dict[str, Any]], *, without: Iterable[str] = ()) -> set[str]:
    """The keys of these records, and of records within them."""
    keys: set[str] = set()
    for record in records:
        keys |= record.keys()
        for name, value in record.items():
            nested = value if isinstance(value, list) else [value]
            if name not in without:
                keys |= keys_of(one for one in nested if isinstance(one, dict))
    return keys


def parsed(read: Read) -> list[dict[str, Any]]:
    return [json.loads(line) for line in read().out.splitlines()]


@contextmanager
def scripted(diverges_at: int | None = None) -> Iterator[None]:
    """Scripted trainers in place of TensorFlow's."""

    def make(config: EchoConfig) -> AnyTrainer:
        trainer = ScriptedTrainer(config)
        trainer.diverges_at = diverges_at
        return trainer

    with patch.object(loop, "tensorflow_trainers", lambda *_: make):
        yield


def of_training(folder: Path, read: Read) -> set[str]:
    for number, (config, diverges_at) in enumerate([(UNEVEN, None), (SMALL, 15), (SMALL_POPULATION, None)]):
        recorder = RunRecorder.begin(folder / str(number), config)
        with scripted(diverges_at):
            print_training(config, math.inf, True, recorder)
    return keys_of(parsed(read))


def of_script(folder: Path, read: Read) -> set[str]:
    line = Line("step", Step())
    return keys_of([outcome_record(Outcome(line), Frame(State.PAUSED, SMALL))])


def of_export(folder: Path, read: Read) -> set[str]:
    record_branches(folder / "run", 60, config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    run = run_dir.read(folder / "run")
    windows = [window_rows.as_json(row, numbered=True).splitlines()[0] for row in window_rows.rows(pieces(run))]
    networks = [replica_rows.as_json(row) for row in network_facts(run)]
    return keys_of(json.loads(line) for line in (*windows, *networks))


def of_branches(folder: Path, read: Read) -> set[str]:
    record_branches(folder / "run", 60, config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    return keys_of(branches.records(run_dir.read(folder / "run")), without=["lottery"])


def of_list(folder: Path, read: Read) -> set[str]:
    record_branches(folder / "runs" / "one", 12)
    record_branches(folder / "runs" / "many", 60, config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    (folder / "runs" / "damaged").mkdir()
    (folder / "runs" / "damaged" / "run.json").write_text("{")
    server = Server(Session(SMALL, make_trainer=ScriptedTrainer), folder / "runs" / "one")
    try:
        return keys_of(map(json.loads, list_runs.json_lines(folder / "runs")), without=["differs", "lottery"])
    finally:
        server.close("")


def of_probe(folder: Path, read: Read) -> set[str]:
    readings = recorded_readings(1500)
    points = print_fixed_points.record_of(Examined(replace(readings, fixed_points=ONE_POINT)), "0")
    return keys_of([record_of(readings), points], without=["spectral_radii"])


def of_sweep(folder: Path, read: Read) -> set[str]:
    grid = ["--grid", "echo_step=3,9,20000", "--seeds", "2", "--num-epochs", "1", "--json"]
    for kills in ([], [9]):
        engine = ScriptedEngine()
        engine._kills = kills
        with patch.object(sweep.Workers, "engine", lambda workers, engine=engine: engine):
            exit_code_of(["sweep", "--out", str(folder / f"sweep{len(kills)}"), *grid])
    return keys_of(parsed(read))


def of_config(folder: Path, read: Read) -> set[str]:
    exit_code_of(["config", "--json"])
    return keys_of(parsed(read))


def of_keys(folder: Path, read: Read) -> set[str]:
    exit_code_of(["keys", "--json"])
    return keys_of(parsed(read))


def of_bench(folder: Path, read: Read) -> set[str]:
    bench.show([bench.BenchRow("echornn", 1, 5.0, 1.0)], bench.Split(0.9, 0.05, 0.05, 1e5), as_json=True)
    return keys_of(parsed(read))


def of_tasks(folder: Path, read: Read) -> set[str]:
    exit_code_of(["tasks", "--json"])
    return keys_of(parsed(read))


def of_cells(folder: Path, read: Read) -> set[str]:
    exit_code_of(["cells", "--json"])
    return keys_of(parsed(read))


def of_serve(folder: Path, read: Read) -> set[str]:
    return set(open_served.record_of(folder, "http://127.0.0.1:8123/token/", 8123, False))


COMMANDS: dict[str, Callable[[Path, Read], set[str]]] = {
    "echornn-tui": of_training,
    "export": of_export,
    "branches": of_branches,
    "probe": of_probe,
    "list": of_list,
    "serve": of_serve,
    "tasks": of_tasks,
    "cells": of_cells,
    "sweep": of_sweep,
    "bench": of_bench,
    "do": of_script,
    "config": of_config,
    "keys": of_keys,
}
"""The functions by the name of the command, which is also its section in docs/cli.md."""
