"""The tour: the steps of a lesson, each with a key that leads on when what it waits for has
come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.door.app.stage import TOUR, Stage, lesson_screen, opened, screen_with
from tests.scripted import SMALL

LONG = replace(SMALL, num_epochs=1000)


async def at_step(stage: Stage, number: int) -> None:
    await stage.until(f"tour {number} of 7")


async def ready(stage: Stage, step: str, key: str) -> str:
    """The text as soon as a step names its key; until then the run goes on, and the probes
    measure."""

    def is_there(text: str) -> bool:
        return f"tour {step}" in text and f"press {key}" in text

    for _ in range(20):
        await stage.seconds_pass(0.3)
        if is_there(stage.text):
            return stage.text
    return await stage.until(is_there)


async def test_each_key_leads_on_and_the_numbers_are_those_of_the_run() -> None:
    async with opened(LONG, speed=1000, training=TOUR, ascii_only=True) as stage:
        await at_step(stage, 1)
        await stage.press("3 space space")
        await at_step(stage, 1)
        trained = stage.frame.trained
        await stage.press(".")
        stage.stands(trained=trained + 1)
        await at_step(stage, 2)
        await stage.press("space")
        await at_step(stage, 3)
        await stage.press("3")
        await at_step(stage, 3)
        text = await ready(stage, "3 of 7", "3")
        assert "263" in text
        assert "0.693" in text
        await stage.press("3")
        await ready(stage, "4 of 7", "4")
        await stage.press("4")
        await ready(stage, "5 of 7", "t")
        await stage.press("t")
        await at_step(stage, 6)
        stage.stands(truncated_backprop_length=3)
        assert "T" in await ready(stage, "6 of 7", "u")
        assert stage.frame.trained >= 1000
        await stage.press("u")
        await at_step(stage, 7)
        stage.stands(config=LONG)
        await stage.press("L")
        while "tour: the end" not in stage.text:
            await stage.seconds_pass(0.3)
        stage.stands(replicas=64)
        assert stage.text.isascii()
        text = await stage.after("question_mark escape escape")
        assert "leave the tour" not in text
        stage.stands(replicas=64)


@pytest.mark.parametrize(("keys", "step"), [("", 1), (".", 2)])
async def test_it_is_left_at_any_step_and_the_run_goes_on(keys: str, step: int) -> None:
    async with opened(LONG, training=TOUR) as stage:
        await stage.press(keys)
        await at_step(stage, step)
        await stage.press("s escape")
        await at_step(stage, step)
        assert "of 7" not in await stage.after("escape")
        before = stage.frame.trained
        await stage.press("t .")
        stage.stands(trained=before + 1, config=LONG)
        await stage.pilot.press("q")
    assert stage.app.return_value == 0


async def test_the_lesson_on_clipping_leads_from_key_to_key() -> None:
    async with opened(LONG, speed=1000, training=lesson_screen("clipping")) as stage:
        for step, key in (("1 of 4", "t"), ("1 of 4", "c"), ("3 of 4", "t"), ("4 of 4", "space")):
            await ready(stage, step, key)
            await stage.press(key)
        for _ in range(20):
            await stage.seconds_pass(0.3)
        for words in ("tour: the end", " norm", "clipped above 0.300"):
            assert words in stage.text
        stage.stands(optimizer="sgd", learning_rate=1.0, clip_norm=0.3)


async def test_the_lesson_on_solutions_ends_with_two_networks_side_by_side() -> None:
    async with opened(LONG, speed=1000, training=lesson_screen("solutions")) as stage:
        for step in ("1 of 5", "3 of 5", "4 of 5", "5 of 5"):
            await ready(stage, step, "t")
            await stage.press("t")
        assert "seed 10" in await stage.until("seed 36")
        stage.stands(replicas=32, replica=10 - 7)
        assert "tour: the end" in await stage.after("escape")


async def test_the_lesson_on_the_automaton_goes_back_to_before_it_was_solved() -> None:
    async with opened(LONG, speed=1000, training=lesson_screen("automaton")) as stage:
        for step, key in (("1 of 5", "t"), ("3 of 5", "9"), ("4 of 5", "t")):
            await ready(stage, step, key)
            await stage.press(key)
        await ready(stage, "5 of 5", "t")
        stage.stands(task="parity", state_size=8, trained=250, state="paused")
        await stage.press("t")
        assert "tour: the end" in stage.text
        stage.stands(is_past=False)


async def test_a_step_waits_until_all_lines_of_the_step_before_are_done() -> None:
    lesson = "# Again\n: step 20\n: norms; name a long; restart\n: until 10\n: undo\n"
    async with opened(LONG, training=screen_with(lesson)) as stage:
        await stage.press("t")
        await stage.until(lambda _: stage.frame.trained == 20)
        await stage.press("c")
        await stage.until(lambda _: stage.frame.trained == 0)
        assert "press space: train on" in stage.text
        await stage.press(". . . . . . . . . .")
        stage.stands(trained=10)
        assert "press u: undo" in stage.text
