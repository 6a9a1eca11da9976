"""The pictures in the docs: what the app draws of recorded runs, compared letter by letter.

After an intended change: `UPDATE_PICTURES=1 pytest tests/door/pictures`, and look at each picture
that changed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.door.pictures.scenes import (
    automaton,
    drawn,
    drawn_map,
    flip_flop,
    little_example,
    of_tutorial,
    seeds,
    solutions,
    stuck,
    task,
    two_viewers,
)
from tests.door.pictures.svg import FOLDER, compare
from tests.scripted import ScriptedSession

running = partial(of_tutorial, state="running")
with_futures = partial(of_tutorial, has_futures=True)
read = partial(of_tutorial, has_readings=True)

SMALL, MIDDLE, LARGE = (80, 24), (100, 30), (120, 40)
Size = tuple[int, int]

SCENES: dict[str, tuple[Callable[[], ScriptedSession], Size, str]] = {
    "spike": (partial(of_tutorial, 667), MIDDLE, ""),
    "crosshair": (partial(of_tutorial, 667), MIDDLE, "z left"),
    "log": (partial(running, 1500), LARGE, "l"),
    "cursor": (partial(of_tutorial, 298), SMALL, "tab left left"),
    "settings": (partial(running, 460), LARGE, "s down plus" + " down" * 11 + " plus"),
    "help": (partial(running, 460), (80, 40), "question_mark"),
    "light": (partial(running, 298), MIDDLE, ""),
    "ascii": (partial(running, 298), SMALL, ""),
    "viewer": (two_viewers, SMALL, ""),
    "futures": (partial(with_futures, 1500), LARGE, ""),
    "past": (partial(with_futures, 298), LARGE, ""),
    "branches": (partial(with_futures, 1500), LARGE, "b up n s l o w e r enter"),
    "data": (little_example, (100, 36), "2 tab right"),
    "memory": (partial(read, 298), (120, 38), "3"),
    "stuck": (stuck, (120, 38), "3"),
    "gradient": (partial(read, 1500), LARGE, "4 tab" + " left" * 6 + " f"),
    "weights": (partial(read, 1500), MIDDLE, "5"),
    "plane": (partial(read, 1500), LARGE, "7 tab left left left left"),
    "plane_before": (partial(flip_flop, 1), (100, 32), "7 x"),
    "plane_middle": (partial(flip_flop, 100), (100, 32), "7 x"),
    "plane_after": (partial(flip_flop, 1500), (100, 32), "7 x"),
    "seeds": (seeds, LARGE, "6"),
    "automaton": (automaton, SMALL, "9 tab left"),
    "solutions": (solutions, SMALL, "8 M right"),
    "solutions_large": (solutions, (160, 50), "8"),
    "two_coins": (partial(task, "two_coins"), MIDDLE, "tab left left left"),
    "flip_flop": (partial(task, "flip_flop"), MIDDLE, ""),
    "temporal_order": (partial(task, "temporal_order"), MIDDLE, "tab left"),
}

MAPS: dict[str, tuple[str, Size, str]] = {
    "map": ("cliff", (120, 30), "down" + " right" * 11 + " space up"),
    "map_of_tasks": ("tasks", SMALL, "right"),
}


@pytest.mark.parametrize("name", SCENES)
async def test_picture_of_the_app(name: str) -> None:
    session, size, keys = SCENES[name]
    compare(name, await drawn(session(), size, keys, name))


@pytest.mark.parametrize("name", MAPS)
async def test_picture_of_a_map(name: str) -> None:
    compare(name, await drawn_map(*MAPS[name]))


def test_each_picture_is_made_by_a_test() -> None:
    assert {file.stem for file in FOLDER.glob("*.svg")} == {*SCENES, *MAPS}
