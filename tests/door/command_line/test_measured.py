"""What probe, evaluate, fixed points and files of weights and states say of real networks, computed
again by NumPy."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig, Trainer
from tests.answered import answered, records
from tests.door.oracles.probes import numpy_network as oracle

pytestmark = pytest.mark.slow

RECORDED = Path(__file__).parents[2] / "data" / "docs"

PROBED = (
    "window memory gradient_by_lag truncation_bias spectral_radius saturated lyapunov "
    "memory_total memory_size "
    "truncation_bias_spread truncation_bias_by_steps truncation_bias_by_steps_spread "
    "truncation_bias_of_windows "
    "truncation_bias_of_windows_spread spectral_radii seed replica rule as_recorded shift_register "
    "held_out_loss held_out_loss_spread held_out_accuracy "
    "turned_by_lag moved_by_lag memory_samples gradient_samples turned_samples saturated_samples "
    "lyapunov_samples memory_total_spread lyapunov_spread"
)


@pytest.fixture(autouse=True)
def _recorded_runs_are_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(RECORDED, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def weights_of(run: str, *flags: object) -> dict[str, np.ndarray]:
    assert answered("export", run, "--weights", "w.npz", *flags).returncode == 0
    with np.load("w.npz") as saved:
        return {name: saved[name].astype(np.float64) for name in saved}


def test_probe_measures_the_network_of_the_window() -> None:
    (solved,) = records(answered("probe", "echo-run", "--branch", "a", "--json"))
    assert {*solved} == {*PROBED.split()}
    assert (solved["window"], solved["seed"], solved["replica"], solved["rule"]) == (
        1332,
        7,
        0,
        "tbptt",
    )
    assert (solved["shift_register"], solved["memory_size"]) == (4, 4)
    assert solved["memory"][3] > 0.99
    assert solved["memory_total"] == pytest.approx(sum(solved["memory"]), abs=1e-5)
    assert [lag for lag, share in enumerate(solved["turned_by_lag"]) if share > 0.5] == [3]
    radius = np.abs(np.linalg.eigvals(weights_of("echo-run", "--branch", "a")["W"][1:])).max()
    assert (
        solved["spectral_radius"]
        == solved["spectral_radii"]["W"]
        == pytest.approx(radius, rel=1e-4)
    )
    assert solved["lyapunov"] == sorted(solved["lyapunov"], reverse=True)
    assert 0 < solved["memory_total_spread"] < 0.1
    assert len(solved["lyapunov_spread"]) == len(solved["lyapunov"])
    assert 0 < solved["lyapunov_spread"][0] < 0.1
    lines = answered("probe", "echo-run", "--branch", "a").stdout
    for number in (
        f"{radius:.2f} (W)",
        f"{solved['saturated']:.0%}",
        f"{solved['lyapunov'][0]:.2f} (+- {solved['lyapunov_spread'][0]:.2f})",
        f"{solved['memory_total']:.2f} +- {solved['memory_total_spread']:.2f} of 4",
    ):
        assert number in lines
    (other,) = records(answered("probe", "seeds-run", "--replica", 4, "--at", 0, "--json"))
    assert (other["window"], other["seed"], other["replica"], other["memory"][3] < 0.99) == (
        0,
        11,
        4,
        True,
    )


@pytest.mark.usefixtures("shared_programs")
def test_along_a_run_each_window_has_what_probe_says_there() -> None:
    """And how far the last window moved the weights, from the weights before and after it."""
    command = ("probe", "echo-run", "--branch", "a", "--at", 60, "--along", 3)
    found = records(answered(*command, "--json"))
    assert [one["window"] for one in found] == [0, 30, 60]
    for one in found:
        (there,) = records(
            answered("probe", "echo-run", "--branch", "a", "--at", one["window"], "--json")
        )
        for key in (
            "memory",
            "gradient_by_lag",
            "truncation_bias",
            "truncation_bias_of_windows",
            "as_recorded",
        ):
            assert one[key] == there[key], key
        assert one["spectral_radii"]["W"] == pytest.approx(there["spectral_radius"])
        assert one["saturation"]["h"] == pytest.approx(there["saturated"])
        assert one["window"] or set(one["update_ratios"].values()) == {None}
    before, after = (weights_of("echo-run", "--branch", "a", "--at", window) for window in (59, 60))
    for name, ratio in found[-1]["update_ratios"].items():
        moved = np.linalg.norm(after[name] - before[name]) / np.linalg.norm(after[name])
        assert ratio == pytest.approx(moved, rel=1e-4)
    losses = [
        one["loss"] for one in records(answered("export", "echo-run", "--branch", "a", "--json"))
    ]
    assert [one["loss"] for one in found[1:]] == pytest.approx(
        [losses[window - 1] for window in (30, 60)]
    )
    head, *rows = answered(*command, "--csv").stdout.splitlines()
    table = [dict(zip(head.split(","), row.split(","), strict=True)) for row in rows]
    for one, row in zip(found, table, strict=True):
        for name, value in (
            ("update_ratios W", one["update_ratios"]["W"]),
            ("memory 3", one["memory"][3]),
        ):
            assert row[name] == ("" if value is None else f"{value:.9g}")
    assert len(answered(*command).stdout.splitlines()) == 4
    assert answered("probe", "echo-run", "--csv").returncode == 2


def test_fixed_points_are_where_a_step_leads_nowhere() -> None:
    weights = weights_of("echo-run", "--branch", "a")
    (found,) = records(
        answered("probe", "echo-run", "--branch", "a", "--fixed-points", "--input", 1, "--json")
    )
    assert [*found] == [
        "window",
        "seed",
        "replica",
        "as_recorded",
        "input",
        "input_numbers",
        "searches",
        "points",
    ]
    assert (found["input"], found["input_numbers"]) == ("1", [1.0])
    assert found["points"]
    for point in found["points"]:
        assert [*point] == ["kind", "residual", "searches", "outputs", "state", "eigenvalues"]
        state = np.array(point["state"])
        after = np.tanh(np.array([1.0, *state]) @ weights["W"] + weights["b"][0])
        np.testing.assert_allclose(after, state, atol=1e-4)
        eigenvalues = np.linalg.eigvals((1 - after**2)[:, np.newaxis] * weights["W"][1:].T)
        sizes = [abs(complex(*one)) for one in point["eigenvalues"]]
        np.testing.assert_allclose(sizes, sorted(np.abs(eigenvalues))[::-1], rtol=1e-3, atol=1e-4)
        above = sum(size > 1 for size in sizes)
        assert point["kind"] == {0: "stable", len(sizes): "unstable"}.get(above, "saddle")
        logits = state @ weights["W2"] + weights["b2"][0]
        np.testing.assert_allclose(
            point["outputs"], np.exp(logits) / np.exp(logits).sum(), atol=1e-4
        )


@pytest.mark.usefixtures("shared_programs", "one_processor")
# From Keras, when it saves
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")
def test_a_network_in_files_is_the_one_that_was_trained_there() -> None:
    """Windows after the last kept network are trained again to the same bits, and NumPy computes
    what Keras does."""
    import keras

    sizes: dict[str, Any] = {
        "total_series_length": 200,
        "truncated_backprop_length": 4,
        "state_size": 6,
    }
    flags = [
        word for name, value in sizes.items() for word in (f"--{name.replace('_', '-')}", value)
    ]
    command = (
        "--headless",
        "--num-epochs",
        3,
        "--init",
        "glorot",
        "--num-classes",
        3,
        *flags,
        "--run",
        "run",
    )
    assert answered(*command).returncode == 0
    trainer = Trainer(EchoConfig(num_epochs=3, init="glorot", num_classes=3, **sizes))
    for window in (17, 30):
        trainer.advance(window - trainer.epoch * 10 - trainer.window)
        there = weights_of("run", *(["--at", window] if window < 30 else []))
        for name, array in trainer.weights.items():
            np.testing.assert_array_equal(there[name], array.astype(np.float64))
    assert answered("export", "run", "--keras", "m.keras", "--at", 17).returncode == 0
    weights, symbols = (
        weights_of("run", "--at", 17),
        np.random.default_rng(0).integers(0, 3, (2, 9)),
    )
    state, expected = np.zeros((2, 6)), []
    for x in symbols.T:
        state = np.tanh(np.concatenate([np.eye(3)[x], state], axis=1) @ weights["W"] + weights["b"])
        logits = np.exp(state @ weights["W2"] + weights["b2"])
        expected.append(logits / logits.sum(axis=1, keepdims=True))
    model = keras.models.load_model("m.keras")
    np.testing.assert_allclose(
        model.predict(symbols, verbose=0), np.swapaxes(expected, 0, 1), atol=1e-5
    )


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
        hits = said.argmax(axis=2) == y
        assert measured["accuracy"] == hits[scored].mean()
        of_targets = [hits[scored & (y == target)].mean() for target in (0, 1)]
        assert measured["accuracy_by_target"] == pytest.approx(of_targets, abs=1e-6)
        np.testing.assert_array_equal(found["conditions"], y[:, -1])
        np.testing.assert_array_equal(y[scored], np.roll(x, 3)[scored])
    (otherwise,) = records(
        answered("evaluate", "echo-run", "--echo-step", 5, "--trials", 8, "--json")
    )
    assert otherwise["loss"] > 0.6
    assert otherwise["trials"] == 8
    refused = answered("evaluate", "echo-run", "--num-classes", 3)
    assert refused.returncode == 2
    assert (
        "num_classes = 3 cannot be used: only what keeps Symbols(2) in and Symbols(2) out"
        in refused.stderr
    )


def alignment(first: np.ndarray, second: np.ndarray) -> float:
    """Linear CKA of two networks' states, [trials, steps, units] (Kornblith et al. 2019)."""
    x, y = (states.reshape(-1, states.shape[-1]).astype(np.float64) for states in (first, second))
    x -= x.mean(axis=0)
    y -= y.mean(axis=0)
    within = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    return float(np.linalg.norm(y.T @ x) ** 2 / within)


