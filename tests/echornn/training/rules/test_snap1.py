"""SnAp-1 equals its definition, with full Jacobians of a NumPy twin of which all other entries are set to zero."""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import pytest

from echornn import ConfigError, EchoConfig, EchoSeries
from echornn.cells.own_units import acts_on_own_units
from echornn.cells.table import CELLS
from echornn.network.shapes import carried_size
from echornn.sweeps.axis import Axis
from echornn.sweeps.grid import Grid
from tests.echornn.probes.numpy_network import TWINS, Array, logits, softmax
from tests.echornn.probes.snapshots import random_weights, small
from tests.echornn.training.rules.test_rtrl import learned

pytestmark = pytest.mark.slow

ABLE = [name for name, cell in CELLS.items() if acts_on_own_units(cell)]
STEP = 1e-6


def _after(cell: str, w: dict[str, Array], symbols: Array, before: Array) -> Array:
    return TWINS[cell](w, symbols, before)[0]


def literal(config: EchoConfig, windows: int) -> list[dict[str, Array]]:
    """The gradients of the first windows with weights that stay: M = mask(J M + D) at every step."""
    w = {name: np.array(value, np.float64) for name, value in random_weights(config).items()}
    names = [name for name in w if name not in ("W2", "b2")]
    size, carried, rows = config.state_size, carried_size(config), config.batch_size
    columns = [at[1] % size for name in names for at in np.ndindex(w[name].shape)]
    mask = np.array([[number % size == unit for unit in columns] for number in range(carried)])
    state, m = np.zeros((rows, carried)), np.zeros((rows, carried, len(columns)))
    series, found = EchoSeries.generate(config), []
    for window in range(windows):
        x, y = (one.T for one in series.window(window * config.window_stride, config.window_steps))
        now, now_m, sums = state, m, np.zeros(len(columns))
        for t in range(config.window_steps):
            symbols = x[t].astype(np.float64)[:, np.newaxis]
            after = partial(_after, str(config.cell), w, symbols)
            j = np.stack([(after(now + d) - after(now - d)) / (2 * STEP) for d in STEP * np.eye(carried)], axis=2)
            by_weights = []
            for name in names:
                for at in np.ndindex(w[name].shape):
                    kept = w[name][at]
                    w[name][at] = kept + STEP
                    above = after(now)
                    w[name][at] = kept - STEP
                    by_weights.append((above - after(now)) / (2 * STEP))
                    w[name][at] = kept
            now_m = mask * (j @ now_m + np.stack(by_weights, axis=2))
            now = after(now)
            wrong = softmax(logits(w, now)) - np.eye(2)[y[t]]
            d = np.zeros((rows, carried))
            d[:, :size] = wrong @ w["W2"].T / (rows * config.window_steps)
            sums += np.einsum("bc,bcw->w", d, now_m)
            if t == config.window_stride - 1:
                state, m = now, now_m
        sizes = np.cumsum([w[name].size for name in names])[:-1]
        parts = zip(names, np.split(sums, sizes), strict=True)
        found.append({name: part.reshape(w[name].shape) for name, part in parts})
    return found


def test_which_cells_it_can_train() -> None:
    assert ABLE == ["rnn", "lstm", "indrnn", "irnn", "mingru", "cornn"]


@pytest.mark.parametrize("cell", ABLE)
def test_its_definition(cell: str) -> None:
    config = small(cell, rule="snap1", stride=3)
    for found, expected in zip(learned(config, 3), literal(config, 3), strict=True):
        for name, one in expected.items():
            np.testing.assert_allclose(found[name], one, rtol=2e-3, atol=2e-5, err_msg=name)


def test_windows_that_are_loops() -> None:
    config = small(rule="snap1", truncated_backprop_length=35, state_size=2)
    for found, expected in zip(learned(config, 2), literal(config, 2), strict=True):
        for name, one in expected.items():
            np.testing.assert_allclose(found[name], one, rtol=2e-3, atol=2e-5, err_msg=name)


def test_units_that_hear_only_themselves_get_the_exact_gradient() -> None:
    exact, sparse = (learned(small("mingru", rule=rule), 4)[-1] for rule in ("rtrl", "snap1"))
    for name, one in exact.items():
        np.testing.assert_allclose(sparse[name], one, rtol=1e-3, atol=1e-6, err_msg=name)


def test_what_it_cannot_train_is_no_configuration() -> None:
    with pytest.raises(ConfigError, match=r"^rule = 'snap1' cannot be used: num_layers must be 1, not 2"):
        EchoConfig(rule="snap1", num_layers=2)
    for cell in CELLS.keys() - ABLE:
        with pytest.raises(ConfigError, match=r"^rule = 'snap1' cannot be used: the cell must be one of rnn, lstm, "):
            EchoConfig(rule="snap1", cell=cell)
        with pytest.raises(ConfigError, match="whose weights reach one unit a step"):
            EchoConfig(cell=cell).with_fields({"rule": "snap1"})  # so in a live edit


def test_a_sweep_leaves_out_what_it_cannot_train() -> None:
    axes = Axis("rule", ("tbptt", "snap1")), Axis("cell", ("rnn", "gru")), Axis("num_layers", (1, 2))
    points = Grid(axes, seeds=1).points
    assert [(one.rule, one.cell, one.num_layers) for one in points.possible] == [
        *itertools.product(["tbptt"], ["rnn", "gru"], [1, 2]),
        ("snap1", "rnn", 1),
    ]
    assert [one.values["num_layers"] for one in points.impossible if one.values["cell"] == "gru"] == [1, 2]
    assert all("rule = 'snap1' cannot be used" in one.reason for one in points.impossible)
