"""Published cells in files of the user's own, against the same steps in NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from echornn import EchoConfig, Trainer
from tests.compiled import plain
from tests.door.library.published import HEAD, PUBLISHED, STEPS, Array, Weights

pytestmark = pytest.mark.slow


def loss_and_states(name: str, weights: Weights, x: Array, y: Array) -> tuple[float, Array]:
    """The mean cross-entropy of a window from the zero state, and the states h [rows, steps, units], in NumPy."""
    parts, step = STEPS[name]
    state = [np.zeros((len(x), len(weights["W2"])))] * parts
    states, losses = [], []
    for t in range(x.shape[1]):
        state = step(x[:, t, np.newaxis], state, weights)
        logits = state[0] @ weights["W2"] + weights["b2"]
        logits -= logits.max(axis=1, keepdims=True)
        said = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        losses.append(-said[np.arange(len(x)), y[:, t].astype(int)])
        states.append(state[0])
    return float(np.mean(losses)), np.stack(states, axis=1)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_cell_trains_as_its_formulas_say(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One window by gradient descent: states, loss, and the update along two directions, by differences."""
    monkeypatch.chdir(tmp_path)
    Path("published.py").write_text(HEAD + PUBLISHED[name], encoding="utf-8")
    config = EchoConfig(
        cell="published.py:C", optimizer="sgd", learning_rate=0.5, init="glorot", truncated_backprop_length=6, seed=3
    )
    with plain() as programs:
        trainer = Trainer(config, programs)
        before = {one: value.astype(np.float64) for one, value in trainer.weights.items()}
        window = trainer.advance(1)
        after = trainer.weights
    if name == "peephole":
        np.testing.assert_array_equal(before["b"], [np.repeat([0, 1, 0, 0], config.state_size)])
    x, y = window.x.astype(np.float64), window.y.astype(np.float64)
    loss, states = loss_and_states(name, before, x, y)
    assert window.losses[0] == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(window.states, states, atol=1e-5)
    rng = np.random.default_rng(0)
    for _ in range(2):
        way = {one: rng.normal(size=value.shape) for one, value in before.items()}
        ahead, back = (
            loss_and_states(name, {one: value + much * way[one] for one, value in before.items()}, x, y)[0]
            for much in (1e-5, -1e-5)
        )
        moved = sum(float(np.sum((after[one] - before[one]) * way[one])) for one in before)
        assert moved / -0.5 == pytest.approx((ahead - back) / 2e-5, rel=1e-3, abs=1e-4)
