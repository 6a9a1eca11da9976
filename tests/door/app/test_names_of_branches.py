"""Names and pins of branches, given on several screens at once, and kept with the run."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from echornn.session.commands import Edit, Go, Hide, Name, Pin, Reset, Save, Step
from tests.door.app.attached_screens import answers_slowly, screens_on
from tests.patience import wait_for
from tests.sockets import own_sockets

TWO_BRANCHES = (Step(20), Go(0, 10), Edit({"learning_rate": 0.1}), Step(5))


@pytest.fixture(autouse=True)
def _sockets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, own_sockets(patch, tmp_path_factory):
        yield


def kept(folder: Path) -> tuple[dict[str, str], list[int], list[int]]:
    """The names in a run's folder, and which branches are pinned, and hidden."""
    try:
        notes = json.loads((folder / "branches.json").read_text())
    except FileNotFoundError:
        return {}, [], []
    return notes["names"], notes["pinned"], notes["hidden"]


async def test_two_screens_give_names_and_each_shows_and_keeps_both(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    async with screens_on(folder) as screens:
        here = await screens.here(*TWO_BRANCHES)
        there = await screens.attached()
        for screen in (here, there):
            await screen.shows(lambda text: "branch b" in text)
            await screen.press("b")
            await screen.shows(lambda text: "a the start" in text)
        await here.press("n", *"first", "enter")
        await there.press("end", "n", *"second", "enter", "x")
        for screen in (here, there):
            await screen.shows(lambda text: "first: " in text and "xa second: " in text)
    assert kept(folder) == ({"0": "second", "1": "first"}, [0], [])


async def test_a_screen_whose_answers_come_late_erases_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "run"
    async with screens_on(folder) as screens:
        here = await screens.here(*TWO_BRANCHES)
        await here.shows(lambda text: "branch b" in text)
        await here.press("b", "n", *"first", "enter", "x", "b")
        await here.shows(lambda text: "first" in text)
        answers_slowly(monkeypatch)
        there = await screens.attached()
        await there.press("b")
        await there.shows(lambda text: "first: " in text)
        await there.press("end", "n", *"second", "enter")
        await here.press("b")
        await here.shows(lambda text: "first: " in text and "second: " in text)
    assert kept(folder) == ({"0": "second", "1": "first"}, [1], [])


async def test_names_pins_and_hidden_branches_are_there_again_after_an_end_and_after_a_kill(tmp_path: Path) -> None:
    folder, killed = tmp_path / "run", tmp_path / "killed"
    notes = (Name(0, " first "), Pin(0), Hide(1), Name(2, "x"), Name(2))
    async with screens_on(folder) as screens:
        await screens.here(*TWO_BRANCHES, Reset(), Step(2), Save(), *notes)
        await screens.saved()
        assert kept(folder) == ({"0": "first"}, [0], [1])
        shutil.copytree(folder, killed)
    for again in (folder, killed):
        async with screens_on(again) as screens:
            here = await screens.here()
            await here.shows(lambda text: "branch c" in text)
            await here.press("b")
            text = await here.shows(lambda text: ">*c" in text)
            assert "  b learning_rate 0.1 from window 10" in text
            assert " xa first: the start" in text
            await here.press("down", "space")
            assert ">+b learning" in await here.shows(lambda text: ">+b" in text)


async def test_a_viewer_that_only_looks_gives_no_names_and_one_that_does_not_steer_does(tmp_path: Path) -> None:
    async with screens_on(tmp_path / "run") as screens:
        await screens.here(*TWO_BRANCHES)
        looks, watches = await screens.viewer(only_looks=True), await screens.viewer()
        numbers = [looks.send(Name(0, "looked")), looks.send(Pin(0)), looks.send(Hide(0))]
        await asyncio.to_thread(wait_for, lambda: looks.not_done(3))
        assert all((refused := looks.not_done(number)) and refused.was_refused for number in numbers)
        watches.send(Name(1, "watched"))
        assert watches.send(Step(5)) == 2
        await asyncio.to_thread(wait_for, lambda: watches.not_done(2))
        await asyncio.to_thread(wait_for, lambda: kept(tmp_path / "run") == ({"1": "watched"}, [], []))
        assert screens.session.frame.trained == 15


async def test_that_names_cannot_be_kept_is_said_and_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    async with screens_on(folder) as screens:
        here = await screens.here(*TWO_BRANCHES)
        (folder / "branches.json").mkdir()
        await here.press(*":name a first", "enter")
        await here.shows(lambda text: "branches not saved" in text)
        (folder / "branches.json").rmdir()
        await here.shows(lambda text: "not saved" not in text)
        assert kept(folder) == ({"0": "first"}, [], [])
