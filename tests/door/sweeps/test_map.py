"""`map`: as text, as CSV, and on the screen by its keys."""

from __future__ import annotations

import csv
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
    lines_and_styles,
    look_again,
    map_of,
    packet,
    text_of,
    where,
)

COLUMNS = (
    "echo_step,cell,points,trained,solved,success,low,high,half_solved,median_loss,best_seed,best_solved_at,failed,"
    "missing,most_windows,until,level,version,rung"
)


@pytest.fixture(autouse=True)
def _the_folder_is_read_when_a_test_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.map.app.FOLLOW_SECONDS", 1e6)


@pytest.fixture(scope="module")
def cliff(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept_cliff(tmp_path_factory.mktemp("cliff"))


def squares(folder: Path, *flags: str) -> list[dict[str, str]]:
    answer = answered("map", str(folder), "--csv", *flags)
    assert answer.returncode == 0
    return list(csv.DictReader(answer.stdout.splitlines()))


NOTHING_COUNTS = "nothing counts as solved: --solved-below decides"


async def test_squares_of_which_nothing_counts_as_solved_have_no_share(tmp_path: Path) -> None:
    folder = kept_texts(tmp_path)
    for one in squares(folder):
        assert (one["trained"], one["solved"], one["median_loss"]) == ("2", "0", "1.5")
        assert [one[name] for name in ("success", "low", "high", "half_solved", "level")] == [
            ""
        ] * 5
    text = answered("map", str(folder), "--once").stdout
    assert text.endswith(f"~ {NOTHING_COUNTS}\n")
    assert len([line for line in text.splitlines() if line.split() == ["all", "~", "~"]]) == 1
    app = map_of(folder)
    async with app.run_test(size=(120, 30)):
        assert app.shown.reading[0] == f"cell rnn: {NOTHING_COUNTS}"
        assert NOTHING_COUNTS in app.shown.progress("", False)
    file = tmp_path / "map.svg"
    assert answered("figure", str(folder), "map", "-o", str(file)).returncode == 0
    assert "nothing counts as solved" in file.read_text()


def test_a_row_of_csv_for_each_square_with_counts_and_wilsons_interval(cliff: Path) -> None:
    table = squares(cliff)
    assert ",".join(table[0]).startswith(COLUMNS)
    assert len(table) == 60
    assert sum(int(one["trained"]) for one in table) == 960
    assert sum(int(one["solved"]) for one in table) == 455
    (one,) = [one for one in table if (one["echo_step"], one["cell"]) == ("12", "rnn")]
    assert (one["trained"], one["solved"], one["success"]) == ("16", "10", "0.6250")
    assert (one["low"], one["high"]) == ("0.3864", "0.8152"), (
        "statsmodels, proportion_confint(10, 16, method='wilson')"
    )
    assert (one["failed"], one["missing"], one["most_windows"], one["until"]) == (
        "0",
        "0",
        "666",
        "solved",
    )
    assert (one["level"], one["version"]) == ("0.0493287", "1")
    half = {one["echo_step"]: one["half_solved"] for one in table if one["cell"] == "rnn"}
    assert (half["12"], half["13"]) == ("514", ""), (
        "the eighth of 16, and of 16 only 7 have solved it"
    )


def test_a_filter_and_the_axes(cliff: Path) -> None:
    table = squares(
        cliff, "--down", "echo_step", "--across", "cell", "--filter", "cell=gru echo=3..5"
    )
    assert [(one["cell"], one["echo_step"]) for one in table] == [
        ("gru", "3"),
        ("gru", "4"),
        ("gru", "5"),
    ]
    over = squares(cliff, "--across", "echo_step", "--filter", "echo=9")
    assert sum(int(one["solved"]) for one in over) == 29


def test_text_has_a_number_for_each_square(cliff: Path) -> None:
    lines = answered(
        "map", str(cliff), "--once", "--ascii", "--filter", "echo=12.."
    ).stdout.splitlines()
    shown = {
        line.split()[0]: [word for word in line.split()[1:] if word != "|"]
        for line in lines
        if line
    }
    assert shown["12"] == ["13", "14", "15", "16", "17", "18", "19", "20"]
    assert [word for word in shown["rnn"] if word.isdigit()] == [
        "62",
        "44",
        "6",
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
    ]
    assert [word for word in shown["gru"] if word.isdigit()] == ["19", *["0"] * 8]
    assert all(line.isascii() for line in lines)


def test_what_lacks_is_counted_and_marked(tmp_path: Path) -> None:
    folder = kept_part(tmp_path)
    missing = {one["cell"]: one["missing"] for one in squares(folder)}
    assert missing == {"rnn": "0", "gru": "2"}
    (gru,) = [
        line
        for line in answered("map", str(folder), "--once").stdout.splitlines()
        if line.startswith("gru")
    ]
    assert gru.count("?") == 5


def test_while_seeds_lack_the_share_is_of_all_that_were_asked_for(tmp_path: Path) -> None:
    (one,) = squares(kept_seed(tmp_path), "--filter", "echo=12 cell=rnn")
    assert (one["trained"], one["solved"], one["missing"]) == ("1", "1", "1")
    assert (one["success"], one["low"], one["high"]) == ("0.5000", "0.0945", "1.0000")


# ---- on the screen


async def test_the_cursor_reads_a_square_and_keys_change_what_is_shown() -> None:
    app = map_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        text = text_of(app)
        assert "960 of 960 trained   458 solved" in text
        assert "cell rnn, echo_step 1: 16 of 16 solved (81 to 100 %)" in text
        await pilot.press("down", *["right"] * 8)
        assert where(app) == (1, 8)
        assert "cell gru, echo_step 9: 12 of 16 solved (51 to 90 %)" in text_of(app)
        before = text_of(app)
        await pilot.press("m")
        assert text_of(app) != before
        await pilot.press("m", "t")
        assert "across cell, down echo_step" in text_of(app)
        await pilot.press("X", "X")


async def test_a_number_stands_in_its_cell_and_the_legend_is_in_the_inks_of_the_cells() -> None:
    app = map_of()
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        lines, styles = lines_and_styles(app)
    y = next(y for y, line in enumerate(lines) if "> rnn" in line)
    x = lines[y].index("100")
    assert lines[y - 1][x] == "█"
    assert lines[y][x + 3] == "█", "nothing but the number is in its place"
    number, block = styles[y][x], styles[y - 1][x]
    assert number.color == block.color
    assert number.reverse, "so that the block is whole also without colours"
    legend = next(y for y, line in enumerate(lines) if "█ all" in line)
    assert styles[legend][lines[legend].index("█")].color == block.color


async def test_a_filter_is_obeyed_while_it_is_typed_and_refused_by_its_word() -> None:
    app = map_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash", *"echo=..4 gru")
        await pilot.pause()
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
    app = map_of()
    async with app.run_test(size=(80, 24)) as pilot:
        for message in packet("/echo=4⏎?/lag⏎⎋⎋↓℗open⏎"):
            app.post_message(message)
        for _ in range(8):
            await pilot.pause()
    config = config_opened(app)
    assert config is not None
    assert (config.echo_step, config.cell) == (4, "gru")


async def test_enter_opens_the_point_with_its_best_seed() -> None:
    app = map_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "right", "enter")
    config = config_opened(app)
    assert config is not None
    assert (config.cell, config.echo_step, config.state_size, config.init) == (
        "gru",
        2,
        16,
        "glorot",
    )
    assert config.seed == 6, "of its 16 seeds the soonest"


