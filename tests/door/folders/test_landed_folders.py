"""Runs and sweeps of earlier versions: they are read as their version read them, gone on with from
any window, and lose nothing by that. See `tests.kept_folders`.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import read
from tests.answered import records
from tests.door.folders import by_hand
from tests.door.folders.lab import FromAnyState, answered, do, notes, save, training
from tests.door.sweeps.stage import swept
from tests.kept_folders import SWEEPS, names, printed, unpacked

DATA = Path(__file__).parents[2] / "data"

LOGS = ("losses.bin", "commands.jsonl", "solved.bin")
"""Files that only grow, except that anything after the checkpoint is dropped when a run is
continued."""

SAVED_BYTES = {
    "interrupted": {"losses.bin": 30 * 8, "commands.jsonl": 218},
    "interrupted-replicas": {"losses.bin": 95 * 4 * 4, "solved.bin": 2 * 16},
}
"""For interrupted runs: how much of each log their checkpoint contains."""

BRANCHES: dict[str, list[tuple[int | None, int, int]]] = {
    "one-network": [(None, 0, 70), (0, 70, 25), (0, 30, 20), (0, 0, 60), (3, 60, 10), (0, 60, 3)],
    "replicas": [(None, 0, 120), (0, 120, 15), (0, 115, 35), (0, 100, 12)],
    "two-seeds": [(None, 0, 20), (0, 20, 5), (0, 10, 5)],
    "own-task": [(None, 0, 30), (0, 30, 20), (1, 0, 15)],
    "interrupted": [(None, 0, 30)],
    "interrupted-replicas": [(None, 0, 95)],
    "run-0.1.0": [(None, 0, 14), (0, 14, 5), (0, 14, 3), (2, 17, 4), (3, 0, 11)],
    "echo-run": [(None, 0, 1332), (0, 310, 1022)],
    "seeds-run": [(None, 0, 666)],
}
"""For each run, of each branch: its parent, the window where it leaves it, and how many windows it
trained."""

SWEEP_FLAGS = (
    "--grid echo_step=1,2,6 --grid cell=rnn,gru --seeds 3 --num-epochs 3 --total-series-length 1000"
    " --truncated-backprop-length 5 --init glorot --workers 1"
)
"""How the sweeps were begun; echo step 6 is longer than a window's 5 steps."""

NUMBER = re.compile(r"-?\d[\w.+-]*")


@pytest.fixture(autouse=True)
def _here_and_in_this_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def landed(name: str, place: Path) -> Path:
    """A copy of a landed run or sweep."""
    if name in names():
        return unpacked(name, place)
    kept = DATA / name if (DATA / name).exists() else DATA / "docs" / name
    return Path(shutil.copytree(kept, place / name))


def told(*words: str) -> str:
    """The output of a command, which trains by script."""
    done = answered(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """The modification time and contents of each file below the folder."""
    files = [folder, *folder.rglob("*")]
    return {
        str(file): (file.stat().st_mtime_ns, b"" if file.is_dir() else file.read_bytes())
        for file in files
    }


def logs(folder: Path, name: str = "") -> dict[str, bytes]:
    """The contents of each existing log, up to the newest checkpoint of the run with this name."""
    there = [log for log in LOGS if (folder / log).exists()]
    return {log: (folder / log).read_bytes()[: SAVED_BYTES.get(name, {}).get(log)] for log in there}


def values(output: str) -> Any:
    """What a command said: rows of JSON or CSV by name, and of a table for people its numbers.
    Numbers have nine digits, which distinguish all float32 values; further digits of a mean depend
    on the processor.
    """
    head = output.partition("\n")[0]
    if head.startswith("{"):
        return [_plain(json.loads(line)) for line in output.splitlines()]
    if re.fullmatch(r"[a-z_0-9]+(,[a-z_0-9]+)+", head):
        return [_plain(row) for row in csv.DictReader(io.StringIO(output))]
    return [NUMBER.findall(line) for line in output.splitlines() if NUMBER.search(line)]


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(one) for key, one in value.items()}
        case list():
            return [_plain(one) for one in value]
        case float():
            return f"{value:.9g}"
        case str() if NUMBER.fullmatch(value) and "." in value:
            return f"{float(value):.9g}"
        case str():
            return NUMBER.findall(value)
    return value


GONE = {"not_every_length"}
"""What commands said once and no longer say."""


def holds(now: Any, then: Any) -> bool:
    """Whether all that was said is said now; later versions may add columns and keys."""
    if isinstance(then, dict):
        return isinstance(now, dict) and all(
            key in now and holds(now[key], one) for key, one in then.items() if key not in GONE
        )
    if isinstance(then, list):
        return len(now) == len(then) and all(map(holds, now, then))
    return bool(now == then)


def test_none_is_missing() -> None:
    assert {*names()} - {*SWEEPS} < {*BRANCHES}


@pytest.mark.parametrize("name", names())
def test_it_says_what_it_said_and_stays_as_it_is(name: str, tmp_path: Path) -> None:
    before = contents(unpacked(name, tmp_path))
    for one in printed(name):
        if "--once" not in one.words:  # the picture of a sweep
            assert holds(values(told(*one.words)), values(one.output)), one.command
    assert contents(tmp_path / name) == before


