"""The line after ``:``: every command by its name, suggestions, errors."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from echornn.session.commands import Command
from tests.door.app.stage import Stage, opened
from tests.door.app.test_keys import PREPARED, facts, prepared
from tests.patience import PATIENCE
from tests.scripted import SMALL


@pytest.fixture(autouse=True)
def _without_lines_of_other_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


STORIES: list[list[tuple[str, dict[str, Any]]]] = [
    [
        ("speed 5", {"speed": 5.0}),
        ("speed max", {"speed": math.inf}),
        ("speed 100; faster", {"speed": 200.0}),
        ("slower; slower", {"speed": 50.0}),
        ("step", {"epoch": 2, "window": 1, "trained": 11, "trained_in_all": 23}),
        ("step 2; pause; step 1", {"window": 4, "trained": 14, "trained_in_all": 26}),
        ("resume", {"state": "running", "window": 5, "trained": 15, "trained_in_all": 27}),
        ("pause; epoch", {"state": "paused", "window": 10, "trained": 20, "trained_in_all": 32}),
    ],
    [
        ("undo; redo", {}),
        (
            "undo",
            {"epoch": 2, "window": 2, "trained": 12, "branch": 0, "undoable": 0, "redoable": True},
        ),
        (
            "redo",
            {
                "epoch": 1,
                "window": 10,
                "trained": 10,
                "branch": 1,
                "undoable": 1,
                "redoable": False,
            },
        ),
        ("move -2", {"window": 8, "trained": 8, "is_past": True}),
        ("move_epochs -1", {"window": 0, "trained": 0}),
        ("go 3", {"window": 3, "trained": 3}),
        ("branch a 4", {"window": 4, "trained": 4, "branch": 0, "undoable": 0}),
        ("branch a", {"epoch": 2, "window": 2, "trained": 12, "is_past": False}),
        (
            "move -4; step 2",
            {
                "epoch": 1,
                "window": 10,
                "trained": 10,
                "trained_in_all": 24,
                "branch": 2,
                "undoable": 1,
            },
        ),
        ("reset", {"window": 0, "trained": 0, "branch": 3, "undoable": 2}),
        ("redraw", {"branch": 4, "init_index": 1}),
    ],
]


async def enter(stage: Stage, line: str) -> str:
    await stage.press("colon")
    await stage.type(line)
    for _ in line.split(";"):  # of several commands, one begins with each frame
        await stage.settled()
    return stage.text


@pytest.mark.parametrize("story", STORIES)
async def test_a_command_by_name_does_what_its_key_does(
    story: list[tuple[str, dict[str, Any]]],
) -> None:
    async with opened() as stage:
        await prepared(stage)
        expected = PREPARED
        for line, effect in story:
            await enter(stage, line)
            expected = {**expected, **effect}
            assert facts(stage) == expected, line


async def test_fields_are_edited_and_a_restart_starts_over() -> None:
    async with opened() as stage:
        await stage.press("e")
        await enter(stage, "edit learning_rate=0.1 num_epochs=5")
        assert stage.frame.config == replace(SMALL, learning_rate=0.1, num_epochs=5)
        assert (stage.frame.trained, stage.frame.undoable) == (10, 1)
        await enter(stage, "restart state_size=8; step 2")
        assert stage.frame.config == replace(SMALL, learning_rate=0.1, num_epochs=5, state_size=8)
        assert (stage.frame.trained, stage.frame.branch) == (2, 2)
        await enter(stage, "replicas 6")
        assert (stage.frame.config.replicas, stage.frame.trained) == (6, 0)


REFUSED = {
    "stpe 3": ("stpe", "step"),
    "step x": ("'x'", "1"),
    "speed nan": ("nan", "max"),
    "save 'a.svg": ("save",),
    "edit learning_rate=0": ("learning_rate", "0.0", "above 0"),
    "branch c": ("c", "a to b"),
    "compare /nowhere": ("/nowhere",),
    "save /nowhere/a.svg": ("/nowhere/a.svg",),
    "crosshair 99": ("99", "10"),
}


async def test_what_is_wrong_is_said_above_the_line_which_stays_and_nothing_is_done() -> None:
    async with opened() as stage:
        await prepared(stage)
        for line, words in REFUSED.items():
            lines = (await enter(stage, line)).split("\n")
            assert lines[-1].strip() == f":{line}"
            assert all(word in " ".join(lines[-3:-1]) for word in words), (line, lines[-3:])
            await stage.press("escape")
            assert "Quit" in stage.lines[-1]
        assert facts(stage) == PREPARED


async def test_a_line_suggests_completes_and_brings_back_what_was_typed() -> None:
    async with opened() as stage:
        footer = stage.lines[-1]
        await stage.press("colon")
        await stage.type("st", "right")
        assert stage.lines[-1].strip() == ":step"
        assert "step" in stage.lines[-2]
        await stage.type(" 3", "enter")
        assert stage.frame.trained == 3
        assert stage.lines[-1] == footer
        await stage.press("colon")
        await stage.type("edit learning", "tab")
        assert stage.lines[-1].strip().startswith(":edit learning_rate=")
        assert "0.3" in stage.lines[-2], "its value now"
        await stage.press("ctrl+u", "up")
        assert stage.lines[-1].strip() == ":step 3"
        await stage.press("enter")
        assert stage.frame.trained == 6
        await stage.press("colon", "x", "backspace", "backspace", ".")
        assert stage.frame.trained == 7, "backspace on an empty line closes it"
        await stage.press("colon", *"view", "escape", "space")
        assert stage.state == "running"


async def test_the_app_is_used_by_names_too(tmp_path: Path) -> None:
    async with opened(size=(100, 30)) as stage:
        await stage.press("e", "r", "e")
        assert "misses" in await enter(stage, "view data; zoom in; zoom out; seed after # all")
        assert "order is for the view seeds" in await enter(stage, "view memory; order")
        await stage.press("escape")
        assert re.search(r"1e-\d", await enter(stage, "log"))
        assert re.search(r"window 4\b", (await enter(stage, "log; crosshair 4")).split("\n")[1])
        await enter(stage, "crosshair off; name b wide one; pin a")
        text = await stage.seen("b")
        assert "wide one" in text
        assert re.search(r"xa the start", text)
        await stage.press("b")
        await enter(stage, f"save {tmp_path}/a.txt; save {tmp_path}/a.svg")
        await stage.until(lambda _: (tmp_path / "a.svg").exists())
        saved = (tmp_path / "a.txt").read_text()
        assert "epoch 1/3" in saved
        assert "q Quit" in saved, "without the line"
        assert (tmp_path / "a.svg").read_text().startswith("<svg")
        await enter(stage, "theme light")
        assert stage.app.theme == "textual-light"
        await enter(stage, "quit")
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
        await stage.press("colon")
        await stage.type("branch b")
        assert stage.text.count("b is no branch") == 1


async def test_a_word_that_does_nothing_here_closes_its_line() -> None:
    async with opened() as stage:
        await stage.at_once(":replica_after⏎.")
        assert stage.frame.trained == 1
