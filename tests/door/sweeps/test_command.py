"""`sweep`: what it writes and says, point by point, and how it goes on; the results are
scripted."""

from __future__ import annotations

import csv
import re
import signal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.answered import answered, records
from tests.door.sweeps.scripted import ScriptedEngine
from tests.door.sweeps.stage import last_record, rows, swept

GRID = ["--grid", "echo_step=3,9,10,20000", "cell=rnn,gru", "--seeds", "4", "--num-epochs", "1"]
NETWORKS = 24
DONE, FAILED, USAGE, CHECKPOINTED = 0, 1, 2, 42


def numbers(record: dict[str, Any], names: str) -> list[Any]:
    return [record[name] for name in names.split()]


def test_a_line_for_each_point_and_a_row_for_each_network_in_order(tmp_path: Path) -> None:
    answer = swept(tmp_path, *GRID)
    assert answer.returncode == DONE
    assert "24 networks" in answer.stdout.splitlines()[0]
    line = "\necho_step 9, cell rnn: 4 of 4 solved (51 to 100 %)"
    assert answer.stdout.count(line) == 1
    line = "\necho_step 10, cell gru: 0 of 4 solved (0 to 49 %), median loss 0.6931"
    assert answer.stdout.count(line) == 1
    assert "\nfinished  24 of 24 networks known, 16 solved" in answer.stdout
    table = rows(tmp_path)
    columns = "echo_step,cell,seed,solved_at,final_loss,windows,seconds,until,trained_by"
    assert ",".join(table[0]) == columns
    networks = product(("3", "9", "10"), ("rnn", "gru"), ("7", "8", "9", "10"))
    for row, network in zip(table, networks, strict=True):
        assert numbers(row, "echo_step cell seed") == [*network]
        assert re.match(r"echornn-tui \S+, .*tensorflow(-cpu)? \d", row["trained_by"])
    *first, _ = table[0].values()
    assert first == ["3", "rnn", "7", "37", "0.04", "37", "0.01", "solved"]
    *last, _ = table[-1].values()
    assert last == ["10", "gru", "10", "", "0.6931", "666", "1", "solved"]


def test_lines_of_what_nothing_solves_have_no_counts(tmp_path: Path) -> None:
    grid = "--grid cell=rnn,gru --task text --seeds 2 --num-epochs 1"
    answer = swept(tmp_path, *grid.split())
    _, *points, end, _ = answer.stdout.splitlines()
    for line in (*points, end):
        assert "nothing counts as solved: --solved-below decides" in line
        assert not re.search(r"\d solved| %", line)


def test_networks_that_have_become_the_tasks_machine_are_counted(tmp_path: Path) -> None:
    grid = ["--grid", "echo_step=3,4", "--seeds", "4", "--num-epochs", "1", "--until", "automaton"]
    lines = swept(tmp_path / "lines", *grid).stdout
    # by proportion_confint of statsmodels: 2 of 4 is 0.1500 to 0.8500
    line = "echo_step 4: 4 of 4 solved (51 to 100 %), half by window 48, "
    assert f"\n{line}2 became the machine (15 to 85 %)\n" in lines
    folder = tmp_path / "json"
    _, *points, _ = records(swept(folder, *grid, "--json"))
    for point in points:
        assert numbers(point, "solved right") == [4, 2]

    table = rows(folder)
    assert [*table[0]][-3:] == ["until", "trained_by", "right_at"]
    assert [row["right_at"] for row in table] == ["42", "", "44", "", "52", "", "54", ""]
    start, *_ = records(swept(folder, *grid, "--json"))
    assert start["known"] == 8
    assert rows(folder) == table, "as read from its files"
    assert "until automaton or 1 epoch" in answered("map", folder, "--once").stdout


def test_networks_that_lose_the_task_again_are_counted_if_all_are_trained_to_the_end(
    tmp_path: Path,
) -> None:
    grid = ["--grid", "echo_step=3,4", "--seeds", "4", "--num-epochs", "1", "--until"]
    lines = swept(tmp_path / "lines", *grid, "all").stdout
    line = "echo_step 4: 4 of 4 solved (51 to 100 %), 2 lost it again, half by window 48"
    assert f"\n{line}\n" in lines
    _, *points, _ = records(swept(tmp_path / "json", *grid, "all", "--json"))
    for point in points:
        assert numbers(point, "solved lost") == [4, 2]


def test_json_counts_networks_points_and_what_is_left_out(tmp_path: Path) -> None:
    start, *points, end = records(swept(tmp_path, *GRID, "--json"))
    assert numbers(start, "event networks known compilations") == ["start", NETWORKS, 0, 2]
    assert [point["echo_step"] for point in start["left_out"]] == [20000, 20000]
    trained = {}
    for point in points:
        assert numbers(point, "event seeds") == ["point", 4]
        trained[point["echo_step"], point["cell"]] = point
    assert {*trained} == {*product((3, 9, 10), ("rnn", "gru"))}
    assert trained[10, "gru"]["solved"] == 0
    first = trained[3, "rnn"]
    assert numbers(first, "solved half_solved median_loss") == [4, 38, 0.04]
    assert round(first["level"], 5) == 0.04872
    assert numbers(end, "event known solved points_failed") == ["finished", NETWORKS, 16, 0]
    assert end["where"] == ["cpu of worker 1", "cpu of worker 2"]


