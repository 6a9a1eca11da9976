"""The printed branches of a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.files.run_error import RunError
from echornn.runs import run_dir
from echornn.runs.run_dir import LOSS_FILE
from echornn.runs.run_recorder import RunRecorder
from tests.recorded import record_branches
from tests.scripted import SMALL, SMALL_POPULATION, ScriptedTrainer, scripted_loss
from tui.commands.kept_runs import branches
from tui.commands.kept_runs.branches import lines, records


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four branches: the second continues the first, and the last begins before the end of the second."""
    record_branches(tmp_path / "run", 12, {"learning_rate": 0.1, "num_epochs": 9}, 8, "reset", 5, (1, 15), 2)
    return tmp_path / "run"


def test_every_branch_with_what_began_it_and_how_far_it_came(folder: Path) -> None:
    kept = [
        (one["number"], one["parent"], one["at"], one["windows"], one["differs"], one["solved_at"], one["here"])
        for one in records(run_dir.read(folder))
    ]
    assert kept == [
        (0, None, 0, 12, "the start", None, False),
        (1, 0, 12, 8, "num_epochs 9, learning_rate 0.1", None, False),
        (2, 1, 0, 5, "started over", None, False),
        (3, 1, 15, 2, "trained on", None, True),
    ]
    losses = [one["newest_loss"] for one in records(run_dir.read(folder))]
    assert losses == pytest.approx([scripted_loss(window) for window in (11, 19, 4, 16)])


def test_solved_at_is_counted_along_the_path(tmp_path: Path) -> None:
    long = EchoConfig(num_epochs=100, total_series_length=200, truncated_backprop_length=10, batch_size=2)
    record_branches(tmp_path / "run", 500, (0, 450), 3, (0, 20), 30, config=long)
    solved, branch, before = (one["solved_at"] for one in records(run_dir.read(tmp_path / "run")))
    assert solved is not None
    assert 50 < solved < 450
    assert (branch, before) == (solved, None)


def test_columns_are_aligned_and_a_long_difference_goes_on_below_itself(folder: Path) -> None:
    kept = list(records(run_dir.read(folder)))
    assert list(lines(kept)) == [
        "   branch  parent  at  own windows  mean loss  solved at  differs",
        "      a 0       -   0           12     0.6628          -  the start",
        "      b 1     a 0  12            8     0.6373          -  num_epochs 9, learning_rate 0.1",
        "      c 2     b 1   0            5     0.6861          -  started over",
        "*     d 3     b 1  15            2     0.6467          -  trained on",
    ]
    narrow = list(lines(kept, 78))
    assert narrow[2:4] == [
        "      b 1     a 0  12            8     0.6373          -  num_epochs 9,",
        " " * 58 + "learning_rate 0.1",
    ]
    assert max(map(len, narrow)) <= 78


def test_at_80_columns_large_numbers_and_many_fields_stay_within(folder: Path) -> None:
    one = next(records(run_dir.read(folder)))
    fields = ", ".join(f"{name} {value}" for name, value in vars(SMALL).items())
    big = {**one, "number": 123, "parent": 122, "at": 10**8, "windows": 10**8, "solved_at": 10**8, "differs": fields}
    printed = list(lines([one, big], 80))
    assert max(map(len, printed)) <= 80
    words = " ".join(line[printed[0].index("differs") :] for line in printed[2:])
    assert words.replace(" ", "") == fields.replace(" ", "")


def test_json_lines_have_no_nan(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open(folder / LOSS_FILE, "r+b") as losses:
        losses.truncate(11 * 8)
    assert branches.print_branches(str(folder), as_json_lines=True) == 0
    out, error = capsys.readouterr()
    objects = [json.loads(line) for line in out.splitlines()]
    assert [one["newest_loss"] is None for one in objects] == [True] * 4
    told = ["number", "letter", "parent", "at", "windows", "path", "differs", "newest_loss", "mean_loss", "solved_at"]
    assert list(objects[0]) == [*told, "lost_at", "here"]
    assert [(one["letter"], one["path"]) for one in objects] == [("a", 12), ("b", 20), ("c", 5), ("d", 17)]
    assert "some losses in the curve are wrong or lost" in error


def test_a_loss_that_four_decimals_cannot_tell_from_none_is_a_power_of_ten(folder: Path) -> None:
    one = next(records(run_dir.read(folder)))
    assert "4.5e-05" in list(lines([{**one, "mean_loss": 4.5e-5}]))[1]


def test_a_run_that_never_saved_has_no_branch(tmp_path: Path) -> None:
    RunRecorder.begin(tmp_path / "run", SMALL).close()
    assert list(lines(list(records(run_dir.read(tmp_path / "run"))))) == [
        "   branch  parent  at  own windows  mean loss  solved at  differs"
    ]


def test_losses_that_cannot_be_read_are_a_refusal(folder: Path) -> None:
    run = run_dir.read(folder)
    (folder / LOSS_FILE).unlink()
    with pytest.raises(RunError, match=r"run cannot be read: No such file"):
        list(records(run))


def test_a_branch_of_several_networks_says_how_many_are_solved(tmp_path: Path) -> None:
    steps = (500, "alone", 30, {"replicas": 2}, 20)
    record_branches(tmp_path / "run", *steps, config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    population, alone, again = records(run_dir.read(tmp_path / "run"))
    assert (population["lottery"]["solved"], population["lottery"]["replicas"]) == (4, 6)
    assert "lottery" not in alone
    assert alone["differs"] == "seed 7 alone"
    assert (again["lottery"]["replicas"], again["solved_at"]) == (2, None)
    table = list(lines([population, alone, again]))
    assert [line.split("  ")[-2].strip() for line in table[1:]] == ["4 of 6", str(alone["solved_at"]), "0 of 2"]
