"""The rows: input, target and prediction of several rows as blocks, with the windows before and
their seams."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig, Progress
from tests.any_task import progress_of
from tests.door.views.stage import LARGE, SIXTEEN, floats, own_task, seen, staged, task_config
from tests.readings_by_hand import SOLVED
from tests.scripted import SMALL, make_progress

FOUR = replace(SMALL, truncated_backprop_length=4, echo_step=2)


four = partial(seen, config=FOUR)


def four_steps(window: int, sure: float = 0.8) -> Progress:
    """Two rows of four steps; the third prediction of the second is wrong, the last is not sure."""
    ones = floats([0, 0, 1, 0], [0, 0, 0, 1 - sure])
    return replace(
        make_progress(FOUR, 0, window),
        x=np.array([[1, 0, 1, 1], [0, 0, 1, 0]], np.uint8),
        y=np.array([[0, 0, 1, 0], [0, 1, 0, 0]], np.uint8),
        outputs=np.stack([1 - ones, ones], axis=-1),
    )


FIRST = ["██▁▁████", "▁▁▁▁██▁▁", "▁▁▁▁██▁▁"]
SECOND = ["▁▁▁▁██▁▁", "▁▁██▁▁▁▁", "▁▁><▁▁░░"]


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_each_row_has_its_input_its_target_and_its_prediction(ascii_only: bool) -> None:
    screen = await four(newest=four_steps(0), ascii_only=ascii_only)
    assert re.search("row 1: 4( of |/)4", screen.text)
    assert re.search("row 2: 3( of |/)4", screen.text)
    lines = screen.below("row 1:", 3) + screen.below("row 2:", 3)
    names = ("input", "echo", "pred") * 2
    for line, name, blocks in zip(lines, names, FIRST + SECOND, strict=True):
        assert line[1:].startswith(name)
        if ascii_only:
            blocks = blocks.translate(str.maketrans("▁█░", "_#:"))
        assert blocks in line


@pytest.mark.parametrize(
    ("share", "block"),
    [
        (0.12, "▁▁"),
        (0.49, "░░"),
        (0.51, "▒▒"),
        (0.76, "▓▓"),
        (0.96, "██"),
    ],
)
async def test_a_prediction_is_shaded_by_its_probability(share: float, block: str) -> None:
    right = np.full((2, 4), round(share), np.uint8)
    screen = await four(newest=replace(four_steps(0, sure=1 - share), y=right))
    assert screen.below("row 2:", 3)[2].endswith(block)


async def test_the_windows_before_end_in_seams_over_which_the_state_is_carried() -> None:
    recent = (four_steps(1), four_steps(4))
    view = (await four(newest=four_steps(5), recent=recent)).view
    assert view[1].endswith("██▁▁████┆██▁▁████│██▁▁████"), "1, a gap, 4, and 5 after it"
    assert view[5].endswith("▁▁▁▁██▁▁┆▁▁▁▁██▁▁│▁▁▁▁██▁▁")

    last = four_steps(FOUR.windows_per_epoch - 1)
    screen = await four(newest=make_progress(FOUR, 1, 0), recent=(last,))
    assert "██▁▁████║" in screen.view[1], "at the seam of two epochs it is zero"


async def test_of_windows_that_overlap_each_step_is_shown_once() -> None:
    overlap = replace(FOUR, stride=2)
    recent = (four_steps(4),)
    screen = await seen("tab", "left " * 4, config=overlap, newest=four_steps(5), recent=recent)
    assert screen.view[1].endswith(" 1▁▁│██▁▁████")


async def test_the_cursor_lights_a_target_and_its_source_and_reads_both() -> None:
    async with staged("tab left left", config=FOUR, newest=four_steps(0)) as stage:
        screen = stage.screen
        inputs, targets, predictions = screen.view[1:4]
        assert inputs[6:15].strip() == "1▁▁████"
        assert targets[6:15].strip() == "▁▁▁▁ 1▁▁"
        assert predictions[6:15].strip() == "▁▁▁▁ 1▁▁"
        assert "row 1, step 3" in screen.reading
        source, y = screen.place(" 1▁▁")
        target, _ = screen.place(" 1▁▁", after="echo")
        lit = screen.paper(target, y + 1)
        assert screen.paper(source, y) != lit
        assert screen.paper(target, y + 2) == lit
        assert screen.paper(target + 2, y + 2) != lit

        await stage.press("down right")
        words = r"row 2, step 4: target 0 .*step 2.*p\(0\) 0\.800, p\(1\) 0\.200"
        assert re.search(words, stage.reading)
        await stage.press("escape")
        assert "row 2, step" not in stage.reading
        x, y = stage.screen.place("row 1")
        await stage.hover(x + 6 + 2, y + 3)
        assert "row 1, step 2: target 0" in stage.text


async def test_a_source_may_lie_in_the_window_before() -> None:
    recent = (four_steps(4),)
    screen = await four("tab left left left", newest=four_steps(5), recent=recent)
    assert " 1│" in screen.view[1]


async def test_symbols_have_signs_and_colours_and_a_wrong_one_a_mark() -> None:
    config = replace(SMALL, num_classes=40)
    progress = make_progress(config)
    inputs = np.array([0, 9, 10, 35, 36, 39, 1, 2, 3, 4], np.uint8)
    x = np.resize(inputs, progress.x.shape)
    y = np.resize(np.arange(10, dtype=np.uint8), progress.y.shape)
    predicted = np.where(y == 4, 5, y)
    outputs = np.eye(40, dtype=np.float32)[predicted]
    screen = await seen(config=config, newest=replace(progress, x=x, y=y, outputs=outputs))
    rows = screen.below("row 1:", 3)
    assert "0 9 a z 24271 2 3 4" in rows[0]
    assert "0 1 2 3 4 5 6 7 8 9" in rows[1]
    assert "0 1 2 3 5<5 6 7 8 9" in rows[2]
    left, top = screen.place("0 1 2 3")
    papers = {screen.paper(left + 2 * step, top, SIXTEEN) for step in range(8)}
    assert len(papers) == 8


async def test_rows_that_do_not_fit_are_counted_and_reached_by_keys() -> None:
    async with staged(config=EchoConfig(batch_size=50)) as stage:
        shown = re.findall(r"row (\d+):", stage.text)
        count = len(shown)
        assert shown == [*map(str, range(1, count + 1))]
        assert f"1 to {count} of 50" in stage.text
        screen = await stage.after("tab left", "down " * count)
        assert screen.numbers(r"row (\d+), step") == [count + 1]
        assert screen.numbers(r"row (\d+):") == [2], "it scrolls with the cursor"
        await stage.press("escape down")
        assert "row 3:" in stage.view[0]
        assert (await stage.after("pagedown")).numbers(r"row (\d+):") > [5]


async def test_steps_and_channels_that_do_not_fit_are_counted() -> None:
    screen = await seen(config=EchoConfig(truncated_backprop_length=40), size=(60, 24))
    assert "steps 15 to 40" in screen.text
    config = task_config("flip_flop", bits=5, total_series_length=3000)
    assert "channels 1 to 3 of 5" in (await seen(config=config, size=(100, 24))).text


async def test_numbers_have_a_line_for_each_channel_and_a_squared_error() -> None:
    config = task_config("flip_flop", total_series_length=3000)
    screen = await seen("tab left", config=config, size=(100, 40))
    lines = screen.below("row 1:", 9)
    names = [f"{part} bit {bit}" for part, bit in product(("input", "target", "pred"), (1, 2, 3))]
    for line, name in zip(lines, names, strict=True):
        assert line[1:13].strip() == name
    assert re.search(r"row 1: \D*0\.\d{4}", screen.line("row 1:"))
    for target in lines[3:6]:
        assert re.search("[+-]1", target), "under the cursor is the number"


async def test_channels_of_a_task_have_their_names() -> None:
    screen = await seen("tab left", config=task_config("adding"), size=LARGE)
    names = ("input value", "input mark", "target", "pred")
    for line, name in zip(screen.below("row 1:", 4), names, strict=True):
        assert line[1:13].strip() == name
    words = r"step 50: input value \d\.\d+, mark [01]; target \d\.\d+; network -?\d\.\d+"
    assert re.search(words, screen.reading)


async def test_steps_that_do_not_count_have_a_dash_and_are_never_wrong() -> None:
    config = task_config("temporal_order", length=10, total_series_length=3000)
    async with staged("tab left", config=config, size=(100, 40)) as stage:
        inputs, targets = stage.screen.below("row 1:", 2)
        assert inputs[8:10] == "E "
        assert inputs[26:28].strip() == "B"
        assert targets[8:26] == "- " * 9
        assert targets[26:28] in ("XX", "XY", "YX", "YY")
        words = r"step 10: input B; target ([XY]{2}); p\(\1\) 0\.\d{3}"
        assert re.search(words, stage.reading)
        await stage.press("left")
        assert "target" not in stage.reading.replace("no target", "")


async def test_before_the_first_window_the_task_is_named_and_its_data_are_shown() -> None:
    config = task_config("two_coins", total_series_length=3000)
    screen = await seen(losses=[], config=config, size=(100, 40))
    assert "two_coins: " in screen.text
    first = progress_of(config, 0, 0)
    assert "".join("▁█"[symbol] * 2 for symbol in first.x[0]) in screen.text


TURNS = """
import dataclasses, numpy as np
from echornn import Batch, Symbols, Task

