"""A sweep is computed into its folder, even if workers or the process itself are killed."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from echornn.config import EchoConfig
from echornn.files.run_error import RunError
from echornn.sweeps import folder as files
from echornn.sweeps import store
from echornn.sweeps.axis import Axis
from echornn.sweeps.grid import Grid
from echornn.sweeps.part import Lost, Part
from echornn.sweeps.results import SweepResults
from echornn.sweeps.status import Status
from echornn.sweeps.sweep import DEATHS, Sweep
from echornn.sweeps.trained_by import in_words, versions_here
from tests.echornn.sweeps.scripted import ScriptedEngine, result_of

GRID = Grid((Axis("echo_step", (9, 10, 11)), Axis("state_size", (4, 8))), {"num_epochs": 1}, seeds=3)


class KilledError(BaseException):
    """Simulates `kill -9`: nothing is cleaned up."""


def compute(folder: Path, grid: Grid = GRID, engine: ScriptedEngine | None = None) -> tuple[ScriptedEngine, Status]:
    """Compute a sweep; returns the engine and the status at the end."""
    engine = engine or ScriptedEngine()
    sweep = Sweep(folder, grid)
    try:
        sweep.run(engine)
    finally:
        sweep.close()
    return engine, sweep.status


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / files.TABLE).open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_all_is_trained_once_and_kept(tmp_path: Path) -> None:
    engine, status = compute(tmp_path)
    assert len(engine.trained) == len(set(engine.trained)) == 18
    assert (status.trainings, status.known, status.solved, status.is_finished) == (18, 18, 6, True)
    assert engine.closed
    results = SweepResults.read(tmp_path)
    for point in results.points:
        for seed in point.seeds:
            assert point.results[seed] == result_of(replace(point.config, seed=seed))
    rows = table(tmp_path)
    assert ",".join(rows[0]) == "echo_step,state_size,seed,solved_at,final_loss,windows,seconds,until,trained_by"
    assert [*rows[0].values()][:-1] == ["9", "4", "7", "97", "0.04", "97", "0.01", "solved"]
    assert [*rows[-1].values()][:-1] == ["11", "8", "9", "", "0.6931", "666", "1", "solved"]
    assert {row["trained_by"] for row in rows} == {in_words(versions_here())}
    assert [(row["echo_step"], row["state_size"], row["seed"]) for row in rows] == [
        (str(echo), str(size), str(seed)) for echo in (9, 10, 11) for size in (4, 8) for seed in (7, 8, 9)
    ]


def test_a_row_of_the_table_comes_as_soon_as_it_is_known(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    seen: list[int] = []
    engine.before = lambda part: seen.append(len(table(tmp_path)))
    compute(tmp_path, engine=engine)
    assert seen[0] == 0
    assert len(seen) > 1
    assert seen[-1] == 18 - len(engine.started[-1][0].configs)


def test_parts_hold_one_structure_and_workers_stay_with_theirs(tmp_path: Path) -> None:
    grid = replace(GRID, seeds=40)
    engine, _ = compute(tmp_path, grid)
    sizes: dict[str, set[int]] = {}
    for part, worker in engine.started:
        assert len({config.state_size for config in part.configs}) == 1
        sizes.setdefault(worker, set()).add(part.configs[0].state_size)
    assert len(engine.started) > 4
    assert min(map(len, sizes.values())) == 1


def test_the_same_again_trains_nothing(tmp_path: Path) -> None:
    compute(tmp_path)
    before = (tmp_path / files.TABLE).read_bytes()
    engine, status = compute(tmp_path)
    assert (engine.trained, status.is_finished) == ([], True)
    assert (tmp_path / files.TABLE).read_bytes() == before
    assert len(files.read_requests(tmp_path)) == 1


@pytest.mark.parametrize("parts", [0, 1, 4])
def test_after_a_kill_only_what_is_missing_is_trained(tmp_path: Path, parts: int) -> None:
    engine = ScriptedEngine(workers=1)
    grid = replace(GRID, seeds=40)

    def die(part: Part) -> None:
        if len(engine.started) > parts:
            raise KilledError

    engine.before = die
    sweep = Sweep(tmp_path, grid)
    with pytest.raises(KilledError):
        sweep.run(engine)
    (tmp_path / files.RESULTS / "0123.json.new").write_text("{")
    with (tmp_path / files.TABLE).open("a") as lines:
        lines.write("9,4,")
    sweep._store._lock.release()  # as when the process dies

    again, status = compute(tmp_path, grid)
    assert len(engine.trained) == sum(len(part.configs) for part, _ in engine.started[:parts])
    assert sorted(engine.trained + again.trained, key=str) == sorted(set(engine.trained + again.trained), key=str)
    assert (status.known, len(table(tmp_path))) == (240, 240)
    assert not list(tmp_path.glob("*/*.new"))


def test_another_grid_keeps_what_is_common_and_adds_the_rest(tmp_path: Path) -> None:
    compute(tmp_path)
    wider = Grid((Axis("echo_step", (8, 9)), Axis("cell", ("rnn", "gru"))), {"num_epochs": 1, "state_size": 4}, seeds=4)
    engine, status = compute(tmp_path, wider)
    assert status.known == 16
    assert len(engine.trained) == 16 - 3
    results = SweepResults.read(tmp_path)
    assert results.axes == {"echo_step": (8, 9, 10, 11), "cell": ("rnn", "gru"), "state_size": (4, 8)}
    assert (results.trainings, results.known) == (18 + 13, 18 + 13)
    assert len(table(tmp_path)) == 31


def test_another_version_trains_anew_and_what_was_known_stays_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute(tmp_path)
    newer = {"echornn-tui": "2", "tensorflow": "3"}
    monkeypatch.setattr(store, "versions_here", lambda: newer)
    engine, status = compute(tmp_path, replace(GRID, seeds=1))
    assert (len(engine.trained), status.known) == (6, 6)
    results = SweepResults.read(tmp_path)
    assert [[*point.results] for point in results.points] == [[7]] * 6
    rows = table(tmp_path)
    assert [row["trained_by"] for row in rows] == ["echornn-tui 2, tensorflow 3"] * 6 + [in_words(versions_here())] * 18
    monkeypatch.undo()
    engine, _ = compute(tmp_path)
    assert engine.trained == []


@pytest.mark.parametrize("name", [files.RESULTS, files.FAILED, ""])
@pytest.mark.parametrize("kind", ["link", "folder", "nothing"])
def test_a_folder_that_is_swapped_midway_ends_the_sweep_and_nothing_is_written_elsewhere(
    tmp_path: Path, name: str, kind: str
) -> None:
    home, elsewhere, engine = tmp_path / "map", tmp_path / "elsewhere", ScriptedEngine(kills=[9])

    def swap(part: Part) -> None:
        there = home / name
        if not elsewhere.exists():
            there.rename(tmp_path / "moved")
            elsewhere.mkdir()
            if kind == "link":
                there.symlink_to(elsewhere)
            elif kind == "folder":
                there.mkdir()

    engine.before = swap
    with pytest.raises(OSError, match="the opened folder no longer has this name"):
        compute(home, engine=engine)
    assert list(elsewhere.iterdir()) == []
    if kind == "folder":
        assert list((home / name).iterdir()) == []


def test_until_all_is_another_question_and_has_a_folder_of_its_own(tmp_path: Path) -> None:
    solved, all_windows = tmp_path / "solved", tmp_path / "all"
    compute(solved)
    before = (solved / files.SWEEP_FILE).read_bytes()
    with pytest.raises(RunError, match=r"until = 'all' cannot be used in .*, which has 'solved'"):
        compute(solved, replace(GRID, until="all"))
    assert (solved / files.SWEEP_FILE).read_bytes() == before
    engine, _ = compute(all_windows, replace(GRID, until="all"))
    assert len(engine.trained) == 18
    assert {part.until for part, _ in engine.started} == {"all"}
    assert {row["until"] for row in table(all_windows)} == {"all"}
    compute(solved)


def test_two_sweeps_on_one_folder_the_second_is_refused(tmp_path: Path) -> None:
    first = Sweep(tmp_path, GRID)
    with pytest.raises(RunError, match="is being written by another process"):
        Sweep(tmp_path, GRID)
    first.close()
    Sweep(tmp_path, GRID).close()


def test_a_folder_of_something_else_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(RunError, match="holds something other than a sweep"):
        Sweep(tmp_path, GRID)
    with pytest.raises(RunError, match="is not a folder"):
        Sweep(tmp_path / "thesis.tex", GRID)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("how", ["kills", "raises"])
def test_a_point_that_is_the_death_of_its_workers_is_marked_and_the_rest_completes(tmp_path: Path, how: str) -> None:
    killers: dict[str, Any] = {how: [10]}
    engine, status = compute(tmp_path, engine=ScriptedEngine(**killers))
    assert [(config.echo_step, config.state_size) for config, _ in status.failed] == [(10, 4), (10, 8)]
    assert (status.known, status.abandoned, status.is_finished) == (12, 6, True)
    assert len(engine.trained) == len(set(engine.trained)) == 12
    results = SweepResults.read(tmp_path)
    reasons = {(point.config.echo_step, point.config.state_size): point.failed for point in results.points}
    reason = "its process was killed" if how == "kills" else "MemoryError: no room"
    assert {key for key, why in reasons.items() if why == reason} == {(10, 4), (10, 8)}
    assert {key for key, why in reasons.items() if why is None} == {(echo, size) for echo in (9, 11) for size in (4, 8)}
    for size in (4, 8):
        alone = [
            part
            for part, _ in engine.started
            if {(one.echo_step, one.state_size) for one in part.configs} == {(10, size)}
        ]
        assert len(alone) == DEATHS

    healed, status = compute(tmp_path)
    assert {config.echo_step for config in healed.trained} == {10}
    assert [point.failed for point in SweepResults.read(tmp_path).points] == [None] * 6


def test_a_point_in_several_parts_is_given_up_as_one(tmp_path: Path) -> None:
    grid = replace(GRID, seeds=100)
    engine, status = compute(tmp_path, grid, ScriptedEngine(kills=[9]))
    alone = {part.configs for part, _ in engine.started if {one.echo_step for one in part.configs} == {9}}
    assert len(alone) > 2
    assert [(config.echo_step, config.state_size) for config, _ in status.failed] == [(9, 4), (9, 8)]
    assert (status.known, status.abandoned, status.is_finished) == (400, 200, True)


def test_workers_that_die_by_chance_cost_no_point(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    kills = iter([True, False] * 100)

    def maybe(part: Part) -> None:
        engine._kills = [config.echo_step for config in part.configs[-1:]] if next(kills) else []

    engine.before = maybe
    sweep = Sweep(tmp_path, GRID)
    sweep.run(engine)
    sweep.close()
    assert (sweep.status.failed, sweep.status.known) == ((), 18)
    assert sweep.notes[0].endswith("networks: its process was killed")


def test_an_error_of_many_lines_is_told_in_one(tmp_path: Path) -> None:
    class Verbose(ScriptedEngine):
        def news(self, seconds: float) -> Any:
            told = super().news(seconds)
            return [(number, Lost("TypeError: no\n" * 100) if isinstance(one, Lost) else one) for number, one in told]

    sweep = Sweep(tmp_path, GRID)
    sweep.run(Verbose(raises=[9]))
    sweep.close()
    reasons = [why for _, why in sweep.status.failed]
    failed = [point.failed for point in SweepResults.read(tmp_path).points if point.failed is not None]
    for told in (*sweep.notes, *reasons, *failed):
        assert "\n" not in told
        assert len(told) < 230
    assert len(reasons) == len(failed) == 2


def test_it_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    engine = ScriptedEngine(workers=1)
    sweep = Sweep(tmp_path, replace(GRID, seeds=40))
    engine.before = lambda part: sweep.asked_to_end.set()
    sweep.run(engine)
    sweep.close()
    assert engine.closed
    assert 0 < sweep.status.known == len(engine.trained) == len(table(tmp_path)) < 240
    assert not sweep.status.is_finished


def test_a_result_that_is_told_twice_counts_once(tmp_path: Path) -> None:
    class Repeating(ScriptedEngine):
        def news(self, seconds: float) -> Any:
            return [one for one in super().news(seconds) for _ in range(2)]

    _, status = compute(tmp_path, engine=Repeating())
    assert (status.known, len(table(tmp_path))) == (18, 18)


def test_impossible_points_are_not_trained(tmp_path: Path) -> None:
    grid = Grid((Axis("echo_step", (3, 20_000)),), seeds=2)
    engine, status = compute(tmp_path, grid)
    assert {config.echo_step for config in engine.trained} == {3}
    assert status.trainings == 2
    assert [one.values for one in SweepResults.read(tmp_path).impossible] == [{"echo_step": 20_000}]


def test_seeds_added_later_are_the_only_ones_trained(tmp_path: Path) -> None:
    grid = Grid((Axis("echo_step", (3,)),), {"seed": 0}, seeds=2)
    compute(tmp_path, grid)
    engine, _ = compute(tmp_path, replace(grid, seeds=5))
    assert [config.seed for config in engine.trained] == [2, 3, 4]
    assert engine.trained[0] == EchoConfig(seed=2)
