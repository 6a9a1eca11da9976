"""The tasks and the cell of classics that are published again, written out in NumPy."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pytest

from echornn import EchoConfig, Trainer, batch_of
from echornn.classics.classic import FOLDER
from echornn.levels import ladder_of
from tests.compiled import plain

pytestmark = pytest.mark.slow

Floats = npt.NDArray[np.float64]

FROM_X = "(?:XT*VP)*(?:S|XT*VV)"
STRING = re.compile(f"B(T|P)B(?:TS*X{FROM_X}|PT*V(?:V|P{FROM_X}))E(T|P)E")
"""An embedded string of Reber's grammar, and its two letters."""


def test_every_third_bit_is_the_exclusive_or_of_the_two_before() -> None:
    config = EchoConfig(task=f"{FOLDER}/temporal_xor.py:TemporalXor", total_series_length=3000)
    batch = batch_of(config)
    bits = batch.x[..., 0].astype(int)
    np.testing.assert_array_equal(batch.y[:, :-1], batch.x[:, 1:])
    first, second, third = (bits[:, place : 597 + place : 3] for place in range(3))
    np.testing.assert_array_equal(third, (first + second) % 2)
    assert 0.4 < first.mean() < 0.6
    assert 0.4 < second.mean() < 0.6


def test_a_place_scores_the_predictions_of_one_bit_of_three() -> None:
    task = f"{FOLDER}/temporal_xor.py:TemporalXor"
    config = EchoConfig.from_fields({"task": task, "place": 2, "total_series_length": 3000})
    predicted = np.flatnonzero(batch_of(config).scored[0]) + 1  # from 0, the bit in its series
    np.testing.assert_array_equal(predicted % 3, 1)
    assert len(predicted) >= 199  # of 600


def test_a_trial_is_a_reber_string_that_is_scored_to_its_end() -> None:
    task = f"{FOLDER}/reber_strings.py:ReberStrings"
    sizes = {"length": 60, "total_series_length": 60_000, "batch_size": 1000}
    config = EchoConfig.from_fields({"task": task, **sizes})
    batch = batch_of(config)
    lengths = []
    for x, y, scored in zip(batch.x, batch.y, batch.scored, strict=True):
        steps = int(scored.sum())
        assert scored[:steps].all()
        string = "".join("BTPSXVE"[symbol] for symbol in [x[0], *y[:steps]])
        match = STRING.fullmatch(string)
        assert match is not None, string
        assert match[1] == match[2]
        lengths.append(len(string))
    assert np.mean(lengths) == pytest.approx(12, abs=0.5)
    # Seven even choices, and 11 symbols to be predicted
    assert ladder_of(config)[-1].loss == pytest.approx(7 * np.log(2) / 11)


def test_the_cell_of_1997_only_adds_to_its_memory() -> None:
    cell = f"{FOLDER}/lstm_1997.py:ADDING"
    fields = {"cell": cell, "task": "adding", "length": 20, "state_size": 3, "init": "glorot"}
    config = EchoConfig.from_fields(fields)
    trainer = Trainer(config)
    weights = {name: np.asarray(array, float) for name, array in trainer.weights.items()}
    np.testing.assert_array_equal(weights["b"].ravel(), [-4.5] * 3 + [0] * 6)
    x = np.random.default_rng(0).random((2, 20, 2))

    def sigmoid(values: Floats) -> Floats:
        return 1 / (1 + np.exp(-values))

    h = c = np.zeros((2, 3))
    expected = []
    for step in range(20):
        sums = np.hstack([x[:, step], h]) @ weights["W"] + weights["b"]
        enter, value, leave = np.split(sums, 3, axis=1)
        c = c + sigmoid(enter) * (4 * sigmoid(value) - 2)
        h = sigmoid(leave) * (2 * sigmoid(c) - 1)
        expected.append(h)
    found = trainer.run(x.astype(np.float32)).states
    np.testing.assert_allclose(found, np.stack(expected, axis=1), atol=1e-6)


def test_the_unitary_cell_turns_its_state_by_a_unitary_matrix() -> None:
    units = 4
    cell = f"{FOLDER}/unitary.py:UNITARY"
    fields = {"cell": cell, "task": "adding", "length": 5, "state_size": units, "init": "glorot"}
    with plain() as programs:
        trainer = Trainer(EchoConfig.from_fields(fields), programs)
        trainer.advance(5)  # so that no threshold is 0 any more
    weights = {name: np.asarray(array, float) for name, array in trainer.weights.items()}

    def turn(number: int) -> npt.NDArray[np.complex128]:
        return np.asarray(np.diag(np.exp(1j * weights[f"angle_{number}"][0])))

    def reflection(number: int) -> npt.NDArray[np.complex128]:
        v = weights[f"v{number}_real"][0] + 1j * weights[f"v{number}_imaginary"][0]
        return np.asarray(np.eye(units) - 2 * np.outer(v.conj(), v) / np.vdot(v, v))

    places = np.arange(units)
    fourier = np.exp(-2j * np.pi * np.outer(places, places) / units)
    order = np.random.default_rng(0).permutation(units)
    shuffle = np.eye(units)[:, order]
    # Rows are multiplied from the right
    w = turn(1) @ fourier @ reflection(1) @ shuffle @ turn(2)
    w = w @ np.linalg.inv(fourier) @ reflection(2) @ turn(3)
    np.testing.assert_allclose(w @ w.conj().T, np.eye(units), atol=1e-6)

    x = np.random.default_rng(0).random((2, 5, 2))
    z = np.zeros((2, units), complex)
    expected = []
    for step in range(5):
        real, imaginary = np.split(x[:, step] @ weights["V"] + weights["b"], 2, axis=1)
        z = z @ w + real + 1j * imaginary
        size = np.sqrt(np.abs(z) ** 2 + 1e-5)
        z *= np.maximum(size + weights["threshold"], 0) / size
        expected.append(z.real)
    found = trainer.run(x.astype(np.float32)).states
    np.testing.assert_allclose(found, np.stack(expected, axis=1), atol=1e-5)
