"""`sweep --keep-weights`: the last weights of each network, beside its result."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from echornn import EchoConfig, Population
from tests.answered import Answer
from tests.compiled import plain
from tests.door.classics.stage import TrainsHere
from tests.door.sweeps.stage import rows, swept

pytestmark = pytest.mark.slow

GRID = ["--grid", "echo_step=1,2", "--seeds", "2", "--until", "all"]
SIZES = ["--num-epochs", "1", "--total-series-length", "1500", "--truncated-backprop-length", "3"]


def trained(folder: Path, *flags: str) -> Answer:
    return swept(folder, *GRID, *SIZES, "--init", "glorot", *flags, engine=TrainsHere())


def test_they_are_those_of_networks_trained_alone(tmp_path: Path) -> None:
    assert trained(tmp_path, "--keep-weights").returncode == 0
    results = [*(tmp_path / "results").glob("*.json")]
    assert len(results) == 4
    with plain():
        for file in results:
            alone = Population(EchoConfig.from_fields(json.loads(file.read_text())["config"]))
            alone.advance(10**6)
            kept = np.load(tmp_path / "weights" / file.with_suffix(".npz").name)
            assert {*kept} == {*alone.weights}
            for name, array in alone.weights.items():
                np.testing.assert_allclose(kept[name], array[0], rtol=1e-5, atol=1e-6)


def test_what_was_trained_without_them_is_trained_again(tmp_path: Path) -> None:
    assert trained(tmp_path).returncode == 0
    first = rows(tmp_path)
    assert not (tmp_path / "weights").exists()
    assert trained(tmp_path, "--keep-weights").returncode == 0
    assert len([*(tmp_path / "weights").iterdir()]) == 4
    again = rows(tmp_path)
    assert [row["final_loss"] for row in again] == [row["final_loss"] for row in first]
