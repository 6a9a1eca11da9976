"""The settings beside the curve: each kind of field, edited live or by a restart; and the
presets."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from echornn import EchoConfig
from tests.door.app.stage import LARGE, Stage, opened
from tests.scripted import SMALL


async def open_at(stage: Stage, field: str) -> None:
    """Open the settings, and put the cursor on a field."""
    await stage.press("s")
    assert f"> {field} " in await stage.click(f"  {field} ", 2)


@pytest.mark.parametrize(
    ("field", "keys", "value", "trained"),
    [
        ("learning_rate", "0 . 0 1 5 enter", 0.015, 12),
        ("echo_step", "-", 2, 12),
        ("rule", "+ enter", "rtrl", 12),
        ("cell", "+ enter", "gru", 0),
        ("init", "left enter", "orthogonal", 0),
    ],
)
async def test_a_field_is_changed_and_the_network_goes_on_or_starts_over(
    field: str, keys: str, value: Any, trained: int
) -> None:
    async with opened(size=(100, 42)) as stage:
        await stage.press("e . .")
        await open_at(stage, field)
        assert f"{field} " in await stage.after(keys)
        stage.stands(config=replace(SMALL, **{field: value}), trained=trained)
        await stage.press("escape .")
        stage.stands(trained=trained + 1)
        await stage.press("u")
        stage.stands(config=SMALL, trained=12)


async def test_drafts_of_several_fields_are_one_change_which_escape_drops() -> None:
    async with opened(size=LARGE) as stage:
        await open_at(stage, "state_size")
        assert "*" in await stage.after("8 down down 4")
        stage.stands(config=SMALL)
        assert "> " in await stage.after("escape")
        await stage.press("enter")
        stage.stands(config=SMALL)
        assert "> state_size" in await stage.after("up up")
        await stage.press("8 down down 4 enter escape")
        stage.stands(config=replace(SMALL, state_size=8, batch_size=4), undoable=1)
        await stage.press("u")
        stage.stands(config=SMALL)


async def test_a_value_that_cannot_be_used_is_refused_beside_its_field() -> None:
    async with opened() as stage:
        await open_at(stage, "learning_rate")
        await stage.press("0 enter")
        _, y = stage.place("> learning_rate")
        assert "learning_rate = 0" in stage.lines[y + 1]
        stage.stands(config=SMALL)
        assert "learning_rate = 0" not in await stage.after("ctrl+u 0 . 0 5 enter")
        stage.stands(learning_rate=0.05)


async def test_every_field_can_be_reached() -> None:
    fields = EchoConfig().fields()
    async with opened() as stage:
        await stage.press("s")
        reached = []
        for _ in range(1 + len(fields)):
            reached += re.findall(r"> ([a-z_]+) ", stage.text)
            await stage.press("down")
        assert {*reached} == {"preset", *fields}


async def test_letters_are_text_only_in_a_number() -> None:
    async with opened() as stage:
        assert "1q" in await stage.after("s down 1 q space")
        stage.stands(state="paused")
        await stage.press("ctrl+u 0 . 2 enter space")
        stage.stands(state="running", learning_rate=0.2)
        assert "> " not in await stage.after("s")


async def test_what_is_over_the_settings_has_the_keys() -> None:
    async with opened(size=(120, 36)) as stage:
        text = await stage.after("s down question_mark down escape")
        assert "escape closes ─╯" not in text
        assert "> learning_rate" in text
        text = await stage.after("ctrl+p enter 1")  # the first command; 1 is text in the settings
        assert "learning_rate  1" in text
        stage.stands(state="running")


async def test_after_the_last_epoch_the_settings_begin_at_the_number_of_epochs() -> None:
    async with opened() as stage:
        await stage.press("e e e")
        assert "> num_epochs" in await stage.after("s")
        await stage.press("+ escape e")
        stage.stands(state="finished", trained=40)


async def test_the_presets_are_a_list_with_a_line_each() -> None:
    async with opened() as stage:
        text = await stage.after("s")
        assert "> preset" in text
        assert "LSTM" not in text
        text = await stage.after("enter")
        assert re.search(r"> glorot .*init glorot", text)
        assert "echo 14, within T 15" in text
        text = await stage.after("down down down down")
        assert re.search("> LSTM .*cell", text)
        stage.stands(config=SMALL)
        assert "> preset" in await stage.after("escape")
        assert "> glorot" in await stage.after("+")
        assert "> as in the tutorial" in await stage.after("end")
        await stage.press("escape escape")
        stage.stands(config=SMALL)


async def test_enter_applies_the_chosen_preset() -> None:
    async with opened() as stage:
        text = await stage.after("e s enter down down down down enter")
        stage.stands(config=replace(SMALL, cell="lstm", init="glorot"), undoable=1, trained=0)
        assert "> preset" in text
        await stage.press("escape u")
        stage.stands(config=SMALL, trained=10)


async def test_another_task_is_one_change_with_its_settings() -> None:
    async with opened(size=LARGE) as stage:
        await open_at(stage, "task")
        assert "two_coins" in await stage.after("+ enter")
        stage.stands(task="two_coins")
        await stage.press("escape e")
        stage.stands(trained=stage.frame.config.windows_per_epoch)
        await stage.press("u")
        stage.stands(config=SMALL)
