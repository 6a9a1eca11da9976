"""The plane: states by target, the border of the predictions, the way of a row, and fixed points by
kind."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np

from echornn import EchoConfig, Question, Readings
from tests.door.views.stage import Branch, Screen, Stage, seen, staged
from tests.readings_by_hand import SOLVED, four_corners, points_of_corners
from tests.recordings import FLIP_FLOP, recorded_flip_flop


def with_plane(config: EchoConfig = SOLVED.config, **changes: Any) -> Readings:
    return replace(SOLVED, config=config, plane=replace(four_corners(config), **changes))


async def test_states_lie_at_both_sides_of_the_border_with_the_way_of_a_row() -> None:
    screen = await seen("7", readings=SOLVED, ascii_only=True)
    assert re.findall(r"\d+%?", screen.view[0]) == ["32"]
    assert [line.rstrip() for line in screen.view[1:-1]] == [
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
    plane = four_corners()
    third = np.where(np.arange(32) % 2, 0.5, -0.5).astype(np.float32)
    targets = (third > 0).astype(np.uint8)
    readings = with_plane(
        components=np.eye(3, dtype=np.float32),
        mean=np.zeros(3, np.float32),
        shares=np.array([0.6, 0.3, 0.1], np.float32),
        states=np.column_stack([plane.states, third]),
        rows=np.zeros((5, 15, 3), np.float32),
        targets=targets,
        answers=targets,
        readout=np.array([[0, 0, 0, -4], [0, 0, 0, 4]], np.float32),
    )
    async with staged() as stage:
        await stage.put(readings=readings)
        screen = await stage.press("7")
        assert sum(line.count("+") for line in screen.view[1:-1]) == 4, (
            "each corner has states of both classes"
        )
        screen = await stage.press("v")
        assert "component 3, 10%" in screen.text


async def test_the_cursor_goes_along_a_row_and_the_mouse_reads_states() -> None:
    async with staged() as stage:
        await stage.put(readings=SOLVED)
        await stage.press("7", "tab", "left", "left")
        assert "row 1, step 14 at -1, 1: target" in stage.screen.reading
        assert "row 2, step 14" in (await stage.press("down")).reading
        screen = await stage.press(*["down"] * 9, *["right"] * 9)
        assert "row 5, step 15" in screen.reading
        assert "row 5" in screen.view[-1]
        assert "row 5, step" not in (await stage.press("escape")).reading
        x, y = screen.place("0⠠")
        assert re.search(r"row 5, step \d+ at -1, 1: target", (await stage.hover(x, y)).text)
        readings = with_plane(rows=np.zeros((5, 0, 2), np.float32))
        await stage.hover(0, 0)
        screen = await stage.put(readings=readings)
        hovered = (await stage.hover(5, screen.place("component 2")[1])).text
        assert re.search(r"\b8 states .*\b8 with target 0", hovered)


async def corners(stage: Stage, key: str, held: float = 0, **changes: Any) -> Screen:
    readings = with_plane(EchoConfig(state_size=2))
    points = replace(points_of_corners(held), **changes)
    await stage.press("7", key)
    return await stage.put(readings=replace(readings, fixed_points=points))


async def test_fixed_points_are_asked_for_marked_counted_and_read() -> None:
    async with staged(config=EchoConfig(state_size=2)) as stage:
        await stage.put(readings=with_plane(EchoConfig(state_size=2)))
        screen = await corners(stage, "x")
        assert stage.asked == Question(frozenset({"plane", "fixed_points"}), held=(0.0,))
        assert re.search(r"input 0: 2 stable, 1 saddle, .* 256", screen.view[0])
        assert [line[4] for line in screen.view[1:11:9]] == ["●", "●"]
        assert "\n".join(screen.view).count("×") == 2, "in the middle, and in the legend"
        x, y = screen.place("●")
        assert re.search(
            r"stable .* 0\.\d\d; p\(0\) 0\.[89]0; (150|100) of 256", (await stage.hover(x, y)).text
        )
        await stage.press("x")
        assert stage.asked.held == (1.0,)
        screen = await stage.put(readings=with_plane(EchoConfig(state_size=2)))
        assert "computing" in screen.view[0]
        await stage.press("x")
        assert stage.asked == Question(frozenset({"plane"}))
    async with staged(config=EchoConfig(state_size=2), ascii_only=True) as stage:
        await stage.put(readings=with_plane(EchoConfig(state_size=2)))
        screen = await corners(stage, "x", kinds=("saddle", "unstable", "slow"))
        assert re.search(r": 1 saddle, 1 unstable, 1 slow\b", screen.view[0])
        assert screen.text.isascii()


async def test_the_arrows_read_the_states_of_a_row_and_then_the_fixed_points() -> None:
    config = EchoConfig(state_size=2)
    plane, points = four_corners(config), points_of_corners()
    rows = np.random.default_rng(3).normal(size=plane.rows.shape).astype(np.float32)
    readings = replace(with_plane(config, rows=rows), fixed_points=points)
    async with staged(config=config) as stage:
        await stage.put(readings=readings)
        await stage.press("7", "x", "down", "left", *["left"] * 14)
        for step, state in enumerate(rows[1], 1):
            read = re.search(r"row 2, step (\d+) at (\S+), (\S+): ", stage.screen.reading)
            assert read, stage.screen.reading
            assert int(read[1]) == step
            np.testing.assert_allclose([float(read[2]), float(read[3])], state, rtol=0.05)
            await stage.press("right")
        for kind, values, outputs in zip(
            points.kinds, points.eigenvalues, points.outputs, strict=True
        ):
            assert re.search(
                rf"{kind}.* {abs(values[0]):.2f}; p\(0\) {outputs[0]:.2f}; ", stage.screen.reading
            )
            before = stage.screen
            await stage.press("right")
        last = stage.screen
        assert last.reading == before.reading, "there is none after the last"
        x, y = last.place("×")
        assert last.paper(x, y) != (await stage.press("left")).paper(x, y)
        assert "row 2, step 15" in (await stage.press("left", "left")).reading


async def test_a_flip_flop_has_eight_stable_points_and_a_letter_for_each_combination() -> None:
    progress, losses, readings = recorded_flip_flop(1500)
    async with staged([Branch(losses)], FLIP_FLOP, size=(100, 40)) as stage:
        await stage.put(newest=progress, readings=readings)
        await stage.press("7", "x")
        screen = await stage.put(newest=progress, readings=readings)
        assert re.search(r"zero input: 8 stable, 19 saddles,", screen.view[0])
        legend = " ".join(screen.view[-2:])
        for sign in ("●", "×", "a ---", "b +--", "g -++", "h +++"):
            assert sign in legend
        drawn = "\n".join(screen.view[1:-2])
        assert drawn.count("●") == 8
        assert {letter for letter in "abcdefgh" if re.search(rf"\b{letter}", drawn)} == {
            *"abcdefgh"
        }


async def test_parts_that_the_outputs_do_not_read_have_no_border_and_gates_no_points() -> None:
    cell = replace(with_plane(part="c", readout=np.zeros((0, 3), np.float32)), parts=("h", "c"))
    screen = await seen("7", readings=cell)
    assert "of c: 32" in screen.view[0]
    assert "⢸" not in "\n".join(screen.view[1:-1])
    unknown = await seen("7", readings=with_plane(targets=np.zeros(0, np.uint8)))
    assert unknown.view[1].count("+") == 2, "states without a known target have no sign of a class"
