"""`map`: as text, as CSV, and on the screen by its keys."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.answered import answered
from tests.door.sweeps.stage import (
    config_opened,
    fill,
    kept_cliff,
    kept_part,
    kept_seed,
    kept_texts,
    kept_three,
    look_again,
    opened,
    packet,
    text_of,
)

COLUMNS = (
    "echo_step,cell,points,trained,solved,success,low,high,half_solved,median_loss,best_seed,"
    "best_solved_at,failed,missing,most_windows,until,level,version,rung"
)


@pytest.fixture(autouse=True)
def _the_folder_is_read_when_a_test_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.map.app.FOLLOW_SECONDS", 1e6)


@pytest.fixture(scope="module")
def cliff(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept_cliff(tmp_path_factory.mktemp("cliff"))


def squares(folder: Path, *flags: str) -> list[dict[str, str]]:
    answer = answered("map", folder, "--csv", *flags)
    assert answer.returncode == 0
    return list(csv.DictReader(answer.stdout.splitlines()))


def total(table: list[dict[str, str]], column: str) -> int:
    return sum(int(square[column]) for square in table)


def lines(folder: Path, *flags: str) -> list[str]:
    return answered("map", folder, "--once", *flags).stdout.splitlines()


def numbers(square: dict[str, str], names: str) -> list[str]:
    return [square[name] for name in names.split()]


# ---- squares of which nothing counts as solved

NOTHING_COUNTS = "nothing counts as solved: --solved-below decides"


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept_texts(tmp_path_factory.mktemp("texts"))


def test_without_solved_there_are_no_shares(texts: Path, tmp_path: Path) -> None:
    for square in squares(texts):
        assert numbers(square, "trained solved median_loss") == ["2", "0", "1.5"]
        assert numbers(square, "success low high half_solved level") == [""] * 5
    text = lines(texts)
    assert text[-1] == f"~ {NOTHING_COUNTS}"
    assert re.search(r"^ *all +~ +~ *$", "\n".join(text), re.MULTILINE)
    file = tmp_path / "map.svg"
    assert answered("figure", texts, "map", "-o", file).returncode == 0
    assert "nothing counts as solved" in file.read_text()


async def test_without_solved_the_screen_says_so(texts: Path) -> None:
    async with opened(texts, (120, 30)) as (app, _):
        summary, _ = app.shown.reading
        assert summary == f"cell rnn: {NOTHING_COUNTS}"
        assert NOTHING_COUNTS in app.shown.progress("", False)


# ---- as CSV and as text


def test_a_row_for_each_square_with_counts_and_wilsons_interval(cliff: Path) -> None:
    table = squares(cliff)
    assert ",".join(table[0]).startswith(COLUMNS)
    assert len(table) == 60
    assert total(table, "trained") == 960
    assert total(table, "solved") == 455
    (square,) = squares(cliff, "--filter", "echo=12 cell=rnn")
    assert square in table
    assert numbers(square, "trained solved success") == ["16", "10", "0.6250"]
    # by proportion_confint of statsmodels
    assert numbers(square, "low high") == ["0.3864", "0.8152"]
    assert numbers(square, "failed missing most_windows until") == ["0", "0", "666", "solved"]
    assert numbers(square, "level version") == ["0.0493287", "1"]
    assert square["half_solved"] == "514", "the eighth of 16"
    (next_square,) = squares(cliff, "--filter", "echo=13 cell=rnn")
    assert next_square["half_solved"] == "", "of 16 only 7 have solved it"


def test_a_filter_and_the_axes(cliff: Path) -> None:
    flags = ("--down", "echo_step", "--across", "cell", "--filter", "cell=gru echo=3..5")
    for square, echo_step in zip(squares(cliff, *flags), "345", strict=True):
        assert numbers(square, "cell echo_step") == ["gru", echo_step]
    nine = squares(cliff, "--across", "echo_step", "--filter", "echo=9")
    assert total(nine, "solved") == 29


def test_text_has_a_number_for_each_square(cliff: Path) -> None:
    text = "\n".join(lines(cliff, "--ascii", "--filter", "echo=12.."))
    assert text.isascii()
    assert numbers_behind("", text) == [*range(12, 21)]
    assert numbers_behind("rnn", text) == [62, 44, 6, 0, 0, 0, 0, 0, 0]
    assert numbers_behind("gru", text) == [19, 0, 0, 0, 0, 0, 0, 0, 0]


def numbers_behind(word: str, text: str) -> list[int]:
    """The numbers of the only line that begins with this word and has numbers."""
    (numbers,) = re.findall(rf"^ *{word}[ |]+((?:\d+[ |]+)+\d+)[ |]*$", text, re.MULTILINE)
    return [*map(int, re.findall(r"\d+", numbers))]


def test_what_lacks_is_counted_and_marked_and_the_share_is_of_all(tmp_path: Path) -> None:
    folder = kept_part(tmp_path / "part")
    missing = [numbers(square, "cell missing") for square in squares(folder)]
    assert missing == [["rnn", "0"]] * 5 + [["gru", "2"]] * 5
    (gru,) = [line for line in lines(folder) if line.startswith("gru")]
    assert gru.count("?") == 5

    (square,) = squares(kept_seed(tmp_path / "seed"), "--filter", "echo=12 cell=rnn")
    assert numbers(square, "trained solved missing") == ["1", "1", "1"]
    assert numbers(square, "success low high") == ["0.5000", "0.0945", "1.0000"]


# ---- on the screen


async def test_the_cursor_reads_a_square() -> None:
    async with opened() as (app, pilot):
        text = text_of(app)
        assert "960 of 960 trained   458 solved" in text
        assert "cell rnn, echo_step 1: 16 of 16 solved (81 to 100 %)" in text
        await pilot.press("down", *["right"] * 8)
        assert app.shown.cursor == (1, 8)
        assert "cell gru, echo_step 9: 12 of 16 solved (51 to 90 %)" in text_of(app)
        before = text_of(app)
        await pilot.press("m")
        assert text_of(app) != before
        await pilot.press("m", "t")
        assert "across cell, down echo_step" in text_of(app)
        assert "echo_step 9, cell gru: " in text_of(app), "the cursor stays on its square"
        await pilot.press("X", "X")


async def test_a_filter_is_obeyed_while_typed_and_refused_by_its_word() -> None:
    async with opened(size=(120, 30)) as (app, pilot):
        await pilot.press("m")
        shade = "  ░ 290 to 514  "
        assert shade in text_of(app)
        await pilot.press("slash", *"echo=..4 gru")
        await pilot.pause()
        assert shade in text_of(app), "a filter changes none"
        assert "echo_step 4" in text_of(app) or "echo_step 1" in text_of(app)
        assert "lstm" not in text_of(app)
        await pilot.press("x")
        await pilot.pause()
        assert "'grux'" in text_of(app)
        await pilot.press("backspace", "enter")
        await pilot.pause()
        assert not app.query_one(Input).display
        assert "filter echo=..4 gru" in text_of(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "lstm" in text_of(app)


async def test_keys_behind_a_filter_in_one_packet_find_it_obeyed() -> None:
    async with opened() as (app, pilot):
        for message in packet("/echo=4⏎?/lag⏎⎋⎋↓℗open⏎"):
            app.post_message(message)
        for _ in range(8):
            await pilot.pause()
    config = config_opened(app)
    assert (config.echo_step, config.cell) == (4, "gru")


async def test_enter_opens_the_point_with_its_best_seed() -> None:
    async with opened() as (app, pilot):
        await pilot.press("down", "right", "enter")
    config = config_opened(app)
    assert (config.cell, config.echo_step) == ("gru", 2)
    assert (config.state_size, config.init) == (16, "glorot")
    assert config.seed == 6, "of its 16 seeds the soonest"


async def test_y_copies_a_command_that_trains_the_point() -> None:
    command = "echornn-tui --num-epochs 1 --state-size 16 --echo-step 1 --seed 2 --init glorot"
    async with opened(size=(120, 24)) as (app, pilot):
        await pilot.press("y")
        assert app.clipboard == command
        assert command in text_of(app)


async def test_it_follows_its_folder_while_that_fills(tmp_path: Path) -> None:
    async with opened(kept_part(tmp_path)) as (app, pilot):
        assert "10 of 20 trained" in text_of(app)
        fill(tmp_path)
        look_again(app)
        assert "20 of 20 trained   2 solved" in text_of(app)
        (tmp_path / "sweep.json").unlink()
        look_again(app)
        assert str(tmp_path.parent) in text_of(app)
        for key in ("question_mark", "q", "q"):
            await pilot.press(key)
            await pilot.pause()
    assert app.return_value == 0


@pytest.mark.parametrize("size", [(20, 4), (30, 8), (200, 60)])
async def test_every_size_shows_where_the_cursor_is(size: tuple[int, int]) -> None:
    async with opened(size=size) as (app, pilot):
        await pilot.press(*["right"] * 19)
        await pilot.pause()
        text = text_of(app)
        assert max(map(len, text.splitlines())) <= size[0]
        assert "20" in text.split() or "echo_step 20" in text


async def test_half_of_three_are_two_and_one_that_diverged_has_lost_the_task(
    tmp_path: Path,
) -> None:
    folder = kept_three(tmp_path)
    (square,) = squares(folder)
    assert square["half_solved"] == "20"
    async with opened(folder) as (app, _):
        assert "1 lost again" in text_of(app)
