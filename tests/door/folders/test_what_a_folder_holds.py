"""The files of a run, read byte by byte: see docs/files.md."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import read
from echornn.session.commands import Choose
from tests.door.folders import by_hand
from tests.door.folders.lab import record
from tests.door.folders.model import Model
from tests.scripted import SMALL, SMALL_POPULATION, ScriptedTrainer

LOGS = {"losses.bin", "norms.bin", "commands.jsonl", "keyframes.bin"}
FILES = {"run.json", "checkpoint-0", "checkpoint-1", "lock", *LOGS}

STORY: list[Any] = [12, {"learning_rate": 0.1}, 5, (0, 5), {"echo_step": 2}, 4, "reset", 3]
STORY += ["regenerate", 2, "redraw", 1, (1, 14), 2, {"state_size": 6}, 11]
"""Everything that begins a branch of one network."""

NOT_DEFAULT = {
    "num_epochs": 3,
    "total_series_length": 200,
    "truncated_backprop_length": 10,
    "batch_size": 2,
}
"""The fields in which `SMALL` is not the default."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Model]:
    """A run that took the story, and its model."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    return record(folder, SMALL, *STORY), Model(SMALL, *STORY)


def names_in(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def about(folder: Path) -> dict[str, Any]:
    """What a run says about itself."""
    described: dict[str, Any] = json.loads((folder / "run.json").read_text())
    return described


def test_it_says_what_was_begun_and_when(tmp_path: Path) -> None:
    before = time.time()
    described = about(record(tmp_path / "run", SMALL, 1))
    assert described["format"] == 1
    assert re.fullmatch("[0-9a-f]{16}", described["id"])
    assert before <= described["begun"] <= time.time()
    config = described["config"]
    assert config == {name: getattr(SMALL, name) for name in config}
    assert config.items() >= NOT_DEFAULT.items()
    assert {"learning_rate", "echo_step", "seed", "cell", "replicas"} <= {*config}
    assert {*described["versions"]} == {"tensorflow", "keras", "numpy"}
    assert described["versions"]["numpy"] == np.__version__
    assert described["threads"] == 1
    assert described["threshold"] > 0
    assert described["side_by_side"] == 2


def test_a_run_that_was_begun_with_other_versions_says_so(tmp_path: Path) -> None:
    folder = record(tmp_path / "run", SMALL, 1)
    described = about(folder)
    described["versions"]["numpy"] = "1.2.3"
    (folder / "run.json").write_text(json.dumps(described))
    (note,) = read(folder).notes
    assert "numpy 1.2.3" in note
    assert np.__version__ in note


def test_every_window_ever_trained_is_in_the_log_of_losses(run: tuple[Path, Model]) -> None:
    folder, model = run
    assert names_in(folder) == FILES
    windows = by_hand.losses(folder)
    assert len(windows) == 40
    assert windows["loss"].tolist() == model.lone_log
    assert not np.any(windows["errors"]), "the script has no wrong predictions"


def test_every_change_is_a_line_that_says_where_and_what(run: tuple[Path, Model]) -> None:
    commands = by_hand.commands(run[0])
    fields = ("at", "cause", "branch", "parent", "before", "epoch", "window", "generation", "draw")
    assert [tuple(map(command.get, fields)) for command in commands] == [
        (0, "start", 0, None, None, 0, 0, 0, 0),
        (12, "edit", 1, [0, 12], [0, 12], 1, 2, 0, 0),
        (17, "edit", 2, [0, 5], [0, 5], 0, 5, 0, 0),
        (21, "reset", 3, [2, 0], [2, 9], 0, 0, 0, 0),
        (24, "regenerate", 4, [3, 3], [3, 3], 0, 0, 1, 0),
        (26, "redraw", 5, [4, 0], [4, 5], 0, 0, 1, 1),
        (27, "back", 6, [1, 14], [1, 14], 1, 4, 0, 0),
        (29, "edit", 7, [6, 0], [6, 16], 0, 0, 0, 0),
    ]
    begun = NOT_DEFAULT
    rate = NOT_DEFAULT | {"learning_rate": 0.1}
    step = NOT_DEFAULT | {"echo_step": 2}
    size = rate | {"state_size": 6}
    configs = [command["config"] for command in commands]
    assert configs == [begun, rate, step, step, step, step, rate, size], "only what is no default"


def test_the_newest_checkpoint_is_the_state_where_the_run_stands(run: tuple[Path, Model]) -> None:
    folder, model = run
    checkpoint = by_hand.newest_checkpoint(folder)
    header = checkpoint.header
    assert header["config"]["state_size"] == 6
    assert header["config"]["learning_rate"] == 0.1
    assert header["stands"] == [7, 11]
    assert header["state"].items() >= {"epoch": 1, "window": 1, "generation": 0, "draw": 0}.items()
    assert checkpoint.array("weights", "dict", "W").tolist() == [11]
    assert np.ravel(checkpoint.optimizer).tolist() == np.ravel(model.state.optimizer).tolist()
    assert header["losses"] == by_hand.log_end(folder / "losses.bin")
    assert header["commands"] == by_hand.log_end(folder / "commands.jsonl")


def test_states_to_go_back_to_are_those_that_training_had(run: tuple[Path, Model]) -> None:
    folder, model = run
    keyframes = by_hand.keyframes(folder)
    assert {branch for branch, _ in keyframes} == set(range(8))
    ends = {(0, 0), (0, 12), (1, 12), (1, 17), (2, 5), (2, 9), (4, 3), (6, 14)}
    assert keyframes.keys() >= ends, "where a branch begins or ends"
    for (branch, window), checkpoint in keyframes.items():
        state, recorded = model.lines[branch].states[window], checkpoint.header["state"]
        assert np.ravel(checkpoint.optimizer).tolist() == np.ravel(state.optimizer).tolist()
        assert (recorded["epoch"], recorded["window"]) == (state.epoch, state.window)
        assert (recorded["generation"], recorded["draw"]) == (state.data_version, state.init_index)


def test_losses_of_several_networks_are_packed_in_four_bytes(tmp_path: Path) -> None:
    config = SMALL.with_fields({"replicas": 3})
    model = Model(config, 12)
    model.alone(1)
    model.take(5)
    model.take((0, 8))
    model.take(4)
    folder = record(tmp_path / "run", config, 12, Choose(1), "alone", 5, (0, 8), 4)

    data = (folder / "losses.bin").read_bytes()
    assert len(data) == 12 * 3 * 4 + 5 * 8 + 4 * 3 * 4
    losses, errors = by_hand.packed(data[:144], 3)
    np.testing.assert_allclose(losses, model.log[:12], rtol=2.0**-17)
    predictions = 2 * 10
    chance_error_rates = np.minimum(losses / np.log(2), 1) / 2
    assert errors.tolist() == np.rint(chance_error_rates * predictions).tolist()
    alone = np.frombuffer(data[144:184], by_hand.WINDOW)["loss"].tolist()
    assert alone == [loss for (loss,) in model.log[12:17]], "a lone network's are exact"
    losses_of_all, _ = by_hand.packed(data[184:], 3)
    np.testing.assert_allclose(losses_of_all, model.log[17:], rtol=2.0**-17)

    header = by_hand.newest_checkpoint(folder).header
    assert header["layout"] == [[0, 3], [12, 1], [17, 3]]
    assert header["stands"] == [2, 12]
    assert header["config"]["replicas"] == 3
    assert header["config"]["seed"] == 7
    path = read(folder).path("b")
    assert path.replica.tolist() == [0, 1, 2]
    assert np.isfinite(path.loss).sum(axis=0).tolist() == [12, 17, 12]


def test_when_each_of_several_was_solved_is_kept_for_each_branch(tmp_path: Path) -> None:
    steps = (900, {"seed": 8}, 900)
    folder = record(tmp_path / "run", SMALL_POPULATION, *steps, make_trainer=ScriptedTrainer)
    run = read(folder)
    windows = {}
    seeds = set()
    for branch in (0, 1):
        for network in run.networks(branch=branch):
            if network.solved_at:
                seeds.add((branch, network.seed))
                windows[branch, network.seed - 7 - branch] = network.solved_at
    # Of every third seed the loss stays at chance
    assert seeds == {(0, 7), (0, 8), (0, 10), (0, 11), (1, 8), (1, 10), (1, 11), (1, 13)}
    assert by_hand.solved(folder) == windows
    header = by_hand.newest_checkpoint(folder).header
    assert header["solved"] == by_hand.log_end(folder / "solved.bin")
    assert names_in(folder) == {*FILES, "solved.bin"}
