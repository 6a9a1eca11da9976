"""Keyframes: limited in number, the nearest one is found, and damaged ones only cost time."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.replay.pace import Pace
from echornn.runs import run_dir
from echornn.runs.run_recorder import RunRecorder
from echornn.runs.states import keyframes
from echornn.runs.states.keyframes import LEAST_KEPT, Keyframe, KeyframeLog, Keyframes, records
from echornn.session.live_run import LiveRun
from echornn.timeline.branch import Position
from tests.examples import examples
from tests.patience import PATIENCE
from tests.recorded import record_branches
from tests.scripted import SMALL, ScriptedTrainer

positions = st.builds(Position, st.integers(0, 3), st.integers(0, 50))


def of(position: Position, size: int = 8) -> Keyframe:
    return Keyframe(position, bytes([position.window % 251]) * size)


@given(st.lists(positions, max_size=60), positions)
def test_the_nearest_is_the_last_of_its_branch_that_is_not_after_it(added: list[Position], asked: Position) -> None:
    kept = Keyframes()
    news = [kept.add(of(position)) for position in added]
    assert news == [position not in added[:index] for index, position in enumerate(added)]
    assert len(kept) == len(set(added))
    assert [one.position for one in kept.all()] == sorted(set(added))
    found = kept.nearest(asked)
    before = [one for one in set(added) if one.branch == asked.branch and one.window <= asked.window]
    assert (None if found is None else found.position) == max(before, default=None)


@examples(50)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 100)), max_size=400), st.integers(100, 2000))
def test_they_stay_within_the_bound_or_are_few(steps: list[tuple[int, int]], most: int) -> None:
    kept = Keyframes(most)
    ends = [0] * 4
    for branch, windows in steps:
        ends[branch] += windows
        thinned = kept.thinned
        kept.add(of(Position(branch, ends[branch]), 10))
        assert kept.bytes == sum(one.size for one in kept.all()) == 10 * len(kept)
        assert kept.bytes <= max(most, 10 * LEAST_KEPT)
        assert kept.thinned >= thinned


def test_thinned_they_stay_evenly_apart() -> None:
    kept = Keyframes(most_bytes=100 * 10)
    for window in range(0, 100_000, 7):
        kept.add(of(Position(0, window), 10))
    windows = [one.position.window for one in kept.all()]
    assert 50 <= len(windows) <= 100
    gaps = [after - before for before, after in itertools.pairwise([0, *windows, 100_000])]
    assert max(gaps) <= 4 * 100_000 / len(windows)


def test_one_that_is_dropped_leaves_the_one_before() -> None:
    kept = Keyframes()
    first, second = of(Position(1, 5)), of(Position(1, 9))
    kept.add(first)
    kept.add(second)
    kept.drop(second)
    kept.drop(second)
    assert kept.nearest(Position(1, 20)) is first
    assert (len(kept), kept.bytes) == (1, 8)
    kept.drop(first)
    assert kept.nearest(Position(1, 20)) is None
    assert (len(kept), kept.bytes, kept.all()) == (0, 0, [])


def test_a_branch_all_of_whose_keyframes_were_dropped_is_no_hindrance() -> None:
    kept = Keyframes(most_bytes=10)
    damaged = of(Position(1, 5))
    kept.add(damaged)
    kept.drop(damaged)
    for window in range(LEAST_KEPT + 2):
        kept.add(of(Position(2, window)))
    assert 0 < len(kept) <= LEAST_KEPT


# ---- on disk


@given(st.lists(positions, min_size=1, max_size=6, unique=True), st.data())
def test_a_file_that_is_torn_or_changed_gives_the_whole_ones(added: list[Position], data: st.DataObject) -> None:
    pieces = [of(position, data.draw(st.integers(0, 40))).as_record() for position in added]
    whole = b"".join(pieces)
    ends = list(itertools.accumulate(map(len, pieces)))
    assert [one.position for one in records(whole)] == added
    cut = data.draw(st.integers(0, len(whole)))
    assert [one.position for one in records(whole[:cut])] == added[: sum(end <= cut for end in ends)]
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    hit = sum(end <= at for end in ends)
    right = [one.as_record() for one in records(whole)]
    assert [one.as_record() for one in records(bytes(changed))] == right[:hit] + right[hit + 1 :]
    torn = whole[: ends[hit] - 1] + whole[ends[hit] :]
    assert [one.as_record() for one in records(torn)] == right[:hit] + right[hit + 1 :]


def test_the_log_adds_and_is_replaced_as_one(tmp_path: Path) -> None:
    file = tmp_path / "keyframes.bin"
    log = KeyframeLog(file)
    first, second, third = (of(Position(0, window)) for window in (1, 2, 3))
    log.flush()
    assert not file.exists()
    log.add(first)
    log.add(second)
    log.flush()
    log.flush()
    assert [one.position.window for one in records(file.read_bytes())] == [1, 2]
    log.add(third)
    log.replace([second])
    log.add(third)
    log.flush()
    assert [one.position.window for one in records(file.read_bytes())] == [2, 3]


def test_states_too_large_for_a_file_that_can_be_read_stay_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyframes, "MOST_BYTES_OF_LARGE", 100)
    log = KeyframeLog(tmp_path / "keyframes.bin")
    for keyframe in (of(Position(0, 1), 100), of(Position(0, 2), 101)):
        log.add(keyframe)
    log.flush()
    assert [one.position.window for one in records((tmp_path / "keyframes.bin").read_bytes())] == [1]
    log.replace([of(Position(0, 3), 101), of(Position(0, 4), 99)])
    log.flush()
    assert [one.position.window for one in records((tmp_path / "keyframes.bin").read_bytes())] == [4]


def test_what_the_disk_does_not_take_is_written_later(tmp_path: Path) -> None:
    log = KeyframeLog(tmp_path / "gone" / "keyframes.bin")
    log.add(of(Position(0, 1)))
    with pytest.raises(FileNotFoundError):
        log.flush()
    (tmp_path / "gone").mkdir()
    log.flush()
    assert len(records((tmp_path / "gone" / "keyframes.bin").read_bytes())) == 1


def test_a_torn_record_does_not_hide_those_that_come_after_it(tmp_path: Path) -> None:
    """As when a process was killed while writing, and another continued the run."""
    folder = tmp_path / "run"
    record_branches(folder, 12, {"learning_rate": 0.1}, 3)
    before = run_dir.read(folder).keyframes()
    with open(folder / run_dir.KEYFRAME_FILE, "ab") as file:
        file.write(of(Position(1, 15)).as_record()[:-3])
    recorder = RunRecorder.go_on(folder)
    live = alive(recorder)
    live.train(4)
    live.reset()
    live.save()
    assert recorder.wait(PATIENCE)
    recorder.close()
    after = {one.position for one in run_dir.read(folder).keyframes()}
    assert {one.position for one in before} < after
    assert Position(1, 19) in after


def alive(recorder: RunRecorder) -> LiveRun:
    assert recorder.resumed is not None
    live = LiveRun(recorder.resumed.config, ScriptedTrainer, recorder, Pace(1.0, lambda: 0.0), lambda: 0.0)
    live.take_up()
    live.load()
    live.begin()
    return live


@pytest.mark.parametrize("how", ["data", "checksum"])
def test_where_one_is_damaged_the_one_before_serves(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "run"
    record_branches(folder, 12, (0, 3), 2, (0, 8), 1)
    kept = run_dir.read(folder).keyframes()
    last = max((one for one in kept if one.position.branch == 0), key=lambda one: one.position.window)
    data = bytearray(last.as_record()[28:])
    data[len(data) // 2] ^= 1
    record = bytearray(
        Keyframe(last.position, bytes(data), last.digest).as_record()
    )  # its own checksum is correct, that of the state is not
    if how == "checksum":
        record[24] ^= 1
    others = b"".join(one.as_record() for one in kept if one is not last)
    (folder / run_dir.KEYFRAME_FILE).write_bytes(others + bytes(record))
    recorder = RunRecorder.go_on(folder)
    live = alive(recorder)
    live.go(Position(0, 12))
    while not live.arrived:
        live.step(5)
    recorder.close()
    assert live.trainer.state.weights["W"] == np.float32(12)
    assert live.trainer.state.config == SMALL


def test_those_of_another_future_are_not_taken_for_this_runs(tmp_path: Path) -> None:
    """The branch has the same number and fields but began elsewhere, as after a kill or when a file was copied."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    record_branches(ours, 12, (0, 3), {"learning_rate": 0.1}, 6)
    record_branches(theirs, 12, (0, 5), {"learning_rate": 0.1}, 4)
    (ours / run_dir.KEYFRAME_FILE).write_bytes((theirs / run_dir.KEYFRAME_FILE).read_bytes())
    recorder = RunRecorder.go_on(ours)
    live = alive(recorder)
    recorder.save(live.trainer.state, live.here)
    assert recorder.wait(PATIENCE)
    recorder.close()
    found = [(one.position, one.digest) for one in run_dir.read(ours).keyframes()]
    foreign = [(one.position, one.digest) for one in run_dir.read(theirs).keyframes() if one.position.branch == 1]
    assert foreign
    assert not set(found) & set(foreign)
    assert any(position.branch == 0 for position, _ in found), "what both have in common is the same, to the bit"


def test_where_they_cannot_be_written_the_run_is_saved_and_it_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    record_branches(folder, 12)
    (folder / run_dir.KEYFRAME_FILE).unlink()
    (folder / run_dir.KEYFRAME_FILE).mkdir()
    recorder = RunRecorder.go_on(folder)
    live = alive(recorder)
    live.train(3)
    live.save()
    assert recorder.wait(PATIENCE), "all that was told is on the disk"
    assert "the states to go back to not saved since" in recorder.warning
    recorder.close()
    assert run_dir.read(folder).trained == 15
