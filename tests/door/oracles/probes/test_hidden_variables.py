"""The hidden variables of tasks: what they are, how units follow them, and where they are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import Batch, EchoConfig, Task
from echornn.probes.series import series_for
from echornn.tasks.adding import Adding
from echornn.tasks.anbn import AnBn
from echornn.tasks.binary_addition import BinaryAddition
from echornn.tasks.dyck_1 import Dyck1
from echornn.tasks.task import draw_rows
from tests.answered import answered, json_rows
from tests.compiled import plain
from tests.door.oracles.probes.numpy_network import Array
from tests.door.oracles.probes.snapshots import (
    random_weights,
    reading,
    run_series,
    snapshot,
)

pytestmark = pytest.mark.slow

ADDITION = EchoConfig(
    task=BinaryAddition(),
    state_size=3,
    batch_size=2,
    total_series_length=400,
    truncated_backprop_length=3,
)


def hidden_drawn(task: Task, rows: int, steps: int) -> Batch:
    return draw_rows(task, np.random.default_rng(4), rows, steps, with_hidden=True)


def carries(x: Any) -> Array:
    """What is carried after each pair of bits, [rows, steps, 2], by adding as at school."""
    carry = np.zeros(len(x))
    after = []
    for a, b in x.swapaxes(0, 1).transpose(0, 2, 1):
        carry = (a + b + carry) // 2
        after.append(carry)
    return np.stack(after, axis=1)


@pytest.mark.parametrize(
    ("task", "name", "by_symbol"),
    [(Dyck1(), "depth", {0: 1, 1: -1, 2: 0}), (AnBn(), "open", {0: 1, 1: -1, 2: 0})],
)
def test_symbols_open_and_close(task: Task, name: str, by_symbol: dict[int, int]) -> None:
    batch = hidden_drawn(task, 3, 200)
    count, expected = 0, []
    for symbol in batch.x.reshape(-1).tolist():
        count += by_symbol[symbol]
        expected.append(count)
        assert count >= 0
        assert symbol != 2 or count == 0
    assert batch.hidden[name].reshape(-1).tolist() == expected


def test_sums_so_far_and_carries() -> None:
    batch = hidden_drawn(BinaryAddition(), 3, 60)
    np.testing.assert_array_equal(batch.hidden["carry"], carries(batch.x))
    trials = hidden_drawn(Adding(length=9), 5, 18)
    values, marks = np.moveaxis(trials.x, 2, 0)
    for row in range(5):
        for step in range(18):
            begin = step - step % 9
            expected = sum(values[row, t] for t in range(begin, step + 1) if marks[row, t])
            assert trials.hidden["sum"][row, step] == pytest.approx(expected)


def test_correlations_are_those_of_numpys_states_around_the_mean_of_each_row() -> None:
    network = snapshot(ADDITION, random_weights(ADDITION))
    series = series_for(ADDITION)
    states, _ = run_series(network, series)
    read = len(series.y)
    carry = carries(series.x.swapaxes(0, 1)).T[-read:]
    centred = carry - carry.mean(axis=0)
    units = reading(network, "units")
    for unit in range(3):
        activity = states[-read:, :, unit]
        activity = activity - activity.mean(axis=0)
        r = np.corrcoef(activity.reshape(-1), centred.reshape(-1))[0, 1]
        assert units.hidden["carry"][unit] == pytest.approx(r, abs=1e-5)


def test_probe_and_exported_states_have_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small = "--state-size 3 --init glorot --truncated-backprop-length 3"
    short = "--total-series-length 600 --num-epochs 1 --headless"
    train = f"--task binary_addition {small} {short} --run run"
    with plain():
        assert answered(*train.split()).returncode == 0
    (record,) = json_rows("probe run")
    assert [*record["hidden_by_unit"]] == ["carry"]
    by_unit = record["hidden_by_unit"]["carry"]
    unit = int(np.abs(by_unit).argmax())
    line = f"carry: unit {unit + 1} follows it most, r {by_unit[unit]:.2f}"
    assert line in answered("probe", "run").stdout
    assert answered("export", "run", "--states", "a.npz").returncode == 0
    with np.load("a.npz") as data:
        np.testing.assert_array_equal(data["hidden_carry"], carries(data["inputs"]))


DRAWS = """\
from dataclasses import dataclass
import numpy as np
from echornn import Batch, Symbols, Task

@dataclass(frozen=True)
class Mine(Task):
    inputs = outputs = Symbols(2)

    def draw(self, rng, rows, steps):
        x = rng.integers(0, 2, (rows, steps), np.uint8)
        return Batch(x, x, hidden={"ones": np.cumsum(x, axis=1)})
"""


@pytest.mark.parametrize(
    ("written", "instead", "line"),
    [
        ("np.cumsum(x, axis=1)", "np.zeros(3)", "draw returns hidden ones as float64 [3], but"),
        ('{"ones": np.cumsum(x, axis=1)}', "3", "draw returns hidden = 3, which must be"),
    ],
)
def test_hidden_variables_that_cannot_be_are_refused_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, instead: str, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(DRAWS.replace(written, instead), encoding="utf-8")
    done = answered("--task", "mine.py:Mine", "--headless", "--run", "run")
    assert done.returncode == 2
    assert line in done.stderr
