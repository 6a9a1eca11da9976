"""The data: the matrix with its sliding window, where each target's source lies, and what windows
miss."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import pytest

from echornn import EchoConfig, batch_of
from tests.any_task import progress_of
from tests.door.views.stage import LARGE, Screen, seen, staged, task_config
from tests.scripted import make_progress

LITTLE = EchoConfig(
    total_series_length=36, batch_size=3, truncated_backprop_length=3, echo_step=3, seed=1
)


little = partial(seen, "2", config=LITTLE, size=LARGE)


def rows_of(screen: Screen) -> list[str]:
    return [line for line in screen.view if re.match(r"row \d", line)]


def echoes_of(screen: Screen) -> list[str]:
    """What the lines below the rows say of the window's targets."""
    echoes = []
    for row in rows_of(screen):
        (below,) = screen.below(row, 1)
        echoes.append(below.split("╎")[1])
    return echoes


def numbers(text: str) -> str:
    return " ".join(re.findall(r"\d+", text))


def steps(first: int, last: int) -> str:
    return " ".join(map(str, range(first, last + 1)))


async def test_the_little_example_is_the_tutorials_figure() -> None:
    newest = make_progress(LITTLE, 0, 1)
    screen = await little(windows=2, newest=newest)
    rows = rows_of(screen)
    shown = [numbers(row[8:]) for row in rows]
    assert shown == [steps(1, 13), steps(10, 25), steps(22, 36)], "each goes on in the next"
    assert [row.count("→") for row in rows] == [1, 2, 1]
    for number, (row, echo) in enumerate(zip(rows, echoes_of(screen), strict=True)):
        first = 1 + 12 * number
        assert numbers(row.split("╎")[1]) == steps(first + 3, first + 5)
        assert numbers(echo) == steps(first, first + 2), "its sources"
        assert echo.count("‹") == 3, "before the window"


async def test_the_first_window_echoes_the_row_above() -> None:
    newest = make_progress(LITTLE)
    screen = await little(windows=1, newest=newest)
    first, second, third = echoes_of(screen)
    assert first.strip() == "---- ---- ----", "there is nothing before the first row"
    assert numbers(second) == "10 11 12"
    assert numbers(third) == "22 23 24"
    assert second.count("↑") == third.count("↑") == 3


async def test_the_symbols_are_those_of_the_data_also_after_new_data() -> None:
    series = batch_of(LITTLE, 1).x.reshape(-1)
    newest = make_progress(LITTLE, 0, 1, data_version=1)
    screen = await little(windows=2, newest=newest, data_version=1)
    for row in rows_of(screen):
        cells = re.findall(r"([▁█])[▁█]?(\d+)[▁█]", row[8:])
        assert cells
        for block, number in cells:
            assert block == "▁█"[series[int(number) - 1]], row


def blocks(symbols: Iterable[int]) -> str:
    return "".join("▁█"[symbol] * 2 for symbol in symbols)


async def test_without_room_for_numbers_blocks_are_as_in_the_rows() -> None:
    screen = await seen("2", windows=5)
    newest = make_progress(EchoConfig(), 0, 4)
    for row, (line, echo) in enumerate(zip(rows_of(screen), echoes_of(screen), strict=True)):
        inputs = blocks(newest.x[row])
        assert line.split("╎")[1].startswith(inputs)
        targets = blocks(newest.y[row])
        assert echo[6:] == targets[6:]
        assert echo[:6:2] == "‹‹‹"
        assert echo[1:6:2] == targets[1:6:2]
    assert re.search(r"matrix .* 61 to 75 of 10,000, rows 1 to 3 of 5", screen.view[0])
    assert screen.view[0][7] == "█"


@pytest.mark.parametrize(("windows", "words"), [(1, "begins with zero"), (2, "is carried")])
async def test_with_one_window_an_epoch_no_state_is_carried(windows: int, words: str) -> None:
    config = EchoConfig(task="delayed_xor", total_series_length=5 * 15 * windows)
    screen = await seen("2", config=config, windows=1, size=LARGE)
    assert f"the state {words}" in screen.text
    assert f"5 rows of {15 * windows} steps" in screen.text


