"""The files of a run, read byte by byte: see docs/files.md."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig, read
from echornn.session.commands import Choose
from tests.door.folders import by_hand
from tests.door.folders.lab import record
from tests.door.folders.model import Model
from tests.scripted import SMALL, SMALL_POPULATION, ScriptedTrainer

LOGS = {"losses.bin", "norms.bin", "commands.jsonl", "keyframes.bin"}
FILES = {"run.json", "checkpoint-0", "checkpoint-1", "lock", *LOGS}

STORY: list[Any] = [
    *(
        12,
        {"learning_rate": 0.1},
        5,
        (0, 5),
        {"echo_step": 2},
        4,
        "reset",
        3,
        "regenerate",
        2,
        "redraw",
        1,
    ),
    *((1, 14), 2, {"state_size": 6}, 11),
]
"""Everything that begins a branch of one network."""

THREE = SMALL.with_fields({"replicas": 3})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Model]:
    """A run that took the story, and its model."""
    model = Model(SMALL)
    for step in STORY:
        model.take(step)
    return record(tmp_path_factory.mktemp("runs") / "run", SMALL, *STORY), model


def names_in(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir() if file.is_file()}


def test_it_says_what_was_begun_and_when(tmp_path: Path) -> None:
    before = time.time()
    folders = [record(tmp_path / name, SMALL, 1) for name in "ab"]
    described = [json.loads((folder / "run.json").read_text()) for folder in folders]
    for one in described:
        assert one["format"] == 1
        assert before <= one["begun"] <= time.time()
        assert {
            name: value
            for name, value in one["config"].items()
            if value != getattr(EchoConfig(), name)
        } == {
            "num_epochs": 3,
            "total_series_length": 200,
            "truncated_backprop_length": 10,
            "batch_size": 2,
        }
        assert {"learning_rate", "echo_step", "seed", "cell", "replicas"} <= {*one["config"]}, (
            "also what is a default"
        )
        assert {*one["versions"]} == {"tensorflow", "keras", "numpy"}
        assert one["versions"]["numpy"] == np.__version__
        assert (one["threads"], one["threshold"] > 0, one["side_by_side"]) == (1, True, 2)
    assert len({one["id"] for one in described}) == 2
    assert all(re.fullmatch("[0-9a-f]{16}", one["id"]) for one in described)


def test_a_run_that_was_begun_with_other_versions_says_so(tmp_path: Path) -> None:
    folder = record(tmp_path / "run", SMALL, 1)
    about = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(
        json.dumps({**about, "versions": {**about["versions"], "numpy": "1.2.3"}})
    )
    (note,) = read(folder).notes
    assert "numpy 1.2.3" in note
    assert np.__version__ in note


def test_every_window_ever_trained_is_in_the_log_of_losses(run: tuple[Path, Model]) -> None:
    folder, model = run
    assert names_in(folder) == FILES
    windows = by_hand.losses(folder)
    assert len(windows) == 40
    assert windows["loss"].tolist() == [loss for (loss,) in model.log]
    assert {*windows["errors"].tolist()} == {0}, "the script has no wrong predictions"


def test_every_change_is_a_line_that_says_where_and_what(run: tuple[Path, Model]) -> None:
    commands = by_hand.commands(run[0])
    fields = ("at", "cause", "branch", "parent", "before", "epoch", "window", "generation", "draw")
    assert [tuple(one.get(name) for name in fields) for one in commands] == [
        (0, "start", 0, None, None, 0, 0, 0, 0),
        (12, "edit", 1, [0, 12], [0, 12], 1, 2, 0, 0),
        (17, "edit", 2, [0, 5], [0, 5], 0, 5, 0, 0),
        (21, "reset", 3, [2, 0], [2, 9], 0, 0, 0, 0),
        (24, "regenerate", 4, [3, 3], [3, 3], 0, 0, 1, 0),
        (26, "redraw", 5, [4, 0], [4, 5], 0, 0, 1, 1),
        (27, "back", 6, [1, 14], [1, 14], 1, 4, 0, 0),
        (29, "edit", 7, [6, 0], [6, 16], 0, 0, 0, 0),
    ]
    small = {
        "num_epochs": 3,
        "total_series_length": 200,
        "truncated_backprop_length": 10,
        "batch_size": 2,
    }
    rate, step = {"learning_rate": 0.1}, {"echo_step": 2}
    changed: list[dict[str, Any]] = [
        {},
        rate,
        step,
        step,
        step,
        step,
        rate,
        {**rate, "state_size": 6},
    ]
    assert [one["config"] for one in commands] == [{**small, **one} for one in changed], (
        "only what is no default"
    )


def test_the_newest_checkpoint_is_the_state_where_the_run_stands(run: tuple[Path, Model]) -> None:
    folder, model = run
    kept = by_hand.newest_checkpoint(folder)
    header, state = kept.header, model.state
    assert header["config"]["state_size"] == 6
    assert header["config"]["learning_rate"] == 0.1
    assert header["stands"] == [7, 11]
    assert {name: header["state"][name] for name in ("epoch", "window", "generation", "draw")} == {
        "epoch": 1,
        "window": 1,
        "generation": 0,
        "draw": 0,
    }
    assert kept.array("weights", "dict", "W").tolist() == [11]
    assert [int(one) for one in kept.optimizer] == [int(one[0]) for one in state.optimizer]
    assert header["losses"] == by_hand.log_end(folder / "losses.bin")
    assert header["commands"] == by_hand.log_end(folder / "commands.jsonl")


def test_states_to_go_back_to_are_those_that_training_had(run: tuple[Path, Model]) -> None:
    folder, model = run
    found = by_hand.keyframes(folder)
    assert {branch for branch, _ in found} == set(range(8))
    assert {(0, 0), (0, 12), (1, 12), (1, 17), (2, 5), (2, 9), (4, 3), (6, 14)} <= {*found}, (
        "where a branch begins or ends"
    )
    for (branch, window), kept in found.items():
        state, recorded = model.lines[branch].states[window], kept.header["state"]
        assert [int(one) for one in kept.optimizer] == [int(one[0]) for one in state.optimizer]
        assert (recorded["epoch"], recorded["window"]) == (state.epoch, state.window)
        assert (recorded["generation"], recorded["draw"]) == (state.data_version, state.init_index)
    kept_windows = {name: read(folder).kept(name).tolist() for name in "abh"}
    assert kept_windows["b"][0] == 0
    assert {12, 17} <= {*kept_windows["b"]}
    assert read(folder).weights(12, "b")["W"].tolist() == [12]


def test_losses_of_several_networks_are_packed_in_four_bytes(tmp_path: Path) -> None:
    model = Model(THREE)
    model.take(12)
    model.alone(1)
    model.take(5)
    model.take((0, 8))
    model.take(4)
    folder = record(tmp_path / "run", THREE, 12, Choose(1), "alone", 5, (0, 8), 4)
    data = (folder / "losses.bin").read_bytes()
    assert len(data) == 12 * 3 * 4 + 5 * 8 + 4 * 3 * 4
    losses, errors = by_hand.packed(data[:144], 3)
    np.testing.assert_allclose(losses, model.log[:12], rtol=2.0**-17)
    predictions = 2 * 10
    assert errors.tolist() == np.rint(np.minimum(losses / np.log(2), 1) / 2 * predictions).tolist()
    alone = np.frombuffer(data[144:184], by_hand.WINDOW)
    assert alone["loss"].tolist() == [loss for (loss,) in model.log[12:17]], (
        "a lone network's are exact"
    )
    np.testing.assert_allclose(by_hand.packed(data[184:], 3)[0], model.log[17:], rtol=2.0**-17)
    header = by_hand.newest_checkpoint(folder).header
    assert header["layout"] == [[0, 3], [12, 1], [17, 3]]
    assert (header["stands"], header["config"]["replicas"], header["config"]["seed"]) == (
        [2, 12],
        3,
        7,
    )
    run = read(folder)
    assert run.path("b").replica.tolist() == [0, 1, 2]
    assert np.isfinite(run.path("b").loss).sum(axis=0).tolist() == [12, 17, 12]


def test_when_each_of_several_was_solved_is_kept_for_each_branch(tmp_path: Path) -> None:
    folder = record(
        tmp_path / "run", SMALL_POPULATION, 900, {"seed": 8}, 900, make_trainer=ScriptedTrainer
    )
    run, found = read(folder), by_hand.solved(folder)
    # Of every third seed the loss stays at chance
    for branch, seeds in enumerate(([7, 8, 10, 11], [8, 10, 11, 13])):
        solved = {one.seed: one.solved_at for one in run.networks(branch=branch) if one.solved_at}
        assert sorted(solved) == seeds
        assert {
            7 + branch + index: window
            for (which, index), window in found.items()
            if which == branch
        } == solved
    header = by_hand.newest_checkpoint(folder).header
    assert header["solved"] == by_hand.log_end(folder / "solved.bin")
    assert names_in(folder) == {*FILES, "solved.bin"}
