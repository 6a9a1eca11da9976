"""Two screens on one session: one steers, the other watches, until it takes over."""

from __future__ import annotations

import re
from pathlib import Path

from tests.door.app.stage import MIDDLE, another_screen, opened


async def test_both_show_the_same_run_and_only_one_steers() -> None:
    async with opened(size=MIDDLE) as here, another_screen(here) as there:
        await here.press("e . 2")
        text = await there.shown()
        assert re.search(r"paused +epoch 2/3 +window +1/10", text)
        assert "here" in there.lines[1]
        assert "W" in there.lines[1]
        assert "pred" in text, "each has its own view"
        await there.press(". r space s")
        here.stands(trained=11, state="paused")
        await there.press("escape W . .")
        here.stands(trained=13)
        assert re.search(r"epoch 2/3 +window +3/10", await here.shown())
        assert "there" in here.lines[1]
        await here.press(".")
        here.stands(trained=13)
        await here.press("W [")
        here.stands(trained=12, is_past=True)
        assert "at 12 of 13" in await there.shown()


async def test_one_that_only_looks_never_steers_and_uses_no_files(tmp_path: Path) -> None:
    async with opened() as here, another_screen(here, only_looks=True, size=(100, 24)) as there:
        await here.press("e")
        await there.press("W . space + o")
        here.stands(trained=10, state="paused", speed=100)
        footer = there.lines[-1]
        assert not re.search("Pause|Resume|Step|Undo|Seeds", footer)
        assert "Quit" in footer
        await there.enter(f"save {tmp_path}/a.svg")
        assert not (tmp_path / "a.svg").exists()
        assert "misses" in await there.after("escape 2")
