"""`sweep`: what it writes and says, point by point, and how it goes on; the results are
scripted."""

from __future__ import annotations

import csv
import json
import re
import signal
from pathlib import Path

import pytest

from tests.answered import answered
from tests.door.sweeps.stage import Part, rows, scripted_engine, swept

GRID = ["--grid", "echo_step=3,9,10,20000", "cell=rnn,gru", "--seeds", "4", "--num-epochs", "1"]
NETWORKS = 24
DONE, FAILED, USAGE, CHECKPOINTED = 0, 1, 2, 42


def test_the_table_has_a_row_for_each_network_in_order_with_its_numbers(tmp_path: Path) -> None:
    assert swept(tmp_path, *GRID).returncode == DONE
    table = rows(tmp_path)
    assert (
        ",".join(table[0])
        == "echo_step,cell,seed,solved_at,final_loss,windows,seconds,until,trained_by"
    )
    assert [(one["echo_step"], one["cell"], one["seed"]) for one in table] == [
        (echo, cell, str(seed))
        for echo in ("3", "9", "10")
        for cell in ("rnn", "gru")
        for seed in range(7, 11)
    ]
    assert [*table[0].values()][:-1] == ["3", "rnn", "7", "37", "0.04", "37", "0.01", "solved"]
    assert [*table[-1].values()][:-1] == ["10", "gru", "10", "", "0.6931", "666", "1", "solved"]
    assert all(
        re.match(r"echornn-tui \S+, .*tensorflow(-cpu)? \d", one["trained_by"]) for one in table
    )


def test_lines_of_what_nothing_solves_have_no_counts(tmp_path: Path) -> None:
    grid = ("--grid", "cell=rnn,gru", "--task", "text", "--seeds", "2", "--num-epochs", "1")
    _, *points, end, _ = swept(tmp_path, *grid).stdout.splitlines()
    for line in (*points, end):
        assert "nothing counts as solved: --solved-below decides" in line
        assert not re.search(r"\d solved| %", line)


def test_json_lines_count_networks_points_and_what_is_left_out(tmp_path: Path) -> None:
    start, *points, end = map(json.loads, swept(tmp_path, *GRID, "--json").stdout.splitlines())
    assert (start["event"], start["networks"], start["known"], start["compilations"]) == (
        "start",
        NETWORKS,
        0,
        2,
    )
    assert [(one["echo_step"], one["cell"]) for one in start["left_out"]] == [
        (20000, "rnn"),
        (20000, "gru"),
    ]
    assert {one["event"] for one in points} == {"point"}
    assert {(one["echo_step"], one["cell"]): (one["seeds"], one["solved"]) for one in points} == {
        (echo, cell): (4, 4 if echo < 10 else 0) for echo in (3, 9, 10) for cell in ("rnn", "gru")
    }
    (first,) = [one for one in points if (one["echo_step"], one["cell"]) == (3, "rnn")]
    assert (first["half_solved"], first["median_loss"], round(first["level"], 5)) == (
        38,
        0.04,
        0.04872,
    )
    assert (end["event"], end["known"], end["solved"], end["points_failed"]) == (
        "finished",
        NETWORKS,
        16,
        0,
    )
    assert end["where"] == ["cpu of worker 1", "cpu of worker 2"]


def test_lines_have_each_points_count_and_interval(tmp_path: Path) -> None:
    lines = swept(tmp_path, *GRID).stdout.splitlines()
    assert "24 networks" in lines[0]
    (ninth,) = [line for line in lines if line.startswith("echo_step 9, cell rnn: ")]
    (tenth,) = [line for line in lines if line.startswith("echo_step 10, cell gru: ")]
    assert "4 of 4 solved (51 to 100 %)" in ninth
    assert "0 of 4 solved (0 to 49 %), median loss 0.6931" in tenth
    assert any(line.startswith("finished  24 of 24 networks known, 16 solved") for line in lines)


def test_the_same_again_trains_nothing_and_another_grid_only_what_is_new(tmp_path: Path) -> None:
    swept(tmp_path, *GRID)
    before = (tmp_path / "results.csv").read_bytes()
    engine = scripted_engine()
    again = swept(tmp_path, *GRID, "--json", engine=engine)
    assert (again.returncode, engine.trained) == (DONE, [])
    assert json.loads(again.stdout.splitlines()[0])["known"] == NETWORKS
    assert (tmp_path / "results.csv").read_bytes() == before
    wider = ["--grid", "echo_step=3,4", "cell=rnn", "--seeds", "5", "--num-epochs", "1"]
    assert swept(tmp_path, *wider, engine=engine).returncode == DONE
    assert [(config.echo_step, config.seed) for config in engine.trained] == [
        (3, 11),
        *((4, s) for s in range(7, 12)),
    ]
    assert len(rows(tmp_path)) == NETWORKS + 6


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_the_same_command_goes_on(tmp_path: Path, number: int) -> None:
    engine = scripted_engine()
    engine.before = lambda part: signal.raise_signal(number)
    assert swept(tmp_path, *GRID, engine=engine).returncode == CHECKPOINTED
    engine.before = lambda part: None
    assert swept(tmp_path, *GRID, engine=engine).returncode == DONE
    assert len(engine.trained) == len(set(engine.trained)) == len(rows(tmp_path)) == NETWORKS