async def test_y_copies_a_command_that_trains_the_point() -> None:
    app = map_of()
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.press("y")
        command = "echornn-tui --num-epochs 1 --state-size 16 --echo-step 1 --seed 2 --init glorot"
        assert app.clipboard == command
        assert command in text_of(app)


async def test_it_follows_its_folder_while_that_fills(tmp_path: Path) -> None:
    app = map_of(kept_part(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "10 of 20 trained" in text_of(app)
        fill(tmp_path)
        look_again(app)
        assert "20 of 20 trained   2 solved" in text_of(app)
        (tmp_path / "sweep.json").unlink()
        look_again(app)
        assert str(tmp_path.parent) in text_of(app)
        await pilot.press("question_mark")
        await pilot.pause()
        await pilot.press("q")
        await pilot.pause()
        await pilot.press("q")
    assert app.return_value == 0


@pytest.mark.parametrize("size", [(20, 4), (30, 8), (80, 24), (200, 60)])
async def test_every_size_shows_where_the_cursor_is(size: tuple[int, int]) -> None:
    app = map_of()
    async with app.run_test(size=size) as pilot:
        await pilot.press(*["right"] * 19)
        await pilot.pause()
        lines = text_of(app).splitlines()
        assert max(map(len, lines)) <= size[0]
        assert any("echo_step 20" in line or "20" in line.split() for line in lines)
