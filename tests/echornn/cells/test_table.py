"""A new cell, without TensorFlow: its entry in `CELLS` is all that plans, levels and grids need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from echornn.cells.cell import Cell, Network, Product, Vector
from echornn.cells.table import CELLS
from echornn.config import CHOICES, EchoConfig
from echornn.data.levels import state_numbers
from echornn.sweeps.axis import Axis
from echornn.sweeps.grid import Grid
from echornn.sweeps.plan import Plan, microseconds
from echornn.sweeps.sweep import Sweep
from tests.door.sweeps.scripted import ScriptedEngine


def _step(x: Vector, state: Sequence[Vector], network: Network) -> Sequence[Vector]:
    raise NotImplementedError


TWICE = Cell(_step, ("h", "c"), (Product("W", "b", ("h", "c")),), about="", formulas=())


def test_a_sweep_with_a_cell_that_was_added_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CELLS, "twice", TWICE)
    monkeypatch.setitem(CHOICES, "cell", (*CHOICES["cell"], "twice"))
    config = EchoConfig(cell="twice", state_size=5)
    assert state_numbers(config) == 10
    costs = [microseconds(replace(config, cell=cell)) for cell in ("rnn", "twice", "gru")]
    assert costs == sorted(set(costs))
    assert Plan.of([config], "solved", 1).structures == 1
    sweep = Sweep(tmp_path, Grid((Axis.parse("cell=rnn,twice"),), seeds=2))
    sweep.run(ScriptedEngine())
    sweep.close()
    assert sweep.status.known == 4


@pytest.mark.parametrize(("cell", "columns", "parts"), [("rnn", 1, 1), ("gru", 3, 1), ("lstm", 4, 2)])
def test_vectors_of_each_cell(cell: str, columns: int, parts: int) -> None:
    facts = CELLS[cell]
    assert (facts.columns, len(facts.state_parts)) == (columns, parts)
    assert set(facts.gates) <= {name for product in facts.products for name in product.columns}