async def test_sources_are_counted_and_read_out() -> None:
    async with staged("2", windows=3, here=1, size=LARGE) as stage:
        counts = numbers(stage.screen.line("75 targets"))
        assert counts == "75 60 12 3", "in the window, in the row above, blank"
        await stage.press("tab home", "left " * 20)
        assert re.search(r"row 1, step 1 .*blank", stage.reading)
        await stage.press("down")
        assert re.search(r"row 2, step 10,001 .*9,998.*row above", stage.reading)
        await stage.put()
        assert re.search(r"row 2, step 10,031 .*10,028.*before this window", stage.reading)
        await stage.press("right right right")
        assert re.search(r"row 2, step 10,034 .*10,031.*in this window", stage.reading)


async def test_the_cursor_reads_the_input_and_the_target_of_each_step() -> None:
    data = make_progress(EchoConfig(), 0, 2)
    async with staged("2 tab right down down", windows=3, size=LARGE) as stage:
        for x, y in zip(data.x[2], data.y[2], strict=True):
            assert re.search(rf"row 3, .*: input {x}, target {y} echoes", stage.reading)
            await stage.press("right")
        first = make_progress(EchoConfig())
        await stage.put(newest=first, here=1)
        await stage.press("up up", "left " * 20)
        assert f"input {first.x[0, 0]}; the target is blank" in stage.reading


@pytest.mark.parametrize(
    ("config", "windows", "targets"),
    [
        (replace(LITTLE, rule="rtrl"), ["╞═╡   ├─┤   ", "   ├─┤   ├─┤"], "·" * 12),
        (EchoConfig(), ["╞═════════════╡   ", "               ├──"], "×××············×××"),
        (
            EchoConfig(stride=12),
            ["╞═════════════╡         ├", "            ├─────────────┤"],
            "·" * 20,
        ),
    ],
)
async def test_targets_that_lie_in_no_window_with_their_source_are_marked(
    config: EchoConfig, windows: list[str], targets: str
) -> None:
    screen = await seen("2", config=config, windows=1, size=LARGE)
    first = screen.line("windows ", "╡")
    lines = [first, *screen.below(first, 1)]
    for line, window in zip(lines, windows, strict=True):
        assert line[9:].ljust(len(window)).startswith(window)
    assert screen.line("targets ", targets[0] * 3)[9:].startswith(targets)
    assert ("20%" in screen.text) == (config == EchoConfig())


async def test_the_cursor_lights_a_target_and_the_inputs_on_which_it_depends() -> None:
    config = task_config("two_coins", lag=2, far_lag=5, truncated_backprop_length=10)
    data = progress_of(config, 0, 1)
    async with staged("2", windows=2, config=config) as stage:
        before = stage.screen
        screen = await stage.after("tab left left left")
        words = rf"row 1, step 8: \D*{data.x[0, 7]}\D*{data.y[0, 7]}.*t-2, t-5"
        assert re.search(words, screen.reading)
        _, y = before.place("██", after=" input ")
        for step in range(10):
            x = 8 + 2 * step
            is_lit = screen.paper(x, y) != before.paper(x, y)
            assert is_lit == (step in (2, 5))
        lit = screen.paper(8 + 2 * 2, y)
        assert lit == screen.paper(8 + 2 * 5, y)
        assert lit != screen.paper(8 + 2 * 7, y)


async def test_which_targets_of_a_trial_count_is_said() -> None:
    screen = await seen("2", config=task_config("temporal_order"))
    assert re.search(r"row 1: 1 of 60 .* 26 to 60", screen.text)
    assert screen.below("row 1:", 2)[1][-2:] in ("XX", "XY", "YX", "YY")


async def test_numbers_have_a_line_for_each_channel() -> None:
    screen = await seen("2 tab right", config=task_config("flip_flop"), size=LARGE)
    lines = screen.below("row 1:", 6)
    for bit in (1, 2, 3):
        assert lines[bit - 1][1:].startswith(f"input bit {bit} ")
        assert lines[bit + 2][1:].startswith(f"target bit {bit} ")
    for line in lines[3:]:
        assert line[14:16] in ("+1", "-1"), "the targets under the cursor"
