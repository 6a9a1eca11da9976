"""The cells of the program as they are printed, and cells of the user's own against the same steps in NumPy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import ConfigError, EchoConfig
from tests.answered import answered
from tests.compiled import plain
from tests.door.library.published import HEAD, PUBLISHED, STEPS, Array, Weights


def printed(*arguments: str) -> list[dict[str, Any]]:
    """The JSON lines that a command prints."""
    done = answered(*arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_printed_cells_are_these() -> None:
    shown = printed("cells")
    parts = [(one["cell"], one["state"], one["held"], one["gates"], one["unit_weights"]) for one in shown]
    assert parts == [
        ("rnn", ["h"], 1, [], []),
        ("gru", ["h"], 1, ["update", "reset"], []),
        ("lstm", ["h", "c"], 2, ["input", "forget", "output"], []),
        ("indrnn", ["h"], 1, [], ["u"]),
        ("irnn", ["h"], 1, [], []),
        ("mingru", ["h"], 1, ["take"], []),
        ("lru", ["h", "real", "imaginary"], 2, [], ["nu", "theta", "gamma"]),
        ("cornn", ["h", "v"], 2, [], []),
    ]
    products = {
        one["cell"]: [(made["weight"], made["bias"], *made["reads"], len(made["columns"])) for made in one["products"]]
        for one in shown
    }
    assert products == {
        "rnn": [("W", "b", "x", "h", 1)],
        "gru": [("W", "b", "x", "h", 2), ("Wc", "bc", "x", "h", 1)],
        "lstm": [("W", "b", "x", "h", 4)],
        "indrnn": [("W", "b", "x", 1)],
        "irnn": [("W", "b", "x", "h", 1)],
        "mingru": [("W", "b", "x", 2)],
        "lru": [("W", "b", "x", 2), ("Wc", "bc", "real", "imaginary", "x", 1)],
        "cornn": [("W", "b", "x", "h", "v", 1)],
    }
    assert {one["cell"]: one["keras"] for one in shown if one["keras"]} == {
        "rnn": "SimpleRNN",
        "gru": "GRU",
        "lstm": "LSTM",
        "irnn": "SimpleRNN",
    }
    for one in shown:
        assert printed("cells", one["cell"]) == [one]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--cell nothing", ["cell = 'nothing'", "rnn", "cornn"]),
        ("--cell mine.py:", ["mine.py:"]),
        ("--cell no.py:Mine", ["no.py"]),
        ("sweep --out sweep --grid cell=rnn,no.py:Mine", ["no.py"]),
        ("cells nothing", ["nothing", "rnn", "cornn"]),
        ("cells --template --json", ["--template"]),
    ],
)
def test_what_is_no_cell_is_refused_in_a_line(
    arguments: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = answered(*arguments.split())
    assert (done.returncode, done.stdout) == (2, "")
    line, _ = done.stderr.splitlines()
    for word in words:
        assert word in line
    assert not [*tmp_path.iterdir()]
    with pytest.raises(ConfigError):
        EchoConfig(cell="nothing")


def test_the_template_is_a_cell_that_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_cell.py").write_text(answered("cells", "--template").stdout, encoding="utf-8")
    (shown,) = printed("cells", "my_cell.py:MyCell")
    assert (shown["state"], shown["held"], shown["gates"]) == (["h"], 1, ["gate"])


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


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_cell_trains_as_its_formulas_say(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One window by gradient descent: states, loss, and the update along two directions, by differences."""
    from echornn import Trainer

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
