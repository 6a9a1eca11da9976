"""The loss curve: axes, levels, spikes, marks, other branches, many seeds, and what the crosshair
reads."""

from __future__ import annotations

import math
import re
from functools import partial

import numpy as np
import numpy.typing as npt
import pytest

from echornn import EchoConfig
from echornn.session.commands import Go
from tests.door.views.stage import LARGE, PLOT_X, Branch, Screen, floats, seen, staged

TEN_AN_EPOCH = EchoConfig(total_series_length=10 * 15 * 5)
SEEDS = EchoConfig(replicas=10)

plain = partial(seen, size=LARGE, ascii_only=True)


def of_ten_seeds(windows: int) -> npt.NDArray[np.float32]:
    """Losses of ten seeds, whose median is 0.4; the eighth has 0.55."""
    losses = floats(0.4, 0.2, 0.7, 0.4, 0.1, 0.4, 0.2, 0.55, 0.6, 0.4)
    return np.tile(losses, (windows, 1))


def columns(screen: Screen, signs: str) -> list[int]:
    """The columns of the plot in which one of these signs is."""
    return [x for x in range(LARGE[0]) if screen.marks(signs, x)]


def lines_with(screen: Screen, text: str) -> list[int]:
    """The lines of the plot in which this text is."""
    return [y for y, line in enumerate(screen.plot) if text in line]


def line_at(loss: float, screen: Screen) -> int:
    """The line of the plot at which a loss lies, if the axis ends at 0.8."""
    return int(len(screen.plot) * (1 - loss / 0.8))


def lines_around(screen: Screen, signs: str, column: int) -> set[int]:
    """The lines with one of these signs in a column or the next."""
    return {*screen.marks(signs, column), *screen.marks(signs, column + 1)}


async def test_a_single_window_stands_out_among_a_hundred_thousand() -> None:
    losses = np.full(100_000, 0.1)
    losses[60_000] = 0.9
    screen = await seen(losses=losses, size=LARGE)
    assert {"0", "20k", "40k", "80k", "100k"} <= {*screen.windows}
    tall = []
    for x in range(LARGE[0] - PLOT_X):
        inked = sum(line[x : x + 1] not in " -:╌┊" for line in screen.plot)
        if inked >= 0.75 * len(screen.plot):
            tall.append(x)
    assert tall
    assert tall == pytest.approx([screen.windows["60k"]] * len(tall), abs=1)


async def test_losses_and_windows_lie_where_the_axes_say() -> None:
    screen = await plain(losses=[0.75] * 50 + [0.25] * 50)
    assert screen.losses["0.0"] == len(screen.plot) - 1
    for window, loss in (("20", 0.75), ("80", 0.25)):
        assert screen.marks("*", screen.windows[window]) == [line_at(loss, screen)]
    assert screen.windows["80"] - screen.windows["20"] == pytest.approx(0.6 * 111, abs=1)
    assert {"0.0", "0.2", "0.4", "0.6", "0.8"} <= {*screen.losses}
    (chance,) = lines_with(screen, "chance 0.693")
    assert screen.losses["0.8"] < chance < screen.losses["0.6"]
    assert lines_with(screen, "epoch starts 0.111")


@pytest.mark.parametrize(
    ("losses", "is_marked"),
    [
        ([math.nan] * 300, True),
        ([0.0], False),
        ([3e38], True),  # far above chance counts as infinite
    ],
)
async def test_nan_and_infinity_are_marked_and_break_nothing(
    losses: list[float], is_marked: bool
) -> None:
    branches = [Branch(losses), Branch(losses, "preset")]
    async with staged(branches=branches, size=LARGE, ascii_only=True) as stage:
        assert ("!" in stage.screen.plot[0]) == is_marked
        await stage.press("l left escape")
        assert len((await stage.resize(60, 16)).lines) == 16


async def test_nan_and_infinity_are_marked_at_their_windows() -> None:
    screen = await plain(losses=[0.5, math.nan, 0.4, math.inf, 0.3])
    marked = columns(screen, "!")
    assert marked == pytest.approx([1.1, 3.4], abs=1.1), "of a hundred windows on 112 columns"
    assert float(next(iter(screen.losses))) <= 1


async def test_errors_are_shown_as_a_share_of_guessing() -> None:
    errors = np.repeat([0.0, 0.12, 0.24, 0.48, 1.0], 20)
    screen = await seen(windows=100, errors=errors, size=LARGE)
    strip = screen.line("errors")[PLOT_X:].ljust(112)
    assert strip[11::22] == " ▂▄██"


async def test_the_crosshair_reads_window_epoch_loss_and_errors_and_enter_goes_there() -> None:
    losses = np.linspace(1, 0.66, 35)
    async with staged("left", losses=losses, errors=0.2, config=TEN_AN_EPOCH) as stage:
        words = "window 35 .*epoch 4, window 5 .*loss 0.6600.*20.0% wrong"
        assert re.search(words, stage.reading)
        await stage.press("home")
        assert re.search(r"window 1 .*epoch 1, window 1 .*loss 1.0000", stage.reading)
        await stage.press("right right enter")
        assert stage.session.commands == [Go(0, 3)]
        assert "epoch 1, window 3" not in stage.reading
        await stage.press("left escape")
        assert "window 35" not in stage.reading


