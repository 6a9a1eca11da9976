"""Runs and sweeps of earlier versions: they are read as their version read them, gone on with from
any window, and lose nothing by that. See `tests.kept_folders`.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import time
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

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
    ("interrupted", "losses.bin"): 30 * 8,
    ("interrupted", "commands.jsonl"): 218,
    ("interrupted-replicas", "losses.bin"): 95 * 4 * 4,
    ("interrupted-replicas", "solved.bin"): 2 * 16,
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
    "first-weights": [(None, 0, 40), (0, 5, 4)],
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
    return shutil.copytree(kept, place / name)


def told(*words: str) -> str:
    """The output of a command, which trains by script."""
    done = answered(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    """The modification time and contents of each file below the folder."""
    found = {}
    for file in (folder, *folder.rglob("*")):
        data = file.read_bytes() if file.is_file() else b""
        found[file] = (file.stat().st_mtime_ns, data)
    return found


def logs(folder: Path) -> dict[str, bytes]:
    """The contents of each log."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name in LOGS}


def rows(output: str) -> Any:
    """What a command said: rows of JSON or CSV by name, or lines for people. Numbers have nine
    digits, which distinguish all float32 values; further digits of a mean depend on the processor.
    """
    output = re.sub(r"-?\d+\.\d{6,}(e-\d+)?", lambda digits: f"{float(digits[0]):.9g}", output)
    lines = output.splitlines()
    if output.startswith("{"):
        return list(map(json.loads, lines))
    if re.fullmatch(r"[a-z_0-9]+(,[a-z_0-9]+)+", lines[0]):
        return list(csv.DictReader(lines))
    return list(filter(NUMBER.search, lines))


GONE = {"not_every_length"}
"""What commands said once and no longer say."""


def holds(now: Any, then: Any) -> bool:
    """Whether all that was said is said now, of texts their numbers; later versions may add columns
    and keys.
    """
    match then:
        case dict():
            names = then.keys() - GONE
            return names <= now.keys() and all(holds(now[name], then[name]) for name in names)
        case list():
            return len(now) == len(then) and all(map(holds, now, then))
        case str():
            return NUMBER.findall(now) == NUMBER.findall(then)
    return bool(now == then)


def test_none_is_missing() -> None:
    assert {*names()} - {*SWEEPS} < {*BRANCHES}


@pytest.mark.parametrize("name", names())
def test_it_says_what_it_said_and_stays_as_it_is(name: str, tmp_path: Path) -> None:
    folder = unpacked(name, tmp_path)
    before = contents(folder)
    for command in printed(name):
        if "--once" in command.words:
            continue  # the picture of a sweep
        output = told(*command.words)
        assert holds(rows(output), rows(command.output)), command.command
    assert contents(folder) == before


@pytest.mark.parametrize("name", BRANCHES)
def test_its_branches_and_losses_are_those_in_its_files(name: str, tmp_path: Path) -> None:
    run = read(landed(name, tmp_path))
    branches = [(branch.parent, branch.at, branch.windows) for branch in run.branches]
    assert branches == BRANCHES[name]
    assert "".join(branch.letter for branch in run.branches) == "abcdef"[: len(branches)]
    assert "norms.bin" not in "\n".join(run.notes)
    windows = run.windows()
    assert len(windows) == sum(count for _, _, count in branches)
    has_norms = name == "first-weights"  # earlier versions did not keep them
    assert np.isfinite(windows.grad_norm).all() == has_norms
    layout = by_hand.newest_checkpoint(tmp_path / name).header.get("layout")
    if run.config.replicas > 1 or layout:
        return  # losses are packed

    exact = by_hand.losses(tmp_path / name)[: len(windows)]
    assert_array_equal(windows.loss[:, 0], exact["loss"])
    if name not in ("own-task", "first-weights"):  # of which only some steps are scored
        predictions = run.config.batch_size * run.config.truncated_backprop_length
        accuracy = 1 - exact["errors"] / predictions
        np.testing.assert_allclose(windows.accuracy[:, 0], accuracy, rtol=1e-6)


@pytest.mark.parametrize("name", BRANCHES)
def test_its_weights_are_those_in_its_newest_checkpoint(name: str, tmp_path: Path) -> None:
    run = read(landed(name, tmp_path))
    checkpoint = by_hand.newest_checkpoint(tmp_path / name)
    place = [run.position.branch, run.position.window]
    assert checkpoint.header.get("stands", place) == place
    weights = run.weights()
    assert weights.keys() == checkpoint.header["state"]["weights"]["dict"].keys()
    for matrix, values in weights.items():
        assert_array_equal(values, checkpoint.array("weights", "dict", matrix))


