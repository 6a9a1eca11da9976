from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from echornn import EchoConfig
from tests.door.views.by_hand import shift_register
from tests.door.views.stage import Branch, Screen, own_task, seen, staged
from tests.scripted import make_progress

TURNS = """
from dataclasses import dataclass
import numpy as np
from echornn import Batch, Symbols, Task

@dataclass(frozen=True)
class Turns(Task):
    inputs, outputs = Symbols(3, names=("left", "right", "lower")), Symbols(2, names=("down", "up"))

    def draw(self, rng, rows, steps):
        x = rng.integers(0, 3, (rows, steps), np.uint8)
        return Batch(x, (x // 2).astype(np.uint8), np.ones(x.shape, np.bool_))
"""


@pytest.mark.parametrize("size", [(80, 24), (160, 40)])
async def test_names_of_symbols_stand_beside_the_signs_that_the_rows_show_for_them(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    (tmp_path / "turns.py").write_text(TURNS, encoding="utf-8")
    config = own_task(tmp_path / "turns.py", "Turns")
    screen = await seen(config=config, size=size)
    for name in ("0 left", "1 right", "2 lower", "▁ down", "█ up"):
        assert name in screen.text
    assert "█ up" not in (await seen()).text


@pytest.mark.parametrize("light", [False, True])
async def test_errors_are_red_and_no_target_is(light: bool) -> None:
    async with staged([Branch([0.6] * 40, errors=0.5)], light=light) as stage:
        screen = await stage.put(newest=make_progress(EchoConfig(), 0, 39, wrong_every=3), readings=shift_register())
        red = screen.ink(*screen.place("█", after="errors"))
        assert screen.paper(*screen.place("><")) == red
        assert red not in {screen.ink(*screen.place(block, after="echo")) for block in "█▁"}
        data = await stage.press("2")
        x, y = data.place("echo")
        assert red not in {data.ink(x + column, y) for column in range(8, 60)}
        memory = await stage.press("3")
        assert red != memory.ink(*memory.place("▲ echo"))
        (x, y) = memory.place("█", after=" 1 ")
        assert red not in {memory.ink(x + 2 * lag, y + 1) for lag in range(4)}


def curve_under(screen: Screen, words: str) -> str:
    """What is on the line of a legend beside its words and samples."""
    return screen.line(words)


@pytest.mark.parametrize("size", [(80, 24), (120, 34)])
async def test_legends_lie_on_no_curve(size: tuple[int, int]) -> None:
    seeds = np.full((300, 64), 0.69, np.float32)
    seeds[:, ::2] = np.linspace(1.2, 0.01, 300)[:, None]
    many = await seen(losses=seeds, config=EchoConfig(replicas=64), size=size)
    assert "chance 0.693" in many.text
    branches = [
        Branch([0.9] * 300),
        Branch([0.5] * 300, "preset", (0, 0), {"learning_rate": 0.1}),
        Branch([0.1] * 200, "edit", (0, 100), {"learning_rate": 0.2}),
    ]
    two = await seen(branches=branches, size=size)
    panel = await seen("b", branches=branches, size=size)
    for screen, words in ((many, "median"), (many, "10 to 90 %"), (two, "b: learning_rate 0.1"), (panel, "c: ")):
        assert words in screen.text
        assert not any(words in line for line in screen.plot)
