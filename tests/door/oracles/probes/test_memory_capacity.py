"""The memory of linear cycle reservoirs, whose capacity is known in closed form (Jaeger 2001; Rodan
and Tino 2011)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from echornn import EchoConfig, Snapshot, Trainer
from echornn.readings import Memory
from tests.answered import answered, json_rows
from tests.compiled import plain
from tests.door.oracles.probes.snapshots import reading

pytestmark = pytest.mark.slow

Array = npt.NDArray[np.float64]

RING = 0.9
"""The weight from each unit to the next."""

CYCLE = f"""
import numpy as np
from echornn import Cell
def step(x, state, network):
    return [network.product(state[0], "ring") + network.product(x, "enters")]
def first_units(rng, units, steps):
    return {{"ring": ({RING} * np.roll(np.eye(units), 1, axis=1)).astype(np.float32)}}
Cycle = Cell(step, ("h",), (), first_units=first_units, fixed=("ring", "enters"),
    other_weights={{"ring": ("units", "units"), "enters": ("inputs", "units")}})
"""


@pytest.fixture
def cycle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., EchoConfig]:
    monkeypatch.chdir(tmp_path)
    Path("cycle.py").write_text(CYCLE, encoding="utf-8")
    return lambda **fields: EchoConfig(cell="cycle.py:Cycle", **fields)


def read(config: EchoConfig) -> tuple[Memory, Array]:
    """The memory as it is measured, and r2 by lag in closed form.

    The state is the sum of x[t-k] w_k, where w_k is the way of an input after k steps. For white
    inputs r2 at lag k is w_k S^-1 w_k, where S is the sum of all w_k' w_k.
    """
    trainer = Trainer(config)
    memory: Memory = reading(Snapshot(trainer.state), "memory")
    ring = trainer.weights["ring"].astype(np.float64)
    ways = [trainer.weights["enters"][0]]
    for _ in range(1000):
        ways.append(ways[-1] @ ring)
    w = np.array(ways)
    inverse = np.linalg.inv(w.T @ w)
    by_lag = np.einsum("ki,ij,kj->k", w, inverse, w)
    capacity = config.state_size - 1 + RING ** (2 * config.state_size)
    assert by_lag[1:].sum() == pytest.approx(capacity, abs=1e-4)
    return memory, by_lag[: len(memory.by_lag)]


def test_a_cycles_memory_is_its_capacity_within_the_spread(
    cycle: Callable[..., EchoConfig],
) -> None:
    """The lags go beyond the units; the noise of 80 fits does not add up."""
    units, wrong = 60, []
    for seed in range(6):
        config = cycle(state_size=units, truncated_backprop_length=15, seed=seed)
        memory, by_lag = read(config)
        assert memory.total == pytest.approx(memory.by_lag.sum(), abs=1e-4)
        assert abs(memory.total - by_lag.sum()) < 2 * memory.total_spread
        assert 0.02 < memory.total_spread < 0.3
        wrong.append(memory.by_lag - by_lag)
    assert len(wrong[0]) >= units + max(5, units // 4)
    totals = np.sum(wrong, axis=1)
    spread = totals.std(ddof=1) / np.sqrt(len(totals))
    assert abs(totals.mean()) < 3 * spread
    np.testing.assert_allclose(np.mean(wrong, axis=0), 0, atol=0.01)


def test_what_holds_nothing_has_a_memory_of_zero(cycle: Callable[..., EchoConfig]) -> None:
    """Each lag is as often a little below 0 as above, so that many lags add nothing."""
    memory, _ = read(cycle(state_size=20, truncated_backprop_length=64))
    beyond = memory.by_lag[60:]
    assert abs(beyond.mean()) < 0.002
    assert (beyond < 0).any()
    assert (np.abs(beyond) < 0.01).all()


def test_probe_tells_the_memory_of_such_a_run(cycle: Callable[..., EchoConfig]) -> None:
    _, by_lag = read(cycle(state_size=20, truncated_backprop_length=4))
    sizes = "--state-size 20 --truncated-backprop-length 4 --total-series-length 400"
    flags = f"--headless --cell cycle.py:Cycle {sizes} --num-epochs 1 --run run"
    with plain():
        assert answered(*flags.split()).returncode == 0
        (probed,) = json_rows("probe run")
    assert probed["memory_total"] == pytest.approx(by_lag.sum(), abs=0.1)
    assert len(probed["memory"]) == len(by_lag)
