"""What a folder survives: the newest whole checkpoint counts; what is missing in a log is unknown,
what is changed is kept and said; nothing is cut before something newer is on disk.
"""

from __future__ import annotations

import csv
import errno
import json
import os
import random
import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from echornn import EchoConfig, RunRecorder, read
from tests.answered import Answer
from tests.door.folders import by_hand
from tests.door.folders.lab import answered, do, go_on, save, training, windows_of_branches
from tests.door.folders.test_damage import flip
from tests.hashed import HashTrainer
from tests.recorded import Step, contents
from tests.scripted import SMALL

LONG = SMALL.with_fields({"num_epochs": 6})
"""Sixty windows along a path."""

FLAGS = (
    "--num-epochs=6",
    "--total-series-length=200",
    "--truncated-backprop-length=10",
    "--batch-size=2",
)
"""The same."""

RUNS = {"one network": LONG, "several": LONG.with_fields({"replicas": 6})}

AFTER = 4
"""The windows of the older checkpoint."""


@pytest.fixture(scope="module", params=RUNS)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of four branches, whose older checkpoint is from its first branch."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    early: dict[str, bytes] = {}
    with training(folder, RUNS[request.param]) as session:
        do(session, AFTER)
        while len(early) < 2:  # the session saves now and then, too
            save(session)
            slot = by_hand.newest(folder)
            early[slot.name] = slot.read_bytes()
        do(session, "reset", 5, {"learning_rate": 0.1}, 4, (1, 3), 3)
    _, older = by_hand.slots(folder)
    older.write_bytes(early[older.name])
    assert windows_of_branches(folder) == [4, 5, 4, 3]
    assert read(folder).notes == ()
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "run")


def losses(folder: Path) -> np.ndarray:
    """Of each window in the order trained, of each network; NaN where it is lost."""
    return read(folder).windows().loss


def window_bytes(folder: Path) -> int:
    return (folder / "losses.bin").stat().st_size // len(read(folder).windows())


def record_at_its_end(folder: Path, config: EchoConfig, *steps: Step) -> Path:
    """A run whose checkpoints are both from its end: when else it was saved depends on the disk."""
    with training(folder, config) as session:
        do(session, *steps)
        save(session)
        save(session)
    return folder


def resumed(folder: Path, *words: str) -> Answer:
    """Train the run to its end, by hashes."""
    return answered("--headless", "--resume", folder, *words, make_trainer=HashTrainer)


def require_plain(done: Answer, folder: Path) -> None:
    """It went well, or a line says why not, and that is no error of the program."""
    assert done.returncode in (0, 1, 2), done.stderr
    assert not re.search(r"Traceback|\b(Index|Key|Type|Value|Attribute)Error\b", done.stderr)
    assert not (folder / "traceback.txt").exists()


# ---- a loss log that was changed, or cut


@pytest.mark.parametrize("window", [AFTER, 15])
def test_a_changed_loss_costs_no_window(window: int, folder: Path, whole: Path) -> None:
    flip(folder / "losses.bin", window * window_bytes(folder) + 2, 4)
    changed = (folder / "losses.bin").read_bytes()
    run = read(folder)
    assert re.search("losses.bin|logs differ", "\n".join(run.notes))
    assert run.position == read(whole).position
    assert windows_of_branches(folder) == [4, 5, 4, 3]
    is_changed = np.any(losses(folder) != losses(whole), axis=1)
    assert np.flatnonzero(is_changed).tolist() == [window]

    done = resumed(folder)
    assert done.returncode == 0, done.stderr
    assert windows_of_branches(folder) == [4, 5, 4, 57]
    assert (folder / "losses.bin").read_bytes().startswith(changed)
    assert read(folder).notes == ()


@pytest.mark.parametrize("there", [0, 11])
def test_a_missing_loss_is_unknown_and_has_not_diverged(
    there: int, folder: Path, whole: Path
) -> None:
    os.truncate(folder / "losses.bin", there * window_bytes(folder) + (there > 0))
    run = read(folder)
    assert run.notes
    assert run.position == read(whole).position
    before = losses(folder)
    np.testing.assert_array_equal(before[:there], losses(whole)[:there])
    assert np.isnan(before[there:]).all()
    rows = list(csv.DictReader(answered("export", folder).stdout.splitlines()))
    assert len(rows) == before.size == 16 * run.config.replicas
    for row in rows:
        assert (row["loss"] == "nan") == (int(row["window"]) > there)
    listed = json.loads(answered("list", folder, "--json").stdout)
    assert not listed["diverged"]
    assert "diverged" not in answered("list", folder).stdout
    assert "diverged" not in answered("branches", folder).stdout

    done = resumed(folder)
    assert done.returncode == 0, done.stderr
    assert "paused there" not in done.stderr
    assert "diverged" not in done.stdout
    assert windows_of_branches(folder) == [4, 5, 4, 57]
    after = losses(folder)
    np.testing.assert_array_equal(after[:16], before)
    assert np.isfinite(after[16:]).all()
    assert read(folder).notes == ()


