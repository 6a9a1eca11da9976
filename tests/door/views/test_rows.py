"""The rows: input, target and prediction of several rows as blocks, with the windows before and
their seams."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn import EchoConfig, Progress
from tests.door.views.stage import SIXTEEN, Branch, own_task, seen, staged
from tests.readings_by_hand import SOLVED
from tests.scripted import SMALL, make_progress

FOUR = replace(SMALL, truncated_backprop_length=4, echo_step=2)


def four_steps(window: int, sure: float = 0.8) -> Progress:
    """Two rows of four steps; the third prediction of the second is wrong, the last is not sure."""
    outputs = [[[1, 0], [1, 0], [0, 1], [1, 0]], [[1, 0], [1, 0], [1, 0], [sure, 1 - sure]]]
    return replace(
        make_progress(FOUR, 0, window),
        x=np.array([[1, 0, 1, 1], [0, 0, 1, 0]], np.uint8),
        y=np.array([[0, 0, 1, 0], [0, 1, 0, 0]], np.uint8),
        outputs=np.array(outputs, np.float32),
    )


@pytest.mark.parametrize(
    ("ascii_only", "blocks"),
    [
        (False, [("██▁▁████", "▁▁▁▁██▁▁", "▁▁▁▁██▁▁"), ("▁▁▁▁██▁▁", "▁▁██▁▁▁▁", "▁▁><▁▁░░")]),
        (True, [("##__####", "____##__", "____##__"), ("____##__", "__##____", "__><__::")]),
    ],
)
async def test_each_row_has_its_input_its_target_and_its_prediction(
    ascii_only: bool, blocks: list[tuple[str, str, str]]
) -> None:
    for size in ((80, 24), (120, 40)):
        screen = await seen(config=FOUR, newest=four_steps(0), ascii_only=ascii_only, size=size)
        for row, (right, lines) in enumerate(zip((4, 3), blocks, strict=True), 1):
            assert re.search(rf"row {row}: {right}( of |/)4", screen.text)
            found = screen.below(f"row {row}:", count=3)
            for line, name, text in zip(found, ("input", "echo", "pred"), lines, strict=True):
                assert line[1:].startswith(name)
                assert text in line


async def test_a_prediction_is_shaded_by_its_probability() -> None:
    shades = {
        0.12: "▁▁",
        0.2: "░░",
        0.49: "░░",
        0.51: "▒▒",
        0.7: "▒▒",
        0.76: "▓▓",
        0.94: "▓▓",
        0.96: "██",
    }
    async with staged([Branch([0.5])], FOUR) as stage:
        for p, block in shades.items():
            progress = replace(four_steps(0, sure=1 - p), y=np.full((2, 4), int(p > 0.5), np.uint8))
            assert (
                (await stage.put(newest=progress))
                .below("row 2:", count=3)[2]
                .rstrip()
                .endswith(block)
            )


async def test_the_windows_before_end_in_seams_over_which_the_state_is_carried_or_not() -> None:
    tape = (four_steps(1), four_steps(4))
    lines = (await seen(config=FOUR, newest=four_steps(5), tape=tape)).view
    assert lines[1].endswith("██▁▁████┆██▁▁████│██▁▁████"), "1, a gap, 4, and 5 after it"
    assert lines[5].endswith("▁▁▁▁██▁▁┆▁▁▁▁██▁▁│▁▁▁▁██▁▁")
    last = FOUR.windows_per_epoch - 1
    lines = (
        await seen(config=FOUR, newest=make_progress(FOUR, 1, 0), tape=(four_steps(last),))
    ).view
    assert "██▁▁████║" in lines[1], "at an epoch's begin it is zero"
    overlap = replace(FOUR, stride=2)
    screen = await seen(
        "tab", *["left"] * 4, config=overlap, newest=four_steps(5), tape=(four_steps(4),)
    )
    assert screen.view[1].endswith(" 1▁▁│██▁▁████"), (
        "of windows that overlap each step is shown once"
    )


async def test_the_cursor_lights_a_target_and_its_source_and_reads_both() -> None:
    async with staged([Branch([0.5] * 9)], FOUR) as stage:
        screen = await stage.put(newest=four_steps(0))
        screen = await stage.press("tab", "left", "left")
        assert [line[6:15].strip() for line in screen.view[1:4]] == [
            "1▁▁████",
            "▁▁▁▁ 1▁▁",
            "▁▁▁▁ 1▁▁",
        ]
        assert "row 1, step 3" in screen.reading
        (source, y), (target, _) = screen.place(" 1▁▁"), screen.place(" 1▁▁", after="echo")
        lit = [screen.paper(source, y), screen.paper(target, y + 1), screen.paper(target, y + 2)]
        assert lit[0] != lit[1] == lit[2] != screen.paper(target + 2, y + 2)
        screen = await stage.press("down", "right")
        assert re.search(
            r"row 2, step 4: target 0 .*step 2.*p\(0\) 0\.800, p\(1\) 0\.200", screen.reading
        )
        assert "row 2, step" not in (await stage.press("escape")).reading
        x, y = stage.screen.place("row 1")
        assert "row 1, step 2: target 0" in (await stage.hover(x + 6 + 2, y + 3)).text
        before = await stage.put(newest=four_steps(5), tape=(four_steps(4),))
        before = await stage.press("left", "left", "left")
        assert before.view[1].rstrip().endswith("██▁▁██ 1│██▁▁████") or " 1│" in before.text, (
            "the source lies before"
        )


async def test_symbols_have_signs_and_colours_and_a_wrong_one_a_mark() -> None:
    config = replace(SMALL, num_classes=40)
    progress = make_progress(config)
    x = np.resize(np.array([0, 9, 10, 35, 36, 39, 1, 2, 3, 4], np.uint8), progress.x.shape)
    y = np.resize(np.arange(10, dtype=np.uint8), progress.y.shape)
    outputs = np.zeros((*y.shape, 40), np.float32)
    np.put_along_axis(
        outputs, ((y + (np.arange(10) == 4)) % 40)[..., None].astype(np.int64), 1, axis=-1
    )
    screen = await seen(config=config, newest=replace(progress, x=x, y=y, outputs=outputs))
    found = screen.below("row 1:", count=3)
    assert "0 9 a z 24271 2 3 4" in found[0]
    assert "0 1 2 3 4 5 6 7 8 9" in found[1]
    assert "0 1 2 3 5<5 6 7 8 9" in found[2]
    left, top = screen.place("0 1 2 3")
    papers = [screen.paper(left + 2 * n, top, SIXTEEN) for n in range(8)]
    assert len(set(papers)) == 8


async def test_rows_that_do_not_fit_are_counted_and_reached_by_keys() -> None:
    config = EchoConfig(batch_size=50)
    async with staged([Branch([0.5] * 9)], config) as stage:
        screen = await stage.put()
        shown = [int(row) for row in re.findall(r"row (\d+):", screen.text)]
        assert shown == [*range(1, len(shown) + 1)]
        assert f"1 to {len(shown)} of 50" in screen.text
        screen = await stage.press("tab", "left", *["down"] * len(shown))
        assert screen.numbers(r"row (\d+), step") == [len(shown) + 1]
        assert screen.numbers(r"row (\d+):") == [2], "it scrolls with the cursor"
        await stage.press("escape")
        assert "row 3:" in (await stage.press("down")).view[0]
        assert (await stage.press("pagedown")).numbers(r"row (\d+):") > [5]
        assert (
            "steps 15 to 40"
            in (await seen(config=EchoConfig(truncated_backprop_length=40), size=(60, 24))).text
        )


async def test_numbers_have_a_line_for_each_channel_and_a_squared_error() -> None:
    flip_flop = EchoConfig.from_fields({"task": "flip_flop", "total_series_length": 3000})
    screen = await seen("tab", "left", config=flip_flop, size=(100, 40))
    labels = [line[1:13].strip() for line in screen.below("row 1:", count=9)]
    assert labels == [
        f"{part} bit {channel}" for part in ("input", "target", "pred") for channel in (1, 2, 3)
    ]
    assert re.search(r"row 1: \D*0\.\d{4}", screen.line("row 1:"))
    targets = [re.findall(r"[+-]1", line)[-1:] for line in screen.below("row 1:", count=6)[3:]]
    assert all(targets), "under the cursor is the number"
    many = EchoConfig.from_fields({"task": "flip_flop", "bits": 5, "total_series_length": 3000})
    assert "channels 1 to 3 of 5" in (await seen(config=many, size=(100, 24))).text
    adding = await seen(
        "tab", "left", config=EchoConfig.from_fields({"task": "adding"}), size=(120, 40)
    )
    labels = [line[1:13].strip() for line in adding.below("row 1:", count=4)]
    assert labels == ["input value", "input mark", "target", "pred"]
    assert re.search(
        r"step 50: input value \d\.\d+, mark [01]; target \d\.\d+; network -?\d\.\d+",
        adding.reading,
    )


async def test_steps_that_do_not_count_have_a_dash_and_are_never_wrong() -> None:
    config = EchoConfig.from_fields(
        {"task": "temporal_order", "length": 10, "total_series_length": 3000}
    )
    async with staged([Branch([0.5] * 9)], config, size=(100, 40)) as stage:
        await stage.put()
        screen = await stage.press("tab", "left")
        inputs, targets, _ = (line[8:28] for line in screen.below("row 1:", count=3))
        assert (inputs[:2], inputs[18:].strip()) == ("E ", "B")
        assert targets[:18] == "- " * 9
        assert targets[18:] in ("XX", "XY", "YX", "YY")
        assert re.search(r"step 10: input B; target ([XY]{2}); p\(\1\) 0\.\d{3}", screen.reading)
        assert "target" not in (await stage.press("left")).reading.replace("no target", "")


async def test_before_the_first_window_its_data_and_the_task_are_shown() -> None:
    screen = await seen(branches=[Branch([])])
    first = make_progress(EchoConfig())
    inputs = "".join("██" if symbol else "▁▁" for symbol in first.x[0])
    assert inputs in screen.text
    for name in ("two_coins", "adding"):
        config = EchoConfig.from_fields({"task": name, "total_series_length": 3000})
        screen = await seen(branches=[Branch([])], config=config, size=(100, 40))
        assert f"{name}: " in screen.text


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


@pytest.mark.parametrize("size", [(80, 24), (160, 40)])
async def test_names_of_symbols_stand_beside_the_signs_that_the_rows_show_for_them(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    (tmp_path / "turns.py").write_text(TURNS, encoding="utf-8")
    config = own_task(tmp_path / "turns.py", "Turns")
    screen = await seen("tab", "left", config=config, size=size)
    for name in ("0 left", "1 right", "2 lower", "▁ down", "█ up"):
        assert name in screen.text
    assert re.search(r"input (left|right|lower); target (up|down); p\(down\)", screen.reading)
    assert "█ up" not in (await seen()).text
    x, y, said = (
        re.findall("..", line[8:].replace("│", "")[:28]) for line in screen.below("row 2:", count=3)
    )
    assert [one == "- " for one in y] == [one == "2 " for one in x], "lower does not count"
    assert "><" in screen.text
    assert not any(mark == "><" for mark, target in zip(said, y, strict=True) if target == "- ")


@pytest.mark.parametrize("light", [False, True])
async def test_errors_are_red_and_no_target_is(light: bool) -> None:
    async with staged([Branch([0.6] * 40, errors=0.5)], light=light) as stage:
        screen = await stage.put(
            newest=make_progress(EchoConfig(), 0, 39, wrong_every=3), readings=SOLVED
        )
        red = screen.ink(*screen.place("█", after="errors"))
        assert screen.paper(*screen.place("><")) == red
        assert red not in {screen.ink(*screen.place(block, after="echo")) for block in "█▁"}
        inks = [
            screen.ink(*screen.place("█", after=name), SIXTEEN)
            for name in (" input", " echo", " errors")
        ]
        assert len({*inks}) == 3, "also with 16 colours"
        data = await stage.press("2")
        x, y = data.place("echo")
        assert red not in {data.ink(x + column, y) for column in range(8, 60)}
        memory = await stage.press("3")
        assert red != memory.ink(*memory.place("▲ echo"))
        x, y = memory.place("█", after=".5 ")
        assert red not in {memory.ink(x + 2 * lag, y + 1) for lag in range(4)}
