"""The settings beside the curve: each kind of field, edited live or by a restart; and the
presets."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from echornn import EchoConfig
from tests.door.app.stage import Stage, opened
from tests.scripted import SMALL


async def at_field(stage: Stage, name: str) -> None:
    """Open the settings, and put the cursor on a field."""
    await stage.press("s")
    assert f"> {name} " in await stage.click(f"  {name} ", 2)


LIVE = [
    ("learning_rate", [*"0.015", "enter"], 0.015),
    ("echo_step", ["-"], 2),
    ("rule", ["+", "enter"], "rtrl"),
]
ANEW = [
    ("state_size", ["+", "+", "enter"], 6),
    ("cell", ["+", "enter"], "gru"),
    ("init", ["right", "enter"], "glorot"),
    ("truncated_backprop_length", [*"20", "enter"], 20),
]


@pytest.mark.parametrize("goes_on", [True, False])
async def test_a_field_is_changed_and_the_network_goes_on_or_starts_over(goes_on: bool) -> None:
    async with opened(size=(100, 42)) as stage:
        await stage.press("e", ".", ".")
        for name, keys, value in LIVE if goes_on else ANEW:
            await at_field(stage, name)
            await stage.press(*keys)
            assert stage.frame.config == replace(SMALL, **{name: value})  # type: ignore[arg-type]
            assert stage.frame.trained == (12 if goes_on else 0)
            assert f"{name} " in stage.text
            await stage.press("escape", ".")
            assert stage.frame.trained == (13 if goes_on else 1)
            await stage.press("u")
            assert (stage.frame.config, stage.frame.trained) == (SMALL, 12)


async def test_drafts_of_several_fields_are_one_change_which_escape_drops() -> None:
    async with opened(size=(120, 40)) as stage:
        await at_field(stage, "state_size")
        text = await stage.seen("8", "down", "down", "4")
        assert stage.frame.config == SMALL
        assert text.count("*") >= 1
        await stage.press("escape")
        assert "> " in stage.text
        await stage.press("enter")
        assert stage.frame.config == SMALL
        await stage.press("up", "up")
        assert "> state_size" in stage.text
        await stage.press("8", "down", "down", "4", "enter", "escape")
        assert stage.frame.config == replace(SMALL, state_size=8, batch_size=4)
        assert stage.frame.undoable == 1
        await stage.press("u")
        assert stage.frame.config == SMALL


async def test_a_value_that_cannot_be_used_is_refused_beside_its_field() -> None:
    async with opened() as stage:
        await at_field(stage, "learning_rate")
        lines = (await stage.seen("0", "enter")).split("\n")
        at = next(y for y, line in enumerate(lines) if "> learning_rate" in line)
        assert "learning_rate = 0" in lines[at + 1]
        assert stage.frame.config == SMALL
        await stage.press("ctrl+u", *"0.05", "enter")
        assert stage.frame.config.learning_rate == 0.05
        assert "learning_rate = 0" not in stage.text


async def test_every_field_can_be_reached_and_letters_are_text_only_in_a_number() -> None:
    async with opened(size=(80, 24)) as stage:
        seen = []
        text = await stage.seen("s")
        for _ in range(1 + len(EchoConfig().fields())):
            seen += re.findall(r"> ([a-z_]+) ", text)
            text = await stage.seen("down")
        assert set(seen) == {"preset", *EchoConfig().fields()}
        assert "> learning_rate" in await stage.seen("home", "down")
        await stage.press("1", "q", "space")
        assert stage.state == "paused"
        assert "1q" in stage.text
        await stage.press("ctrl+u", *"0.2", "enter", "space")
        assert (stage.state, stage.frame.config.learning_rate) == ("running", 0.2)
        await stage.press("s")
        assert "> " not in stage.text


async def test_what_is_over_the_settings_has_the_keys() -> None:
    async with opened(size=(120, 36)) as stage:
        await stage.press("s", "down", "question_mark", "down", "escape")
        assert "escape closes ─╯" not in stage.text
        assert "> learning_rate" in stage.text
        await stage.press("ctrl+p", "enter", "1")  # the first command; 1 is text in the settings
        assert stage.state == "running"
        assert "learning_rate  1" in stage.text


async def test_after_the_last_epoch_the_settings_begin_at_the_number_of_epochs() -> None:
    async with opened() as stage:
        await stage.press("e", "e", "e")
        assert stage.state == "finished"
        assert "> num_epochs" in await stage.seen("s")
        await stage.press("+", "escape", "e")
        assert (stage.state, stage.frame.trained) == ("finished", 40)


async def test_the_presets_are_a_list_with_a_line_each_and_enter_applies_the_chosen_one() -> None:
    async with opened() as stage:
        await stage.press("e", "s")
        assert "> preset" in stage.text
        assert "LSTM" not in stage.text
        text = await stage.seen("enter")
        listed = [
            line[line.index("  init") - 30 :] if "  init" in line else line
            for line in text.split("\n")
        ]
        assert any("> glorot" in line and "init glorot" in line for line in listed)
        assert any("echo 14, within T 15" in line for line in listed)
        text = await stage.seen("down", "down", "down", "down")
        (chosen,) = [line for line in text.split("\n") if "> LSTM" in line]
        assert "cell" in chosen
        assert stage.frame.config == SMALL
        await stage.press("enter")
        assert stage.frame.config == replace(SMALL, cell="lstm", init="glorot")
        assert (stage.frame.undoable, stage.frame.trained) == (1, 0)
        assert "> preset" in stage.text
        await stage.press("enter", "escape")
        assert "> preset" in stage.text
        assert "> glorot" in await stage.seen("+")
        assert "> as in the tutorial" in await stage.seen("end")
        await stage.press("escape", "escape")
        assert stage.frame.config.cell == "lstm"
        await stage.press("u")
        assert (stage.frame.config, stage.frame.trained) == (SMALL, 10)


async def test_another_task_is_one_change_with_its_settings() -> None:
    async with opened(size=(120, 40)) as stage:
        await at_field(stage, "task")
        await stage.press("+", "enter")
        assert stage.frame.config.fields()["task"] == "two_coins"
        assert "two_coins" in stage.text
        await stage.press("escape", "e")
        assert stage.frame.trained == stage.frame.config.windows_per_epoch
        await stage.press("u")
        assert stage.frame.config == SMALL