def arrays_of(file: str) -> dict[str, np.ndarray]:
    with np.load(file) as saved:
        return {name: saved[name] for name in saved}


def test_states_of_all_replicas_are_on_the_same_inputs() -> None:
    """Of the eight seeds only replica 3 has not solved the echo."""
    everyone = ("--replica", "all")
    assert answered("export", "seeds-run", "--states", "s.npz", *everyone).returncode == 0
    weights = weights_of("seeds-run", *everyone)
    found = arrays_of("s.npz")
    trials, steps = found["inputs"].shape
    for name, shape in {
        "targets": (trials, steps),
        "scored": (trials, steps),
        "conditions": (trials,),
        "states": (8, trials, steps, 4),
        "carried": (8, trials, steps, 4),
        "outputs": (8, trials, steps, 2),
    }.items():
        assert found[name].shape == shape, name
    for arrays in (found, weights):
        assert arrays["replica"].tolist() == [*range(8)]
        assert arrays["window"].tolist() == [666] * 8

    scored = found["scored"]
    np.testing.assert_array_equal(found["targets"][scored], np.roll(found["inputs"], 3)[scored])
    measured = records(answered("evaluate", "seeds-run", "--json"))
    for replica in range(8):
        own = {name: weights[name][replica] for name in ("W", "b", "W2", "b2")}
        states, _ = oracle.run("rnn", own, found["inputs"].T, np.zeros((trials, 4)))
        by_hand = states[1:].swapaxes(0, 1)
        np.testing.assert_allclose(found["states"][replica], by_hand, atol=1e-4)
        likely = oracle.softmax(oracle.logits(own, by_hand))
        np.testing.assert_allclose(found["outputs"][replica], likely, atol=1e-4)
        targets = found["targets"][..., np.newaxis].astype(int)
        right = np.take_along_axis(likely, targets, axis=2)[..., 0]
        loss = -np.log(right[scored]).mean()
        assert measured[replica]["loss"] == pytest.approx(loss, rel=1e-3), "on the same inputs, too"

    solvers = [replica for replica in range(8) if replica != 3]
    alike = [alignment(found["states"][0], found["states"][replica]) for replica in solvers]
    assert min(alike) > 0.8
    assert alignment(found["states"][0], found["states"][3]) < 0.1


