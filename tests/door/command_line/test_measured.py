"""What probe, evaluate, fixed points and files of weights and states say of real networks, computed
again by NumPy."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig, Trainer, read
from tests.answered import answered, json_rows
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
    assert solved["lyapunov"] == sorted(solved["lyapunov"], reverse=True)
    assert len(solved["lyapunov_spread"]) == len(solved["lyapunov"])
    assert 0 < solved["memory_total_spread"] < 0.1
    assert 0 < solved["lyapunov_spread"][0] < 0.1

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


ALONG = "probe echo-run --branch a --at 60 --along 3"

SAME_ALONG = (
    "memory gradient_by_lag truncation_bias truncation_bias_of_windows as_recorded"  # as in probe
)


@pytest.mark.usefixtures("shared_programs")
def test_along_a_run_each_window_has_what_probe_says_there() -> None:
    """And how far the last window moved the weights, from the weights before and after it."""
    rows = json_rows(ALONG)
    assert [row["window"] for row in rows] == [0, 30, 60]
    for row in rows:
        (probed,) = json_rows(f"probe echo-run --branch a --at {row['window']}")
        for key in SAME_ALONG.split():
            assert row[key] == probed[key], key
        assert row["spectral_radii"]["W"] == pytest.approx(probed["spectral_radius"])
        assert row["saturation"]["h"] == pytest.approx(probed["saturated"])
    assert {*rows[0]["update_ratios"].values()} == {None}
    before = weights("echo-run --branch a --at 59")
    after = weights("echo-run --branch a --at 60")
    for name, ratio in rows[2]["update_ratios"].items():
        moved = np.linalg.norm(after[name] - before[name]) / np.linalg.norm(after[name])
        assert ratio == pytest.approx(moved, rel=1e-4)
    windows = json_rows("export echo-run --branch a")
    assert rows[1]["loss"] == pytest.approx(windows[29]["loss"])
    assert rows[2]["loss"] == pytest.approx(windows[59]["loss"])


@pytest.mark.usefixtures("shared_programs")
def test_along_a_run_csv_and_lines_have_the_same_rows() -> None:
    rows = json_rows(ALONG)
    head, *lines = answered(*ALONG.split(), "--csv").stdout.splitlines()
    columns = head.split(",")
    moved, remembered = columns.index("update_ratios W"), columns.index("memory 3")
    for row, line in zip(rows, lines, strict=True):
        cells = line.split(",")
        assert len(cells) == len(columns)
        ratio = row["update_ratios"]["W"]
        assert cells[moved] == ("" if ratio is None else f"{ratio:.9g}")
        assert cells[remembered] == f"{row['memory'][3]:.9g}"
    assert len(answered(*ALONG.split()).stdout.splitlines()) == 4
    assert answered("probe", "echo-run", "--csv").returncode == 2


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
        of_one_unit = point["residual"] ** 2 / 2  # if only the unit that moves most moved
        assert 0.999 * of_one_unit <= point["q"] <= 1.001 * len(state) * of_one_unit
        after = np.tanh(np.array([1.0, *state]) @ network["W"] + network["b"][0])
        np.testing.assert_allclose(after, state, atol=1e-4)
        jacobian = (1 - after**2)[:, np.newaxis] * network["W"][1:].T
        sizes = np.sort(np.abs(np.linalg.eigvals(jacobian)))[::-1]
        found_sizes = np.linalg.norm(point["eigenvalues"], axis=1)  # real and imaginary parts
        np.testing.assert_allclose(found_sizes, sizes, rtol=1e-3, atol=1e-4)
        above = int(np.sum(found_sizes > 1))
        assert point["kind"] == {0: "stable", len(sizes): "unstable"}.get(above, "saddle")
        outputs = oracle.softmax(state @ network["W2"] + network["b2"][0])
        np.testing.assert_allclose(point["outputs"], outputs, atol=1e-4)


SIZES: dict[str, Any] = {
    "num_epochs": 3,
    "total_series_length": 200,
    "truncated_backprop_length": 4,
    "state_size": 6,
    "num_classes": 3,
    "init": "glorot",
}


@pytest.fixture
def trainer(shared_programs: None, one_processor: None) -> Trainer:
    """A trainer of the network that was trained for 30 windows in the folder ``run``."""
    flags: list[object] = []
    for name, value in SIZES.items():
        flags += [f"--{name.replace('_', '-')}", value]
    assert answered("--headless", *flags, "--run", "run").returncode == 0
    return Trainer(EchoConfig(**SIZES))


def test_weights_in_a_file_are_those_that_were_trained_there(trainer: Trainer) -> None:
    """Windows after the last kept network are trained again to the same bits."""
    for windows, command in ((17, "run --at 17"), (13, "run")):
        trainer.advance(windows)
        in_file = weights(command)
        for name, array in trainer.weights.items():
            np.testing.assert_array_equal(in_file[name], array.astype(np.float64))


@pytest.mark.usefixtures("trainer")
# From Keras, when it saves
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")
def test_a_keras_model_computes_what_numpy_does() -> None:
    import keras

    assert answered("export", "run", "--keras", "m.keras", "--at", 17).returncode == 0
    network = weights("run --at 17")
    symbols = np.random.default_rng(0).integers(0, 3, (2, 9))
    state = np.zeros((2, 6))
    expected = np.zeros((2, 9, 3))
    for step, symbol in enumerate(symbols.T):
        inputs = np.concatenate([np.eye(3)[symbol], state], axis=1)
        state = np.tanh(inputs @ network["W"] + network["b"])
        expected[:, step] = oracle.softmax(state @ network["W2"] + network["b2"])
    model = keras.models.load_model("m.keras")
    np.testing.assert_allclose(model.predict(symbols, verbose=0), expected, atol=1e-5)


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")
def test_a_keras_model_of_a_gru_with_its_reset_after_the_product() -> None:
    import keras

    cell = "--cell gru_after --state-size 6 --truncated-backprop-length 3 --echo-step 2"
    sizes = "--num-epochs 3 --total-series-length 200"
    assert answered("--headless", *f"{cell} {sizes}".split(), "--run", "run").returncode == 0
    assert answered("export", "run", "--keras", "m.keras").returncode == 0
    network = weights("run")
    assert network["bx"].any()
    assert network["bh"].any()
    bits = np.random.default_rng(0).integers(0, 2, (2, 9))
    states, _ = oracle.run("gru_after", network, bits.T, np.zeros((2, 6)))
    expected = oracle.softmax(oracle.logits(network, states[1:].swapaxes(0, 1)))
    model = keras.models.load_model("m.keras")
    np.testing.assert_allclose(model.predict(bits, verbose=0), expected, atol=1e-5)


def test_evaluate_and_states_are_those_of_the_network_on_the_same_data() -> None:
    data = exported("echo-run --states")
    network = weights("echo-run")
    (measured,) = json_rows("evaluate echo-run")
    inputs, targets, scored = data["inputs"], data["targets"], data["scored"]
    states = states_by_hand(network, inputs)
    np.testing.assert_allclose(data["states"], states, atol=1e-4)
    outputs = oracle.softmax(oracle.logits(network, states))
    assert (measured["trials"], measured["steps"]) == inputs.shape
    assert measured["loss"] == pytest.approx(loss_by_hand(outputs, data), rel=1e-3)
    hits = outputs.argmax(axis=2) == targets
    assert measured["accuracy"] == hits[scored].mean()
    by_target = [hits[scored & (targets == target)].mean() for target in (0, 1)]
    assert measured["accuracy_by_target"] == pytest.approx(by_target, abs=1e-6)
    np.testing.assert_array_equal(data["conditions"], targets[:, -1])
    np.testing.assert_array_equal(targets[scored], np.roll(inputs, 3)[scored])


def test_evaluate_takes_other_settings_of_the_task_but_no_other_symbols() -> None:
    (otherwise,) = json_rows("evaluate echo-run --echo-step 5 --trials 8")
    assert otherwise["loss"] > 0.6
    assert otherwise["trials"] == 8
    refused = answered("evaluate", "echo-run", "--num-classes", 3)
    assert refused.returncode == 2
    assert (
        "num_classes = 3 cannot be used: only what keeps Symbols(2) in and Symbols(2) out"
        in refused.stderr
    )


def train_parity(run: str, length: int, replicas: int) -> None:
    sizes = f"--length {length} --batch-size 20 --total-series-length {40 * length}"
    flags = f"--headless --run {run} --replicas {replicas} --task parity --num-epochs 1 {sizes}"
    trained = answered(*flags.split())
    assert trained.returncode == 0, trained.stderr


def test_each_size_is_evaluated_on_its_own_data_and_the_line_is_the_mean_of_networks() -> None:
    """Held-out data is of a seed and a task: a run with longer trials has that of the longer
    size."""
    train_parity("parity", 4, replicas=3)
    train_parity("longer", 7, replicas=1)
    data = {4: exported("parity --states"), 7: exported("longer --states")}
    networks = weights("parity --replica all")
    rows = json_rows("evaluate parity --sizes length=4,7")
    places = [(row["replica"], row["length"]) for row in rows]
    assert places == [(0, 4), (0, 7), (1, 4), (1, 7), (2, 4), (2, 7)]
    for row in rows:
        network = {name: networks[name][row["replica"]] for name in ("W", "b", "W2", "b2")}
        of_size = data[row["length"]]
        states = states_by_hand(network, of_size["inputs"])
        outputs = oracle.softmax(oracle.logits(network, states))
        assert row["loss"] == pytest.approx(loss_by_hand(outputs, of_size), rel=1e-3)
        hits = (outputs.argmax(axis=2) == of_size["targets"])[of_size["scored"]]
        assert row["accuracy"] == pytest.approx(hits.mean(), abs=2e-3)

    printed = answered("evaluate", "parity", "--sizes", "length=4..7@2").stdout.splitlines()
    shorter, longer = (line.split() for line in printed[2:])
    losses = [row["loss"] for row in rows if row["length"] == 7]
    spread = 2 * np.std(losses, ddof=1) / np.sqrt(3)
    assert longer[:3] == ["7", f"{np.mean(losses):.4f}", f"{spread:.4f}"]
    assert shorter[0] == "4"


def test_of_all_seeds_it_is_known_which_have_become_the_automaton_of_parity() -> None:
    sizes = "--length 6 --batch-size 16 --total-series-length 96000 --num-epochs 1 --state-size 8"
    flags = f"--task parity --seed 10 --replicas 4 {sizes} --init orthogonal --optimizer adam"
    answered("--headless", "--run", "seeds", "--learning-rate", "0.01", *flags.split())
    automata = read("seeds").probe(("automata",)).automata
    assert automata is not None
    assert automata.seeds == (10, 11, 12, 13)

    bits = np.random.default_rng(1).integers(0, 2, (200, 60))
    networks = weights("seeds --replica all")
    rights = []
    for replica in range(4):
        network = {name: networks[name][replica] for name in ("W", "b", "W2", "b2")}
        said = oracle.logits(network, states_by_hand(network, bits)).argmax(axis=2)
        rights.append((said == bits.cumsum(axis=1) % 2).mean() >= 0.99)
    assert automata.is_right.tolist() == rights
    assert set(rights) == {True, False}, "so that something is said by it"
    assert {*automata.states[automata.is_right].tolist()} == {2}


REFUSED_SIZES = {
    "length": "sizes = 'length' cannot be used: SETTING=VALUES, with one of echo_step, num_classes",
    "num_classes=2,3": "num_classes = 3 cannot be used: only what keeps Symbols(2) in",
    "echo_step=0.5": "echo_step = '0.5' cannot be used: a whole number",
}


@pytest.mark.parametrize("sizes", REFUSED_SIZES)
def test_sizes_that_do_not_fit_the_network_are_refused(sizes: str) -> None:
    refused = answered("evaluate", "echo-run", "--sizes", sizes)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert REFUSED_SIZES[sizes] in refused.stderr


def alignment(first: np.ndarray, second: np.ndarray) -> float:
    """Linear CKA of two networks' states, [trials, steps, units] (Kornblith et al. 2019)."""
    x = first.reshape(-1, first.shape[-1]).astype(np.float64)
    y = second.reshape(-1, second.shape[-1]).astype(np.float64)
    x -= x.mean(axis=0)
    y -= y.mean(axis=0)
    within = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    return float(np.linalg.norm(y.T @ x) ** 2 / within)


