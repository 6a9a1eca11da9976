"""What probe, evaluate, fixed points and files of weights and states say of real networks, computed
again by NumPy."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from tests.answered import answered, json_rows
from tests.compiled import plain
from tests.door.oracles.probes import numpy_network as oracle

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_programs", "one_processor")]

RECORDED = Path(__file__).parents[2] / "data" / "docs"

PROBED = """
window seed replica rule as_recorded shift_register held_out_loss held_out_loss_spread
held_out_accuracy
memory memory_total memory_total_spread memory_size memory_samples
gradient_by_lag gradient_slope gradient_samples turned_by_lag moved_by_lag turned_samples
truncation_bias truncation_bias_spread truncation_bias_by_steps truncation_bias_by_steps_spread
truncation_bias_of_windows truncation_bias_of_windows_spread
spectral_radius spectral_radii saturated saturated_samples
lyapunov lyapunov_spread lyapunov_samples
"""

Arrays = dict[str, np.ndarray]


@pytest.fixture(autouse=True, scope="module")
def _nothing_is_compiled() -> Iterator[None]:
    with plain():
        yield


@pytest.fixture(autouse=True)
def _recorded_runs_are_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(RECORDED, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def saved() -> Arrays:
    with np.load("a.npz") as file:
        return dict(file)


def exported(command: str) -> Arrays:
    """The arrays in the file that this ``export`` writes to a.npz."""
    done = answered(*f"export {command} a.npz".split())
    assert done.returncode == 0, done.stderr
    return saved()


def weights(command: str) -> Arrays:
    arrays = exported(f"{command} --weights")
    return {name: array.astype(np.float64) for name, array in arrays.items()}


def states_by_hand(network: Arrays, inputs: np.ndarray) -> np.ndarray:
    """The states of a tanh network from a state of zeros, [trials, steps, units]."""
    zeros = np.zeros((len(inputs), len(network["W2"])))
    states, _ = oracle.run("rnn", network, inputs.T, zeros)
    return np.asarray(states[1:].swapaxes(0, 1))


def loss_by_hand(outputs: np.ndarray, data: Arrays) -> float:
    """The mean cross-entropy of probabilities, [trials, steps, classes], where it is scored."""
    targets = data["targets"][..., np.newaxis].astype(int)
    likelihood = np.take_along_axis(outputs, targets, axis=2)[..., 0]
    return float(-np.log(likelihood[data["scored"]]).mean())


def test_probe_measures_the_network_of_the_window() -> None:
    (solved,) = json_rows("probe echo-run --branch a")
    assert {*solved} == {*PROBED.split()}
    assert solved["window"] == 1332
    assert solved["seed"] == 7
    assert solved["replica"] == 0
    assert solved["rule"] == "tbptt"
    assert solved["shift_register"] == 4
    assert solved["memory_size"] == 4
    assert solved["memory"][3] > 0.99
    assert solved["memory_total"] == pytest.approx(sum(solved["memory"]), abs=1e-5)
    np.testing.assert_array_equal(np.flatnonzero(np.array(solved["turned_by_lag"]) > 0.5), [3])
    recurrent = weights("echo-run --branch a")["W"][1:]
    radius = np.abs(np.linalg.eigvals(recurrent)).max()
    assert solved["spectral_radius"] == pytest.approx(radius, rel=1e-4)
    gradient = np.array(solved["gradient_by_lag"])
    lags = np.flatnonzero(gradient > 1e-8)
    slope, _ = np.polyfit(lags, np.log10(gradient[lags]), 1)
    assert solved["gradient_slope"] == pytest.approx(slope, rel=1e-4)
    assert solved["spectral_radii"]["W"] == solved["spectral_radius"]

    text = answered("probe", "echo-run", "--branch", "a").stdout
    assert f"{radius:.2f} (W)" in text
    assert f"slope {slope:+.2f} decades a lag" in text
    assert f"{solved['saturated']:.0%}" in text
    assert f"{solved['lyapunov'][0]:.2f} (+- {solved['lyapunov_spread'][0]:.2f})" in text
    total, spread = solved["memory_total"], solved["memory_total_spread"]
    assert f"{total:.2f} +- {spread:.2f} of 4" in text

    (untrained,) = json_rows("probe seeds-run --replica 4 --at 0")
    assert untrained["window"] == 0
    assert untrained["seed"] == 11
    assert untrained["replica"] == 4
    assert untrained["memory"][3] < 0.99


ALONG = "probe echo-run --branch a --at 40 --along 2"

SAME_ALONG = (
    "memory gradient_by_lag truncation_bias truncation_bias_of_windows as_recorded"  # as in probe
)


def test_along_a_run_each_window_has_what_probe_says_there() -> None:
    """And how far the last window moved the weights, from the weights before and after it."""
    rows = json_rows(ALONG)
    assert [row["window"] for row in rows] == [0, 40]
    for row in rows:
        (probed,) = json_rows(f"probe echo-run --branch a --at {row['window']}")
        for key in SAME_ALONG.split():
            assert row[key] == probed[key], key
        assert row["spectral_radii"]["W"] == pytest.approx(probed["spectral_radius"])
        assert row["saturation"]["h"] == pytest.approx(probed["saturated"])
    first, last = rows
    assert {*first["update_ratios"].values()} == {None}
    before = weights("echo-run --branch a --at 39")
    after = weights("echo-run --branch a --at 40")
    for name, ratio in last["update_ratios"].items():
        moved = np.linalg.norm(after[name] - before[name]) / np.linalg.norm(after[name])
        assert ratio == pytest.approx(moved, rel=1e-4)
    windows = json_rows("export echo-run --branch a")
    assert last["loss"] == pytest.approx(windows[39]["loss"])

    printed = csv.DictReader(answered(*ALONG.split(), "--csv").stdout.splitlines())
    for row, cells in zip(rows, printed, strict=True):
        ratio = row["update_ratios"]["W"]
        assert cells["update_ratios W"] == ("" if ratio is None else f"{ratio:.9g}")
        assert cells["memory 3"] == f"{row['memory'][3]:.9g}"
    assert len(answered(*ALONG.split()).stdout.splitlines()) == 3


def test_fixed_points_are_where_a_step_leads_nowhere() -> None:
    network = weights("echo-run --branch a")
    (found,) = json_rows("probe echo-run --branch a --fixed-points --input 1")
    keys = "window seed replica as_recorded input input_numbers searches points cycles"
    assert [*found] == keys.split()
    assert found["input"] == "1"
    assert found["input_numbers"] == [1.0]
    assert found["points"]
    for point in found["points"]:
        keys = "kind residual q searches outputs state eigenvalues"
        assert [*point] == keys.split()
        state = np.array(point["state"])
        after = np.tanh(np.array([1.0, *state]) @ network["W"] + network["b"][0])
        np.testing.assert_allclose(after, state, atol=1e-4)
        outputs = oracle.softmax(state @ network["W2"] + network["b2"][0])
        np.testing.assert_allclose(point["outputs"], outputs, atol=1e-4)


# From Keras, when it saves
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")
def test_a_keras_model_computes_what_numpy_does() -> None:
    import keras

    cell = "--cell gru_after --state-size 6 --truncated-backprop-length 3 --echo-step 2"
    sizes = "--num-epochs 3 --total-series-length 200"
    assert answered("--headless", *f"{cell} {sizes}".split(), "--run", "run").returncode == 0
    assert answered("export", "run", "--keras", "m.keras", "--at", 17).returncode == 0
    network = weights("run --at 17")
    assert network["bx"].any()
    assert network["bh"].any()
    bits = np.random.default_rng(0).integers(0, 2, (2, 9))
    states, _ = oracle.run("gru_after", network, bits.T, np.zeros((2, 6)))
    expected = oracle.softmax(oracle.logits(network, states[1:].swapaxes(0, 1)))
    model = keras.models.load_model("m.keras")
    np.testing.assert_allclose(model(bits), expected, atol=1e-5)


def test_each_size_is_evaluated_as_alone_and_its_line_is_the_mean_of_networks() -> None:
    evaluate = "evaluate seeds-run --trials 8"
    rows = json_rows(f"{evaluate} --sizes echo_step=3,5")
    alone = {size: json_rows(f"{evaluate} --echo-step {size}") for size in (3, 5)}
    assert alone[5][0]["loss"] > 0.6, "it echoes what came three steps before"
    assert alone[5][0]["trials"] == 8
    places = [(row["replica"], row["echo_step"]) for row in rows]
    assert places == [*product(range(8), (3, 5))]
    for row in rows:
        expected = alone[row["echo_step"]][row["replica"]]
        for name in ("loss", "accuracy", "trials", "steps"):
            assert row[name] == expected[name], name

    printed = answered(*evaluate.split(), "--sizes", "echo_step=3..5@2").stdout.splitlines()
    shorter, longer = (line.split() for line in printed[2:])
    losses = [row["loss"] for row in alone[5]]
    spread = 2 * np.std(losses, ddof=1) / np.sqrt(8)
    assert longer[:3] == ["5", f"{np.mean(losses):.4f}", f"{spread:.4f}"]
    assert shorter[0] == "3"


def test_states_and_evaluations_of_all_replicas_are_on_the_same_inputs() -> None:
    networks = weights("seeds-run --replica all")
    data = exported("seeds-run --replica all --states")
    trials, steps = data["inputs"].shape
    assert data["carried"].shape == (8, trials, steps, 4)
    for arrays in (data, networks):
        np.testing.assert_array_equal(arrays["replica"], np.arange(8))
        np.testing.assert_array_equal(arrays["window"], [666] * 8)

    targets, scored = data["targets"], data["scored"]
    np.testing.assert_array_equal(targets[scored], np.roll(data["inputs"], 3)[scored])
    np.testing.assert_array_equal(data["conditions"], targets[:, -1])
    measured = json_rows("evaluate seeds-run")
    for replica in range(8):
        network = {name: networks[name][replica] for name in ("W", "b", "W2", "b2")}
        states = states_by_hand(network, data["inputs"])
        np.testing.assert_allclose(data["states"][replica], states, atol=1e-4)
        outputs = oracle.softmax(oracle.logits(network, states))
        np.testing.assert_allclose(data["outputs"][replica], outputs, atol=1e-4)
        row = measured[replica]
        assert (row["trials"], row["steps"]) == (trials, steps)
        assert row["loss"] == pytest.approx(loss_by_hand(outputs, data), rel=1e-3)
        hits = outputs.argmax(axis=2) == targets
        assert row["accuracy"] == pytest.approx(hits[scored].mean(), abs=1e-6)
        by_target = [hits[scored & (targets == target)].mean() for target in (0, 1)]
        assert row["accuracy_by_target"] == pytest.approx(by_target, abs=1e-6)


@pytest.mark.parametrize(
    ("flags", "replica"), [("", 0), ("--replica 5", 5)], ids=["the first by default", "another"]
)
def test_states_of_one_replica_are_those_in_the_file_of_all(flags: str, replica: int) -> None:
    together = exported("seeds-run --data-seed 12 --replica all --states")
    alone = exported(f"seeds-run --data-seed 12 {flags} --states")
    assert {*alone} == {*together} - {"replica", "window"}
    for name, array in alone.items():
        expected = together[name]
        if name in ("states", "carried", "outputs"):
            expected = expected[replica]
        np.testing.assert_array_equal(array, expected, name)
    others = exported("seeds-run --states")
    assert 0.4 < (alone["inputs"] == others["inputs"]).mean() < 0.6
