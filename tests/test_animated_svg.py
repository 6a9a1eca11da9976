"""Animated pictures of a terminal, and the demonstration in the README."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from rich.segment import Segment
from rich.style import Style

from tests.animated_svg import Shot, animated

DEMO = Path(__file__).parents[1] / "docs" / "demo.svg"

MOST_BYTES = 300_000


def line(text: str, style: str = "") -> list[Segment]:
    return [Segment(text, Style.parse(style))]


def test_a_line_that_stays_is_written_once_and_others_are_shown_in_their_pictures() -> None:
    shots = [
        Shot([line("the loss <falls>"), line("one", "bold")], 1.0),
        Shot([line("the loss <falls>"), line("two", "#ff0000")], 2.0),
        Shot([line("the loss <falls>"), line("one", "bold")], 1.0),
    ]
    svg = animated(shots, 20)
    ElementTree.fromstring(svg)
    assert [svg.count(text) for text in (">the loss &lt;falls&gt;<", ">one<", ">two<")] == [1, 1, 1]
    assert "@keyframes t0{0.00%{visibility:visible}25.00%{visibility:hidden}75.00%{visibility:visible}}" in svg
    assert "@keyframes t1{0.00%{visibility:hidden}25.00%{visibility:visible}75.00%{visibility:hidden}}" in svg
    assert ".t1{animation:t1 4s step-end infinite;visibility:hidden}" in svg


def test_neighbouring_blocks_and_backgrounds_are_one_shape() -> None:
    svg = animated([Shot([line("██ █", "#00ff00 on #000080")], 1.0)], 4)
    assert 'd="M0 0h16v16h-16z"' in svg
    assert 'd="M0 0h32v16h-32z"' in svg


def test_the_demonstration_is_light_and_well_formed() -> None:
    assert DEMO.stat().st_size < MOST_BYTES
    ElementTree.parse(DEMO)
