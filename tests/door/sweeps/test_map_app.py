"""The map on the screen, by its keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.door.sweeps.stage import config_opened, fill, kept_part, look_again, map_of, text_of, where


@pytest.fixture(autouse=True)
def _the_folder_is_read_when_a_test_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.map.app.FOLLOW_SECONDS", 1e6)


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


async def test_enter_opens_the_point_with_its_best_seed() -> None:
    app = map_of()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "right", "enter")
    config = config_opened(app)
    assert config is not None
    assert (config.cell, config.echo_step, config.state_size, config.init) == ("gru", 2, 16, "glorot")
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