def test_a_tail_is_there_until_there_is_a_newer_checkpoint(folder: Path, whole: Path) -> None:
    """The newest checkpoint cannot be read, and then it can again: as on a network drive."""
    slot = by_hand.newest(folder)
    data = slot.read_bytes()
    slot.write_bytes(data[:50])
    assert len(read(folder).windows()) == AFTER
    RunRecorder.go_on(folder).close()

    slot.write_bytes(data)
    for name in ("losses.bin", "norms.bin", "commands.jsonl"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes()
    assert read(folder).notes == ()
    np.testing.assert_array_equal(losses(folder), losses(whole))


def test_once_there_is_a_newer_checkpoint_the_tail_is_gone(folder: Path, whole: Path) -> None:
    by_hand.newest(folder).write_bytes(b"")
    go_on(folder, 2)
    assert read(folder).notes == ()
    np.testing.assert_array_equal(losses(folder)[:AFTER], losses(whole)[:AFTER])
    for name in ("losses.bin", "norms.bin"):
        assert (folder / name).stat().st_size == (AFTER + 2) * window_bytes(folder)


# ---- commands that are lost


RUN = "damaged"

COMMAND_DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "random": lambda data: random.Random(1).randbytes(len(data)),
    "without its first line": lambda data: data[data.index(b"\n") + 1 :],
}

ASKED = (
    (("list", RUN), ("branches", RUN), ("export", RUN), ("--headless", "--resume", RUN)),
    (("--headless", "--at", "10", "--resume", RUN),),
    (("do", RUN, "go 10; step 1; undo; step 1"),),
)
"""Commands, those of a line one after the other on the same run."""


def damage_commands(folder: Path, damage: str) -> None:
    file = folder / "commands.jsonl"
    file.write_bytes(COMMAND_DAMAGES[damage](file.read_bytes()))


