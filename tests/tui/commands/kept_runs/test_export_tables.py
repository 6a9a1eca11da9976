"""Windows and networks in table files: the rows of the CSV, with types and metadata."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.feather as feather
import pyarrow.parquet as parquet
import pytest

from echornn.tasks.adding import Adding
from tests.recorded import contents, record_branches
from tests.scripted import SMALL, SMALL_POPULATION
from tui.cli.program import exit_code_of
from tui.commands.kept_runs import table_files


def csv_rows(capsys: pytest.CaptureFixture[str], *words: object) -> list[dict[str, str]]:
    """What ``export`` prints."""
    capsys.readouterr()
    assert exit_code_of(["export", *map(str, words)]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def same(table: Any, rows: list[dict[str, str]]) -> bool:
    """Whether a table has the columns and values of the CSV: of each kind of number, as exactly as it is stored."""
    for name, column in table.to_pydict().items():
        texts = [row[name] for row in rows]
        if table.schema.field(name).type == "float":
            np.testing.assert_array_equal(np.array(column, np.float32), np.array([one or "nan" for one in texts], "f4"))
        else:
            assert column == [int(one) if one else None for one in texts]
    return list(table.column_names) == list(rows[0])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of six networks, of which one goes on alone."""
    record_branches(tmp_path / "run", 40, "choose 2", "alone", 30, config=SMALL_POPULATION)
    return tmp_path / "run"


@pytest.mark.parametrize("flags", [[], ["--path"], ["--branch", "a"], ["--replica", "2"], ["--summary"]])
def test_a_parquet_file_has_the_rows_of_the_csv(
    folder: Path, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(folder)
    file = folder.parent / "run.parquet"
    assert csv_rows(capsys, folder, *flags, "--parquet", file) == []
    table = parquet.read_table(file)
    assert same(table, csv_rows(capsys, folder, *flags))
    types = {name: str(table.schema.field(name).type) for name in table.column_names}
    kinds = dict.fromkeys(("window", "epoch", "replica", "seed", "solved_at", "lost_at"), "int64")
    kinds |= dict.fromkeys(("loss", "accuracy", "final_loss"), "float")
    assert types == {name: kinds[name] for name in types}
    assert contents(folder) == before


def test_an_arrow_file_has_the_same_rows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("run.arrow", "run.feather"):
        assert csv_rows(capsys, folder, "--arrow", folder.parent / name) == []
        assert same(feather.read_table(folder.parent / name), csv_rows(capsys, folder))


def test_the_metadata_says_the_command_and_the_configuration(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder.parent / "a b.parquet"
    csv_rows(capsys, folder, "--branch", "b", "--replica", "2", "--parquet", file)
    metadata = parquet.read_schema(file).metadata
    assert metadata[b"command"].decode() == f"echornn-tui export {folder} --branch b --replica 2 --parquet '{file}'"
    assert json.loads(metadata[b"config"])["seed"] == SMALL_POPULATION.seed + 2
    first = file.read_bytes()
    csv_rows(capsys, folder, "--branch", "b", "--replica", "2", "--parquet", file)
    assert file.read_bytes() == first


def test_numbers_are_not_right_or_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from dataclasses import replace

    record_branches(tmp_path / "run", 4, config=replace(SMALL, task=Adding(), total_series_length=2000))
    csv_rows(capsys, tmp_path / "run", "--parquet", tmp_path / "a.parquet")
    assert np.isnan(parquet.read_table(tmp_path / "a.parquet")["accuracy"].to_numpy()).all()


def test_a_run_without_a_window_has_a_table_without_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record_branches(tmp_path / "run")
    csv_rows(capsys, tmp_path / "run", "--parquet", tmp_path / "a.parquet")
    table = parquet.read_table(tmp_path / "a.parquet")
    assert (table.num_rows, table.column_names) == (0, ["window", "epoch", "loss", "accuracy"])


def test_few_rows_are_in_memory_and_short_branches_share_a_group(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(table_files, "ROWS_AT_A_TIME", 100)
    csv_rows(capsys, folder, "--parquet", folder.parent / "a.parquet")
    file = parquet.ParquetFile(folder.parent / "a.parquet")
    sizes = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
    assert sizes == [96, 96, 78]
    assert same(file.read(), csv_rows(capsys, folder))


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (["--parquet", "a.csv"], "parquet = 'a.csv' cannot be written: the name must end in .parquet"),
        (["--arrow", "a"], "arrow = 'a' cannot be written: the name must end in .arrow or .feather"),
        (["--parquet", "a.parquet", "--json"], "--parquet cannot be used with --json: use only one"),
        (["--parquet", "a.parquet", "--weights", "a.npz"], "--parquet cannot be used with --weights"),
        (["--parquet", "none/a.parquet"], "none/a.parquet cannot be written: No such file or directory"),
        (["--parquet", "d.parquet"], "d.parquet cannot be written: it exists and is not a regular file"),
        (["--parquet", "a.parquet", "--replica", "9"], "replica = 9 cannot be used"),
    ],
)
def test_what_cannot_be_written_is_said_in_a_line(
    folder: Path, flags: list[str], why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder.parent)
    os.mkdir("d.parquet")
    assert exit_code_of(["export", str(folder), *flags]) == 2
    assert why in capsys.readouterr().err.splitlines()[0]
    assert sorted(os.listdir()) == ["d.parquet", "run"]


def test_a_missing_package_is_said_in_a_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert exit_code_of(["export", str(folder), "--parquet", "a.parquet"]) == 2
    assert "--parquet cannot be used without pyarrow: install echornn-tui[arrow]" in capsys.readouterr().err
