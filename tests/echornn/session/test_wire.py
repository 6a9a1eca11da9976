"""Values encoded as bytes: decoding gives the same value, and only values of known types."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.cells.own.own_cell import OwnCell
from echornn.config import EchoConfig
from echornn.session.commands import Answer, Edit, Go, Pause, Undo
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Picture
from echornn.session.pictures.queries import GhostChoice, Query, SeedRows, Span, Tried
from echornn.session.wire import WireError, classes_in, decode, encode
from echornn.tasks.own.own_task import OwnTask


class Colour(Enum):
    RED = 1


class Place(NamedTuple):
    x: int
    y: float


HERE = Place(1, 2.5)

OWN = {"cell": OwnCell("my.py", "Mine", "text"), "task": OwnTask("my.py", "Mine", "text")}


@dataclass(frozen=True)
class Thing:
    name: str
    place: Place = HERE
    colour: Colour = Colour.RED
    numbers: frozenset[int] = frozenset()
    by_name: dict[str, float | None] = field(default_factory=dict)
    inner: Thing | None = None


@pytest.mark.parametrize(
    "thing",
    [
        Thing("plain"),
        Thing("é\n", Place(-(2**70), math.inf), numbers=frozenset({3, 1}), by_name={"a": 1e-300, "b": None}),
        Thing("outer", inner=Thing("inner")),
    ],
)
def test_what_is_sent_is_received(thing: Thing) -> None:
    assert decode(encode(thing), Thing) == thing


def test_queries_and_answers_are_sent_as_pictures_are() -> None:
    choice = GhostChoice(8, (2, 1), frozenset({4}), ((2, "slow"),))
    query = Query(Span(20, 70), 118, 3000, choice, True, SeedRows((3, 1), 60), 236, True, Tried(EchoConfig(seed=3)))
    assert decode(encode(query), Query) == query
    for command in (Pause(), Go(2, 31), Edit({"learning_rate": 0.1, "stride": None}), Edit(OWN), Undo()):
        answer = Answer(7, command, "why not")
        assert decode(encode(answer), Answer) == answer


@given(st.sampled_from(["float32", "int64", "bool", "complex64", "uint8"]), st.lists(st.integers(0, 4), max_size=3))
def test_arrays_keep_their_kind_their_shape_and_every_bit(kind: str, shape: list[int]) -> None:
    numbers = np.random.default_rng(len(shape)).normal(size=shape).astype(kind)
    if numbers.size and kind == "float32":
        numbers.flat[0] = np.nan
    picture = Picture(Frame(State.PAUSED, EchoConfig()))
    sent = replace(picture, curve=replace(picture.curve, low=numbers))
    received = decode(encode(sent), Picture).curve.low
    assert (received.dtype, received.shape, received.tobytes()) == (numbers.dtype, numbers.shape, numbers.tobytes())


def test_not_a_number_and_numbers_of_numpy_arrive() -> None:
    thing = decode(encode(Thing("", Place(0, math.nan), by_name={"a": float(np.float32(0.1))})), Thing)
    assert math.isnan(thing.place.y)
    assert thing.by_name == {"a": float(np.float32(0.1))}
    assert isinstance(decode(encode(np.float32(0.1)), np.float32), np.float32)


@pytest.mark.parametrize("value", [object(), [1], {1}, b"", np.array([object()])])
def test_what_is_not_plain_is_not_sent(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        encode(value)


def test_other_bytes_are_refused() -> None:
    whole = encode(Thing("plain"))
    others = [b"", b"x", whole[:-1], whole + b"x", encode(3), encode(Place(1, 2)), encode(Query())]
    others += [whole.replace(b"Thing", b"Other"), whole.replace(b"RED", b"BLU"), whole.replace(b'"name"', b'"nome"')]
    for data in others:
        with pytest.raises(WireError):
            decode(data, Thing)


def test_a_picture_holds_no_two_classes_of_one_name() -> None:
    names = classes_in(Picture)
    assert {"Picture", "Frame", "Curve", "Band", "Ghost", "BranchRow", "SeedLosses", "Readings", "State"} <= set(names)
    assert not {"Timeline", "Session"} & set(names)