@dataclasses.dataclass(frozen=True)
class Turns(Task):
    inputs, outputs = Symbols(3, names=("left", "right", "lower")), Symbols(2, names=("down", "up"))

    def draw(self, rng, rows, steps):
        x = rng.integers(0, 3, (rows, steps), np.uint8)
        return Batch(x, x % 2, x < 2)
"""


async def test_names_of_symbols_stand_beside_the_signs_that_the_rows_show_for_them(
    tmp_path: Path,
) -> None:
    (tmp_path / "turns.py").write_text(TURNS, encoding="utf-8")
    config = own_task(tmp_path / "turns.py", "Turns")
    screen = await seen("tab left", config=config)
    for name in ("0 left", "1 right", "2 lower", "▁ down", "█ up"):
        assert name in screen.text
    assert re.search(r"input (left|right|lower); target (up|down); p\(down\)", screen.reading)
    assert "><" in screen.text
    rows = [line[8:].replace("│", "") for line in screen.below("row 2:", 3)]
    for x in range(0, 28, 2):
        symbol, target, prediction = (row[x : x + 2] for row in rows)
        assert (target == "- ") == (symbol == "2 "), "lower does not count"
        assert target != "- " or prediction != "><"


async def test_errors_are_red_and_no_target_is() -> None:
    newest = make_progress(EchoConfig(), 0, 39, wrong_every=3)
    run: dict[str, Any] = {"losses": [0.6] * 40, "errors": 0.5}
    async with staged(**run, newest=newest, readings=SOLVED) as stage:
        screen = stage.screen
        red = screen.ink(*screen.place("█", after="errors"))
        assert screen.paper(*screen.place("><")) == red
        for block in "█▁":
            assert screen.ink(*screen.place(block, after="echo")) != red
        names = (" input", " echo", " errors")
        inks = {screen.ink(*screen.place("█", after=name), SIXTEEN) for name in names}
        assert len(inks) == 3, "also with 16 colours"

        data = await stage.after("2")
        x, y = data.place("echo")
        assert red not in {data.ink(x + column, y) for column in range(8, 60)}
        memory = await stage.after("3")
        assert red != memory.ink(*memory.place("▲ echo"))
        x, y = memory.place("█", after=".5 ")
        assert red not in {memory.ink(x + 2 * lag, y + 1) for lag in range(4)}
