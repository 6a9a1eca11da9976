"""What each key does to the run: exactly so many windows, epochs, branches; what it shows; and many
keys at once."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pytest

from echornn.session.commands import Step
from tests.door.app.stage import LARGE, MIDDLE, Stage, opened
from tests.scripted import SMALL, scripted, scripted_loss

Facts = dict[str, Any]

PREPARED: Facts = {
    "state": "paused",
    "epoch": 1,
    "window": 10,
    "trained": 10,
    "trained_in_all": 22,
    "branch": 1,
    "is_past": False,
    "speed": 100.0,
    "undoable": 1,
    "redoable": False,
    "init_index": 0,
    "data_version": 0,
}


async def prepare(stage: Stage) -> None:
    """Twelve windows on branch a, then from the start again ten on branch b."""
    await stage.press("e . . r . e")
    stage.stands(**PREPARED)


def after(facts: Facts, effect: Facts) -> Facts:
    """The facts after this effect; epoch and window follow from the windows trained, since an
    epoch has ten, if they are not in the effect."""
    if effect.get("trained") and "window" not in effect:
        epoch, window = divmod(effect["trained"] - 1, 10)
        facts = {**facts, "epoch": epoch + 1, "window": window + 1}
    return {**facts, **effect}


STORIES: dict[str, list[tuple[str, Facts]]] = {
    "what has nothing to do": [
        ("U a f 8 enter ]", {}),
        ("L L", {}),
        ("[ ]", {}),
        ("home enter b enter", {}),
    ],
    "speed": [
        ("+", {"speed": 200.0}),
        ("=", {"speed": 500.0}),
        ("+ -", {}),
        ("- - -", {"speed": 50.0}),
        ("m", {"speed": math.inf}),
        ("-", {"speed": 1e6}),
    ],
    "training": [
        ("space", {"state": "running", "trained": 11, "trained_in_all": 23}),
        ("space", {"state": "paused"}),
        ("p", {"state": "running", "trained": 12, "trained_in_all": 24}),
        ("p", {"state": "paused"}),
        (".", {"trained": 13, "trained_in_all": 25}),
        (". .", {"trained": 15, "trained_in_all": 27}),
        ("e", {"trained": 20, "trained_in_all": 32}),
        ("e", {"state": "finished", "trained": 30, "trained_in_all": 42}),
    ],
    "the past": [
        ("[", {"trained": 9, "is_past": True}),
        ("[ [", {"trained": 7}),
        ("] ]", {"trained": 9}),
        ("]", {"trained": 10, "is_past": False}),
        (".", {"trained": 11, "trained_in_all": 23}),
        ("{", {"trained": 10, "is_past": True}),
        ("{", {"trained": 0, "window": 0}),
        ("}", {"trained": 10}),
        ("}", {"trained": 11, "is_past": False}),
        ("home enter", {"trained": 1, "is_past": True}),
        ("home right right enter", {"trained": 3}),
        (".", {"trained": 4, "trained_in_all": 24, "branch": 2, "undoable": 2, "is_past": False}),
        ("u", {"trained": 3, "branch": 1, "undoable": 1, "redoable": True, "is_past": True}),
    ],
    "restarts and undoing": [
        ("r", {"trained": 0, "window": 0, "branch": 2, "undoable": 2}),
        ("u", {"trained": 10, "branch": 1, "undoable": 1, "redoable": True}),
        (".", {"trained": 11, "trained_in_all": 23}),
        ("u", {"trained": 12, "branch": 0, "undoable": 0}),
        ("u", {}),
        (".", {"trained": 13, "trained_in_all": 24}),
        ("U", {"trained": 11, "branch": 1, "undoable": 1}),
        ("g", {"window": 0, "branch": 3, "data_version": 1, "undoable": 2, "redoable": False}),
        ("R", {"epoch": 1, "trained": 0, "branch": 4, "init_index": 1, "undoable": 3}),
        ("R", {"branch": 5, "init_index": 2}),
    ],
}


@pytest.mark.parametrize("story", STORIES)
async def test_each_key_has_this_effect_on_the_run_and_no_other(story: str) -> None:
    async with opened() as stage:
        await prepare(stage)
        facts = PREPARED
        for keys, effect in STORIES[story]:
            await stage.press(keys)
            facts = after(facts, effect)
            stage.stands(**facts, config=SMALL)
            check_first_line(stage)


def check_first_line(stage: Stage) -> None:
    frame, line = stage.frame, stage.lines[0]
    place = rf"{frame.state} .*epoch {frame.epoch}/3 +window +{frame.window}/10\b"
    assert re.search(place, line)
    assert ("branch" in line) == bool(frame.branch or frame.is_past)
    assert (f"at {frame.trained} of " in line) == frame.is_past
    if frame.window:
        assert f"loss {scripted_loss(frame.trained - 1):.4f}" in line


async def test_as_many_windows_are_trained_as_the_speed_says_and_none_in_a_pause() -> None:
    async with opened(replace(SMALL, num_epochs=100), speed=20) as stage:
        await stage.press("space")
        first = stage.frame.trained
        await stage.seconds_pass(2)
        stage.stands(trained=first + 40, state="running")
        await stage.press("space")
        await stage.seconds_pass(5)
        stage.stands(trained=first + 40, state="paused")
        await stage.press("+ space")
        again = stage.frame.trained
        await stage.seconds_pass(1)
        stage.stands(trained=again + 50)
        await stage.press("- -")
        await stage.seconds_pass(3)
        stage.stands(trained=again + 50 + 30)


async def test_at_full_speed_it_trains_to_the_end() -> None:
    async with opened(speed=math.inf, paused=False) as stage:
        text = await stage.until("finished")
        assert re.search(r"finished +epoch 3/3 +window 10/10", text)
        for key in ("space", ".", "e"):
            assert "finished" in await stage.after(key)
            stage.stands(trained=30)
        await stage.press("[")
        stage.stands(state="paused", trained=29)
        await stage.press("r e")
        stage.stands(state="paused", trained=10, trained_in_all=40)


async def test_a_diverged_loss_pauses_and_undo_goes_to_before_it() -> None:
    async with opened(trainer=scripted(diverges_at=15)) as stage:
        await stage.press("m e e")
        await stage.until(lambda text: "nan" in text.split("\n")[0])
        assert re.search(r"paused +epoch 2/3 +window +\d+/10 +loss nan", stage.text)
        await stage.press("u")
        stage.stands(trained=0, is_past=True, undoable=0)


async def test_d_goes_to_where_the_loss_falls_and_enter_goes_to_that_window() -> None:
    config = replace(SMALL, num_epochs=100)
    async with opened(config, Step(600), size=MIDDLE) as stage:
        await stage.press("d")
        match = re.search(r"windows (\d+) to (\d+)", stage.lines[1])
        assert match
        text = await stage.after("enter")
        trained = stage.frame.trained
        assert int(match[1]) <= trained <= int(match[2])
        stage.stands(is_past=True, trained_in_all=600)
        assert f"at {trained} of 600" in text


async def test_d_says_that_there_is_no_fall_before_anything_is_trained() -> None:
    async with opened() as stage:
        assert "no further fall of the loss is in sight" in await stage.after("d")


async def test_a_curve_without_room_has_no_crosshair_that_enter_goes_to() -> None:
    async with opened(SMALL, Step(5)) as stage:
        await stage.press("home")
        await stage.resize(40, 12)
        await stage.press("enter")
        stage.stands(trained=5, is_past=False)


VIEWS = {
    "1": "pred",
    "2": "misses",
    "3": "memory",
    "4": "gradient",
    "5": "weights",
    "9": "automaton",
    "6": "seeds",
    "7": "plane",
}


async def test_each_view_has_its_key_and_on_a_wide_screen_there_are_two() -> None:
    async with opened(size=(160, 45)) as stage:
        await stage.press("e 1")
        before = stage.frame
        for key, word in VIEWS.items():
            await stage.press(key)
            assert word in "\n".join(stage.lines[6:-1])
        assert "seeds" in "\n".join(stage.lines[6:-1]), "the view before"
        await stage.press("8 0")
        for name in PREPARED:
            assert getattr(stage.frame, name) == getattr(before, name)


async def test_tab_gives_the_arrows_to_the_view_and_back() -> None:
    async with opened() as stage:
        await stage.press("e")
        sentence = stage.lines[2]
        assert "┫" in stage.text
        assert "┫" not in await stage.after("tab")
        assert "row 1, step 10: target 1 echoes step 7" in await stage.after("left")
        assert re.search(r"row 2, step 9\b", await stage.after("left down"))
        assert "┫" in await stage.after("tab")
        assert stage.lines[2] == sentence


async def test_y_copies_the_command_that_shows_this_again() -> None:
    async with opened(replace(SMALL, learning_rate=0.25, cell="gru")) as stage:
        await stage.press("y")
        await stage.until("echornn-tui --")
        for flag in ("--learning-rate 0.25", "--cell gru", "--num-epochs 3"):
            assert flag in stage.app.clipboard


async def test_ctrl_c_names_the_key_that_quits() -> None:
    async with opened() as stage:
        assert "to quit the app" in await stage.after(". ctrl+c")


QUITS = ["q", "s down 1 ctrl+q", "colon x ctrl+q", "ctrl+p x ctrl+q"]


@pytest.mark.parametrize("keys", QUITS)
async def test_quit_ends_the_session(keys: str) -> None:
    async with opened() as stage:
        await stage.pilot.press(*keys.split())
        await stage.until(lambda _: stage.session.stopped.is_set())
    assert stage.app.return_value == 0


async def test_what_the_last_key_of_a_burst_did_is_on_the_screen() -> None:
    async with opened(size=LARGE) as stage:
        await stage.press("e e e")
        await stage.at_once("←" * 12)
        reading = stage.lines[1]
        assert reading.split()[1] == "19"
        await stage.press("escape", "left " * 12)
        assert stage.lines[1] == reading
        await stage.at_once("1234567" * 8 + "⇥ll2:log⏎")
        text = stage.text
        assert "misses" in text
        assert "1e-" in text
