"""What each key does to the run: exactly so many windows, epochs, branches; what it shows; and many
keys at once."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pytest

from echornn.session.commands import Step
from tests.door.app.stage import Stage, opened
from tests.scripted import SMALL, ScriptedTrainer, scripted_loss

STORY = ("e", ".", ".", "r", ".", "e")
"""Ten windows an epoch: 12 windows on branch a, then from the start again 10 on branch b."""

PREPARED: dict[str, Any] = {
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
STORIES: dict[str, list[tuple[str, dict[str, Any]]]] = {
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
        (
            "space",
            {"state": "running", "epoch": 2, "window": 1, "trained": 11, "trained_in_all": 23},
        ),
        ("space", {"state": "paused"}),
        ("p", {"state": "running", "window": 2, "trained": 12, "trained_in_all": 24}),
        ("p", {"state": "paused"}),
        (".", {"window": 3, "trained": 13, "trained_in_all": 25}),
        (". .", {"window": 5, "trained": 15, "trained_in_all": 27}),
        ("e", {"window": 10, "trained": 20, "trained_in_all": 32}),
        ("e", {"state": "finished", "epoch": 3, "trained": 30, "trained_in_all": 42}),
    ],
    "the past": [
        ("[", {"window": 9, "trained": 9, "is_past": True}),
        ("[ [", {"window": 7, "trained": 7}),
        ("] ]", {"window": 9, "trained": 9}),
        ("]", {"window": 10, "trained": 10, "is_past": False}),
        (".", {"epoch": 2, "window": 1, "trained": 11, "trained_in_all": 23}),
        ("{", {"epoch": 1, "window": 10, "trained": 10, "is_past": True}),
        ("{", {"window": 0, "trained": 0}),
        ("}", {"window": 10, "trained": 10}),
        ("}", {"epoch": 2, "window": 1, "trained": 11, "is_past": False}),
        ("home enter", {"epoch": 1, "window": 1, "trained": 1, "is_past": True}),
        ("home right right enter", {"window": 3, "trained": 3}),
        (
            ".",
            {
                "window": 4,
                "trained": 4,
                "trained_in_all": 24,
                "branch": 2,
                "undoable": 2,
                "is_past": False,
            },
        ),
        (
            "u",
            {
                "window": 3,
                "trained": 3,
                "branch": 1,
                "undoable": 1,
                "redoable": True,
                "is_past": True,
            },
        ),
    ],
    "restarts and undoing": [
        ("r", {"window": 0, "trained": 0, "branch": 2, "undoable": 2}),
        ("u", {"window": 10, "trained": 10, "branch": 1, "undoable": 1, "redoable": True}),
        (".", {"epoch": 2, "window": 1, "trained": 11, "trained_in_all": 23}),
        ("u", {"window": 2, "trained": 12, "branch": 0, "undoable": 0}),
        ("u", {}),
        (".", {"window": 3, "trained": 13, "trained_in_all": 24}),
        ("U", {"window": 1, "trained": 11, "branch": 1, "undoable": 1}),
        ("g", {"window": 0, "branch": 3, "data_version": 1, "undoable": 2, "redoable": False}),
        ("R", {"epoch": 1, "trained": 0, "branch": 4, "init_index": 1, "undoable": 3}),
        ("R", {"branch": 5, "init_index": 2}),
    ],
}


def facts(stage: Stage) -> dict[str, Any]:
    return {name: getattr(stage.frame, name) for name in PREPARED} | {"state": stage.state}


async def prepared(stage: Stage) -> None:
    await stage.press(*STORY)
    assert facts(stage) == PREPARED


@pytest.mark.parametrize("story", STORIES)
async def test_each_key_has_this_effect_on_the_run_and_no_other(story: str) -> None:
    async with opened() as stage:
        await prepared(stage)
        expected = PREPARED
        for keys, effect in STORIES[story]:
            await stage.press(*keys.split())
            expected = {**expected, **effect}
            assert facts(stage) == expected, keys
            frame, first = stage.frame, stage.lines[0]
            assert frame.config == SMALL
            assert re.search(
                rf"{stage.state} .*epoch {frame.epoch}/3 +window +{frame.window}/10\b", first
            )
            assert ("branch" in first) == bool(frame.branch or frame.is_past)
            if frame.window:
                assert f"loss {scripted_loss(frame.trained - 1):.4f}" in first
            assert (f"at {frame.trained} of " in first) == frame.is_past


async def test_as_many_windows_are_trained_as_the_speed_says_and_none_in_a_pause() -> None:
    async with opened(replace(SMALL, num_epochs=100), speed=20) as stage:
        await stage.press("space")
        first = stage.frame.trained
        await stage.seconds_pass(2)
        assert (stage.frame.trained, stage.state) == (first + 40, "running")
        await stage.press("space")
        await stage.seconds_pass(5)
        assert (stage.frame.trained, stage.state) == (first + 40, "paused")
        await stage.press("+", "space")
        again = stage.frame.trained
        await stage.seconds_pass(1)
        assert stage.frame.trained == again + 50
        await stage.press("-", "-")
        await stage.seconds_pass(3)
        assert stage.frame.trained == again + 50 + 30


async def test_at_full_speed_it_trains_to_the_end() -> None:
    async with opened(speed=math.inf, paused=False) as stage:
        text = await stage.until(lambda text: "finished" in text)
        assert re.search(r"finished +epoch 3/3 +window 10/10", text)
        assert stage.frame.trained == 30
        for key in ("space", ".", "e"):
            assert "finished" in await stage.seen(key)
            assert stage.frame.trained == 30
        await stage.press("[")
        assert (stage.state, stage.frame.trained) == ("paused", 29)
        await stage.press("r", "e")
        assert (stage.state, stage.frame.trained, stage.frame.trained_in_all) == ("paused", 10, 40)


def spike(config: Any) -> ScriptedTrainer:
    trainer = ScriptedTrainer(config)
    trainer.diverges_at = 15
    return trainer


async def test_a_diverged_loss_pauses_and_undo_goes_to_before_it() -> None:
    async with opened(trainer=spike) as stage:
        await stage.press("m", "e", "e")
        text = await stage.until(lambda text: "nan" in text.split("\n")[0])
        assert re.search(r"paused +epoch 2/3 +window +\d+/10 +loss nan", text)
        await stage.press("u")
        assert (stage.frame.trained, stage.frame.is_past, stage.frame.undoable) == (0, True, 0)


async def test_d_goes_to_where_the_loss_falls_and_enter_goes_to_that_window() -> None:
    config = replace(SMALL, num_epochs=100)
    async with opened(config, Step(600), size=(100, 30)) as stage:
        assert stage.frame.trained == 600
        text = await stage.seen("d")
        first, last = map(int, re.findall(r"windows (\d+) to (\d+)", text.split("\n")[1])[0])
        text = await stage.seen("enter")
        assert first <= stage.frame.trained <= last
        assert (stage.frame.is_past, stage.frame.trained_in_all) == (True, 600)
        assert f"at {stage.frame.trained} of 600" in text


async def test_a_curve_without_room_has_no_crosshair_that_enter_goes_to() -> None:
    async with opened(SMALL, Step(5)) as stage:
        await stage.press("home")
        await stage.resize(40, 12)
        await stage.press("enter")
        assert (stage.frame.trained, stage.frame.is_past) == (5, False)


async def test_d_says_that_there_is_no_fall_before_anything_is_trained() -> None:
    async with opened() as stage:
        assert "no further fall of the loss is in sight" in await stage.seen("d")


VIEWS = {
    "1": "pred",
    "2": "misses",
    "3": "memory",
    "4": "gradient",
    "5": "weights",
    "6": "seeds",
    "7": "plane",
}


async def test_each_view_has_its_key_and_on_a_wide_screen_there_are_two() -> None:
    async with opened(size=(160, 45)) as stage:
        await stage.press("e", "1")
        before = facts(stage)
        for key, word in VIEWS.items():
            text = await stage.seen(key)
            assert any(word in line for line in text.split("\n")[6:-1]), key
        assert "seeds" in "\n".join(stage.lines[6:-1]), "the view before"
        assert facts(stage) == before
        await stage.press("8", "9", "0")
        assert facts(stage) == before


async def test_tab_gives_the_arrows_to_the_view_and_back() -> None:
    async with opened() as stage:
        await stage.press("e")
        sentence = stage.lines[2]
        assert "┫" in stage.text
        assert "┫" not in await stage.seen("tab")
        assert re.search(r"row 1, step 10: target 1 echoes step 7", await stage.seen("left"))
        assert re.search(r"row 2, step 9\b", await stage.seen("left", "down"))
        text = await stage.seen("tab")
        assert "┫" in text
        assert text.split("\n")[2] == sentence


async def test_y_copies_the_command_that_shows_this_again() -> None:
    async with opened(replace(SMALL, learning_rate=0.25, cell="gru")) as stage:
        await stage.press("y")
        await stage.until(lambda text: "echornn-tui --" in text)
        for flag in ("--learning-rate 0.25", "--cell gru", "--num-epochs 3"):
            assert flag in stage.app.clipboard


QUITS = [
    ["q"],
    ["s", "down", "1", "ctrl+q"],
    ["colon", "x", "ctrl+q"],
    ["question_mark", "slash", "x", "ctrl+q"],
    ["ctrl+p", "x", "ctrl+q"],
]


async def test_ctrl_c_names_the_key_that_quits() -> None:
    async with opened() as stage:
        await stage.press(".", "ctrl+c")
        assert "to quit the app" in stage.text


@pytest.mark.parametrize("keys", QUITS)
async def test_quit_ends_the_session(keys: list[str]) -> None:
    async with opened() as stage:
        await stage.pilot.press(*keys)
        await stage.until(lambda _: stage.session.stopped.is_set())
    assert stage.app.return_value == 0


async def carried_out(stage: Stage, *keys: str) -> str:
    stage.burst(*keys)
    for _ in range(8):
        await stage.pilot.pause()
    return await stage.seen()


async def test_keys_of_a_burst_are_carried_out_in_their_order() -> None:
    async with opened(size=(120, 40)) as stage:
        await carried_out(
            stage,
            *["full_stop"] * 7,
            "r",
            "minus",
            "minus",
            "plus",
            "left_square_bracket",
            "r",
            "full_stop",
        )
        assert (stage.frame.trained, stage.frame.speed, stage.state) == (1, 50, "paused")
        text = await carried_out(stage, *["s", *["down"] * 13, "6", "enter", "escape", "e"])
        assert (stage.frame.config.state_size, stage.frame.trained, stage.state) == (
            6,
            10,
            "paused",
        )
        assert "> state_size" not in text
        await carried_out(
            stage, "s", "home", "down", "0", "full_stop", "1", "5", "enter", "s", "full_stop"
        )
        assert (stage.frame.config.learning_rate, stage.frame.trained) == (0.15, 11)
        await carried_out(stage, "colon", *"step", "space", "4", "enter", "l", "2")
        assert stage.frame.trained == 15
        assert "misses" in stage.text
        assert "1e-" in stage.text


async def test_what_the_last_key_of_a_burst_did_is_on_the_screen() -> None:
    async with opened(size=(120, 40)) as stage:
        await stage.press("e", "e", "e")
        text = await carried_out(stage, *["left"] * 12)
        first = int(text.split("\n")[1].split()[1])
        await stage.press("escape")
        slowly = await stage.seen(*["left"] * 12)
        assert slowly.split("\n")[1] == text.split("\n")[1]
        assert first == 30 - 11
        text = await carried_out(stage, *"1234567" * 8, "tab", "l", "l", "2")
        assert "misses" in text