@pytest.fixture(scope="module")
def of_many_kinds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Runs of branches that differ in what they train; those that are one after the other take
    more windows than there are along a path."""
    runs = tmp_path_factory.mktemp("runs")
    several = RUNS["several"]
    more_and_fewer = (20, {"replicas": 6}, 15, (0, 10), 5)
    return [
        record_at_its_end(runs / "longer than a path", SMALL, 20, "reset", 25),
        record_at_its_end(runs / "alone", several, 20, "alone", 15),
        record_at_its_end(runs / "more and fewer", LONG, *more_and_fewer),
        record_at_its_end(runs / "another size", LONG, 20, {"state_size": 6}, 15),
    ]


@pytest.mark.parametrize("damage", COMMAND_DAMAGES)
def test_without_its_commands_a_run_is_read_and_goes_on(
    damage: str, of_many_kinds: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / RUN
    for run in of_many_kinds:
        trained = len(read(run).windows())
        for commands in ASKED:
            shutil.copytree(run, folder)
            damage_commands(folder, damage)
            for words in commands:
                done = answered(*words, make_trainer=HashTrainer)
                require_plain(done, folder)
            assert len(read(folder).windows()) >= trained
            shutil.rmtree(folder)


@pytest.mark.parametrize("damage", COMMAND_DAMAGES)
def test_lost_commands_are_said(damage: str, folder: Path) -> None:
    damage_commands(folder, damage)
    assert "commands.jsonl" in "\n".join(read(folder).notes)


def test_a_command_after_they_were_deleted_is_saved_or_said(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with training(folder, LONG) as session:
        do(session, 4)
        save(session)
        (folder / "commands.jsonl").unlink()
        do(session, "reset", 5)
        warning = save(session).warning
    if "not saved" in warning:
        return
    assert read(folder).notes == ()
    assert windows_of_branches(folder) == [4, 5]


# ---- one slot that cannot be read


def test_one_slot_that_cannot_be_read_does_not_matter(whole: Path, tmp_path: Path) -> None:
    """A pipe, from which nothing ever comes."""
    for slot, windows in zip(by_hand.slots(whole), (AFTER, 16), strict=True):
        folder = shutil.copytree(whole, tmp_path / slot.name)
        (folder / slot.name).unlink()
        os.mkfifo(folder / slot.name)
        run = read(folder)
        assert f"{slot.name} cannot be read" in "\n".join(run.notes)
        assert len(run.windows()) == windows
        for command in ("list", "branches", "export"):
            assert answered(command, folder).returncode == 0
        assert resumed(folder).returncode == 0
        assert read(folder).notes == ()


def test_a_disk_that_cannot_read_one_slot_leaves_the_other(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open
    broken = by_hand.newest(whole)

    def fail(file: str | Path, *arguments: int, **named: int) -> int:
        if Path(file) == broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(file))
        return opened(file, *arguments, **named)

    monkeypatch.setattr(os, "open", fail)
    run = read(whole)
    assert len(run.windows()) == AFTER
    assert f"{broken.name} cannot be read: Input/output error" in "\n".join(run.notes)


# ---- a full disk


@contextmanager
def torn_writes(file: Path) -> Iterator[list[int]]:
    """The disk takes half of each write to a file, and has no room for the rest: where in the file
    each began."""
    write = os.pwrite
    begins: list[int] = []

    def tear(descriptor: int, data: bytes, at: int) -> int:
        if not file.exists() or not os.path.samestat(os.fstat(descriptor), file.stat()):
            return write(descriptor, data, at)
        write(descriptor, data[: len(data) // 2], at)
        begins.append(at)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "pwrite", tear)
        yield begins


def test_on_a_full_disk_the_states_to_go_back_to_take_no_room(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    file = folder / "keyframes.bin"
    with training(folder, LONG) as session:
        do(session, 3, "redraw", 3)
        assert save(session).warning == ""
        length = file.stat().st_size
        assert length > 0
        with torn_writes(file) as begins:
            for attempt in range(4):
                do(session, "redraw", 3)
                assert "No space left" in save(session).warning
                assert len(begins) > attempt
                assert file.stat().st_size == length, "what was torn is cut off again"
        assert {*begins} == {length}, "no attempt begins behind what another left"
        do(session, 1)
        assert save(session).warning == ""
    kept = by_hand.keyframes(folder)  # parsed without a gap
    assert {(1, 0), (2, 0), (3, 0), (4, 0), (5, 0)} <= kept.keys()
    assert read(folder).notes == ()


def test_a_torn_write_leaves_no_gap_in_the_states_to_go_back_to(tmp_path: Path) -> None:
    """Also if the program ends before there is room again, and another goes on with the run."""
    folder = tmp_path / "run"
    file = folder / "keyframes.bin"
    with torn_writes(file), training(folder, LONG) as session:
        do(session, 3, "redraw", 3)
        save(session)
        do(session, "redraw", 3)
    if file.exists():
        by_hand.keyframes(folder)  # parsed without a gap
    assert read(folder).notes == ()
    go_on(folder, 2)
    assert by_hand.keyframes(folder)


# ---- norms, and names of branches


def test_a_changed_norm_is_said(folder: Path) -> None:
    flip(folder / "norms.bin", 7 * window_bytes(folder) + 2, 4)
    run = read(folder)
    assert "norms.bin" in "\n".join(run.notes)
    assert len(run.windows()) == 16


def test_names_that_cannot_be_read_are_said(folder: Path) -> None:
    (folder / "branches.json").write_text('{"names": 7}')
    assert "branches.json" in "\n".join(read(folder).notes)


# ---- random bytes


def test_random_losses_are_read_without_a_warning(tmp_path: Path) -> None:
    config = RUNS["several"].with_fields({"num_epochs": 100})
    steps = (300, "reset", 200, {"learning_rate": 0.1}, 100)
    run = record_at_its_end(tmp_path / "run", config, *steps)
    for name in ("losses.bin", "norms.bin"):
        size = (run / name).stat().st_size
        (run / name).write_bytes(random.Random(1).randbytes(size))
    before = contents(run)
    # It goes on last: what reads it changes nothing
    for words in ("list", "branches", "export", "export --path", "--headless --resume"):
        assert contents(run) == before
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            done = answered(*words.split(), run, make_trainer=HashTrainer)
        assert list(map(str, found)) == []
        require_plain(done, run)
        if "--resume" not in words:
            assert done.returncode == 0, done.stderr
