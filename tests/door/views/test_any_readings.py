"""Views draw any readings on any screen: NaN, infinity, nothing, one unit, many classes."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig, Readings
from tests.door.views.stage import Branch, staged
from tests.readings_by_hand import PROGRESS, flipped, points_of_corners, shift_register

SIZES, KEYS = ((60, 16), (200, 50)), ["down", "f", "n", "v", "x"]


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
    return replace(value, **{field.name: spoiled(getattr(value, field.name), odd) for field in fields(value)})


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("odd", [[np.nan], [np.nan, np.inf, -np.inf, 1e38], [0.0]])
async def test_any_numbers_are_drawn_at_any_size(odd: list[float]) -> None:
    readings = flipped(shift_register(), 0, 11)
    readings = spoiled(replace(readings, fixed_points=points_of_corners()), odd)
    async with staged([Branch([0.5] * 999)], ascii_only=True) as stage:
        await stage.put(newest=PROGRESS, readings=readings)
        for size in SIZES:
            await stage.resize(*size)
            for key in "3457":
                screen = await stage.press(key, *KEYS)
                assert screen.text.isascii()
                assert max(map(len, screen.lines)) <= size[0]


async def test_nothing_and_everything_else_is_drawn() -> None:
    config = EchoConfig()
    none = Readings(config, 0, 999, ("h",))
    async with staged([Branch([0.5] * 999)]) as stage:
        for readings in (none, replace(shift_register(), units=None, reliance=None, effects=None, progress=None)):
            await stage.put(newest=PROGRESS, readings=readings)
            for key in "1234567":
                assert (await stage.press(key)).view
        await stage.put("failed", message="out of memory")
        assert "out of memory" in stage.screen.text
