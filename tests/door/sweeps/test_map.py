"""`map` without a terminal: as text, as CSV and as a picture."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.answered import answered
from tests.door.sweeps.stage import kept_cliff, kept_part, kept_seed

COLUMNS = (
    "echo_step,cell,points,trained,solved,success,low,high,half_solved,median_loss,best_seed,best_solved_at,failed,"
    "missing,most_windows,until,level,version,rung"
)


@pytest.fixture(scope="module")
def cliff(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept_cliff(tmp_path_factory.mktemp("cliff"))


def squares(folder: Path, *flags: str) -> list[dict[str, str]]:
    answer = answered("map", str(folder), "--csv", *flags)
    assert answer.returncode == 0
    return list(csv.DictReader(answer.stdout.splitlines()))


def test_a_row_of_csv_for_each_square_with_counts_and_wilsons_interval(cliff: Path) -> None:
    table = squares(cliff)
    assert ",".join(table[0]).startswith(COLUMNS)
    assert len(table) == 60
    assert sum(int(one["trained"]) for one in table) == 960
    assert sum(int(one["solved"]) for one in table) == 455
    (one,) = [one for one in table if (one["echo_step"], one["cell"]) == ("12", "rnn")]
    assert (one["trained"], one["solved"], one["success"]) == ("16", "10", "0.6250")
    assert (one["low"], one["high"]) == ("0.3864", "0.8152"), "statsmodels, proportion_confint(10, 16, method='wilson')"
    assert (one["failed"], one["missing"], one["most_windows"], one["until"]) == ("0", "0", "666", "solved")
    assert (one["level"], one["version"]) == ("0.0493287", "1")
    half = {one["echo_step"]: one["half_solved"] for one in table if one["cell"] == "rnn"}
    assert (half["12"], half["13"]) == ("514", ""), "the eighth of 16, and of 16 only 7 have solved it"


def test_a_filter_and_the_axes(cliff: Path) -> None:
    table = squares(cliff, "--down", "echo_step", "--across", "cell", "--filter", "cell=gru echo=3..5")
    assert [(one["cell"], one["echo_step"]) for one in table] == [("gru", "3"), ("gru", "4"), ("gru", "5")]
    over = squares(cliff, "--across", "echo_step", "--filter", "echo=9")
    assert sum(int(one["solved"]) for one in over) == 29


def test_text_has_a_number_for_each_square(cliff: Path) -> None:
    lines = answered("map", str(cliff), "--once", "--ascii", "--filter", "echo=12..").stdout.splitlines()
    shown = {line.split()[0]: [word for word in line.split()[1:] if word != "|"] for line in lines if line}
    assert shown["12"] == ["13", "14", "15", "16", "17", "18", "19", "20"]
    assert [word for word in shown["rnn"] if word.isdigit()] == ["62", "44", "6", "0", "0", "0", "0", "0", "0"]
    assert [word for word in shown["gru"] if word.isdigit()] == ["19", *["0"] * 8]
    assert all(line.isascii() for line in lines)


def test_what_lacks_is_counted_and_marked(tmp_path: Path) -> None:
    folder = kept_part(tmp_path)
    missing = {one["cell"]: one["missing"] for one in squares(folder)}
    assert missing == {"rnn": "0", "gru": "2"}
    (gru,) = [line for line in answered("map", str(folder), "--once").stdout.splitlines() if line.startswith("gru")]
    assert gru.count("?") == 5


def test_while_seeds_lack_the_share_is_of_all_that_were_asked_for(tmp_path: Path) -> None:
    (one,) = squares(kept_seed(tmp_path), "--filter", "echo=12 cell=rnn")
    assert (one["trained"], one["solved"], one["missing"]) == ("1", "1", "1")
    assert (one["success"], one["low"], one["high"]) == ("0.5000", "0.0945", "1.0000")
