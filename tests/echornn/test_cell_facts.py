"""A new cell, without TensorFlow: its entry in `CELL_FACTS` is all that plans, levels and grids need."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from echornn.cell_facts import CELL_FACTS, CellFacts
from echornn.config import CHOICES, EchoConfig
from echornn.data.levels import state_numbers
from echornn.sweeps.axis import Axis
from echornn.sweeps.grid import Grid
from echornn.sweeps.plan import Plan, microseconds
from echornn.sweeps.sweep import Sweep
from tests.echornn.sweeps.scripted import ScriptedEngine


def test_a_sweep_with_a_cell_that_was_added_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CELL_FACTS, "twice", CellFacts(("h", "c"), {("W", "b"): ("h", "c")}))
    monkeypatch.setitem(CHOICES, "cell", (*CHOICES["cell"], "twice"))
    config = EchoConfig(cell="twice", state_size=5)  # type: ignore[arg-type]
    assert state_numbers(config) == 10
    costs = [microseconds(replace(config, cell=cell)) for cell in ("rnn", "twice", "gru")]  # type: ignore[arg-type]
    assert costs == sorted(set(costs))
    assert Plan.of([config], "solved", 1).structures == 1
    sweep = Sweep(tmp_path, Grid((Axis.parse("cell=rnn,twice"),), seeds=2))
    sweep.run(ScriptedEngine())
    sweep.close()
    assert sweep.status.known == 4


@pytest.mark.parametrize(("cell", "columns", "parts"), [("rnn", 1, 1), ("gru", 3, 1), ("lstm", 4, 2)])
def test_vectors_of_each_cell(cell: str, columns: int, parts: int) -> None:
    facts = CELL_FACTS[cell]
    assert (facts.columns, len(facts.state_parts)) == (columns, parts)
    assert set(facts.gates) <= {name for names in facts.weight_columns.values() for name in names}
