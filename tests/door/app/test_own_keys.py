"""Keys of the user's own, from the preferences: each action has its key, and the screen names
it."""

from __future__ import annotations

import re

from tests.door.app.stage import opened

MOVED = {
    "step": ("j",),
    "undo": ("ctrl+z",),
    "pause": ("k",),
    "settings": ("i",),
    "window_back": ("h",),
    "branches": ("t",),
    "help": ("f1",),
    "quit": ("Q",),
    "view.data": ("w",),
}


async def test_each_action_has_the_key_that_was_given_to_it_and_no_other() -> None:
    async with opened(keys=MOVED, size=(140, 40)) as stage:
        await stage.press("j", "j", "r", "j")
        assert (stage.frame.trained, stage.frame.branch) == (1, 1)
        await stage.press("ctrl+z")
        assert (stage.frame.trained, stage.frame.branch) == (2, 0)
        await stage.press("h")
        assert stage.frame.trained == 1
        await stage.press("full_stop", "u", "space", "left_square_bracket", "s", "b", "q", "2")
        assert (stage.frame.trained, stage.state, stage.frame.trained_in_all) == (1, "paused", 3)
        assert "on its path" in await stage.seen("t")
        await stage.press("t")
        assert "> preset" in await stage.seen("i")
        await stage.press("escape")
        assert "misses" in await stage.seen("w")
        footer = stage.lines[-1]
        for named in ("k Resume", "j Step", "i Set", "w data", "f1 Help", "Q Quit"):
            assert named in footer
        assert not re.search(r"space Resume|\. Step|s Set|q Quit", footer)
        await stage.pilot.press("k")
        await stage.until(lambda _: stage.state == "running")
        await stage.pilot.press("Q")
    assert stage.app.return_value == 0
