"""Any picture, and whatever else is sent, is the same value after it was encoded and decoded."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from echornn.config import EchoConfig
from echornn.progress import Progress
from echornn.readings import Flip, StatePlane
from echornn.remote.messages import Request, Shown, decode, encode, known_of
from echornn.session.commands import Answer, Edit, SetSpeed, StartOver
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture

CONFIGS = [EchoConfig(), EchoConfig(seed=3, cell="lstm", stride=4, replicas=6), EchoConfig(task="two_coins")]

NUMBERS = ["float32", "float64", "int32", "int64", "uint8", "uint32", "bool", "complex64"]

ARRAYS = arrays(st.sampled_from(NUMBERS), array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))

ANYTHING = st.none() | st.integers() | st.floats() | st.text(max_size=5)

CHANGES = st.dictionaries(st.sampled_from(EchoConfig.names()), ANYTHING, max_size=3)

SPECIAL: Mapping[type, st.SearchStrategy[Any]] = {
    EchoConfig: st.sampled_from(CONFIGS),
    Progress: st.builds(Progress, x=ARRAYS, y=ARRAYS),
    Flip: st.builds(Flip, x=ARRAYS),
    StatePlane: st.builds(StatePlane, targets=ARRAYS, answers=ARRAYS),
    Edit: st.builds(Edit, CHANGES),
    StartOver: st.builds(StartOver, CHANGES),
    SetSpeed: st.builds(SetSpeed, st.floats(0.01, 1e6)),
}
"""Values of classes whose annotations do not say everything."""


few = settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None, phases=[Phase.generate])


@pytest.fixture(autouse=True, scope="module")
def special() -> None:
    for kind, values in SPECIAL.items():
        st.register_type_strategy(kind, values)


def plain(value: Any) -> Any:
    """A value as nested tuples that are equal only if all its numbers have the same type and the same bits."""
    match value:
        case np.ndarray() | np.generic():
            return type(value), value.dtype.str, value.shape, value.tobytes()
        case float():
            return struct.pack("d", value) if value == value else "not a number"
        case EchoConfig() | Enum() | None | str() | int():
            return type(value), value
        case tuple():
            return type(value), *map(plain, value)
        case frozenset():
            return frozenset, frozenset(map(plain, value))
        case Mapping():
            return dict, *((plain(name), plain(one)) for name, one in value.items())
        case _:
            assert dataclasses.is_dataclass(value)
            return type(value), *(plain(getattr(value, field.name)) for field in dataclasses.fields(value))


@pytest.mark.parametrize("kind", [Frame, Request, Answer])
def test_any_value_arrives_as_it_was_sent(kind: type) -> None:
    @few
    @given(st.from_type(kind))
    def arrives(value: Any) -> None:
        assert plain(decode(encode(value), kind)) == plain(value)

    arrives()


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")  # its strategy is long when written
def test_any_picture_arrives_in_parts_as_it_was_sent() -> None:
    @few
    @given(st.from_type(Picture))
    def arrives(picture: Picture) -> None:
        shown = decode(encode(Shown(picture)), Shown).picture
        assert shown is not None
        assert plain(shown) == plain(picture)
        again = decode(encode(Shown(picture), known_of([picture.frame])), Shown, known_of([shown.frame])).picture
        assert again is not None
        assert again.frame is shown.frame
        later = replace(picture, frame=replace(picture.frame, answered=9))
        again = decode(encode(Shown(later), known_of([picture.frame])), Shown, known_of([shown.frame])).picture
        assert again is not None
        assert again.frame.progress is shown.frame.progress
        assert plain(again) == plain(later)

    arrives()
