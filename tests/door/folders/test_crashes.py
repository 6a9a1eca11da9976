"""Programs that are killed, disks that are full, two programs on one folder."""

from __future__ import annotations

import json
import math
import os
import random
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from echornn import EchoConfig, RunError, RunRecorder, read
from echornn.session.commands import Name
from tests.door.folders import by_hand
from tests.door.folders.lab import answered, do, go_on, notes, record, refusal, save, training
from tests.door.folders.model import Model
from tests.hashed import HashTrainer
from tests.patience import wait_for
from tests.recorded import contents
from tests.scripted import SMALL, ScriptedTrainer

LONG = EchoConfig(
    num_epochs=100_000, total_series_length=200, truncated_backprop_length=10, batch_size=2
)

SPEED = ("--speed", "900")

FLAGS = (
    "--num-epochs=100000",
    "--total-series-length=200",
    "--truncated-backprop-length=10",
    "--batch-size=2",
    *SPEED,
)
"""The same."""


@contextmanager
def program(*words: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    """The real program in another process, with hashes for losses."""
    command = [sys.executable, "-m", "tests.scripted_program", "--headless", *words]
    environment = os.environ | {"TRAINERS": "hashed"}
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=nowhere, stderr=nowhere, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def saved(folder: Path) -> int:
    """How many windows are saved."""
    try:
        return int(by_hand.newest_checkpoint(folder).header["losses"]["length"]) // 8
    except (OSError, ValueError, AssertionError):
        return 0


def size(folder: Path) -> int:
    try:
        return (folder / "losses.bin").stat().st_size
    except OSError:
        return 0


def kill(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Kill the program: nothing that was saved is lost, and nothing in the folder is damaged."""
    before = saved(folder)
    process.kill()
    process.wait()
    assert saved(folder) >= before
    assert read(folder).notes == ()


@pytest.mark.slow
def test_a_program_that_is_killed_again_and_again_trains_what_one_that_is_not_trains(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    with program("--run", folder, *FLAGS) as process:
        wait_for(lambda: saved(folder) > 300)
        assert str(process.pid) in refusal("--resume", folder, "--headless")
        assert str(folder) in refusal("--run", folder, "--headless")
        assert answered("export", folder).stdout.count("\n") > 300
        kill(process, folder)
    length = size(folder) + 8 * random.Random(7).randrange(500)
    with program("--resume", folder, *SPEED) as process:
        wait_for(lambda: size(folder) > length)  # perhaps between the logs and the checkpoint
        kill(process, folder)
    before = saved(folder)
    with program("--resume", folder, *SPEED) as process:
        wait_for(lambda: saved(folder) > before)
        process.terminate()
        assert process.wait() == 42
    windows = by_hand.losses(folder)
    assert saved(folder) == len(windows) == len(read(folder).windows())
    assert windows["loss"].tolist() == HashTrainer(LONG).advance(len(windows)).losses[:, 0].tolist()
    assert len(by_hand.commands(folder)) == 1
    at = len(windows) // 2
    with training(folder, at=at) as session:
        frame = do(session, 3)
    assert (frame.branch, frame.trained) == (1, at + 3)
    assert read(folder).windows().loss[-3:, 0].tolist() == windows["loss"][at : at + 3].tolist()


@contextmanager
def full_disk(room: int = 0) -> Iterator[None]:
    """No file can become larger than this, in bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("room", [0, 6 * 8 + 3])
def test_on_a_full_disk_training_goes_on_and_all_is_saved_once_there_is_room(
    room: int, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    steps = (1, 5, {"learning_rate": 0.1}, 2, (0, 3), 4)
    model = Model(SMALL, 5, *steps)
    with training(folder, SMALL) as session:
        do(session, 5, Name(0, "before"))
        assert save(session).warning == ""
        with full_disk(room):
            do(session, *steps, Name(0, "after"))
            frame = save(session)
            assert frame.warning, "it says so"
            assert (frame.trained, frame.trained_in_all) == (7, 17)
        assert len(read(folder).windows()) == 5
        assert read(folder).notes == ()
        assert notes(folder)[0] == {0: "before"}
        assert save(session).warning == ""
        assert len(read(folder).windows()) == 17
        assert notes(folder)[0] == {0: "after"}
    assert by_hand.losses(folder)["loss"].tolist() == model.lone_log
    begins = [(branch.parent, branch.at, branch.windows) for branch in read(folder).branches]
    assert begins == [(None, 0, 11), (0, 11, 2), (0, 3, 4)]
    assert (1, 11) in by_hand.keyframes(folder)
    assert read(folder).notes == ()


def test_states_for_which_there_was_no_room_are_written_once_there_is(tmp_path: Path) -> None:
    """Checkpoints and logs fit, the states to go back to do not."""
    folder = tmp_path / "run"
    with training(folder, SMALL) as session:
        with full_disk(4000):
            do(session, 3, "redraw", 3, "redraw", 3, "redraw", 3)
            assert save(session).warning
            assert len(read(folder).windows()) == 12
        do(session, 1)
        assert save(session).warning == ""
    for letter in "abc":
        assert {0, 3} <= {*read(folder).kept(letter).tolist()}


def test_while_a_resumed_session_runs_a_second_program_is_refused(tmp_path: Path) -> None:
    folder = record(tmp_path / "run", SMALL, 3)
    with training(folder):
        assert str(os.getpid()) in refusal("--resume", folder, "--headless")
    go_on(folder, 2)
    assert len(read(folder).windows()) == 5


def test_where_training_failed_is_kept_with_the_run_and_all_before(tmp_path: Path) -> None:
    folder = tmp_path / "run"

    def make(config: EchoConfig) -> ScriptedTrainer:
        trainer = ScriptedTrainer(config)
        trainer.fails_at = 8
        return trainer

    record(folder, SMALL, 6, make_trainer=ScriptedTrainer)
    done = answered("--resume", folder, "--headless", make_trainer=make)
    assert done.returncode == 1
    file = folder / "traceback.txt"
    for text in ("out of memory", f"--resume {folder}", str(file)):
        assert text in done.stderr
    assert "RuntimeError: the script says: out of memory" in file.read_text()
    assert len(read(folder).windows()) in (6, 7, 8)


def test_what_cannot_be_begun_on_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    with full_disk(), pytest.raises(RunError, match="run"):
        record(tmp_path / "run", SMALL, 1)
    assert list(tmp_path.iterdir()) == []
    assert len(read(record(tmp_path / "run", SMALL, 1)).windows()) == 1


def test_what_a_kill_at_the_beginning_left_is_begun_again(tmp_path: Path) -> None:
    whole = record(tmp_path / "whole", SMALL, 3)
    order = ["lock", "losses.bin", "commands.jsonl", "run.json.new"]
    for count in range(len(order) + 1):
        folder = tmp_path / f"run-{count}"
        folder.mkdir()
        for name in order[:count]:
            (folder / name).write_bytes(b"{" if name.endswith(".new") else b"")
        assert str(folder) in refusal("export", folder)
        assert by_hand.losses(record(folder, SMALL, 3)).tolist() == by_hand.losses(whole).tolist()


def test_a_run_that_was_never_saved_starts_over(tmp_path: Path) -> None:
    folder = record(tmp_path / "run", SMALL, 3)
    for file in by_hand.slots(folder):
        file.unlink()
    run = read(folder)
    assert len(run.windows()) == 0
    assert any("3" in note for note in run.notes), "three windows have no checkpoint"
    go_on(folder, 5)
    assert by_hand.losses(folder)["loss"].tolist() == Model(SMALL, 5).lone_log


def test_an_empty_run_is_not_removed_while_another_program_goes_on_with_it(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    first = RunRecorder.begin(folder, SMALL)
    first.close()
    second = RunRecorder.go_on(folder)
    there = contents(folder)
    with pytest.raises(OSError, match="another process"):
        first.forget()
    assert contents(folder) == there
    second.close()
    first.forget()
    assert not folder.exists()


def test_where_something_else_is_nothing_begins_and_nothing_is_touched(tmp_path: Path) -> None:
    run = record(tmp_path / "run", SMALL, 3)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("all my work")
    before = contents(tmp_path)
    for folder in (run, mine, mine / "thesis.tex"):
        assert str(folder) in refusal("--run", folder, "--headless")
    for folder in (mine, mine / "thesis.tex", tmp_path / "nothing"):
        assert str(folder) in refusal("--resume", folder, "--headless")
        assert str(folder) in refusal("export", folder)
        with pytest.raises(RunError, match=folder.name):
            read(folder)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"format": 7}, "format 7"),
        ({"begun": 10**400}, "begun = 1000"),
        ({"id": [1]}, "id = [1]"),
        ({"versions": {"numpy": [[]]}}, "numpy = [[]]"),
        ({"threshold": "x"}, "threshold = 'x'"),
        ({"config": {"sede": 7}}, "sede"),
        ({"config": {"learning_rate": math.inf}}, "learning_rate = inf"),
        ({"config": {"a\nb": 1}}, "field a b"),
        ({}, "run.json"),
    ],
)
def test_a_value_that_no_run_has_is_refused_in_a_line_and_left_as_it_is(
    change: dict[str, Any], named: str, tmp_path: Path
) -> None:
    folder = record(tmp_path / "run", SMALL, 3)
    file = folder / "run.json"
    changed = json.dumps(json.loads(file.read_text()) | change)
    file.write_text(changed if change else "{")
    before = contents(folder)
    with pytest.raises(RunError, match=re.escape(str(folder))) as refused:
        read(folder)
    assert "\n" not in str(refused.value)
    for words in ("export", "branches", "--headless --resume"):
        line = refusal(*words.split(), folder)
        assert str(folder) in line
        assert named in line
    assert contents(folder) == before
