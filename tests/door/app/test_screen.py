"""Every size, only ASCII, other themes, what is saved of the screen, the last line, and the
help."""

from __future__ import annotations

import re
from pathlib import Path

from tests.door.app.stage import Stage, opened
from tests.door.app.test_states import failing

WALK = [
    *(
        ["1"],
        ["2"],
        ["3"],
        ["4"],
        ["5"],
        ["6"],
        ["7"],
        ["left"],
        ["l"],
        ["s"],
        ["enter"],
        ["escape", "escape"],
    ),
    *(
        ["b"],
        ["b"],
        ["o"],
        ["escape"],
        ["question_mark"],
        ["escape"],
        ["ctrl+p"],
        ["escape"],
        ["colon", "s"],
    ),
    *(["escape"], ["L"], ["6"], ["y"], ["["]),
]
"""Keys that lead through what the screen can show."""


async def test_ascii_only_is_ascii_only_and_no_line_is_longer_than_the_screen() -> None:
    async with opened(ascii_only=True) as stage:
        await stage.press("e", "e")
        for keys in WALK:
            text = await stage.seen(*keys)
            assert text.isascii(), (keys, "".join(one for one in text if not one.isascii()))
            assert "epoch" in text or "Help" in text
    async with opened(ascii_only=True, loaded=False) as stage:
        assert stage.text.isascii()


SIGNS = {"loading": ".", "running": ">", "paused": "=", "finished": "#", "failed": "!"}


async def test_each_state_is_a_word_with_a_sign_so_that_colour_is_never_the_only_sign() -> None:
    seen: dict[str, str] = {}

    def note(stage: Stage) -> None:
        sign, state = stage.lines[0].split()[:2]
        seen[state] = sign
        assert state == stage.state

    for ascii_only in (True, False):
        seen.clear()
        async with opened(ascii_only=ascii_only, loaded=False) as stage:
            note(stage)
            await stage.release()
            note(stage)
            await stage.press("space")
            note(stage)
            await stage.press("e", "e", "e")
            note(stage)
        async with opened(ascii_only=ascii_only, trainer=failing(1)) as stage:
            await stage.pilot.press("e")
            await stage.until(lambda text: "failed" in text)
            note(stage)
        assert len(set(seen.values())) == len(SIGNS)
        assert not ascii_only or seen == SIGNS


async def test_at_every_size_the_state_is_there_and_keys_work() -> None:
    async with opened() as stage:
        await stage.press("e")
        for size in (
            (160, 45),
            (60, 16),
            (59, 24),
            (80, 15),
            (40, 10),
            (20, 5),
            (1, 1),
            (300, 90),
            (200, 60),
            (80, 24),
        ):
            text = await stage.resize(*size)
            assert size[0] < 20 or "paused" in text
            assert size[0] < 40 or re.search(r"epoch +[12]/3", text)
            assert ("chance 0.693" in text) == (size[0] >= 60 and size[1] >= 16)
            assert ("60x16" in text) == (size[0] >= 20 and not (size[0] >= 60 and size[1] >= 16))
            assert ("q Quit" in text.split("\n")[-1]) == (size[0] >= 60 and size[1] >= 16)
            before = stage.frame.trained_in_all
            await stage.press(".")
            assert stage.frame.trained_in_all == before + 1
        for size in ((100, 30), (60, 16), (80, 24)):
            await stage.pilot.resize_terminal(40, 10)
            text = await stage.resize(*size)
            assert "row 1" in text
            assert re.search("[┫┤]", text)


async def test_the_last_line_follows_the_state_and_names_no_key_that_is_text() -> None:
    async with opened(size=(120, 40)) as stage:
        assert "Resume" in stage.lines[-1]
        assert "Undo" not in stage.lines[-1]
        await stage.press("space")
        assert "Pause" in stage.lines[-1]
        await stage.press("space", "r")
        assert "u Undo" in stage.lines[-1]
        await stage.press("s", "down")
        assert "+/- Nudge" in stage.lines[-1]
        await stage.press("5")
        assert not re.search("Resume|Step|Quit|Help", stage.lines[-1])
        await stage.press("escape", "escape", "e", "e", "e")
        assert not re.search("Resume|Pause|Step", stage.lines[-1])
        narrow = (await stage.resize(60, 16)).split("\n")[-1]
        assert narrow.rstrip().endswith("? Help q Quit")


async def test_the_palette_finds_every_command_and_does_it() -> None:
    async with opened() as stage:
        for typed, done in (
            ("step", "window  1/10"),
            ("epoch", "window 10/10"),
            ("view data", "misses"),
        ):
            await stage.press("ctrl+p")
            await stage.type(typed)
            assert done in stage.text
        await stage.press("ctrl+p")
        await stage.type(":edit", "enter")
        await stage.type("seed=8")
        assert stage.frame.config.seed == 8
        await stage.press("ctrl+p")
        await stage.type("theme light")
        assert stage.app.theme == "textual-light"
        assert stage.state == "paused"


async def test_who_gives_a_name_from_outside_cannot_write_codes_on_the_screen(
    tmp_path: Path,
) -> None:
    async with opened(folder=tmp_path / "run\x1b[31m\x07x") as stage:
        await stage.press("y")
        text = await stage.until(lambda text: "--resume" in text or "echornn-tui" in text)
        assert "\x1b" not in text
        assert "\x07" not in text


async def test_it_begins_with_the_state_and_says_every_key() -> None:
    async with opened(size=(100, 600)) as stage:
        await stage.press("e", "[")
        text = await stage.seen("question_mark")
        assert "past, at window 9" in text
        for key in ("space", "escape", "enter", "tab", "home"):
            assert re.search(rf"(?m)[\s│]{re.escape(key)}\b", text), key
        for view in ("rows", "data", "memory", "gradient", "weights", "seeds", "plane"):
            assert view in text
        await stage.press("r", ".", "e")
        assert (stage.frame.trained, stage.frame.trained_in_all, stage.frame.branch) == (
            9,
            10,
            0,
        ), "behind the help"


async def test_it_is_searched_scrolled_and_closed() -> None:
    async with opened() as stage:
        first = await stage.seen("question_mark")
        last = await stage.seen("end")
        assert first != last
        assert await stage.seen("home") == first
        assert await stage.seen("pagedown") != first
        text = await stage.seen("slash", *"undo")
        assert re.search(r"(?i)undo", text)
        assert not re.search(r"(?i)faster", text)
        nothing = await stage.seen("q", "question_mark")
        assert "undoq?" in nothing
        assert not re.search(r"(?i)undo the", nothing)
        await stage.press(*["backspace"] * 6, *"gate")
        assert stage.text.count("gate") >= 2
        await stage.press("enter", "escape", "escape", ".")
        assert stage.frame.trained == 1
        for keys in (["q"], ["question_mark"], ["escape"]):
            await stage.press("question_mark", *keys)
            assert "paused" in stage.lines[0]
        await stage.press(".")
        assert stage.frame.trained == 2


async def test_a_key_behind_the_help_says_why_it_does_nothing() -> None:
    async with opened() as stage:
        text = await stage.seen("question_mark", "L")
        assert "escape closes this first" in text
        assert stage.frame.config.replicas == 1
        await stage.press("escape", "L")
        assert stage.frame.config.replicas == 64
