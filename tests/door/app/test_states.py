"""The state of the run beside its position, in every state and on every screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from echornn.session.commands import Step
from tests.door.app.stage import opened
from tests.recorded import record_branches
from tests.scripted import SMALL, ScriptedTrainer


async def test_while_it_compiles_the_status_says_what_and_for_how_many_seconds() -> None:
    async with opened(loaded=False) as stage:
        assert re.search(r"loading +epoch 1/3 +window +0/10", stage.lines[0])
        stage.seconds[0] += 7.5
        assert re.search(r"\b7 s\b", (await stage.shown()).split("\n")[1])
        assert not re.search(r"\d s\b", (await stage.release()).split("\n")[1])
        assert stage.lines[0].split()[1:] == [
            "paused",
            "epoch",
            "1/3",
            "window",
            "0/10",
            "loss",
            "-",
            "accuracy",
            "-",
        ]
        stage.hold()
        await stage.press("s", *["down"] * 13, "6", "enter", "escape")
        await stage.until(lambda text: "loading" in text)
        stage.seconds[0] += 12
        second = (await stage.shown()).split("\n")[1]
        assert "state_size 6" in second
        assert re.search(r"\b12 s\b", second)
        await stage.press("L", "1")
        stage.seconds[0] += 30
        assert re.search(r"\b42 s\b", (await stage.shown()).split("\n")[1])
        assert not re.search(r"\d s\b", (await stage.release()).split("\n")[1])
        assert (stage.frame.config.state_size, stage.frame.config.replicas) == (6, 64)


async def test_keys_pressed_while_it_loads_are_carried_out_in_order_when_it_has_loaded() -> None:
    async with opened(paused=False, loaded=False) as stage:
        await stage.press("minus", "space", ".", ".", "2")
        second = stage.lines[1]
        assert re.search(r"\b2 windows\b.*\b50 windows/s", second)
        assert any("misses" in line for line in stage.lines)
        assert stage.state == "loading"
        await stage.release()
        assert (stage.state, stage.frame.trained, stage.frame.speed) == ("paused", 2, 50)
    async with opened(paused=False, loaded=False) as stage:
        await stage.press("space", "space", "space")
        await stage.release()
        assert (stage.state, stage.frame.trained) == ("paused", 0)


def failing(at: int) -> Callable[[Any], ScriptedTrainer]:
    def made(config: Any) -> ScriptedTrainer:
        trainer = ScriptedTrainer(config)
        trainer.fails_at = at
        return trainer

    return made


async def test_a_training_that_fails_says_its_error_and_keeps_what_it_showed() -> None:
    async with opened(trainer=failing(12)) as stage:
        await stage.press("e", ".", ".")
        await stage.pilot.press(".")
        text = await stage.until(lambda text: "failed" in text)
        assert re.search(r"failed +epoch 2/3 +window +2/10", text)
        assert "out of memory" in text
        assert "pred" in text
        for key in ("space", ".", "e", "r", "u", "[", "s", "b", "L", "+"):
            await stage.pilot.press(key)
        assert (stage.state, stage.frame.trained, stage.frame.branch) == ("failed", 12, 0)
        assert "state_size " not in await stage.shown()
        await stage.pilot.press("2")
        assert "misses" in await stage.shown()
        await stage.pilot.press("q")
    assert stage.app.return_value == 0


async def test_a_new_network_that_cannot_be_made_is_refused_and_the_one_before_goes_on() -> None:
    def picky(config: Any) -> ScriptedTrainer:
        if config.state_size == 9:
            raise MemoryError("9 units do not fit")
        return ScriptedTrainer(config)

    async with opened(trainer=picky, size=(120, 40)) as stage:
        await stage.press("e", "s", *["down"] * 13, "9", "enter")
        assert "9 units do not fit" in " ".join(stage.text.split())
        assert (stage.state, stage.frame.trained, stage.frame.config, stage.frame.branch) == (
            "paused",
            10,
            SMALL,
            0,
        )
        await stage.press("escape", "escape", ".")
        assert stage.frame.trained == 11


async def test_a_run_that_is_opened_again_shows_its_curve_before_the_network_is_there(
    tmp_path: Path,
) -> None:
    record_branches(tmp_path / "run", 12, {"learning_rate": 0.1}, 5)
    async with opened(
        replace(SMALL, learning_rate=0.2), folder=tmp_path / "run", loaded=False
    ) as stage:
        text = await stage.until(lambda text: "branch b" in text)
        assert re.search(r"loading +branch b +epoch 2/3 +window +7/10", text)
        assert "learning_rate 0.2" in text.split("\n")[1]
        assert re.search(r"window 17\b", (await stage.seen("left")).split("\n")[1])
        await stage.press("escape")
        await stage.release()
        frame = stage.frame
        assert (stage.state, frame.trained, frame.branch, frame.trained_in_all) == (
            "paused",
            17,
            2,
            17,
        )
        assert stage.frame.config.learning_rate == 0.2
        await stage.press("u", ".")
        assert (stage.frame.config.learning_rate, stage.frame.trained) == (0.1, 18)


async def test_a_run_is_opened_at_an_earlier_window(tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 12, {"learning_rate": 0.1}, 5)
    async with opened(SMALL, folder=tmp_path / "run", at=7) as stage:
        assert re.search(r"paused +at 7 of 17 +branch a", stage.text)
        assert stage.frame.config.learning_rate == 0.3


def guessing(config: Any) -> ScriptedTrainer:
    trainer = ScriptedTrainer(config)
    trainer.forgets_at, trainer.wrong_every = 0, 2
    return trainer


async def test_a_makes_the_change_that_the_advice_names_and_no_other() -> None:
    config = replace(SMALL, num_epochs=500, seed=3, learning_rate=0.2)
    async with opened(config, Step(4000), trainer=guessing, size=(100, 30)) as stage:
        assert "init glorot" in stage.text
        assert "a Advice" in stage.lines[-1]
        await stage.press("a")
        assert stage.frame.config == replace(config, init="glorot")
        assert (stage.frame.trained, stage.frame.branch) == (0, 1)
        await stage.press("e", "u")
        assert (stage.frame.config, stage.frame.trained) == (config, 4000)
        assert "a: init glorot" not in stage.text, "it was tried"
        await stage.press("a")
        assert (stage.frame.branch, stage.frame.trained) == (0, 4000)