def test_after_a_kill_in_the_middle_of_a_row_only_what_lacks_is_trained(tmp_path: Path) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    swept(whole, *GRID)
    swept(part, *["--grid", "echo_step=3,9", "cell=rnn", "--seeds", "4", "--num-epochs", "1"])
    with (part / "results.csv").open("a", encoding="utf-8") as table:
        table.write("9,rn")
    engine = scripted_engine()
    assert swept(part, *GRID, engine=engine).returncode == DONE
    assert len(engine.trained) == NETWORKS - 8
    assert {tuple(one.values()) for one in rows(part)} == {
        tuple(one.values()) for one in rows(whole)
    }


def test_a_point_that_kills_its_workers_is_said_to_have_failed_and_the_rest_is_trained(
    tmp_path: Path,
) -> None:
    engine = scripted_engine(kills=[9])
    answer = swept(tmp_path, *GRID, "--json", engine=engine)
    assert answer.returncode == FAILED
    end = json.loads(answer.stdout.splitlines()[-1])
    assert (end["known"], end["solved"], end["points_failed"]) == (16, 8, 2)
    assert {one["echo_step"] for one in rows(tmp_path)} == {"3", "10"}
    assert failed_and_missing(tmp_path) == ("4", "0")
    engine = scripted_engine(kills=[9])
    engine.before = lambda part: signal.raise_signal(signal.SIGTERM)
    assert swept(tmp_path, *GRID, engine=engine).returncode == CHECKPOINTED
    assert failed_and_missing(tmp_path) == ("0", "4"), "what failed is tried again"


def failed_and_missing(folder: Path) -> tuple[str, str]:
    """How many networks with an echo step of 9 could not be trained, and how many are still to be
    trained."""
    squares = csv.DictReader(
        answered("map", str(folder), "--csv", "--filter", "echo=9 cell=rnn").stdout.splitlines()
    )
    (one,) = squares
    return one["failed"], one["missing"]


def test_two_programs_do_not_sweep_into_one_folder(tmp_path: Path) -> None:
    engine = scripted_engine()
    seen = []

    def another(part: Part) -> None:
        seen.append(swept(tmp_path, *GRID))
        engine.before = lambda part: None

    engine.before = another
    assert swept(tmp_path, *GRID, engine=engine).returncode == DONE
    (second,) = seen
    assert second.returncode == USAGE
    assert second.stderr.count("\n") <= 2
    assert str(tmp_path) in second.stderr


@pytest.mark.parametrize(
    ("grid", "field", "values"),
    [
        ("echo_step=1..4", "echo_step", ["1", "2", "3", "4"]),
        ("echo-step = 0,3,3,5", "echo_step", ["0", "3", "5"]),
        ("learning_rate=0.01..1@5", "learning_rate", ["0.01", "0.0316", "0.1", "0.316", "1"]),
        ("state_size=4..256@7", "state_size", ["4", "8", "16", "32", "64", "128", "256"]),
        ("state_size=1..4@10", "state_size", ["1", "2", "3", "4"]),
        ("stride=5,15", "stride", ["5", "15"]),
    ],
)
def test_the_values_of_an_axis(tmp_path: Path, grid: str, field: str, values: list[str]) -> None:
    swept(tmp_path, "--grid", grid, "--seeds", "1", "--num-epochs", "1")
    assert [one[field] for one in rows(tmp_path)] == values


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", '{"type": "Sched', '{"type": "Scheduler"}', "[]", "\x00"])
def test_a_scheduler_file_that_is_not_whole_is_refused_in_a_line(text: str, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is an extra")
    file = tmp_path / "scheduler.json"
    file.write_text(text)
    answer = answered("sweep", "--out", tmp_path / "new", *GRID, "--scheduler-file", file)
    assert (answer.returncode, answer.stdout) == (USAGE, "")
    first, *hint = answer.stderr.splitlines()
    assert str(file) in first
    assert len(hint) == 1
    assert not (tmp_path / "new").exists()