def test_states_of_all_replicas_are_on_the_same_inputs() -> None:
    """Of the eight seeds only replica 3 has not solved the echo."""
    networks = weights("seeds-run --replica all")
    data = exported("seeds-run --replica all --states")
    trials, steps = data["inputs"].shape
    shapes = {
        "targets": (trials, steps),
        "scored": (trials, steps),
        "conditions": (trials,),
        "states": (8, trials, steps, 4),
        "carried": (8, trials, steps, 4),
        "outputs": (8, trials, steps, 2),
    }
    for name, shape in shapes.items():
        assert data[name].shape == shape, name
    for arrays in (data, networks):
        np.testing.assert_array_equal(arrays["replica"], np.arange(8))
        np.testing.assert_array_equal(arrays["window"], [666] * 8)

    scored = data["scored"]
    np.testing.assert_array_equal(data["targets"][scored], np.roll(data["inputs"], 3)[scored])
    measured = json_rows("evaluate seeds-run")
    for replica in range(8):
        network = {name: networks[name][replica] for name in ("W", "b", "W2", "b2")}
        states = states_by_hand(network, data["inputs"])
        np.testing.assert_allclose(data["states"][replica], states, atol=1e-4)
        outputs = oracle.softmax(oracle.logits(network, states))
        np.testing.assert_allclose(data["outputs"][replica], outputs, atol=1e-4)
        loss = loss_by_hand(outputs, data)
        assert measured[replica]["loss"] == pytest.approx(loss, rel=1e-3), "on the same inputs, too"

    for replica in (0, 1, 2, 4, 5, 6, 7):
        assert alignment(data["states"][0], data["states"][replica]) > 0.8
    assert alignment(data["states"][0], data["states"][3]) < 0.1


