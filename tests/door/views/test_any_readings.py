"""Views draw any readings on any screen: NaN, infinity, nothing, one unit, many classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig
from tests.door.views.stage import staged
from tests.readings_by_hand import (
    SOLVED,
    GradientSizes,
    flipped,
    parity_automaton,
    points_of_corners,
    solutions_at,
    wrong_at_the_end,
)


def spoiled(value: Any, odd: list[float]) -> Any:
    """The same with odd numbers in every array of numbers."""
    match value:
        case EchoConfig():
            return value
        case np.ndarray() if value.dtype.kind in "fc":
            array = value.copy()
            for seed, number in enumerate(odd):
                array[np.random.default_rng(seed).random(array.shape) < 0.4] = number
            return array
        case dict():
            return {key: spoiled(part, odd) for key, part in value.items()}
        case tuple():
            return tuple(spoiled(part, odd) for part in value)
    if hasattr(value, "__dataclass_fields__"):
        return replace(value, **spoiled(vars(value), odd))
    return value


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("odd", [[np.nan, np.inf, -np.inf, 1e38], [0.0]])
async def test_any_numbers_are_drawn_at_any_size(odd: list[float]) -> None:
    of_words = parity_automaton(SOLVED.config, counterexample=wrong_at_the_end(1, 1, 0))
    readings = replace(
        flipped(SOLVED, 0, 11),
        fixed_points=points_of_corners(),
        automaton=of_words.automaton,
        plane=of_words.plane,
        gradient_sizes=GradientSizes(-40, np.arange(320, dtype=np.int32), 7, 9),
    )
    async with staged(ascii_only=True, readings=spoiled(readings, odd)) as stage:
        for size in ((60, 16), (160, 45)):
            await stage.resize(*size)
            for key in "34579":
                screen = await stage.after(key, "down f n v x n left v left v")
                assert screen.text.isascii()
                assert max(map(len, screen.lines)) <= size[0]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("odd", [[np.nan, np.inf, -np.inf, 1e38], [0.0]])
async def test_a_map_of_any_numbers_is_drawn_at_any_size(odd: list[float]) -> None:
    many = EchoConfig(replicas=9)
    dice = np.random.default_rng(0)
    solutions = spoiled(solutions_at(dice.normal(size=(9, 2)), medoids=(0, 5)), odd)
    readings = replace(SOLVED, config=many.of(0), solutions=solutions)
    losses = np.full((50, 9), 0.5)
    async with staged("8", config=many, losses=losses, readings=readings) as stage:
        for size in ((60, 16), (160, 45)):
            await stage.resize(*size)
            screen = await stage.after("C M left up C right down B escape C v v")
            assert max(map(len, screen.lines)) <= size[0]