async def test_the_crosshair_reads_the_mean_of_the_windows_that_share_a_column() -> None:
    async with staged("home", losses=[0.5, 0.7] * 5000) as stage:
        assert "0.6000 (0.5000 to 0.7000)" in stage.reading
        assert [30] <= stage.screen.numbers(r"windows 1 to (\d+)") <= [200]
        pointed = await stage.hover(stage.screen.windows["4k"] + 8, 6)
        assert pointed.numbers(r"windows ([\d,]+) to") == pytest.approx([4000], abs=150)


async def test_zoom_shows_fewer_windows_and_following_shows_the_newest() -> None:
    async with staged(losses=np.linspace(1, 0, 1000), size=LARGE, ascii_only=True) as stage:
        whole = stage.screen.windows
        near = (await stage.after("z")).windows
        assert "0" not in near
        assert {"600", "800", "1k"} <= {*near}
        nearer = await stage.after("z")
        assert {"800", "900"} <= {*nearer.windows}
        assert float(next(iter(nearer.losses))) <= 0.3
        assert (await stage.after("Z Z")).windows == whole
        assert "0" in (await stage.after("z home")).windows
        assert "windows 1 to" in stage.reading
        await stage.press(*["shift+right"] * 20)
        assert "windows 1 to" not in stage.reading
        assert "1k" in (await stage.after("end")).windows


async def test_commands_are_marked_where_they_were_given() -> None:
    branches = [Branch([0.1] * 40), Branch([0.7] * 40, "regenerate", (0, 40))]
    screen = await plain(branches=branches, path_branch=1)
    x = screen.windows["40"]
    top = screen.plot[0]
    assert "|data" in top[x - 1 : x + 7] or "data|" in top[x - 6 : x + 2]
    assert screen.marks("*", 2) > screen.marks("*", x + 8)


async def test_new_weights_begin_at_the_left_over_the_branch_before() -> None:
    branches = [Branch([0.1] * 40), Branch([0.7] * 40, "reset")]
    screen = await plain(branches=branches, path_branch=1)
    assert min(columns(screen, "*")) <= 1
    first, *_ = screen.marks("*", 2)
    last, *_ = screen.marks("*", screen.windows["40"] - 4)
    assert first == last
    assert screen.text.count("a: ") == 1


async def test_other_branches_lie_under_the_curve_with_letters_from_where_they_leave() -> None:
    first = Branch([0.85] * 100)
    fresh = Branch([0.45] * 100, "preset", changes={"learning_rate": 0.1})
    edited = Branch([0.15] * 150, "edit", (0, 50), {"learning_rate": 0.2})
    branches = [first, fresh, edited]
    async with staged(branches=branches, size=LARGE, ascii_only=True) as stage:
        screen = stage.screen
        legend = screen.line("learning_rate 0.1")
        assert re.search(r"b: .*learning_rate 0\.1 .*c: .*learning_rate 0\.2 .*50", legend)
        assert {"100", "200"} <= {*screen.windows}, "the axis holds the longest of them"
        x = screen.windows["100"] - 10
        height = len(screen.plot)
        assert screen.marks("*", x) == [int(height * 0.15)]
        assert screen.marks("'bc", x) == [int(height * 0.55), int(height * 0.85)]
        for letter in "bc":
            line = next(line for line in screen.plot if line.split("chance")[0].count(letter) >= 3)
            assert {*line} <= {*" '-.bcleast at epoch starts 0.111"}
        left = min(line.index("'"), line.index("c"))
        assert left == pytest.approx(screen.windows["50"], abs=1)

        second = await stage.put(path_branch=2)
        assert "a: " in second.text
        early = second.marks("*", second.windows["50"] - 5)
        assert early < second.marks("*", second.windows["150"])


async def test_of_many_branches_the_newest_are_in_the_legend_and_the_others_counted() -> None:
    branches = [Branch([0.9] * 30)]
    for n in range(1, 8):
        branches.append(Branch([0.1 * n] * 30, "preset", changes={"learning_rate": n / 100}))
    screen = await seen(branches=branches)
    legend = screen.line("h: ")
    named = "".join(re.findall(r"([b-h]): learning_rate 0\.0\d", legend))
    assert named
    assert "bcdefgh".endswith(named)
    assert len(named) < 7
    assert f"and {7 - len(named)} more" in legend


async def test_a_single_window_of_another_branch_stands_out() -> None:
    spike = [0.1] * 20_000
    spike[10_000] = 0.9
    branches = [Branch([0.95] + [0.02] * 19_999), Branch(spike, "preset")]
    screen = await plain(branches=branches)
    assert min(lines_around(screen, "'", screen.windows["10k"])) <= 2


