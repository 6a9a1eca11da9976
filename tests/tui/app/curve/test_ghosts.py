"""Ghosts, the other branches drawn under the curve: lines and letters, drawn again only after a change."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import pytest
from textual.app import App, ComposeResult

from echornn.config import EchoConfig
from echornn.history.curve import Curve
from echornn.session.pictures.ghosts import Ghost
from echornn.timeline.timeline import Timeline
from tests.trees import branch_off, grow
from tests.tui.app.scenes import NOTHING, Line
from tui.app.curve.axes import LossAxis
from tui.app.curve.ghosts import LETTER_EVERY, PlotArea
from tui.app.curve.legend import MOST_WORDS, ghost_words
from tui.app.curve.loss_plot import LossPlot
from tui.app.curve.plot_axes import GUTTER
from tui.app.curve.viewport import Viewport

TUTORIAL = EchoConfig()


Lain = tuple[Ghost, Timeline]
"""A ghost without its curve, and the timeline that contains it."""


class Told:
    """A run as the source of a ghost."""

    def __init__(self, losses: list[float]) -> None:
        self.timeline = Timeline()
        grow(self.timeline, branch_off(self.timeline, TUTORIAL), losses)

    def ghost(self, letter: str, words: str = "something", first: int = 0) -> Lain:
        return Ghost(f"run {id(self.timeline)}", letter, words, first, self.timeline.end(0).window), self.timeline


def other(lain: Lain, **changes: Any) -> Lain:
    """The same ghost with some attributes changed."""
    return dataclasses.replace(lain[0], **changes), lain[1]


class OnePlot(App[None]):
    CSS_PATH = "../../../../tui/app/app.tcss"

    def __init__(self, line: list[float], ascii_only: bool = True) -> None:
        super().__init__()
        self.line = Told(line)
        self.plot = LossPlot(NOTHING, ascii_only)

    def compose(self) -> ComposeResult:
        yield self.plot

    def show(self, *ghosts: Lain) -> list[str]:
        """The plot's lines, without the axis and the two lines below it."""
        Line(self.line.timeline, beside=ghosts).show(self.plot)
        return [self.plot.render_line(y).text[GUTTER:] for y in range(self.plot.size.height - 2)]


SIZE = (GUTTER + 62, 14)
"""A plot of 60 columns and 12 lines, inside the widget's padding."""


async def test_ghosts_are_told_apart_without_colour() -> None:
    app = OnePlot([0.9] * 100)
    async with app.run_test(size=SIZE):
        lines = app.show(Told([0.25] * 100).ghost("b"), Told([0.5] * 100).ghost("c"))
        rows = {letter: [y for y, line in enumerate(lines) if letter in line.split(":")[-1]] for letter in "bc"}
        (b,), (c,) = ([y for y in rows[letter] if lines[y].count("'") > 20] for letter in "bc")
        assert lines[b].strip("' b-") == lines[c].strip("' c-") == ""
        assert c < b, "the larger loss is higher"
        assert np.diff([x for x, sign in enumerate(lines[b]) if sign == "b"]).tolist() == [
            LETTER_EVERY,
            LETTER_EVERY,
            9,
        ]
        assert [x for x, sign in enumerate(lines[c]) if sign == "c"][:2] == [7, 7 + LETTER_EVERY]
        assert lines[b].index("b") != lines[c].index("c"), "one above the other, their letters can be read"
        assert max(lines[b].rindex("b"), lines[c].rindex("c")) == 59, "the end has a letter"


async def test_a_letter_stands_where_the_curve_does_not_hide_it() -> None:
    app = OnePlot([0.5] * 100)
    async with app.run_test(size=SIZE):
        lines = app.show(Told([0.5] * 80 + [0.1] * 20).ghost("b", ""))
        columns = [line.index("b") for line in lines if "b" in line and ":" not in line]
        assert columns
        assert all(column >= 47 for column in columns)


