"""The description of exported weights matches how the network computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn.cells.table import CELLS
from echornn.config import EchoConfig
from echornn.tasks.own.own_task import OwnTask, TaskName
from echornn.tasks.table import TASKS
from tests.door.oracles.probes import numpy_network
from tests.echornn.tasks.test_own_files import TEMPLATE
from tests.recorded import record_branches
from tests.scripted import SMALL_POPULATION, ScriptedTrainer
from tui.commands.kept_runs.export import export
from tui.commands.kept_runs.weights_text import weights_text

NAMES = {"update": "z (update", "reset": "r (reset", "candidate": "c (candidate", "h": "h"} | {
    name: f"{letter} ({name}" for letter, name in zip("ifgo", ("input", "forget", "value", "output"), strict=True)
}


@pytest.mark.parametrize("cell", list(CELLS))
def test_the_order_of_columns_is_the_cells_own(cell: str) -> None:
    columns = [line.partition(": ")[2] for line in CELLS[cell].formulas if line.startswith("columns of ")]
    for told, names in zip(columns, (product.columns for product in CELLS[cell].products), strict=True):
        places = [told.index(NAMES.get(name, name)) for name in names]
        assert places == sorted(places)


@pytest.mark.slow
@pytest.mark.parametrize("cell", list(CELLS))
@pytest.mark.parametrize("classes", [2, 3])
def test_numpy_computes_the_same_by_what_is_said(cell: str, classes: int) -> None:
    import tensorflow as tf

    from echornn.network.model import EchoRNN, embed
    from echornn.network.shapes import carried_size, weight_shapes

    config = EchoConfig(cell=cell, num_classes=classes, num_layers=2, truncated_backprop_length=6, batch_size=3)
    random = np.random.default_rng(1)
    weights = {name: random.normal(0, 0.5, shape).astype(np.float32) for name, shape in weight_shapes(config).items()}
    symbols = random.integers(0, classes, (6, 3)).astype(np.uint8)
    zero = tf.zeros([3, carried_size(config)])
    _, logits = EchoRNN(config, weights).forward(tf.constant(symbols), zero, tf.constant([0, 0]))
    below = np.asarray(embed(tf.constant(symbols), config.the_task.inputs))
    for ending in ("", "_layer2"):
        own = {
            name.removesuffix(ending): array.astype(np.float64)
            for name, array in weights.items()
            if name.endswith(ending)
        }
        state = np.zeros((3, carried_size(config) // 2))
        states = []
        for x in below:
            state, parts = numpy_network.TWINS[cell](own, x, state)
            states.append(parts["h"])
        below = np.stack(states)
    np.testing.assert_allclose(below @ weights["W2"] + weights["b2"], logits, atol=1e-5)


def test_the_text_lies_beside_the_file_which_holds_the_weights_alone(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 5, config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    assert export(str(tmp_path / "run"), False, tmp_path / "w.npz") == 0
    with np.load(tmp_path / "w.npz") as saved:
        assert saved.files == ["W"]
    text = (tmp_path / "w.npz.txt").read_text()
    assert "First axis of each: 6 networks of seeds 7 to 12, in order.\n" in text
    assert "W            float32 [6, 1]\n" in text


@pytest.mark.parametrize("cell", list(CELLS))
def test_its_lines_fit_but_for_the_configuration(cell: str) -> None:
    weights = {"W": np.zeros((4, 4), np.float32)}
    *lines, last = weights_text(EchoConfig(cell=cell, num_layers=3, replicas=64), weights)
    assert all(len(line) <= 80 for line in lines)
    assert last.startswith('configuration: {"num_epochs": ')


STREAM = "state: zero at the start of an epoch, then carried from window to window"
SOFTMAX = "output: softmax(h_t W2 + b2), a column for each symbol, h_t of the top layer"


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({}, ["x_t: the symbol, 0 or 1, as one number", SOFTMAX, STREAM]),
        ({"num_classes": 4}, ["x_t: the symbol, one-hot: 4 numbers, 1 for the symbol and 0 for the others"]),
        ({"task": "delayed_xor"}, ["Its task: delayed_xor", "x_t: the symbol, 0 or 1, as one number", SOFTMAX, STREAM]),
        (
            {"task": "flip_flop"},
            [
                "x_t: the 3 numbers of the step",
                "    in this order: bit 1, bit 2, bit 3",
                "output: h_t W2 + b2, a column for each predicted number, h_t of the top layer",
                STREAM,
            ],
        ),
        (
            {"task": "adding"},
            [
                "rows of W: 2 of x_t, then 4 of h_{t-1}",
                "    in this order: value, mark",
                "output: h_t W2 + b2, the predicted number, h_t of the top layer",
                "state: zero at the start of each trial of 50 steps",
            ],
        ),
        (
            {"task": "temporal_order"},
            [
                "    in this order: a, b, c, d, X, Y, E, B",
                SOFTMAX,
                "state: zero at the start of each trial of 60 steps",
            ],
        ),
    ],
)
def test_input_output_and_state_are_those_of_the_task(fields: dict[str, Any], lines: list[str]) -> None:
    told = list(weights_text(EchoConfig(**fields), {"W": np.zeros((4, 4), np.float32)}))
    for line in lines:
        assert line in told


@pytest.mark.parametrize("task", [*TASKS, OwnTask("my_task.py", "Majority", TEMPLATE)])
def test_its_lines_fit_for_every_task(task: TaskName) -> None:
    config = EchoConfig(task=task, num_layers=2)
    *lines, _ = weights_text(config, {"W": np.zeros((4, 4), np.float32)})
    assert all(len(line) <= 80 for line in lines)


@pytest.mark.parametrize(
    ("cell", "rows"),
    [
        ("rnn", ["rows of W: 1 of x_t, then 4 of h_{t-1}"]),
        ("gru", ["rows of W: 1 of x_t, then 4 of h_{t-1}"]),
        ("mingru", ["rows of W: 1 of x_t"]),
        ("lru", ["rows of W: 1 of x_t", "rows of Wc: 4 of real, then 4 of imaginary, then 1 of x_t"]),
        ("cornn", ["rows of W: 1 of x_t, then 4 of h_{t-1}, then 4 of v_{t-1}"]),
    ],
)
def test_the_rows_of_each_weight_are_named(cell: str, rows: list[str]) -> None:
    told = weights_text(EchoConfig(cell=cell), {"W": np.zeros((4, 4), np.float32)})
    assert [line for line in told if line.startswith("rows of ")] == rows
