"""The map of solutions: networks as points, signs that tell them apart, arrows that choose one, and
two of them side by side."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig, Question, Readings
from echornn.session.commands import Choose
from tests.door.views.stage import SIXTEEN, Screen, seen, staged
from tests.readings_by_hand import SOLVED, solutions_at

FIVE = EchoConfig(replicas=5)
CROSS = [[0, 0], [-3, 0], [3, 0], [0, 1], [0, -1]]
"""A network in the middle, and one to the left, to the right, above and below it."""

SOLVED_IT = np.array([True, True, False, False, True])
LOSSES = np.where((np.arange(400)[:, np.newaxis] < 100) | ~SOLVED_IT, math.log(2), 0.001)
RUN: dict[str, Any] = {"losses": LOSSES, "config": FIVE, "size": (100, 40)}


def of_all(places: Any = CROSS, **changes: Any) -> Readings:
    solutions = solutions_at(places, **changes)
    return replace(SOLVED, config=FIVE.of(0), window=400, solutions=solutions)


def points(screen: Screen, signs: str = "●×") -> list[tuple[int, int, str]]:
    """Column, line and sign of the points on the map."""
    found = []
    for y, line in enumerate(drawing(screen).splitlines()[1:-2]):
        found += [(x, y, sign) for x, sign in enumerate(line) if sign in signs]
    return found


def drawing(screen: Screen) -> str:
    """The lines of the view from its head on."""
    head = screen.view.index(screen.line("solutions: ")[1:])
    return "\n".join(screen.view[head:])


def legend(screen: Screen) -> str:
    return " ".join(screen.view[-2:])


async def test_points_are_as_far_apart_on_the_screen_as_they_are_and_tell_who_solved_it() -> None:
    screen = await seen("8", readings=of_all(), **RUN)
    above, left, middle, right, below = points(screen)
    assert [point[2] for point in (above, left, middle, right, below)] == [*"×●●×●"]
    assert right[0] - middle[0] == pytest.approx(middle[0] - left[0], abs=2)
    lines, columns = below[1] - middle[1], right[0] - middle[0]
    assert columns == pytest.approx(2 * 3 * lines, abs=4), "a cell is twice as high as wide"
    assert re.search(r"solutions: 5 .*\b80%.*\bno clusters seen", screen.line("solutions: "))
    scale = re.search(r"(├─+┤) (\S+) angle of Procrustes", legend(screen))
    assert scale
    assert len(scale[1]) / float(scale[2]) == pytest.approx(columns / 3, rel=0.1)


async def test_arrows_choose_the_nearest_network_in_their_direction_at_once() -> None:
    async with staged("8", readings=of_all(), **RUN) as stage:
        await stage.press("right")
        assert stage.session.commands == [Choose(2)]
        assert "seed 9: not solved" in stage.reading
        await stage.press("left left up")
        assert stage.session.commands[1:] == [Choose(0), Choose(1), Choose(0)]
        await stage.press("right right")
        assert stage.session.commands[-2:] == [Choose(2), Choose(3)], "none is further right"
        x, y = stage.screen.place("●")
        await stage.pilot.click(offset=(x, y))
        await stage.press()
        assert stage.session.commands[-1] == Choose(1)
        assert "►" in (await stage.after("6")).line("8 ", "►")


async def test_networks_in_one_place_are_counted_and_a_mark_tells_that_they_differ() -> None:
    places = [[0, 0]] * 3 + [[5, 0]] * 2
    screen = await seen("8", readings=of_all(places), **RUN)
    assert re.search(r"►●3 +.*\+2", drawing(screen)), "of the other place one has solved it"


async def test_few_colours_or_none_tell_solved_from_unsolved() -> None:
    screen = await seen("8", readings=of_all(), ascii_only=True, **RUN)
    assert [sign for *_, sign in points(screen, "ox")] == [*"xooxo"]
    signs = screen.place("x not solved"), screen.place("o solved")
    assert len({screen.ink(*sign, SIXTEEN) for sign in signs}) == 2


async def test_signs_tell_losses_resting_states_and_clusters_apart() -> None:
    clusters = np.array([0, 0, 1, 1, 0], np.int32)
    seen_two: dict[str, Any] = {"clusters": clusters, "medoids": (0, 2), "silhouette": 0.61}
    async with staged("8", readings=of_all(**seen_two), **RUN) as stage:
        head, *lines = drawing(stage.screen).splitlines()
        assert "2 clusters (silhouette 0.61, by chance 0.20)" in head
        assert re.search(r"seed 7 .*seed 9|seed 9 .*seed 7", " ".join(lines)), "the medoids"
        await stage.press("C")
        assert re.search(r"twice the length: ○ to 0\.\d+ .*█ above", legend(stage.screen))
        await stage.press("C")
        assert re.search(r"resting states: ○ 0 +● 1 +◆ 2", legend(stage.screen))
        screen = await stage.after("C")
        assert "a around seed 7  b around seed 9" in legend(screen)
        assert [sign for *_, sign in points(screen, "ab")] == [*"baaba"]


async def test_another_distance_is_asked_for_and_the_map_is_turned_onto_the_one_before() -> None:
    async with staged("8", readings=of_all(), **RUN) as stage:
        before = points(stage.screen)
        await stage.press("v")
        assert stage.asked == Question(frozenset({"solutions"}), distance="cka")
        assert "computing" in drawing(stage.screen)
        turned = np.array(CROSS) @ [[0, 1], [1, 0]]
        screen = await stage.put(readings=of_all(turned, distance="cka"), config=FIVE)
        assert points(screen) == before
        assert "1 - CKA" in legend(screen)


async def test_the_text_about_a_network_names_the_nearest_or_how_far_the_marked_one_is() -> None:
    async with staged("8", readings=of_all(), **RUN) as stage:
        assert re.search(r"0 resting states; .*seed 10, is 1\.00 away", stage.reading)
        await stage.press("M right")
        assert re.search(r"2 resting states; .*marked, seed 7, is 3\.00 away", stage.reading)
        assert "◀" in stage.screen.drawing
        await stage.press("M left M M")
        assert "◀" not in stage.screen.drawing


async def test_one_network_is_told_how_to_become_several() -> None:
    async with staged("8", readings=SOLVED) as stage:
        assert "L trains 64 networks at once" in " ".join(stage.view)
        assert stage.session.asked is None


async def test_the_chosen_network_and_the_marked_one_stand_side_by_side() -> None:
    async with staged("8 B", readings=of_all(), **RUN) as stage:
        assert "M marks" in stage.text
        await stage.press("M right")
        await stage.put(readings=of_all(), config=FIVE, replica=2)
        screen = await stage.after("B")
        assert stage.asked.beside == 0
        assert stage.asked.kinds == {"plane", "solutions"}
        assert re.search(r"seed 9, 3\.00 from .*seed 7, 3\.00 from", screen.text)
        own = replace(of_all(), config=FIVE.of(2))
        other = replace(own, config=FIVE.of(0), solutions=None)
        pair = replace(own, beside=other)
        screen = await stage.put(readings=pair, config=FIVE, replica=2)
        assert screen.text.count("plane: all 32 states right") == 2
        await stage.press("5")
        assert stage.asked.kinds >= {"weights", "solutions"}
        assert stage.text.count("weights: ") == 2
        await stage.press("7 x")
        assert stage.asked.held == (0.0,), "keys act on both"
        await stage.resize(80, 24)
        lines = [y for y, line in enumerate(stage.screen.lines) if "╭" in line]
        assert lines == [0, 12]
        await stage.press("escape")
        assert stage.asked == Question(frozenset({"solutions"}), distance="procrustes")


async def test_the_readings_of_another_network_are_not_taken_for_those_of_the_marked_one() -> None:
    async with staged("8 M right", readings=of_all(), **RUN) as stage:
        another = replace(of_all(), config=FIVE.of(4), solutions=None)
        pair = replace(of_all(), config=FIVE.of(2), beside=another)
        await stage.put(readings=pair, config=FIVE, replica=2)
        assert "plane: computing" in (await stage.after("B")).text
