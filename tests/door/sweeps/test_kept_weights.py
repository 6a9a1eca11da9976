"""`sweep --keep-weights`: the last weights of each network, beside its result."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from echornn import EchoConfig, Population
from tests.compiled import plain
from tests.door.classics.stage import TrainsHere
from tests.door.sweeps.stage import rows, swept

pytestmark = pytest.mark.slow

FLAGS = (
    "--grid echo_step=1,2 --seeds 2 --until all --num-epochs 1 --total-series-length 1500"
    " --truncated-backprop-length 3 --init glorot"
)


def trained(folder: Path, *flags: str) -> list[str]:
    """Sweep; returns the last losses of the networks."""
    answer = swept(folder, *FLAGS.split(), *flags, engine=TrainsHere())
    assert answer.returncode == 0
    return [row["final_loss"] for row in rows(folder)]


def test_networks_that_were_trained_without_them_are_trained_again_as_each_alone(
    tmp_path: Path,
) -> None:
    with plain():
        losses = trained(tmp_path)
        assert not (tmp_path / "weights").exists()
        assert trained(tmp_path, "--keep-weights") == losses
        results = [*(tmp_path / "results").glob("*.json")]
        assert len(results) == 4
        for file in results:
            alone = Population(EchoConfig.from_fields(json.loads(file.read_text())["config"]))
            alone.advance(10**6)
            kept = np.load(tmp_path / "weights" / file.with_suffix(".npz").name)
            assert {*kept} == {*alone.weights}
            for name, array in alone.weights.items():
                np.testing.assert_allclose(kept[name], array[0], rtol=1e-5, atol=1e-6)
