"""Every size, only ASCII, other themes, what is saved of the screen, the last line, and the
help."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.door.app.stage import LARGE, Stage, opened
from tests.scripted import scripted

WALK = (
    *("1", "2", "3", "4", "5", "6", "7", "left", "l", "s", "enter", "escape escape"),
    *("b", "b", "o", "escape", "question_mark", "escape", "ctrl+p", "escape", "colon s"),
    *("escape", "L", "6", "y", "["),
)
"""Keys that lead through what the screen can show."""


async def test_ascii_only_is_ascii_only_and_no_line_is_longer_than_the_screen() -> None:
    async with opened(ascii_only=True) as stage:
        await stage.press("e e")
        for keys in WALK:
            text = await stage.after(keys)
            assert text.isascii(), f"{keys}: {text}"
            assert "epoch" in text or "Help" in text


def shows(stage: Stage, state: str) -> str:
    """The sign of the state, which is the session's and stands beside its sign."""
    stage.stands(state=state)
    sign, word = stage.lines[0].split()[:2]
    assert word == state
    return sign


@pytest.mark.parametrize(("ascii_only", "signs"), [(True, ".=>#!"), (False, None)])
async def test_each_state_is_a_word_with_a_sign_so_that_colour_is_never_the_only_sign(
    ascii_only: bool, signs: str | None
) -> None:
    async with opened(ascii_only=ascii_only, loaded=False) as stage:
        shown = shows(stage, "loading")
        assert stage.text.isascii() == ascii_only
        await stage.release()
        shown += shows(stage, "paused")
        await stage.press("space")
        shown += shows(stage, "running")
        await stage.press("e e e")
        shown += shows(stage, "finished")
    async with opened(ascii_only=ascii_only, trainer=scripted(fails_at=1)) as stage:
        await stage.pilot.press("e")
        await stage.until("failed")
        shown += shows(stage, "failed")
    assert len({*shown}) == 5
    assert signs in (shown, None)


@pytest.mark.parametrize("size", [(60, 16), (300, 90)])
async def test_on_a_large_screen_all_of_it_is_there(size: tuple[int, int]) -> None:
    async with opened() as stage:
        await stage.press("e")
        await stage.resize(40, 10)
        text = await stage.resize(*size)
        assert "paused" in text
        assert re.search(r"epoch +1/3", text)
        assert "chance 0.693" in text
        assert "row 1" in text
        assert re.search("[┫┤]", text)
        assert "60x16" not in text
        assert "q Quit" in stage.lines[-1]
        await stage.press(".")
        stage.stands(trained=11)


@pytest.mark.parametrize("size", [(59, 24), (80, 15), (1, 1)])
async def test_on_a_small_screen_the_state_is_there_and_keys_work(size: tuple[int, int]) -> None:
    async with opened() as stage:
        await stage.press("e")
        text = await stage.resize(*size)
        assert "paused" in text or size == (1, 1)
        assert "60x16" in text or size == (1, 1)
        assert re.search(r"epoch +1/3", text) or size == (1, 1)
        assert "chance 0.693" not in text
        assert "q Quit" not in stage.lines[-1]
        await stage.press(".")
        stage.stands(trained=11)


async def test_the_last_line_follows_the_state_and_names_no_key_that_is_text() -> None:
    async with opened(size=LARGE) as stage:
        assert "Resume" in stage.lines[-1]
        assert "Undo" not in stage.lines[-1]
        await stage.press("space")
        assert "Pause" in stage.lines[-1]
        await stage.press("space r")
        assert "u Undo" in stage.lines[-1]
        await stage.press("s down")
        assert "+/- Nudge" in stage.lines[-1]
        await stage.press("5")
        assert not re.search("Resume|Step|Quit|Help", stage.lines[-1])
        await stage.press("escape escape e e e")
        assert not re.search("Resume|Pause|Step", stage.lines[-1])
        await stage.resize(60, 16)
        assert stage.lines[-1].rstrip().endswith("? Help q Quit")


async def test_the_palette_finds_every_command_and_does_it() -> None:
    async with opened() as stage:
        for name, words in (
            ("step", "window  1/10"),
            ("epoch", "window 10/10"),
            ("view data", "misses"),
        ):
            await stage.press("ctrl+p")
            await stage.type(name)
            assert words in await stage.after("enter")
        await stage.press("ctrl+p")
        await stage.type("theme light")
        await stage.press("enter")
        assert stage.app.theme == "textual-light"
        stage.stands(state="paused")


async def test_the_palette_opens_the_line_for_a_command_with_values() -> None:
    async with opened() as stage:
        await stage.press("ctrl+p")
        await stage.type(":edit")
        await stage.press("enter enter")
        await stage.type("seed=8")
        await stage.press("enter")
        stage.stands(seed=8)


async def test_who_gives_a_name_from_outside_cannot_write_codes_on_the_screen(
    tmp_path: Path,
) -> None:
    async with opened(folder=tmp_path / "run\x1b[31m\x07x") as stage:
        await stage.press("y")
        text = await stage.until(lambda text: "--resume" in text or "echornn-tui" in text)
        assert "\x1b" not in text
        assert "\x07" not in text


async def test_the_help_begins_with_the_state_and_says_every_key() -> None:
    async with opened(size=(100, 600)) as stage:
        await stage.press("e [")
        text = await stage.after("question_mark")
        assert "past, at window 9" in text
        for key in ("space", "escape", "enter", "tab", "home"):
            assert re.search(rf"(?m)[\s│]{key}\b", text), key
        for view in ("rows", "data", "memory", "gradient", "weights", "seeds", "plane"):
            assert view in text
        await stage.press("r . e")
        stage.stands(trained=9, trained_in_all=10, branch=0)  # behind the help


async def test_the_help_is_searched() -> None:
    async with opened() as stage:
        text = await stage.after("question_mark slash u n d o")
        assert re.search(r"(?i)undo", text)
        assert not re.search(r"(?i)faster", text)
        text = await stage.after("q question_mark")
        assert "undoq?" in text
        assert not re.search(r"(?i)undo the", text)
        text = await stage.after("backspace " * 6, "g a t e")
        assert text.count("gate") >= 2
        await stage.press("enter escape escape .")
        stage.stands(trained=1)


async def test_the_help_is_scrolled_and_a_key_behind_it_says_why_it_does_nothing() -> None:
    async with opened() as stage:
        first = await stage.after("question_mark")
        assert await stage.after("end") != first
        assert await stage.after("home") == first
        assert "escape closes this first" in await stage.after("L")
        stage.stands(replicas=1)
        await stage.press("question_mark L")
        stage.stands(replicas=64)