@pytest.mark.parametrize("name", BRANCHES)
def test_any_window_can_be_looked_at_which_writes_nothing(name: str, tmp_path: Path) -> None:
    folder = landed(name, tmp_path)
    run = read(folder)
    with training(folder, make_trainer=FromAnyState) as session:
        save(session)
        before = logs(folder)
        for branch in run.branches:
            for window in {0, branch.at, branch.path // 2, branch.path}:
                frame = do(session, (branch.number, window))
                assert (frame.path_branch, frame.trained) == (branch.number, window)
                assert frame.path_end == branch.path
                assert frame.config == run.config_at(window, branch.number)
    assert logs(folder) == before


def test_of_version_0_1_0_an_undo_goes_on_from_where_it_led(tmp_path: Path) -> None:
    run = read(landed("run-0.1.0", tmp_path))
    assert (run.position.branch, run.position.window, run.config.stride) == (4, 11, 8)
    losses = by_hand.losses(DATA / "run-0.1.0")["loss"]
    path = [*range(14), *range(19, 26)]
    assert_array_equal(run.path("d").loss[:, 0], losses[path])
    rates = [run.config_at(branch=letter).learning_rate for letter in "abcde"]
    assert rates == [0.3, 0.1, 0.3, 0.3, 0.3]
    assert run.kept().tolist() == [11], "there were no states to go back to"


def test_when_it_was_solved_and_lost(tmp_path: Path) -> None:
    run = read(landed("echo-run", tmp_path))
    first, second = run.branches
    assert (first.solved_at, first.lost_at) == (369, None)
    assert (second.solved_at, second.lost_at) == (357, 676)
    (network,) = run.networks(at=368, branch=0)
    assert (network.seed, network.solved_at) == (7, 0)


def test_when_each_of_several_was_solved(tmp_path: Path) -> None:
    networks = read(landed("seeds-run", tmp_path)).networks()
    assert [network.seed for network in networks] == [7, 8, 9, 10, 11, 12, 13, 14]
    solved_at = [network.solved_at for network in networks]
    assert solved_at == [369, 198, 380, 0, 299, 588, 167, 267]


def test_names_pins_and_hidden_branches_are_kept(tmp_path: Path) -> None:
    folder = unpacked("one-network", tmp_path)
    assert notes(folder) == ({1: "a smaller rate"}, {0}, {2})
    stored = json.loads((folder / "branches.json").read_text())
    stored["digests"]["0"] += 1
    (folder / "branches.json").write_text(json.dumps(stored))
    assert notes(folder) == ({1: "a smaller rate"}, set(), {2}), "what was pinned is another branch"


@pytest.mark.parametrize("at", [None, 8])
@pytest.mark.parametrize("name", [*sorted({*BRANCHES} & {*names()}), "run-0.1.0"])
def test_what_was_recorded_stays_when_it_goes_on(name: str, at: int | None, tmp_path: Path) -> None:
    folder = landed(name, tmp_path)
    run = read(folder)
    before, table, branches = logs(folder), told("export", name), begun_branches(name)

    place = () if at is None else ("--at", str(at))
    start, *_, finished = map(json.loads, told("--resume", name, "--json", *place).splitlines())

    begun = run.position.window if at is None else at
    assert (start["event"], start["run"], start["trained"]) == ("start", name, begun)
    config = run.config_at(at)
    left = config.num_epochs * config.windows_per_epoch - begun
    recorded = len(run.windows())
    assert (finished["event"], finished["windows"]) == ("finished", recorded + left)
    assert told("export", name).startswith(table)
    assert begun_branches(name)[: len(branches)] == branches
    grad_norm = read(folder).windows().grad_norm
    assert_array_equal(grad_norm[:recorded], run.windows().grad_norm)
    assert np.isfinite(grad_norm[recorded:]).any(axis=1).all()
    after = logs(folder)
    for log, data in before.items():
        assert after[log].startswith(data[: SAVED_BYTES.get((name, log))])
    assert {*read(folder).notes} <= {*run.notes}


def begun_branches(name: str) -> list[tuple[Any, ...]]:
    """Where each branch began."""
    fields = itemgetter("number", "letter", "parent", "at", "differs")
    return list(map(fields, records(answered("branches", name, "--json"))))


@pytest.mark.parametrize("name", ["sweep", "interrupted-sweep"])
def test_a_sweep_goes_on_and_keeps_each_result(name: str, tmp_path: Path) -> None:
    folder = unpacked(name, tmp_path)
    results = {file: file.read_bytes() for file in (folder / "results").iterdir()}
    rows_before = {*(folder / "results.csv").read_text().splitlines()}
    start, *_, finished = records(swept(folder, *SWEEP_FLAGS.split(), "--headless", "--json"))
    assert start["known"] + start["trained_before"] == len(results)
    assert (finished["event"], finished["known"]) == ("finished", 18)
    assert {file: file.read_bytes() for file in results} == results
    assert rows_before <= {*(folder / "results.csv").read_text().splitlines()}
