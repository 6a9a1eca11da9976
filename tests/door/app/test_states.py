"""The state of the run beside its position, in every state and on every screen."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from echornn.session.commands import Edit, FinishEpoch, Resume, Step
from tests.door.app.stage import opened
from tests.scripted import SMALL


async def test_while_it_compiles_the_status_says_what_and_for_how_many_seconds() -> None:
    async with opened(loaded=False) as stage:
        assert re.search(r"loading +epoch 1/3 +window +0/10", stage.lines[0])
        stage.seconds[0] += 7.5
        assert re.search(r"\b7 s\b", (await stage.shown()).split("\n")[1])
        assert not re.search(r"\d s\b", (await stage.release()).split("\n")[1])
        assert stage.lines[0].split()[1:] == ["paused", "epoch", "1/3", "window", "0/10", "loss", "-", "accuracy", "-"]
        stage.hold()
        await stage.press("s", *["down"] * 9, "6", "enter", "escape")
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