@pytest.mark.parametrize("replica", [0, 5])
@pytest.mark.parametrize("flags", ["", "--data-seed 12"])
def test_states_of_one_replica_are_those_in_the_file_of_all(replica: int, flags: str) -> None:
    together = exported(f"seeds-run {flags} --replica all --states")
    alone = exported(f"seeds-run {flags} --replica {replica} --states")
    assert {*alone} == {*together} - {"replica", "window"}
    for name, array in alone.items():
        expected = together[name]
        if name in ("states", "carried", "outputs"):
            expected = expected[replica]
        np.testing.assert_array_equal(array, expected, name)


def test_states_are_of_replica_0_and_of_other_data_if_asked_for() -> None:
    data = exported("seeds-run --states")
    first = exported("seeds-run --replica 0 --states")
    for name, array in data.items():
        np.testing.assert_array_equal(array, first[name], name)
    others = exported("seeds-run --data-seed 12 --states")
    assert 0.4 < (data["inputs"] == others["inputs"]).mean() < 0.6


@pytest.mark.usefixtures("shared_programs")
def test_states_of_each_replica_at_the_window_at_which_it_was_solved() -> None:
    solved_at = {0: 369, 1: 198, 2: 380, 4: 299, 5: 588, 6: 167, 7: 267}
    command = "export seeds-run --at solved --replica all --states a.npz"
    done = answered(*command.split())
    assert done.returncode == 0
    assert "1 of 8" in done.stderr
    assert "replica 3" in done.stderr
    data = saved()
    networks = weights("seeds-run --at solved")
    for arrays in (data, networks):
        np.testing.assert_array_equal(arrays["replica"], [*solved_at])
        np.testing.assert_array_equal(arrays["window"], [*solved_at.values()])
    for index in range(len(solved_at)):
        network = {name: networks[name][index] for name in ("W", "b", "W2", "b2")}
        states = states_by_hand(network, data["inputs"])
        np.testing.assert_allclose(data["states"][index], states, atol=1e-4)
    alone = weights("seeds-run --at 299 --replica 4")
    for name, array in alone.items():
        np.testing.assert_array_equal(networks[name][3], array)
