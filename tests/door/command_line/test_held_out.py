"""Held-out data at the command line: `evaluate` and `export --states`, computed again by NumPy."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.answered import answered, records
from tests.door.oracles.probes import numpy_network as oracle

pytestmark = pytest.mark.slow

RECORDED = Path(__file__).parents[2] / "data" / "docs"


def test_evaluate_and_states_are_those_of_the_network_on_the_same_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(RECORDED, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    assert answered("export", "echo-run", "--states", "s.npz").returncode == 0
    assert answered("export", "echo-run", "--weights", "w.npz").returncode == 0
    (measured,) = records(answered("evaluate", "echo-run", "--json"))
    with np.load("s.npz") as found, np.load("w.npz") as weights:
        x, y, scored = found["inputs"], found["targets"], found["scored"]
        states, _ = oracle.run("rnn", weights, x.T, np.zeros((len(x), 4)))
        np.testing.assert_allclose(found["states"], states[1:].swapaxes(0, 1), atol=1e-4)
        said = oracle.softmax(oracle.logits(weights, states[1:].swapaxes(0, 1)))
        right = np.take_along_axis(said, y[..., np.newaxis].astype(int), axis=2)[..., 0]
        assert (measured["trials"], measured["steps"]) == x.shape
        assert measured["loss"] == pytest.approx(-np.log(right[scored]).mean(), rel=1e-3)
        assert measured["accuracy"] == (said.argmax(axis=2) == y)[scored].mean()
        np.testing.assert_array_equal(found["conditions"], y[:, -1])
        np.testing.assert_array_equal(y[scored], np.roll(x, 3)[scored])
    (otherwise,) = records(answered("evaluate", "echo-run", "--echo-step", 5, "--trials", 8, "--json"))
    assert otherwise["loss"] > 0.6
    assert otherwise["trials"] == 8
    refused = answered("evaluate", "echo-run", "--num-classes", 3)
    assert refused.returncode == 2
    assert "num_classes = 3 cannot be used: only what keeps Symbols(2) in and Symbols(2) out" in refused.stderr
