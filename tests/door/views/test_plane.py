"""The plane: states by target, the border of the predictions, the way of a row, and fixed points by
kind."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig, Question, Readings
from tests.door.views.stage import floats, seen, seen_solved, staged
from tests.readings_by_hand import SOLVED, cycle_of_corners, four_corners, points_of_corners

TWO_UNITS = EchoConfig(state_size=2)


def with_plane(config: EchoConfig = SOLVED.config, **changes: Any) -> Readings:
    return replace(SOLVED, config=config, plane=replace(four_corners(config), **changes))


async def test_states_lie_at_both_sides_of_the_border_with_the_way_of_a_row() -> None:
    screen = await seen_solved("7", ascii_only=True)
    assert re.findall(r"\d+%?", screen.view[0]) == ["32"]
    assert screen.view[1:-1] == [
        "   .0.................. component 2, 30%: -1.1 to 1.1 ^...................1",
        "   .                                  :.                                  .",
        "   .                                  :.                                  .",
        "   .                                  :.                                  .",
        "   .                                  :.                                  .",
        ". ... . . . . . . . . . . . . . . . . :.. . . . . . . . . . . . . . . . . . .",
        "   .                                  :.                                  .",
        "   .                                  :.                                  .",
        "   .                                  :.                                  .",
        "   .0.................. component 1, 60%: -1.1 to 1.1 >...................1",
    ]
    assert re.search(r"0 1 .*row 1\b", screen.view[-1])


async def test_a_plane_that_tells_less_apart_than_the_network_has_other_components() -> None:
    third = np.resize(floats(-0.5, 0.5), 32)
    targets = (third > 0).astype(np.uint8)
    readings = with_plane(
        components=floats(*np.eye(3)),
        mean=floats(0, 0, 0),
        shares=floats(0.6, 0.3, 0.1),
        states=np.column_stack([four_corners().states, third]),
        rows=np.zeros((5, 15, 3), np.float32),
        targets=targets,
        answers=targets,
        readout=floats([0, 0, 0, -4], [0, 0, 0, 4]),
    )
    async with staged("7", readings=readings) as stage:
        assert "".join(stage.view[1:-1]).count("+") == 4, "each corner has states of both classes"
        await stage.press("v")
        assert "component 3, 10%" in stage.text


async def test_the_cursor_goes_along_a_row_and_the_mouse_reads_states() -> None:
    async with staged("7 tab left left", readings=SOLVED) as stage:
        assert "row 1, step 14 at -1, 1: target" in stage.reading
        await stage.press("down")
        assert "row 2, step 14" in stage.reading
        screen = await stage.after("down " * 9, "right " * 9)
        assert "row 5, step 15" in screen.reading
        assert "row 5" in screen.view[-1]
        await stage.press("escape")
        assert "row 5, step" not in stage.reading
        await stage.hover(*screen.place("0⠠"))
        assert re.search(r"row 5, step \d+ at -1, 1: target", stage.text)


async def test_where_a_row_has_no_state_the_mouse_reads_how_many_lie_there() -> None:
    readings = with_plane(rows=np.zeros((5, 0, 2), np.float32))
    async with staged("7", readings=readings) as stage:
        await stage.hover(5, stage.screen.place("component 2")[1])
        assert re.search(r"\b8 states .*\b8 with target 0", stage.text)


def with_points(**changes: Any) -> Readings:
    return replace(with_plane(TWO_UNITS), fixed_points=replace(points_of_corners(), **changes))


async def test_fixed_points_are_asked_for_marked_counted_and_read() -> None:
    async with staged("7 x", readings=with_plane(TWO_UNITS)) as stage:
        assert stage.asked == Question(frozenset({"plane", "fixed_points"}), held=(0.0,))
        screen = await stage.put(readings=with_points())
        assert re.search(r"input 0: 2 stable, 1 saddle, .* 256", screen.view[0])
        assert screen.view[1][4] == screen.view[10][4] == "●"
        assert screen.drawing.count("×") == 2, "in the middle, and in the legend"
        await stage.hover(*screen.place("●"))
        assert re.search(
            r"stable .* 0\.\d+( \+-90°)?; p\(0\) 0\.[89]0; (150|100) of 256", stage.text
        )
        await stage.press("x")
        assert stage.asked.held == (1.0,)
        await stage.put(readings=with_plane(TWO_UNITS))
        assert "computing" in stage.view[0]
        await stage.press("x")
        assert stage.asked == Question(frozenset({"plane"}))


async def test_the_states_of_a_cycle_are_marked_and_read_behind_the_fixed_points() -> None:
    readings = with_points(cycles=(cycle_of_corners(),))
    async with staged("7 x right", "right " * 5, readings=readings) as stage:
        screen = stage.screen
        assert re.search(r"2 stable, 1 saddle, 1 cycle\b", screen.view[0])
        assert screen.drawing.count("◆") == 3, "at both states, and in the legend"
        assert re.search(
            r"stable cycle of 2, .* -0\.400: 1 \(p 0\.800\), 1 \(p 0\.700\)", stage.reading
        )


async def test_the_arrows_read_the_states_of_a_row() -> None:
    shape = four_corners(TWO_UNITS).rows.shape
    rows = np.random.default_rng(3).normal(size=shape).astype(np.float32)
    readings = with_plane(TWO_UNITS, rows=rows)
    async with staged("7 x down", "left " * 15, readings=readings) as stage:
        for step, state in enumerate(rows[1], 1):
            match = re.search(rf"row 2, step {step} at (\S+), (\S+): ", stage.reading)
            assert match, stage.reading
            assert [*map(float, match.groups())] == pytest.approx(state, rel=0.05)
            await stage.press("right")


async def test_behind_the_states_of_a_row_the_arrows_read_the_fixed_points() -> None:
    points = points_of_corners()
    async with staged("7 x right", readings=with_points()) as stage:
        for number, kind in enumerate(points.kinds):
            await stage.press("right")
            largest = ("0.500", r"0.200 \+-90°", "1.600")[number]
            share = points.outputs[number, 0]
            assert re.search(rf"{kind}.* {largest}; p\(0\) {share:.2f}; ", stage.reading)
        last = stage.screen
        assert (await stage.after("right")).reading == last.reading
        x, y = last.place("×")
        assert last.paper(x, y) != (await stage.after("left")).paper(x, y)
        await stage.press("left left")
        assert "row 1, step 15" in stage.reading


async def test_parts_that_the_outputs_do_not_read_have_no_border() -> None:
    cell = with_plane(part="c", readout=np.zeros((0, 3), np.float32))
    screen = await seen("7", readings=replace(cell, parts=("h", "c")))
    assert "of c: 32" in screen.view[0]
    assert "⢸" not in "".join(screen.view[1:-1])


async def test_states_without_a_known_target_have_no_sign_of_a_class() -> None:
    screen = await seen("7", readings=with_plane(targets=np.zeros(0, np.uint8)))
    assert screen.view[1].count("+") == 2


async def test_signs_tell_a_hidden_variable_apart_and_the_border_stays_that_of_targets() -> None:
    """Units are counted up to nine, and other numbers are ranges."""
    upper = (four_corners().states[:, 1] > 0).astype(np.float32)
    readings = with_plane(hidden={"carry": 2 * upper, "level": upper - 0.5})
    async with staged("7", readings=readings, ascii_only=True) as stage:
        by_target = stage.view
        await stage.press("C")
        assert re.search(r"carry: 0 1 2 ", stage.view[-1])
        assert [stage.view[line][4] for line in (1, 10)] == ["2", "0"], "upper, lower"
        assert all(line[38:40].strip() for line in stage.view[2:10]), "the border"
        assert "all 32 states right" in stage.view[0]
        await stage.press("C")
        assert "level: " in stage.view[-1]
        assert stage.view[1][4] != stage.view[10][4]
        await stage.press("C")
        assert stage.view[1:] == by_target[1:]
