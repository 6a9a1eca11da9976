"""The task npz: trials of a file, its levels beside sums over the file, and what is refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import ConfigError, EchoConfig, Numbers, Symbols
from tests.answered import answered

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 6, 3))
Y = np.arange(240).reshape(40, 6) * 7 % 11 // 5
SCORED = np.arange(6) >= 2
DECISION: dict[str, Any] = {"x": X, "y": Y, "scored": np.tile(SCORED, (40, 1))}
IS_TRAINED = np.arange(40) % 10 != 9


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def config_of(file: str = "decision.npz", **arrays: Any) -> EchoConfig:
    np.savez(file, **(arrays or DECISION))
    return EchoConfig.from_fields({"task": "npz", "file": file, "total_series_length": 600})


def test_trials_of_the_file_are_drawn_and_each_tenth_is_held_out() -> None:
    task = config_of().the_task
    assert (task.inputs, task.outputs, task.length) == (Numbers(3), Symbols(3), 6)
    assert task.note == "36 trials; 4 more are held out"
    for draw, part in ((task.draw, IS_TRAINED), (task.draw_held_out, ~IS_TRAINED)):
        rows = 2 * int(part.sum())
        batch = draw(np.random.default_rng(1), rows, 6)
        places = np.argmin(abs(X[:, 0, 0] - batch.x[:, :1, 0]), axis=1)
        assert sorted(places) == sorted([*np.flatnonzero(part)] * 2)
        np.testing.assert_array_equal(batch.x, X[places].astype(np.float32))
        np.testing.assert_array_equal(batch.y, Y[places])
        np.testing.assert_array_equal(batch.scored, np.tile(SCORED, (rows, 1)))


def least_loss(targets: Any) -> float:
    odds = np.unique(targets, return_counts=True)[1] / targets.size
    return float(-(odds * np.log(odds)).sum())


def test_the_levels_are_what_the_same_answer_to_all_targets_or_to_each_step_costs() -> None:
    targets = Y[IS_TRAINED][:, SCORED]
    chance, with_step = config_of().the_task.levels(5, 6)
    assert chance.loss == pytest.approx(least_loss(targets), rel=1e-12)
    assert with_step.loss == pytest.approx(np.mean([*map(least_loss, targets.T)]), rel=1e-12)
    assert chance.wrong == pytest.approx(1 - np.bincount(targets.ravel()).max() / targets.size)
    numbers = config_of(x=X, y=X).the_task
    drawn = X[IS_TRAINED].astype(np.float32).astype(float)
    losses = [level.loss for level in numbers.levels(5, 6)]
    assert losses == pytest.approx([drawn.var(axis=(0, 1)).mean(), drawn.var(axis=0).mean()])
    assert numbers.solved(5, 6) is None


def bytes_of(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", bytes(1 << 27) + b"!")
    return file.getvalue()


NAN = np.where(np.arange(18).reshape(6, 3) == 4, np.nan, X)
SHORT = {"x": X[:9], "y": Y[:9]}
REFUSED = {
    "no archive": (b"\x80\x04K\x01.", "without pickles"),
    "pickles": (bytes_of(x=np.array([[{}]]), y=Y), "without pickles"),
    "no y": (bytes_of(x=X), "it has the arrays x, and no y"),
    "shape": (bytes_of(x=X[:, 0], y=Y), r"x is float64 \[40, 3\], and has to be whole"),
    "dtype": (bytes_of(x=X.astype(complex), y=Y), r"x is complex128 \[40, 6, 3\]"),
    "NaN": (bytes_of(x=NAN, y=Y), r"x is nan at \[0, 1, 1\]"),
    "float32": (bytes_of(x=X, y=X * 1e300), r"y is .*e\+\d* at .*, and has to be finite"),
    "negative": (bytes_of(x=X, y=Y - 1), "y has symbols from -1 to 1, and can have 0 to 255"),
    "lengths": (bytes_of(x=X, y=Y[:, 1:]), r"y is \[40, 5\], and x is \[40, 6, 3\]"),
    "weights": (bytes_of(**{**DECISION, "scored": Y}), "scored has to be 0 or 1"),
    "never scored": (bytes_of(x=X, y=Y, scored=Y > 1), "a trial in which no step is scored"),
    "few": (bytes_of(**SHORT), r"at least 10 trials of a step, and x is \[9, 6, 3\]"),
}


@pytest.mark.parametrize(("content", "why"), REFUSED.values(), ids=[*REFUSED])
def test_a_file_that_cannot_be_used_is_refused_in_a_line(content: bytes, why: str) -> None:
    require_refused(content, why)


def test_a_file_of_too_many_numbers_is_refused() -> None:
    require_refused(bomb(), "134,217,729 bytes of arrays")


def require_refused(content: bytes, why: str) -> None:
    Path("bad.npz").write_bytes(content)
    with pytest.raises(ConfigError, match=f"^file = .*bad.npz.* cannot be used: .*{why}"):
        EchoConfig.from_fields({"task": "npz", "file": "bad.npz"})
    done = answered("--task", "npz", "--file", "bad.npz", "--headless", "--run", "run")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert not Path("run").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("shared_programs")
def test_a_run_goes_on_and_is_measured_without_its_file() -> None:
    from tests.compiled import plain

    np.savez("decision.npz", **DECISION)
    flags = "--headless --task npz --file decision.npz --total-series-length 600"
    with plain():
        answers = [answered(*flags.split(), "--num-epochs", "1", "--run", "run")]
        Path("decision.npz").unlink()
        answers.append(answered(*["--headless", "--resume", "run", "--num-epochs", "2"]))
    for command in ("evaluate run", "probe run", "export run --states states.npz"):
        answers.append(answered(*command.split()))
    assert [(answer.returncode, answer.stderr) for answer in answers if answer.returncode] == []
    assert len(answered("export", "run").stdout.splitlines()) == 1 + 40
    states = np.load("states.npz")
    held_out = X[~IS_TRAINED].astype(np.float32)
    assert {row.tobytes() for row in states["inputs"]} == {row.tobytes() for row in held_out}
