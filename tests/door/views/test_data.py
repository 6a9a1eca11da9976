"""The data: the matrix with its sliding window, where each target's source lies, and what windows
miss."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from echornn import EchoConfig
from tests.any_task import progress_of
from tests.door.views.stage import Branch, Screen, seen, staged
from tests.scripted import make_progress

LITTLE = EchoConfig(
    total_series_length=36, batch_size=3, truncated_backprop_length=3, echo_step=3, seed=1
)

LARGE = (120, 40)


def rows_of(screen: Screen) -> list[str]:
    return [line for line in screen.view if re.match(r"row \d", line)]


def numbers(text: str) -> list[int]:
    return [int(word) for word in re.findall(r"\d+", text)]


async def test_the_little_example_is_the_tutorials_figure() -> None:
    lines = [
        await seen(
            "2", config=LITTLE, losses=[0.5] * n, newest=make_progress(LITTLE, 0, n - 1), size=LARGE
        )
        for n in (1, 2)
    ]
    rows = rows_of(lines[1])
    assert [numbers(row.split("╎")[1]) for row in rows] == [[4, 5, 6], [16, 17, 18], [28, 29, 30]]
    assert [numbers(row[8:]) for row in rows] == [
        [*range(1, 14)],
        [*range(10, 26)],
        [*range(22, 37)],
    ], "each row goes on in the next"
    assert [row.count("→") for row in rows] == [1, 2, 1]
    targets = [lines[1].below(f"row {row}", "╎", count=1)[0].split("╎") for row in (1, 2, 3)]
    assert [numbers(one[1]) for one in targets] == [[1, 2, 3], [13, 14, 15], [25, 26, 27]], (
        "what each echoes"
    )
    assert [one[1].count("‹") for one in targets] == [3, 3, 3], "before the window"
    first = [lines[0].below(f"row {row}", "╎", count=1)[0].split("╎")[1] for row in (1, 2, 3)]
    assert first[0].strip() == "---- ---- ----", "there is nothing before the first row"
    assert [numbers(one) for one in first[1:]] == [[10, 11, 12], [22, 23, 24]]
    assert [one.count("↑") for one in first[1:]] == [3, 3], "in the row above"


@pytest.mark.parametrize("data_version", [0, 1])
async def test_the_symbols_are_those_of_the_data_also_after_new_data(data_version: int) -> None:
    windows = [make_progress(LITTLE, 0, window, data_version=data_version) for window in range(4)]
    screen = await seen(
        "2",
        config=LITTLE,
        size=LARGE,
        newest=windows[1],
        losses=[0.5] * 2,
        data_version=data_version,
    )
    x = np.concatenate([window.x for window in windows], axis=1)
    for row, line in enumerate(rows_of(screen)):
        shown = {int(n): one == "█" for one, n in re.findall(r"([▁█])[▁█]?(\d+)[▁█]", line[8:])}
        assert shown
        series = x.reshape(-1)
        assert all(series[number - 1] == one for number, one in shown.items()), row


async def test_without_room_for_numbers_blocks_are_as_in_the_rows() -> None:
    screen = await seen("2", losses=[0.5] * 5)
    newest = make_progress(EchoConfig(), 0, 4)
    for row, line in enumerate(rows_of(screen)):
        assert "".join("▁█"[symbol] * 2 for symbol in newest.x[row]) in line.split("╎")[1]
        echo = screen.below(f"row {row + 1}", "╎", count=1)[0].split("╎")[1]
        assert echo == "".join(
            f"‹{'▁█'[y]}" if n < 3 else "▁█"[y] * 2 for n, y in enumerate(newest.y[row])
        )
    assert re.search(r"matrix .* 61 to 75 of 10,000, rows 1 to 3 of 5", screen.view[0])
    strip = screen.view[0][7:].split(" ")[0]
    assert strip.index("█") == 0
    assert rows_of(await seen("2", losses=[0.5] * 5, ascii_only=True))[0].isascii()


async def test_with_one_window_an_epoch_no_state_is_carried() -> None:
    for windows, words in ((1, "begins with zero"), (2, "is carried")):
        config = EchoConfig(task="delayed_xor", total_series_length=5 * 15 * windows)
        screen = await seen("2", config=config, losses=[0.5], size=LARGE)
        assert f"the state {words}" in screen.text
        assert f"5 rows of {15 * windows} steps" in screen.text


async def test_sources_are_counted_and_read_out() -> None:
    screen = await seen("2", losses=[0.5], size=LARGE)
    assert numbers(screen.line("75 targets"))[:4] == [75, 60, 12, 3], (
        "in the window, in the row above, blank"
    )
    async with staged([Branch([0.5] * 3)], size=LARGE) as stage:
        await stage.put(here=1)
        assert re.search(
            r"row 1, step 1 .*blank",
            (await stage.press("2", "tab", "home", *["left"] * 20)).reading,
        )
        below = (await stage.press("down")).reading
        assert re.search(r"row 2, step 10,001 .*9,998.*row above", below)
        await stage.put()
        assert re.search(r"row 2, step 10,031 .*10,028.*before this window", stage.screen.reading)
        assert re.search(
            r"row 2, step 10,034 .*10,031.*in this window",
            (await stage.press(*["right"] * 3)).reading,
        )


async def test_the_cursor_reads_the_input_and_the_target_of_each_step() -> None:
    data = make_progress(EchoConfig(), 0, 2)
    async with staged([Branch([0.5] * 3)], size=LARGE) as stage:
        await stage.put()
        await stage.press("2", "tab", "right", "down", "down")
        for x, y in zip(data.x[2], data.y[2], strict=True):
            assert re.search(rf"row 3, .*: input {x}, target {y} echoes", stage.screen.reading)
            await stage.press("right")
        await stage.put(newest=make_progress(EchoConfig()), here=1)
        screen = await stage.press("up", "up", *["left"] * 20)
        assert f"input {make_progress(EchoConfig()).x[0, 0]}; the target is blank" in screen.reading


@pytest.mark.parametrize(
    ("config", "windows", "targets"),
    [
        (LITTLE, ["╞═╡   ├─┤   ", "   ├─┤   ├─┤"], "×" * 12),
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
    screen = await seen("2", config=config, losses=[0.5], size=LARGE)
    for line, one in zip(
        [screen.line("windows ", "╡"), screen.below("windows ", "╡", count=1)[0]],
        windows,
        strict=True,
    ):
        assert line[9:].ljust(len(one)).startswith(one)
    assert screen.line("targets ", targets[0] * 3)[9:].startswith(targets)
    assert ("20%" in screen.text) == (config == EchoConfig())


async def test_the_cursor_lights_a_target_and_the_inputs_on_which_it_depends() -> None:
    config = EchoConfig.from_fields(
        {"task": "two_coins", "lag": 2, "far_lag": 5, "truncated_backprop_length": 10}
    )
    async with staged([Branch([0.5] * 2)], config) as stage:
        await stage.put()
        before = await stage.press("2")
        screen = await stage.press("tab", "left", "left", "left")
        data = progress_of(config, 0, 1)
        x, y = data.x[0], data.y[0]
        assert re.search(rf"row 1, step 8: \D*{x[7]}\D*{y[7]}.*t-2, t-5", screen.reading)
        left, top = 8, before.place("██", after=" input ")[1]
        changed = [
            n
            for n in range(10)
            if screen.paper(left + 2 * n, top) != before.paper(left + 2 * n, top)
        ]
        assert changed == [2, 5]
        assert (
            screen.paper(left + 4, top)
            == screen.paper(left + 10, top)
            != screen.paper(left + 14, top)
        )


async def test_which_targets_of_a_trial_count_is_said_and_numbers_are_read() -> None:
    order = EchoConfig.from_fields({"task": "temporal_order"})
    screen = await seen("2", config=order)
    assert re.search(r"row 1: 1 of 60 .* 26 to 60", screen.text)
    assert screen.below("row 1:", count=2)[1][-2:] in ("XX", "XY", "YX", "YY")
    flip_flop = await seen(
        "2", "tab", "right", config=EchoConfig.from_fields({"task": "flip_flop"}), size=LARGE
    )
    lines = flip_flop.below("row 1:", count=6)
    assert [line[1:13].strip() for line in lines] == [
        f"{part} bit {n}" for part in ("input", "target") for n in (1, 2, 3)
    ]
    assert {line[14:16] for line in lines[3:]} <= {"+1", "-1"}, "the targets under the cursor"