@pytest.mark.parametrize("name", BRANCHES)
def test_its_branches_losses_and_weights_are_those_in_its_files_at_any_window(
    name: str, tmp_path: Path
) -> None:
    folder = landed(name, tmp_path)
    run, kept = read(folder), by_hand.newest_checkpoint(folder)
    assert [(one.parent, one.at, one.windows) for one in run.branches] == BRANCHES[name]
    assert [one.letter for one in run.branches] == list("abcdef"[: len(run.branches)])
    assert len(run.windows()) == sum(windows for _, _, windows in BRANCHES[name])
    assert np.isnan(run.windows().grad_norm).all(), "early versions did not keep it"
    if run.config.replicas == 1 and "layout" not in kept.header:
        exact = by_hand.losses(folder)[: len(run.windows())]
        np.testing.assert_array_equal(run.windows().loss[:, 0], exact["loss"])
        predictions = run.config.batch_size * run.config.truncated_backprop_length
        if name != "own-task":  # only some steps are scored
            np.testing.assert_allclose(
                run.windows().accuracy[:, 0], 1 - exact["errors"] / predictions, rtol=1e-6
            )
    place = run.position
    if "stands" in kept.header:
        assert [place.branch, place.window] == kept.header["stands"]
    weights = run.weights()
    assert weights.keys() == kept.header["state"]["weights"]["dict"].keys()
    for name_of_one, weight in weights.items():
        np.testing.assert_array_equal(weight, kept.array("weights", "dict", name_of_one))
    with training(folder, make_trainer=FromAnyState) as session:
        save(session)
        before = logs(folder)
        for branch, fact in enumerate(run.branches):
            for window in {0, fact.at, fact.path // 2, fact.path}:
                frame = do(session, (branch, window))
                assert (frame.path_branch, frame.trained, frame.path_end) == (
                    branch,
                    window,
                    fact.path,
                )
                assert frame.config == run.config_at(window, branch)
    assert logs(folder) == before, "looking writes nothing"


def test_of_version_0_1_0_an_undo_goes_on_from_where_it_led(tmp_path: Path) -> None:
    run = read(landed("run-0.1.0", tmp_path))
    assert (run.position.branch, run.position.window, run.config.stride) == (4, 11, 8)
    losses = by_hand.losses(DATA / "run-0.1.0")["loss"]
    np.testing.assert_array_equal(run.path("d").loss[:, 0], losses[[*range(14), *range(19, 26)]])
    assert [run.config_at(branch=branch).learning_rate for branch in "abcde"] == [
        0.3,
        0.1,
        0.3,
        0.3,
        0.3,
    ]
    assert run.kept().tolist() == [11], "there were no states to go back to"


def test_when_it_was_solved_and_lost(tmp_path: Path) -> None:
    one = read(landed("echo-run", tmp_path))
    assert [(branch.solved_at, branch.lost_at) for branch in one.branches] == [
        (369, None),
        (357, 676),
    ]
    assert [(here.seed, here.solved_at) for here in one.networks(at=368, branch=0)] == [(7, 0)]
    many = read(landed("seeds-run", tmp_path)).networks()
    assert [each.seed for each in many] == list(range(7, 15))
    assert [each.solved_at for each in many] == [369, 198, 380, 0, 299, 588, 167, 267]


def test_names_pins_and_hidden_branches_are_kept(tmp_path: Path) -> None:
    folder = unpacked("one-network", tmp_path)
    assert notes(folder) == ({1: "a smaller rate"}, {0}, {2})
    told = json.loads((folder / "branches.json").read_text())
    told["digests"]["0"] += 1
    (folder / "branches.json").write_text(json.dumps(told))
    assert notes(folder) == ({1: "a smaller rate"}, set(), {2}), "what was pinned is another branch"


@pytest.mark.parametrize("name", [*sorted({*BRANCHES} & {*names()}), "run-0.1.0"])
def test_what_was_recorded_stays_when_it_goes_on(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in (None, 0, 8):
        place = tmp_path / f"at-{at}"
        place.mkdir()
        monkeypatch.chdir(place)
        goes_on(landed(name, place), at)


def goes_on(folder: Path, at: int | None) -> None:
    """Check that the run loses nothing if its rest is trained from this window on."""
    name, run = folder.name, read(folder)
    begun, config = run.position.window if at is None else at, run.config_at(at)
    rows, branches, before = told("export", name), branches_of(name), logs(folder, name)
    given = () if at is None else ("--at", str(at))
    start, *_, finished = map(json.loads, told("--resume", name, "--json", *given).splitlines())
    assert (start["event"], start["run"], start["trained"]) == ("start", name, begun)
    left = config.num_epochs * config.windows_per_epoch - begun
    assert (finished["event"], finished["windows"]) == ("finished", len(run.windows()) + left)
    assert told("export", name).startswith(rows)
    assert branches_of(name)[: len(branches)] == branches
    windows = read(folder).windows()
    is_known = np.any(np.isfinite(windows.grad_norm), axis=1)
    np.testing.assert_array_equal(is_known, np.arange(len(windows)) >= len(run.windows()))
    after = logs(folder)
    assert {log: after[log][: len(data)] for log, data in before.items()} == before
    assert {*read(folder).notes} <= {*run.notes}


def branches_of(name: str) -> list[dict[str, Any]]:
    """Where each branch began."""
    told_of = records(answered("branches", name, "--json"))
    return [
        {key: one[key] for key in ("number", "letter", "parent", "at", "differs")}
        for one in told_of
    ]


@pytest.mark.parametrize("name", SWEEPS)
def test_a_sweep_goes_on_and_keeps_each_result(name: str, tmp_path: Path) -> None:
    folder = unpacked(name, tmp_path)
    results = {file: file.read_bytes() for file in (folder / "results").iterdir()}
    rows = (folder / "results.csv").read_text().splitlines()
    start, *_, finished = records(swept(folder, *SWEEP_FLAGS.split(), "--headless", "--json"))
    assert start["known"] + start["trained_before"] == len(results)
    assert (finished["event"], finished["known"]) == ("finished", 18)
    assert {file: file.read_bytes() for file in results} == results
    assert {*rows} <= {*(folder / "results.csv").read_text().splitlines()}