async def test_many_seeds_are_a_median_a_band_and_extremes_at_their_losses() -> None:
    screen = await plain(losses=of_ten_seeds(100), config=SEEDS, replica=7)
    x = screen.windows["60"]
    assert screen.marks("*", x) == [line_at(0.55, screen)]
    assert line_at(0.4, screen) in screen.marks("=", x), "it lies on the border of two lines"
    assert lines_around(screen, "'", x) == {line_at(0.7, screen), line_at(0.1, screen)}
    band = lines_around(screen, ":=*", x)
    assert min(band) == pytest.approx(line_at(0.61, screen), abs=1)
    assert max(band) == pytest.approx(line_at(0.19, screen), abs=1)
    for name in ("** seed 14", "== median of 10", ":: 10 to 90 %"):
        assert name in screen.text


async def test_the_crosshair_reads_the_median_of_many_seeds_and_the_selected_one() -> None:
    screen = await seen("left", losses=of_ten_seeds(100), config=SEEDS, replica=7)
    for words in ("window 100", "median loss 0.4000", "0.1900 to 0.6100", "0 of 10 solved"):
        assert words in screen.reading
    assert "seed 14: 0.5500" in screen.reading


async def test_how_many_seeds_are_solved_has_an_interval() -> None:
    config = EchoConfig(replicas=20)
    losses = np.full((900, 20), 0.7)
    losses[300:, :15] = 0.001
    large = await seen(losses=losses, config=config, size=(100, 44))
    screen = await seen(losses=losses, config=config)
    for text in (large.text, screen.text):
        assert re.search(r"solved.* 15/20 \(53-89 %\)", text, re.DOTALL)
    strip = screen.line(" solved", "▆")[PLOT_X:].replace("15/20 (53-89 %)", " " * 15)
    a_column = 1000 / screen.windows["1k"]
    assert 300 <= strip.index("▆") * a_column <= 500
    assert strip.rindex("▆") * a_column >= 880, "the words cover no part of it"
    assert strip[:20].strip() == ""


async def test_losses_of_a_few_wild_seeds_are_marked_at_the_edge_and_flatten_nothing() -> None:
    config = EchoConfig(replicas=64)
    losses = np.full((300, 64), math.log(2))
    losses[100:, :3] = 1e30
    losses[200:, 5] = math.nan
    wild = await plain(losses=losses, config=config, replica=8)
    assert "0.8" in wild.losses or "0.5" in wild.losses
    assert wild.plot[0].count("^") > 8
    assert "!" not in wild.plot[0]
    diverged = await seen(losses=losses, config=config, ascii_only=True, replica=5)
    assert "!" in diverged.plot[0]


async def test_where_one_seed_goes_on_alone_the_band_ends() -> None:
    lone = {"replicas": 1, "seed": 14}
    alone = Branch(np.tile([0.5, 0.6], 100), "alone", (0, 200), lone)
    screen = await plain(branches=[Branch(of_ten_seeds(200)), alone], config=SEEDS, path_branch=1)
    middle = screen.windows["200"]
    assert max(columns(screen, "=")) <= middle + 1
    wide = [x for x in columns(screen, ".") if len(screen.marks(".*", x)) > 1]
    assert min(wide) >= middle - 2


async def test_many_seeds_under_the_curve_are_their_median() -> None:
    fresh = Branch([0.6] * 200, "preset", changes={"replicas": 1, "seed": 1})
    screen = await plain(branches=[Branch(of_ten_seeds(200)), fresh], config=SEEDS, path_branch=1)
    assert "median" in screen.line("a: ")
    assert not columns(screen, "=")
    lines = set()
    for x in range(20, 90):
        lines.update(screen.marks("'", x))
    assert len(lines) == 1


COINS = ["chance 0.662", "knows t-8 0.628", "knows t-3 0.519", "knows both 0.455"]
ADDING = ["chance 0.167", "knows one 0.083", "knows both 0.000"]


@pytest.mark.parametrize(
    ("task", "losses", "levels", "name", "has_errors"),
    [
        ("two_coins", [0.75, 0.35], COINS, "cross-entropy", True),
        ("adding", [0.2, 0.09], ADDING, "squared error", False),
    ],
)
async def test_levels_of_a_task_are_named_in_their_order(
    task: str, losses: list[float], levels: list[str], name: str, has_errors: bool
) -> None:
    config = EchoConfig(task=task)
    screen = await seen(losses=losses, config=config, size=(100, 50), ascii_only=True)
    assert re.search(".*".join(levels), "\n".join(screen.plot), re.DOTALL)
    assert lines_with(screen, name)
    assert ("errors" in screen.text) == has_errors

    before = await seen(losses=[], config=config, size=LARGE)
    assert levels[0] in before.text, "also before the first window"
    assert levels[-1] in before.text
