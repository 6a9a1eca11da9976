"""The loss curve: axes, levels, spikes, marks, other branches, many seeds, and what the crosshair
reads."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig
from echornn.session.commands import Go
from tests.door.views.stage import Branch, Screen, seen, staged

TEN_AN_EPOCH = EchoConfig(total_series_length=10 * 15 * 5)
SEEDS = EchoConfig(replicas=10)
LARGE = (120, 40)


def three_kinds(windows: int = 60) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Losses of ten seeds, whose median is 0.4; the eighth has 0.55."""
    return np.tile(
        np.array([0.4, 0.2, 0.7, 0.4, 0.1, 0.4, 0.2, 0.55, 0.6, 0.4], np.float32), (windows, 1)
    )


def columns(screen: Screen, signs: str) -> list[int]:
    """The columns of the plot in which one of these signs is."""
    return [x for x in range(max(map(len, screen.plot))) if screen.marks(signs, x)]


@pytest.mark.parametrize(("size", "ascii_only"), [((80, 24), True), (LARGE, False)])
async def test_a_single_window_stands_out_among_a_hundred_thousand(
    size: tuple[int, int], ascii_only: bool
) -> None:
    losses = np.full(100_000, 0.1, np.float32)
    losses[60_000] = 0.9
    screen = await seen(losses=losses, size=size, ascii_only=ascii_only)
    where, height = screen.windows["60k"], len(screen.plot)
    assert {"0", "20k", "40k", "80k", "100k"} <= {*screen.windows}
    tall = [
        x
        for x in range(size[0] - 8)
        if sum(line[x : x + 1] not in " -:╌┊" for line in screen.plot) >= 0.75 * height
    ]
    assert tall
    assert all(abs(x - where) <= 1 for x in tall)


async def test_losses_and_windows_lie_where_the_axes_say() -> None:
    for size in ((80, 24), LARGE):
        screen = await seen(losses=[0.75] * 50 + [0.25] * 50, size=size, ascii_only=True)
        assert screen.losses["0.0"] == len(screen.plot) - 1
        early, late = (screen.marks("*", screen.windows[label]) for label in ("20", "80"))
        assert [*early, *late] == [
            int(len(screen.plot) * (1 - loss / 0.8)) for loss in (0.75, 0.25)
        ]
    assert screen.windows["80"] - screen.windows["20"] == pytest.approx(0.6 * 111, abs=1)
    assert {"0.0", "0.2", "0.4", "0.6", "0.8"} <= {*screen.losses}
    chance = next(y for y, line in enumerate(screen.plot) if "chance 0.693" in line)
    assert screen.losses["0.8"] < chance < screen.losses["0.6"]
    assert any("epoch starts 0.111" in line for line in screen.plot)


async def test_the_log_axis_has_a_line_for_each_power_of_ten() -> None:
    losses = [1.0] * 40 + [0.1] * 40 + [0.001] * 40
    linear, log = [
        await seen(*keys, losses=losses, size=LARGE, ascii_only=True) for keys in ((), ("l",))
    ]
    assert {*log.losses} == {"1e0", "1e-1", "1e-2", "1e-3"}
    assert "1e-1" not in linear.losses
    gaps = [after - before for before, after in pairwise(log.losses.values())]
    assert max(gaps) - min(gaps) <= 1
    assert abs(log.marks("*", log.windows["60"])[0] - log.losses["1e-1"]) <= 1


@pytest.mark.parametrize(
    "losses",
    [[math.nan] * 300, [math.inf, 0.5, 0.4], [0.5, math.nan, 0.4, math.inf, 0.3], [0.0], [3e38]],
)
async def test_nan_and_infinity_are_marked_and_break_nothing(losses: list[float]) -> None:
    async with staged(
        [Branch(losses), Branch(losses, "preset", (0, 0))], size=LARGE, ascii_only=True
    ) as stage:
        screen = await stage.put()
        assert ("!" in screen.plot[0]) == any(not loss < 1000 for loss in losses), (
            "far above chance counts as infinite"
        )
        if len(losses) == 5:
            found = [x for x, sign in enumerate(screen.plot[0]) if sign == "!"]
            assert [round(x * 100 / 112) for x in found] == pytest.approx([1, 3], abs=1)
            assert float(next(iter(screen.losses))) <= 1
        await stage.press("l", "left", "escape")
        assert len((await stage.resize(60, 16)).lines) == 16


