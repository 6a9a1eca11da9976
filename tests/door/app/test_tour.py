"""The tour: the steps of a lesson, each with a key that leads on when what it waits for has
come."""

from __future__ import annotations

from dataclasses import replace

from tests.door.app.stage import Stage, opened
from tests.scripted import SMALL

LONG = replace(SMALL, num_epochs=1000)


async def at_step(stage: Stage, number: int) -> None:
    await stage.until(lambda text: f"tour {number} of 7" in text)


async def ready(stage: Stage, number: int, key: str, of: int = 7) -> str:
    """The text as soon as a step names its key; until then the run goes on, and the probes
    measure."""

    def is_there(text: str) -> bool:
        return f"tour {number} of {of}" in text and f"press {key}" in text

    for _ in range(20):
        await stage.seconds_pass(0.3)
        if is_there(stage.text):
            return stage.text
    return await stage.until(is_there)


async def test_each_key_leads_on_and_the_numbers_are_those_of_the_run() -> None:
    async with opened(LONG, speed=1000, tour=True, ascii_only=True) as stage:
        await at_step(stage, 1)
        await stage.press("3", "space", "space")
        await at_step(stage, 1)
        trained = stage.frame.trained
        await stage.press(".")
        assert stage.frame.trained == trained + 1
        await at_step(stage, 2)
        await stage.press("space")
        await at_step(stage, 3)
        await stage.press("3")
        await at_step(stage, 3)
        text = await ready(stage, 3, "3")
        assert "263" in text
        assert "0.693" in text
        await stage.press("3")
        await ready(stage, 4, "4")
        await stage.press("4")
        await ready(stage, 5, "t")
        await stage.press("t")
        await at_step(stage, 6)
        assert stage.frame.config.truncated_backprop_length == 3
        text = await ready(stage, 6, "u")
        assert "T" in text
        assert stage.frame.trained >= 1000
        await stage.press("u")
        await at_step(stage, 7)
        assert stage.frame.config == LONG
        await stage.press("L")
        while "tour: the end" not in stage.text:
            await stage.seconds_pass(0.3)
        assert stage.frame.config.replicas == 64
        assert stage.text.isascii()
        await stage.press("question_mark", "escape", "escape")
        assert "leave the tour" not in stage.text
        assert stage.frame.config.replicas == 64


async def test_it_is_left_at_any_step_and_the_run_goes_on() -> None:
    for keys in ([], ["."]):
        async with opened(LONG, tour=True) as stage:
            await stage.press(*keys)
            await at_step(stage, len(keys) + 1)
            await stage.press("s", "escape")
            await at_step(stage, len(keys) + 1)
            await stage.press("escape")
            assert "of 7" not in stage.text
            before = stage.frame.trained
            await stage.press("t", ".")
            assert stage.frame.trained == before + 1
            assert stage.frame.config == LONG
            await stage.pilot.press("q")
        assert stage.app.return_value == 0


async def test_the_lesson_on_clipping_leads_from_key_to_key() -> None:
    async with opened(LONG, speed=1000, tour=True, lesson="clipping") as stage:
        for number, key in ((1, "t"), (1, "c"), (3, "t"), (4, "space")):
            await ready(stage, number, key, of=4)
            await stage.press(key)
        for _ in range(20):
            await stage.seconds_pass(0.3)
        assert "tour: the end" in stage.text
        assert " norm" in stage.text
        assert "clipped above 0.300" in stage.text
        config = stage.frame.config
        assert (config.value("optimizer"), config.learning_rate, config.clip_norm) == (
            "sgd",
            1.0,
            0.3,
        )