def test_states_of_one_replica_are_those_in_the_file_of_all() -> None:
    for file, *flags in (
        ("all.npz", "--replica", "all"),
        ("first.npz",),
        ("five.npz", "--replica", 5),
        ("others.npz", "--replica", 5, "--data-seed", 12),
        ("all-others.npz", "--replica", "all", "--data-seed", 12),
    ):
        assert answered("export", "seeds-run", "--states", file, *flags).returncode == 0
    first, everyone, others = map(arrays_of, ("first.npz", "all.npz", "all-others.npz"))
    assert {*first} == {*everyone} - {"replica", "window"}
    for alone, together, replica in (
        (first, everyone, 0),
        (arrays_of("five.npz"), everyone, 5),
        (arrays_of("others.npz"), others, 5),
    ):
        for name in alone:
            has_replicas = name in ("states", "carried", "outputs")
            expected = together[name][replica] if has_replicas else together[name]
            np.testing.assert_array_equal(alone[name], expected, name)
    assert 0.4 < (everyone["inputs"] == others["inputs"]).mean() < 0.6


@pytest.mark.usefixtures("shared_programs")
def test_states_of_each_replica_at_the_window_at_which_it_was_solved() -> None:
    solved_at = {0: 369, 1: 198, 2: 380, 4: 299, 5: 588, 6: 167, 7: 267}
    where = ("--at", "solved")
    exported = answered("export", "seeds-run", "--states", "s.npz", *where, "--replica", "all")
    assert exported.returncode == 0
    assert "1 of 8" in exported.stderr
    assert "replica 3" in exported.stderr
    found, weights = arrays_of("s.npz"), weights_of("seeds-run", *where)
    for arrays in (found, weights):
        assert dict(zip(arrays["replica"], arrays["window"], strict=True)) == solved_at
    for index, replica in enumerate(solved_at):
        own = {name: weights[name][index] for name in ("W", "b", "W2", "b2")}
        states, _ = oracle.run("rnn", own, found["inputs"].T, np.zeros((64, 4)))
        by_hand = states[1:].swapaxes(0, 1)
        np.testing.assert_allclose(found["states"][index], by_hand, atol=1e-4)
        if replica == 4:
            there = weights_of("seeds-run", "--replica", replica, "--at", solved_at[replica])
            for name, values in there.items():
                np.testing.assert_array_equal(own[name], values)
