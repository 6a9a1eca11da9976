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
    async with opened(moved=MOVED, size=(160, 40)) as stage:
        await stage.press("j j r j")
        stage.stands(trained=1, branch=1)
        await stage.press("ctrl+z")
        stage.stands(trained=2, branch=0)
        await stage.press("h")
        stage.stands(trained=1)
        await stage.press(". u space [ s b q 2")
        stage.stands(trained=1, state="paused", trained_in_all=3)
        assert "on its path" in await stage.after("t")
        assert "> preset" in await stage.after("t i")
        assert "misses" in await stage.after("escape w")
        footer = stage.lines[-1]
        for words in ("k Resume", "j Step", "i Set", "w data", "f1 Help", "Q Quit"):
            assert words in footer
        assert not re.search(r"space Resume|\. Step|s Set|q Quit", footer)
        await stage.press("k")
        stage.stands(state="running")
        await stage.pilot.press("Q")
    assert stage.app.return_value == 0
