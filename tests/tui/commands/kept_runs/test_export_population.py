"""Exports of a run with several networks: every window, which networks are solved, and one network alone."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn.arrays.network_facts import NetworkFacts, network_facts
from echornn.files.run_error import RunError
from echornn.history.kept_windows import as_stored
from echornn.runs import run_dir
from tests.recorded import record_branches
from tests.scripted import SMALL_POPULATION, ScriptedTrainer
from tui.cli.subcommands.export import export_run
from tui.commands.front_end import UsageError
from tui.commands.kept_runs.export import export
from tui.commands.kept_runs.replica_rows import as_csv, as_json

STORY = (200, "choose 2", "alone", 30, (0, 150), 20, {"learning_rate": 0.1}, 5, {"replicas": 3}, 4)
"""Six networks for 200 windows; the third alone for 30 more; all six for 20 from window 150 on, and 5 at another rate;
then three networks for four windows.
"""

POPULATION = as_stored(ScriptedTrainer(SMALL_POPULATION).advance(200), SMALL_POPULATION)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lottery") / "run"
    record_branches(folder, *STORY, config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    return folder


@pytest.fixture
def lone(tmp_path: Path) -> Path:
    record_branches(tmp_path / "run", 60, config=SMALL_POPULATION.of(1), make_trainer=ScriptedTrainer)
    return tmp_path / "run"


def printed(folder: Path, capsys: pytest.CaptureFixture[str], **options: object) -> list[dict[str, str]]:
    assert export(str(folder), False, **options) == 0  # type: ignore[arg-type]
    return list(csv.DictReader(capsys.readouterr().out.splitlines()))


def numbered(rows: list[dict[str, str]]) -> list[tuple[int, int]]:
    return [(int(row["window"]), int(row["replica"])) for row in rows]


def test_a_row_for_each_network_of_each_window(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = printed(folder, capsys)
    there = [range(6)] * 200 + [range(2, 3)] * 30 + [range(6)] * 25 + [range(3)] * 4
    assert numbered(rows) == [(window, index) for window, indices in enumerate(there, 1) for index in indices]
    losses = np.array([row["loss"] for row in rows[:1200]], np.float32).reshape(200, 6)
    np.testing.assert_array_equal(losses, POPULATION.losses)
    rates = np.array([row["accuracy"] for row in rows[:1200]], np.float64).reshape(200, 6)
    np.testing.assert_allclose(1 - rates, POPULATION.errors / SMALL_POPULATION.predictions_per_window, atol=1e-8)
    assert [int(row["epoch"]) for row in rows[:1200:6]] == [window // 10 + 1 for window in range(200)]
    assert export(str(folder), True) == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["window"], one["replica"]) for one in objects] == numbered(rows)
    assert [np.float32(one["loss"]) for one in objects] == [np.float32(row["loss"]) for row in rows]


def test_the_path_of_a_network_that_goes_on_alone_begins_in_the_population(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = printed(folder, capsys, branch="b")
    there = [range(6)] * 200 + [range(2, 3)] * 30
    assert numbered(rows) == [(window, index) for window, indices in enumerate(there, 1) for index in indices]
    alone = printed(folder, capsys, branch="b", replica=2)
    assert list(alone[0]) == ["window", "epoch", "loss", "accuracy"]
    assert [int(row["window"]) for row in alone] == list(range(1, 231))
    np.testing.assert_array_equal(np.array([row["loss"] for row in alone[:200]], np.float32), POPULATION.losses[:, 2])


def test_one_network_where_it_is_there_and_no_windows_of_another(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    every = printed(folder, capsys)
    for replica, windows in ((0, 200 + 25 + 4), (2, 200 + 30 + 25 + 4), (5, 200 + 25)):
        own = [
            {name: row[name] for name in row if name != "replica"} for row in every if row["replica"] == f"{replica}"
        ]
        assert printed(folder, capsys, replica=replica) == own
        assert len(own) == windows
    assert len(printed(folder, capsys, branch="b", replica=0)) == 200, "the others go on without it"
    for replica in (6, -1):
        with pytest.raises(RunError, match=f"replica = {replica} cannot be used: 0 to 5"):
            export(str(folder), False, replica=replica)
        assert capsys.readouterr().out == ""


def test_a_number_is_one_seed_whatever_other_seeds_are_trained_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = (10, {"seed": 50}, 20, {"replicas": 1}, 5, {"seed": 9}, 3)
    record_branches(tmp_path / "run", *story, config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    there = [range(6)] * 10 + [range(43, 49)] * 20 + [range(43, 44)] * 5 + [range(2, 3)] * 3
    rows = printed(tmp_path / "run", capsys)
    assert numbered(rows) == [(window, index) for window, indices in enumerate(there, 1) for index in indices]
    for replica, windows in ((0, 10), (2, 13), (43, 25), (48, 20)):
        assert len(printed(tmp_path / "run", capsys, replica=replica)) == windows
    with pytest.raises(RunError, match="replica = 6 cannot be used: 0 to 5, 43 to 48"):
        export(str(tmp_path / "run"), False, replica=6)
    with pytest.raises(RunError, match="replica = 43 cannot be used: only 2, a single network"):
        export(str(tmp_path / "run"), False, branch="d", replica=43)


def test_in_a_run_without_a_population_the_network_is_number_0_whatever_its_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = (10, {"seed": 3}, 20)
    record_branches(tmp_path / "run", *story, config=SMALL_POPULATION.of(1), make_trainer=ScriptedTrainer)
    assert len(printed(tmp_path / "run", capsys, replica=0)) == 30
    (row,) = printed(tmp_path / "run", capsys, summary=True)
    assert (row["replica"], row["seed"]) == ("0", "3")
    with pytest.raises(RunError, match="replica = 3 cannot be used: only 0, a single network"):
        export(str(tmp_path / "run"), False, replica=3)


def test_the_summary_of_each_branch_is_of_its_end(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = run_dir.read(folder)
    timeline = run.timeline()
    for number, replicas in ((0, range(6)), (1, range(2, 3)), (3, range(6)), (4, range(3))):
        rows = printed(folder, capsys, summary=True, branch=str(number))
        assert [(int(row["replica"]), int(row["seed"])) for row in rows] == [(one, 7 + one) for one in replicas]
        end = timeline.end(number)
        population = timeline.seed_stats(end)
        own = timeline.loss_stats(end)
        solved = [own.solved_at or 0] if population is None else population.solved_at.tolist()
        means = [own.mean] if population is None else population.mean.tolist()
        assert [int(row["solved_at"] or 0) for row in rows] == solved
        assert [float(row["final_loss"]) for row in rows] == pytest.approx(means, rel=1e-6)
    assert printed(folder, capsys, summary=True) == printed(folder, capsys, summary=True, branch="e")


def test_the_summary_is_of_where_the_run_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record_branches(tmp_path / "run", 120, 80, config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    rows = list(network_facts(run_dir.read(tmp_path / "run")))
    assert [row[:2] for row in rows] == [(index, 7 + index) for index in range(6)]
    population = ScriptedTrainer(SMALL_POPULATION)
    population.advance(200)
    assert [row.solved_at for row in rows] == population.state.solved.at.tolist()
    assert [row.final_loss for row in rows] == pytest.approx(POPULATION.losses[150:].mean(axis=0), rel=1e-6)
    table = printed(tmp_path / "run", capsys, summary=True)
    assert list(table[0]) == ["replica", "seed", "solved_at", "final_loss", "lost_at"]
    assert [row["solved_at"] for row in table] == [str(row.solved_at or "") for row in rows]
    assert "" in {row["solved_at"] for row in table}
    assert export(str(tmp_path / "run"), True, summary=True) == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["seed"], one["solved_at"]) for one in objects] == [(row.seed, row.solved_at or None) for row in rows]


def test_a_network_alone_is_summed_up_in_a_row(lone: Path, folder: Path, tmp_path: Path) -> None:
    (row,) = network_facts(run_dir.read(lone))
    assert row[:3] == (0, 8, 0)
    assert row.final_loss == pytest.approx(np.mean([0.7 * 0.99**window for window in range(10, 60)]), rel=1e-5)
    record_branches(
        tmp_path / "alone", 70, "choose 2", "alone", 10, config=SMALL_POPULATION, make_trainer=ScriptedTrainer
    )
    (row,) = network_facts(run_dir.read(tmp_path / "alone"))
    assert row[:2] == (2, 9)
    before = POPULATION.losses[30:70, 2]
    after = [0.7 * 0.99**window for window in range(70, 80)]
    assert row.final_loss == pytest.approx(np.mean([*before, *after]), rel=1e-5)


def test_a_record_that_does_not_say_when_it_was_solved_is_read_for_that(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 500, config=replace(SMALL_POPULATION, replicas=1), make_trainer=ScriptedTrainer)
    run = run_dir.read(tmp_path / "run")
    (row,) = network_facts(run)
    assert row.solved_at > 0
    assert run.checkpoint is not None
    old = replace(run, checkpoint=replace(run.checkpoint, solved_at=None))
    assert list(network_facts(old)) == [row]


def test_a_window_that_was_lost_is_no_number_in_any_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record_branches(tmp_path / "run", 20, config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    log = tmp_path / "run" / run_dir.LOSS_FILE
    log.write_bytes(log.read_bytes()[: 4 * 6 * 15])
    rows = printed(tmp_path / "run", capsys)
    assert len(rows) == 120
    assert [row["loss"] == row["accuracy"] == "nan" for row in rows] == [False] * 90 + [True] * 30


def test_weights_of_all_and_of_one(tmp_path: Path, lone: Path) -> None:
    record_branches(tmp_path / "run2", 20, config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    for options, shape in (({}, (6, 1)), ({"replica": 5}, (1,))):
        assert export(str(tmp_path / "run2"), False, tmp_path / "w.npz", **options) == 0  # type: ignore[arg-type]
        with np.load(tmp_path / "w.npz") as saved:
            assert saved["W"].shape == shape
    with pytest.raises(RunError, match=r"keras = '.*m\.keras' cannot be written: .* add --replica 0 to 5"):
        export(str(tmp_path / "run2"), False, keras=tmp_path / "m.keras")
    with pytest.raises(RunError, match="replica = 1 cannot be used: only 0, a single network"):
        export(str(lone), False, tmp_path / "w.npz", replica=1)


def test_the_weights_of_a_network_that_goes_on_alone_bear_its_number(tmp_path: Path) -> None:
    story = (20, "choose 2", "alone", 5)
    record_branches(tmp_path / "run", *story, config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    assert export(str(tmp_path / "run"), False, tmp_path / "w.npz", replica=2) == 0
    for replica in (0, 5):
        with pytest.raises(RunError, match=f"replica = {replica} cannot be used: only 2, a single network"):
            export(str(tmp_path / "run"), False, tmp_path / "other.npz", replica=replica)
    assert not (tmp_path / "other.npz").exists()


def test_a_run_of_which_nothing_was_saved_has_no_networks(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 1, config=SMALL_POPULATION, make_trainer=ScriptedTrainer)
    for file in (tmp_path / "run").glob("checkpoint-*"):
        file.unlink()
    with pytest.raises(RunError, match="has no networks yet"):
        list(network_facts(run_dir.read(tmp_path / "run")))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"summary": True, "replica": 1}, "--summary cannot be used with --replica"),
        ({"summary": True, "path": True}, "--path cannot be used with --summary"),
        ({"summary": True, "weights": Path("w.npz")}, "--summary cannot be used with --weights or --keras"),
    ],
)
def test_flags_that_exclude_each_other_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        export_run("run", **options)  # type: ignore[arg-type]


def test_a_loss_that_is_no_number_is_null() -> None:
    row = NetworkFacts(3, 10, 0, float("inf"), 0)
    assert as_csv(row) == "3,10,,inf,"
    assert json.loads(as_json(row)) == {
        "replica": 3,
        "seed": 10,
        "solved_at": None,
        "final_loss": None,
        "lost_at": None,
    }
    assert as_csv(NetworkFacts(3, 10, 169, 0.6763, 1042)) == "3,10,169,0.6763,1042"