async def test_errors_are_shown_as_a_share_of_guessing() -> None:
    errors = np.repeat([0.0, 0.12, 0.24, 0.48, 1.0], 20)
    for ascii_only, blocks in ((False, " ▂▄██"), (True, " ~%##")):
        screen = await seen(losses=[0.5] * 100, errors=errors, ascii_only=ascii_only, size=LARGE)
        strip = screen.line("errors")[8:].ljust(112)
        assert [strip[x] for x in range(11, 112, 22)] == [*blocks]


async def test_the_crosshair_reads_window_epoch_loss_and_errors_and_enter_goes_there() -> None:
    async with staged([Branch(np.linspace(1, 0.66, 35), errors=0.2)], TEN_AN_EPOCH) as stage:
        await stage.put()
        assert "loss 0.6600" in (await stage.press("left")).reading
        assert all(
            f"{name} {at}" in stage.screen.reading
            for name, at in (("window", 35), ("epoch", 4), ("window", 5))
        )
        assert "20.0% wrong" in stage.screen.reading
        assert re.search(
            r"window 1 .*epoch 1, window 1 .*loss 1.0000", (await stage.press("home")).reading
        )
        await stage.press("right", "right", "enter")
        assert stage.session.commands == [Go(0, 3)]
        assert "epoch 1, window 3" not in stage.screen.reading
        await stage.press("left")
        assert "window 35" not in (await stage.press("escape")).reading


async def test_the_crosshair_reads_the_mean_of_the_windows_that_share_a_column() -> None:
    async with staged([Branch([0.5, 0.7] * 5000)]) as stage:
        await stage.put()
        assert "0.6000 (0.5000 to 0.7000)" in (await stage.press("home")).reading
        assert [30] <= stage.screen.numbers(r"windows 1 to (\d+)") <= [200]
        pointed = await stage.hover(stage.screen.windows["4k"] + 8, 6)
        assert pointed.numbers(r"windows ([\d,]+) to") == pytest.approx([4000], abs=150)


async def test_zoom_shows_fewer_windows_and_following_shows_the_newest() -> None:
    async with staged([Branch(np.linspace(1, 0, 1000))], size=LARGE, ascii_only=True) as stage:
        await stage.put()
        whole = stage.screen.windows
        near = (await stage.press("z")).windows
        assert "0" not in near
        assert {"600", "800", "1k"} <= {*near}
        assert {"800", "900"} <= {*(await stage.press("z")).windows}
        assert float(next(iter(stage.screen.losses))) <= 0.3
        assert (await stage.press("Z", "Z")).windows == whole
        back = await stage.press("z", "home")
        assert "0" in back.windows
        assert "windows 1 to" in back.reading
        assert "windows 1 to" not in (await stage.press(*["shift+right"] * 20)).reading
        assert "1k" in (await stage.press("end")).windows


@pytest.mark.parametrize(
    ("cause", "word"),
    [("edit", "edit"), ("regenerate", "data"), ("back", "back"), ("reset", ""), ("preset", "")],
)
async def test_commands_are_marked_where_they_were_given_and_new_weights_begin_at_the_left(
    cause: Any, word: str
) -> None:
    branches = [Branch([0.1] * 40), Branch([0.7] * 40, cause, (0, 40 if word else 0))]
    screen = await seen(branches=branches, line=1, size=(100, 34), ascii_only=True)
    x = screen.windows["40"]
    if word:
        assert (
            f"|{word}" in screen.plot[0][x - 1 : x + 7]
            or f"{word}|" in screen.plot[0][x - 6 : x + 2]
        )
        assert screen.marks("*", 2)[0] > screen.marks("*", x + 8)[0]
    else:
        assert min(columns(screen, "*")) <= 1
        assert len({screen.marks("*", column)[0] for column in (2, x - 4)}) == 1
        assert screen.text.count("a: ") == 1, "the branch before lies under it"