def test_the_same_again_trains_nothing_and_another_grid_what_is_new(tmp_path: Path) -> None:
    swept(tmp_path, *GRID)
    before = (tmp_path / "results.csv").read_bytes()
    engine = ScriptedEngine()
    start, *_ = records(swept(tmp_path, *GRID, "--json", engine=engine))
    assert engine.trained == []
    assert start["known"] == NETWORKS
    assert (tmp_path / "results.csv").read_bytes() == before
    wider = "--grid echo_step=3,4 cell=rnn --seeds 5 --num-epochs 1"
    assert swept(tmp_path, *wider.split(), engine=engine).returncode == DONE
    new = [(config.echo_step, config.seed) for config in engine.trained]
    assert new == [(3, 11), *product((4,), range(7, 12))]
    assert len(rows(tmp_path)) == NETWORKS + 6


def test_a_signal_ends_it_and_the_same_command_goes_on(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    engine.before = lambda part: signal.raise_signal(signal.SIGINT)
    assert swept(tmp_path, *GRID, engine=engine).returncode == CHECKPOINTED
    engine.before = lambda part: None
    assert swept(tmp_path, *GRID, engine=engine).returncode == DONE
    assert len(engine.trained) == len(rows(tmp_path)) == NETWORKS
    assert len({*engine.trained}) == NETWORKS, "none twice"


def test_after_a_kill_within_a_row_only_what_lacks_is_trained(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    part = tmp_path / "part"
    swept(whole, *GRID)
    swept(part, "--grid", "echo_step=3,9", "cell=rnn", "--seeds", "4", "--num-epochs", "1")
    with (part / "results.csv").open("a", encoding="utf-8") as table:
        table.write("9,rn")
    engine = ScriptedEngine()
    assert swept(part, *GRID, engine=engine).returncode == DONE
    assert len(engine.trained) == NETWORKS - 8
    assert sorted(lines_of(part)) == sorted(lines_of(whole))


def lines_of(folder: Path) -> list[str]:
    return (folder / "results.csv").read_text().splitlines()


def test_a_point_that_kills_its_workers_fails_and_the_rest_is_trained(tmp_path: Path) -> None:
    engine = ScriptedEngine(kills=[9])
    answer = swept(tmp_path, *GRID, "--json", engine=engine)
    assert answer.returncode == FAILED
    assert numbers(last_record(answer), "known solved points_failed") == [16, 8, 2]
    assert {row["echo_step"] for row in rows(tmp_path)} == {"3", "10"}
    assert failed_and_missing(tmp_path) == ["4", "0"]
    engine.before = lambda part: signal.raise_signal(signal.SIGTERM)
    assert swept(tmp_path, *GRID, engine=engine).returncode == CHECKPOINTED
    assert failed_and_missing(tmp_path) == ["0", "4"], "what failed is tried again"


def failed_and_missing(folder: Path) -> list[str]:
    """How many networks with an echo step of 9 could not be trained, and are still to be
    trained."""
    answer = answered("map", folder, "--csv", "--filter", "echo=9 cell=rnn")
    (square,) = csv.DictReader(answer.stdout.splitlines())
    return numbers(square, "failed missing")


def test_two_programs_do_not_sweep_into_one_folder(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    answers = []

    def sweep_too(part: object) -> None:
        engine.before = lambda part: None
        answers.append(swept(tmp_path, *GRID))

    engine.before = sweep_too
    assert swept(tmp_path, *GRID, engine=engine).returncode == DONE
    (second,) = answers
    assert second.returncode == USAGE
    assert second.stderr.count("\n") <= 2
    assert str(tmp_path) in second.stderr


@pytest.mark.parametrize(
    ("grid", "field", "values"),
    [
        ("echo-step = 0,3,3,5", "echo_step", "0 3 5"),
        ("learning_rate=0.01..1@5", "learning_rate", "0.01 0.0316 0.1 0.316 1"),
        ("state_size=4..256@7", "state_size", "4 8 16 32 64 128 256"),
        ("state_size=1..4@10", "state_size", "1 2 3 4"),
    ],
)
def test_the_values_of_an_axis(tmp_path: Path, grid: str, field: str, values: str) -> None:
    swept(tmp_path, "--grid", grid, "--seeds", "1", "--num-epochs", "1")
    assert [row[field] for row in rows(tmp_path)] == values.split()


@pytest.mark.slow
@pytest.mark.parametrize("text", ['{"type": "Sched', '{"type": "Scheduler"}', "[]"])
def test_a_scheduler_file_that_is_not_whole_is_refused(text: str, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is an extra")
    file = tmp_path / "scheduler.json"
    folder = tmp_path / "new"
    file.write_text(text)
    answer = answered("sweep", "--out", folder, *GRID, "--scheduler-file", file)
    assert (answer.returncode, answer.stdout) == (USAGE, "")
    first, _hint = answer.stderr.splitlines()
    assert str(file) in first
    assert not folder.exists()
