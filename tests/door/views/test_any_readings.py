"""Views draw any readings on any screen: NaN, infinity, nothing, one unit, many classes."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig
from tests.door.views.stage import staged
from tests.readings_by_hand import SOLVED, GradientSizes, flipped, points_of_corners

SIZES, KEYS = ((60, 16), (160, 45)), ["down", "f", "n", "v", "x", "n", "left", "v", "left", "v"]


def spoiled(value: Any, odd: list[float]) -> Any:
    """The same with odd numbers in every array of numbers."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        out = value.copy()
        for number, one in enumerate(odd):
            out[np.random.default_rng(number).random(out.shape) < 0.4] = one
        return out
    if isinstance(value, dict):
        return {key: spoiled(one, odd) for key, one in value.items()}
    if isinstance(value, tuple):
        return tuple(spoiled(one, odd) for one in value)
    if isinstance(value, EchoConfig) or not hasattr(value, "__dataclass_fields__"):
        return value
    return replace(
        value, **{field.name: spoiled(getattr(value, field.name), odd) for field in fields(value)}
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("odd", [[np.nan, np.inf, -np.inf, 1e38], [0.0]])
async def test_any_numbers_are_drawn_at_any_size(odd: list[float]) -> None:
    readings = flipped(SOLVED, 0, 11)
    sizes = GradientSizes(-40, np.arange(320, dtype=np.int32), 7, 9)
    more = replace(readings, fixed_points=points_of_corners(), gradient_sizes=sizes)
    readings = spoiled(more, odd)
    async with staged(ascii_only=True) as stage:
        await stage.put(readings=readings)
        for size in SIZES:
            await stage.resize(*size)
            for key in "3457":
                screen = await stage.press(key, *KEYS)
                assert screen.text.isascii()
                assert max(map(len, screen.lines)) <= size[0]