async def test_other_branches_lie_under_the_curve_with_letters_from_where_they_leave() -> None:
    branches = [
        Branch([0.85] * 100),
        Branch([0.45] * 100, "preset", (0, 0), {"learning_rate": 0.1}),
        Branch([0.15] * 150, "edit", (0, 50), {"learning_rate": 0.2}),
    ]
    async with staged(branches, size=LARGE, ascii_only=True) as stage:
        screen = await stage.put()
        legend = screen.line("learning_rate 0.1")
        assert re.search(r"b: .*learning_rate 0\.1 .*c: .*learning_rate 0\.2 .*50", legend)
        assert {"100", "200"} <= {*screen.windows}, "the axis holds the longest of them"
        x, height = screen.windows["100"] - 10, len(screen.plot)
        assert screen.marks("*", x) == [int(height * 0.15)]
        assert screen.marks("'bc", x) == [int(height * 0.55), int(height * 0.85)]
        lines = [
            next(line for line in screen.plot if line.split("chance")[0].count(letter) >= 3)
            for letter in "bc"
        ]
        for line in lines:
            assert {*line} <= {*" '-.bcleast at epoch starts 0.111"}
        assert min(x for x, sign in enumerate(lines[1]) if sign in "'c") == pytest.approx(
            screen.windows["50"], abs=1
        )
        second = await stage.put(line=2)
        assert "a: " in second.text
        assert second.marks("*", second.windows["50"] - 5) < second.marks(
            "*", second.windows["150"]
        )


async def test_of_many_branches_the_newest_are_in_the_legend_and_the_others_counted() -> None:
    others = [
        Branch([0.1 * n] * 30, "preset", (0, 0), {"learning_rate": n / 100}) for n in range(1, 8)
    ]
    for size in ((80, 24), (200, 40)):
        screen = await seen(branches=[Branch([0.9] * 30), *others], size=size)
        legend = screen.line("h: ")
        named = re.findall(r"([b-h]): learning_rate 0\.0\d", legend)
        assert named == [*"bcdefgh"][-len(named) :]
        assert (len(named) == 7) == (size[0] > 100)
        assert len(named) == 7 or f"and {7 - len(named)} more" in legend
    same = await seen(
        branches=[Branch([0.5] * 99), Branch([0.5] * 99, "preset", (0, 0))], ascii_only=True
    )
    assert any("*b" in line for line in same.plot), "one that lies on the curve has a letter there"
    spike = [0.1] * 20_000
    spike[10_000] = 0.9
    branches = [Branch([0.95] + [0.02] * 19_999), Branch(spike, "preset", (0, 0))]
    screen = await seen(branches=branches, size=LARGE, ascii_only=True)
    assert (
        min(screen.marks("'", screen.windows["10k"]) + screen.marks("'", screen.windows["10k"] + 1))
        <= 2
    )


async def test_many_seeds_are_a_median_a_band_and_extremes_at_their_losses() -> None:
    screen = await seen(
        losses=three_kinds(100), config=SEEDS, size=LARGE, ascii_only=True, replica=7
    )
    x, height = screen.windows["60"], len(screen.plot)

    def line_of(loss: float) -> int:
        return int(height * (1 - loss / 0.8))

    assert screen.marks("*", x) == [line_of(0.55)]
    assert line_of(0.4) in screen.marks("=", x), "it lies on the border of two lines"
    assert {line for column in (x, x + 1) for line in screen.marks("'", column)} == {
        line_of(0.7),
        line_of(0.1),
    }
    band = {line for column in (x, x + 1) for line in screen.marks(":=*", column)}
    assert (min(band), max(band)) == pytest.approx((line_of(0.61), line_of(0.19)), abs=1)
    for name in ("** seed 14", "== median of 10", ":: 10 to 90 %"):
        assert name in screen.text
    reading = (await seen("left", losses=three_kinds(100), config=SEEDS, replica=7)).reading
    for words in (
        "window 100",
        "median loss 0.4000",
        "0.1900 to 0.6100",
        "0 of 10 solved",
        "seed 14: 0.5500",
    ):
        assert words in reading