async def test_one_that_lies_exactly_on_the_curve_has_a_letter_on_it() -> None:
    app = OnePlot([0.5] * 100)
    async with app.run_test(size=SIZE):
        app.show()
        curve = app.plot.cells
        app.show(Told([0.5] * 100).ghost("b", ""), Told([0.5] * 100).ghost("c", ""))
        letters = app.plot.cells.styles == curve.names.index("plot--letter")
        assert set(app.plot.cells.characters[letters]) == {"b", "c"}
        assert set(curve.styles[letters]) == {curve.names.index("plot--mean")}


@pytest.mark.parametrize("ascii_only", [True, False])
async def test_a_ghosts_extremes_are_kept(ascii_only: bool) -> None:
    losses = [0.1] * 20_000
    losses[10_000], losses[15_000] = 0.9, 0.0
    app = OnePlot([0.95] + [0.02] * 19_999, ascii_only)
    async with app.run_test(size=SIZE):
        lines = app.show(Told(losses).ghost("b"))
        spike = [y for y, line in enumerate(lines) if line[28:32].strip(" -╌")]
        assert min(spike) <= 1, "up to 0.9 of an axis that ends at 1"
        assert set(range(3, 10)) <= set(spike), "one line of them all"


async def test_what_has_not_changed_is_not_drawn_again() -> None:
    app = OnePlot([0.9] * 100)
    async with app.run_test(size=SIZE) as pilot:
        still, growing = Told([0.25] * 110), Told([0.5] * 110)
        curves: dict[str, list[Curve | None]] = {"b": [], "c": []}

        def show() -> list[str]:
            lines = app.show(still.ghost("b"), growing.ghost("c"))
            for ghost in app.plot._picture.ghosts:
                if ghost.curve not in curves[ghost.letter]:
                    curves[ghost.letter].append(ghost.curve)
            return lines

        for count in range(5):
            show()
            grow(app.line.timeline, 0, [0.8])
            grow(growing.timeline, 0, [0.5] * (count % 2))
        assert [len(curves[letter]) for letter in "bc"] == [1, 3]
        before = show()
        app.plot.change_viewport(Viewport(log=True))
        await pilot.pause()
        assert show() != before
        app.plot.change_viewport(Viewport())
        assert show() == before
        assert [len(curves[letter]) for letter in "bc"] == [1, 3], "on another axis of losses they are the same"


async def test_a_ghost_begins_where_it_leaves_the_line() -> None:
    app = OnePlot([0.9] * 100)
    async with app.run_test(size=SIZE):
        lines = app.show(Told([0.9] * 50 + [0.2] * 50).ghost("b", "", first=50))
        drawn = [column for line in lines[3:] for column, sign in enumerate(line) if sign in "'b"]
        assert min(drawn) == 30
        app.plot.change_viewport(Viewport(span=20))
        assert app.plot.viewport.limits(100) == (80, 100)
        lines = app.show(Told([0.2] * 50).ghost("b", "", first=0))
        assert not any("'" in line for line in lines), "nothing of it lies in what is shown"


async def test_the_axis_holds_the_longest_of_the_futures() -> None:
    app = OnePlot([0.9] * 100)
    async with app.run_test(size=SIZE):
        app.show(Told([0.2] * 3000).ghost("b"))
        assert " 2k " in app.plot.render_line(13).text
        assert " 3k " in app.plot.render_line(13).text


async def test_what_each_is_stands_in_the_corner() -> None:
    app = OnePlot([0.9] * 100)
    async with app.run_test(size=SIZE) as pilot:
        ghosts = [Told([0.2] * 9).ghost(letter, f"learning_rate 0.{index}") for index, letter in enumerate("bcdefghi")]
        lines = app.show(*ghosts)
        words = [*(f": learning_rate 0.{index}" for index in range(3, 8)), "and 3 more:"]
        assert MOST_WORDS == 5
        assert [line.strip(" -*'bcdefghi") for line in lines if "earning" in line or "more" in line] == words
        assert any(line.rstrip(" -*").endswith("xxx...") for line in app.show(Told([0.2] * 9).ghost("b", "x" * 99)))
        await pilot.resize_terminal(GUTTER + 40, 14)
        await pilot.pause()
        assert not any("learning_rate" in line for line in app.show(*ghosts)), "no room beside the curve"


