"""The state of the run beside its position, in every state and on every screen."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from echornn import EchoConfig
from echornn.session.commands import Step
from tests.door.app.stage import LARGE, MIDDLE, opened
from tests.recorded import record_branches
from tests.scripted import SMALL, ScriptedTrainer, scripted


async def test_while_it_loads_it_says_for_how_many_seconds() -> None:
    async with opened(loaded=False) as stage:
        assert re.search(r"loading +epoch 1/3 +window +0/10", stage.lines[0])
        assert "Undo" not in stage.lines[-1], "there is nothing to undo yet"
        stage.seconds[0] += 7.5
        await stage.shown()
        assert re.search(r"\b7 s\b", stage.lines[1])
        await stage.release()
        assert not re.search(r"\d s\b", stage.lines[1])
        words = " ".join(stage.lines[0].split()[1:])
        assert words == "paused epoch 1/3 window 0/10 loss - accuracy -"


async def test_while_it_compiles_it_says_what_and_for_how_many_seconds() -> None:
    async with opened() as stage:
        stage.hold()
        await stage.press("s", "down " * 13, "6 enter escape")
        await stage.until("loading")
        stage.seconds[0] += 12
        await stage.shown()
        assert "state_size 6" in stage.lines[1]
        assert re.search(r"\b12 s\b", stage.lines[1])
        await stage.press("L 1")
        stage.seconds[0] += 30
        await stage.shown()
        assert re.search(r"\b42 s\b", stage.lines[1])
        await stage.release()
        assert not re.search(r"\d s\b", stage.lines[1])
        stage.stands(state_size=6, replicas=64)


async def test_keys_pressed_while_it_loads_are_carried_out_in_order_when_it_has_loaded() -> None:
    async with opened(paused=False, loaded=False) as stage:
        text = await stage.after("minus space . . 2")
        assert re.search(r"\b2 windows\b.*\b50 windows/s", stage.lines[1])
        assert "misses" in text
        stage.stands(state="loading")
        await stage.release()
        stage.stands(state="paused", trained=2, speed=50)
    async with opened(paused=False, loaded=False) as stage:
        await stage.press("space space space")
        await stage.release()
        stage.stands(state="paused", trained=0)


async def test_a_training_that_fails_says_its_error_and_keeps_what_it_showed() -> None:
    async with opened(trainer=scripted(fails_at=12)) as stage:
        await stage.press("e . .")
        await stage.pilot.press(".")
        text = await stage.until("failed")
        assert re.search(r"failed +epoch 2/3 +window +2/10", text)
        assert "out of memory" in text
        assert "pred" in text
        await stage.pilot.press("space", ".", "e", "r", "u", "[", "s", "b", "L", "+")
        stage.stands(state="failed", trained=12, branch=0)
        assert "state_size " not in await stage.shown()
        await stage.pilot.press("2")
        assert "misses" in await stage.shown()
        await stage.pilot.press("q")
    assert stage.app.return_value == 0


def picky(config: EchoConfig) -> ScriptedTrainer:
    if config.state_size == 9:
        raise MemoryError("9 units do not fit")
    return ScriptedTrainer(config)


async def test_a_new_network_that_cannot_be_made_is_refused_and_the_one_before_goes_on() -> None:
    async with opened(trainer=picky, size=LARGE) as stage:
        text = await stage.after("e s", "down " * 13, "9 enter")
        assert "9 units do not fit" in " ".join(text.split())
        stage.stands(state="paused", trained=10, config=SMALL, branch=0)
        await stage.press("escape escape .")
        stage.stands(trained=11)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A run of twelve windows, and a branch of five more with another learning rate."""
    return record_branches(tmp_path / "run", 12, {"learning_rate": 0.1}, 5)


async def test_a_run_that_is_opened_again_shows_its_curve_before_the_network_is_there(
    recorded: Path,
) -> None:
    changed = replace(SMALL, learning_rate=0.2)
    async with opened(changed, folder=recorded, loaded=False) as stage:
        text = await stage.until("branch b")
        assert re.search(r"loading +branch b +epoch 2/3 +window +7/10", text)
        assert "learning_rate 0.2" in stage.lines[1]
        await stage.press("left")
        assert re.search(r"window 17\b", stage.lines[1])
        await stage.press("escape")
        await stage.release()
        stage.stands(state="paused", trained=17, branch=2, trained_in_all=17, learning_rate=0.2)
        await stage.press("u .")
        stage.stands(learning_rate=0.1, trained=18)


async def test_a_run_is_opened_at_an_earlier_window(recorded: Path) -> None:
    async with opened(folder=recorded, at=7) as stage:
        assert re.search(r"paused +at 7 of 17 +branch a", stage.text)
        stage.stands(learning_rate=0.3)


async def test_a_makes_the_change_that_the_advice_names_and_no_other() -> None:
    config = replace(SMALL, num_epochs=500, seed=3, learning_rate=0.2)
    guessing = scripted(forgets_at=0, wrong_every=2)
    async with opened(config, Step(4000), trainer=guessing, size=MIDDLE) as stage:
        assert "init glorot" in stage.text
        assert "a Advice" in stage.lines[-1]
        await stage.press("a")
        stage.stands(config=replace(config, init="glorot"), trained=0, branch=1)
        text = await stage.after("e u")
        stage.stands(config=config, trained=4000)
        assert "a: init glorot" not in text, "it was tried"
        await stage.press("a")
        stage.stands(branch=0, trained=4000)