async def test_how_many_seeds_are_solved_has_an_interval() -> None:
    losses = np.full((900, 20), 0.7, np.float32)
    losses[300:, :15] = 0.001
    for size in ((80, 24), (100, 44)):
        screen = await seen(losses=losses, config=EchoConfig(replicas=20), size=size)
        assert re.search(r"solved.* 15/20 \(53-89 %\)", screen.text, re.DOTALL)
    screen = await seen(losses=losses, config=EchoConfig(replicas=20))
    strip = screen.line(" solved", "▆")[8:].replace("15/20 (53-89 %)", " " * 15)
    first, last = (at * 1000 / screen.windows["1k"] for at in (strip.index("▆"), strip.rindex("▆")))
    assert 300 <= first <= 500
    assert last >= 880, "the words cover no part of it"
    assert strip[:20].strip() == ""


async def test_losses_of_a_few_wild_seeds_are_marked_at_the_edge_and_flatten_nothing() -> None:
    losses = np.full((300, 64), math.log(2), np.float32)
    losses[100:, :3], losses[200:, 5] = 1e30, math.nan
    wild = await seen(
        losses=losses, config=EchoConfig(replicas=64), size=LARGE, ascii_only=True, replica=8
    )
    assert "0.8" in wild.losses or "0.5" in wild.losses
    assert wild.plot[0].count("^") > 8
    assert "!" not in wild.plot[0]
    assert (
        "!"
        in (
            await seen(losses=losses, config=EchoConfig(replicas=64), ascii_only=True, replica=5)
        ).plot[0]
    )


async def test_alone_the_band_ends_and_as_a_ghost_seeds_are_their_median() -> None:
    lone = {"replicas": 1, "seed": 14}
    alone = Branch(np.tile([0.5, 0.6], 100), "alone", (0, 200), lone)
    screen = await seen(
        branches=[Branch(three_kinds(200)), alone],
        config=SEEDS,
        line=1,
        size=LARGE,
        ascii_only=True,
    )
    middle = screen.windows["200"]
    assert max(columns(screen, "=")) <= middle + 1
    assert min(x for x in columns(screen, ".") if len(screen.marks(".*", x)) > 1) >= middle - 2
    fresh = Branch([0.6] * 200, "preset", (0, 0), {"replicas": 1, "seed": 1})
    screen = await seen(
        branches=[Branch(three_kinds(200)), fresh],
        config=SEEDS,
        line=1,
        size=LARGE,
        ascii_only=True,
    )
    assert "median" in screen.line("a: ")
    assert not columns(screen, "=")
    assert len({line for x in range(20, 90) for line in screen.marks("'", x)}) == 1


async def test_the_past_is_marked_at_its_window() -> None:
    screen = await seen(losses=np.linspace(0.9, 0.1, 100), here=40, size=LARGE, ascii_only=True)
    x = screen.windows["40"]
    assert "window 40" in screen.plot[0][x : x + 14]
    assert all("|" in line[x - 1 : x + 2] for line in screen.plot[:5])


@pytest.mark.parametrize(
    ("task", "levels", "name"),
    [
        (
            "two_coins",
            ["chance 0.662", "knows t-8 0.628", "knows t-3 0.519", "knows both 0.455"],
            "cross-entropy",
        ),
        ("adding", ["chance 0.167", "knows one 0.083", "knows both 0.000"], "squared error"),
    ],
)
async def test_levels_of_a_task_are_named_in_their_order(
    task: str, levels: list[str], name: str
) -> None:
    losses = [0.75, 0.35] if task == "two_coins" else [0.2, 0.09]
    screen = await seen(
        losses=losses, config=EchoConfig(task=task), size=(100, 50), ascii_only=True
    )
    at = [next(y for y, line in enumerate(screen.plot) if level in line) for level in levels]
    assert at == sorted(at)
    assert any(name in line for line in screen.plot)
    assert ("errors" in screen.text) == (task == "two_coins")
    before = await seen(
        branches=[Branch([])], config=EchoConfig(task=task), state="paused", size=LARGE
    )
    assert all(level in before.text for level in (levels[0], levels[-1])), (
        "also before the first window"
    )