@pytest.mark.parametrize(
    ("lines", "told"),
    [(9, "b c d"), (3, "b c d"), (2, "d and 2 more: «branches»"), (1, "d"), (0, "")],
)
def test_where_there_are_few_lines_the_newest_future_is_told(lines: int, told: str) -> None:
    ghosts = [Told([0.2]).ghost(letter, "")[0] for letter in "bcd"]
    place = PlotArea(LossAxis(0, 1), 0, 9, GUTTER, 70, 6)
    words = " ".join(" ".join(ghost_words(ghosts, place, "…", lines)).replace(":  ", " ").split())
    assert words == told


def hidden_by_words(app: OnePlot, *ghosts: Lain) -> int:
    """The number of cells of the curve's mean that the legend covers."""
    app.show(*(other(ghost, words="") for ghost in ghosts))
    cells = app.plot.cells
    is_mean = cells.styles == cells.names.index("plot--mean")
    app.show(*ghosts)
    return int((is_mean & (app.plot.cells.styles == cells.names.index("plot--words"))).sum())


@pytest.mark.parametrize("losses", [[0.9] * 100, [0.05] * 100, np.linspace(0.9, 0.0, 100), np.linspace(0.0, 0.9, 100)])
async def test_words_stand_where_they_hide_nothing_of_the_curve(losses: list[float]) -> None:
    app = OnePlot(list(losses))
    async with app.run_test(size=(GUTTER + 82, 20)):
        assert hidden_by_words(app, *(Told([0.5] * 100).ghost(letter, "learning_rate 0.1") for letter in "bcd")) == 0


async def test_words_do_not_jump_about_while_the_curve_grows() -> None:
    app = OnePlot([0.7] * 5)
    places = []
    async with app.run_test(size=(GUTTER + 82, 20)):
        for _ in range(60):
            lines = app.show(Told([0.5] * 400).ghost("b", "learning_rate 0.1"))
            places += [(y, line.index("learning")) for y, line in enumerate(lines) if "learning" in line]
            grow(app.line.timeline, 0, 0.7 * np.random.default_rng(len(places)).random(5))
    assert len(places) == 60
    assert sum(before != after for before, after in itertools.pairwise(places)) <= 2


@pytest.mark.parametrize("size", [(200, 40), (30, 8), (12, 5), (9, 3)])
async def test_no_ghost_and_no_size_takes_the_plot_down(size: tuple[int, int]) -> None:
    for line, ascii_only in (([], True), ([0.5] * 50, False)):
        app = OnePlot(line, ascii_only)
        async with app.run_test(size=size):
            for losses in ([0.5], [0.0], [math.nan] * 99, [math.inf, 0.5], [3e38, 1e-30], [0.3] * 5000):
                ghost = Told(losses).ghost("b")
                for log in (False, True):
                    app.plot.change_viewport(Viewport(log=log))
                    lines = app.show(ghost, other(ghost, key="c", first=len(losses), letter="c"))
                    assert all(len(text) <= size[0] - GUTTER for text in lines)
                    seen = losses[0] == 0.3 and size[0] > 12
                    assert any("b" in text for text in lines) or not seen, "what has room is drawn"


async def test_where_one_looks_at_the_past_is_marked_and_named_beside_the_curve() -> None:
    app = OnePlot(np.linspace(0.9, 0.1, 100).tolist())
    async with app.run_test(size=SIZE):
        Line(app.line.timeline, here=40).show(app.plot)
        lines = [app.plot.render_line(y).text[GUTTER:] for y in range(12)]
        assert "| window 40 " in lines[0]
        assert all(line[24] != " " for line in lines)
        Line(app.line.timeline, here=100).show(app.plot)
        assert "window 100" not in app.plot.render_line(0).text
