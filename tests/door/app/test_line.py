"""The line after ``:``: every command by its name, suggestions, errors."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from echornn.session.commands import Command
from tests.door.app.stage import MIDDLE, opened
from tests.door.app.test_keys import PREPARED, Facts, after, prepare
from tests.patience import PATIENCE
from tests.scripted import SMALL


@pytest.fixture(autouse=True)
def _without_lines_of_other_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


STORIES: dict[str, list[tuple[str, Facts]]] = {
    "speed and training": [
        ("speed 5", {"speed": 5.0}),
        ("speed max", {"speed": math.inf}),
        ("speed 100; faster", {"speed": 200.0}),
        ("slower; slower", {"speed": 50.0}),
        ("step", {"trained": 11, "trained_in_all": 23}),
        ("step 2; pause; step 1", {"trained": 14, "trained_in_all": 26}),
        ("resume", {"state": "running", "trained": 15, "trained_in_all": 27}),
        ("pause; epoch", {"state": "paused", "trained": 20, "trained_in_all": 32}),
    ],
    "the past and other branches": [
        ("undo; redo", {}),
        ("undo", {"trained": 12, "branch": 0, "undoable": 0, "redoable": True}),
        ("redo", {"trained": 10, "branch": 1, "undoable": 1, "redoable": False}),
        ("move -2", {"trained": 8, "is_past": True}),
        ("move_epochs -1", {"trained": 0, "window": 0}),
        ("go 3", {"trained": 3}),
        ("branch a 4", {"trained": 4, "branch": 0, "undoable": 0}),
        ("branch a", {"trained": 12, "is_past": False}),
        ("move -4; step 2", {"trained": 10, "trained_in_all": 24, "branch": 2, "undoable": 1}),
        ("reset", {"trained": 0, "window": 0, "branch": 3, "undoable": 2}),
        ("redraw", {"branch": 4, "init_index": 1}),
    ],
}


@pytest.mark.parametrize("story", STORIES)
async def test_a_command_by_name_does_what_its_key_does(story: str) -> None:
    async with opened() as stage:
        await prepare(stage)
        facts = PREPARED
        for line, effect in STORIES[story]:
            await stage.enter(line)
            facts = after(facts, effect)
            stage.stands(**facts)


async def test_fields_are_edited_and_a_restart_starts_over() -> None:
    async with opened() as stage:
        await stage.press("e")
        await stage.enter("edit learning_rate=0.1 num_epochs=5")
        edited = replace(SMALL, learning_rate=0.1, num_epochs=5)
        stage.stands(config=edited, trained=10, undoable=1)
        await stage.enter("restart state_size=8; step 2")
        stage.stands(config=replace(edited, state_size=8), trained=2, branch=2)
        await stage.enter("replicas 6")
        stage.stands(replicas=6, trained=0)


REFUSED = {
    "stpe 3": ["stpe", "step"],
    "step x": ["'x'", "1"],
    "speed nan": ["nan", "max"],
    "save 'a.svg": ["save"],
    "edit learning_rate=0": ["learning_rate", "0.0", "above 0"],
    "branch c": ["c", "a to b"],
    "compare /nowhere": ["/nowhere"],
    "save /nowhere/a.svg": ["/nowhere/a.svg"],
    "crosshair 99": ["99", "10"],
}


async def test_what_is_wrong_is_said_above_the_line_which_stays_and_nothing_is_done() -> None:
    async with opened() as stage:
        await prepare(stage)
        for line, words in REFUSED.items():
            await stage.enter(line)
            *above, last = stage.lines[-3:]
            assert last.strip() == f":{line}"
            for word in words:
                assert word in " ".join(above)
            await stage.press("escape")
            assert "Quit" in stage.lines[-1]
        stage.stands(**PREPARED)


async def test_a_line_suggests_and_completes() -> None:
    async with opened() as stage:
        await stage.press("colon s t right")
        assert "step" in stage.lines[-2]
        assert stage.lines[-1].strip() == ":step"
        await stage.press("ctrl+u")
        await stage.type("edit learning")
        await stage.press("tab")
        assert stage.lines[-1].strip().startswith(":edit learning_rate=")
        assert "0.3" in stage.lines[-2], "its value now"


async def test_a_line_brings_back_what_was_typed_and_is_left() -> None:
    async with opened() as stage:
        footer = stage.lines[-1]
        await stage.enter("step 3")
        stage.stands(trained=3)
        assert stage.lines[-1] == footer
        await stage.press("colon e ctrl+u up")
        assert stage.lines[-1].strip() == ":step 3"
        await stage.press("enter")
        stage.stands(trained=6)
        await stage.press("colon x backspace backspace .")
        stage.stands(trained=7)  # backspace on an empty line closes it
        await stage.press("colon v i e w escape space")
        stage.stands(state="running")


async def test_views_and_the_curve_are_used_by_names() -> None:
    async with opened(size=MIDDLE) as stage:
        await stage.press("e r e")
        text = await stage.enter("view data; zoom in; zoom out; seed after # all")
        assert "misses" in text
        assert "order is for the view seeds" in await stage.enter("view memory; order")
        await stage.press("escape")
        assert re.search(r"1e-\d", await stage.enter("log"))
        await stage.enter("log; crosshair 4")
        assert re.search(r"window 4\b", stage.lines[1])
        await stage.enter("crosshair off; name b wide one; pin a")
        text = await stage.after("b")
        assert "wide one" in text
        assert "xa the start" in text


async def test_the_screen_is_saved_by_names(tmp_path: Path) -> None:
    text, picture = tmp_path / "a.txt", tmp_path / "a.svg"
    async with opened() as stage:
        await stage.press("e")
        await stage.enter(f"save {text}; save {picture}")
        await stage.until(lambda _: picture.exists())
        saved = text.read_text()
        assert "epoch 1/3" in saved
        assert "q Quit" in saved, "without the line"
        assert picture.read_text().startswith("<svg")


async def test_the_app_is_left_by_name_also_with_another_theme() -> None:
    async with opened() as stage:
        await stage.enter("theme light")
        assert stage.app.theme == "textual-light"
        await stage.enter("quit")
    assert stage.app.return_value == 0


async def test_why_a_line_was_not_done_is_said_once_however_soon_the_answer_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with opened(size=(120, 36)) as stage:
        send = stage.session.send

        def send_and_wait(command: Command) -> int:
            number = send(command)
            assert stage.session.when_idle(PATIENCE)
            return number

        monkeypatch.setattr(stage.session, "send", send_and_wait)
        text = await stage.enter("branch b")
        assert text.count("b is no branch") == 1
