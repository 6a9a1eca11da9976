"""The state of several networks in checkpoints and keyframes: restored bit for bit, or refused with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.data.solved import SolvedAt
from echornn.files.append_log import LogEnd
from echornn.population_state import PopulationState
from echornn.runs.logs.loss_layout import LossLayout
from echornn.runs.states import checkpoint, recorded_state
from echornn.runs.states.checkpoint import Checkpoint, CheckpointError
from echornn.runs.states.keyframes import HEADER_BYTES, Keyframe, records
from echornn.runs.states.recorded_state import Arrays
from echornn.timeline.branch import Position
from tests.scripted import SMALL_POPULATION, ScriptedTrainer


@st.composite
def states(draw: st.DrawFn) -> PopulationState:
    replicas, numbers = draw(st.integers(2, 5)), np.random.default_rng(draw(st.integers(0, 9)))
    config = EchoConfig(seed=draw(st.integers(0, 2**100)), replicas=replicas)

    def floats(*sides: int) -> np.ndarray:
        return numbers.standard_normal(sides).astype(np.float32)

    solved = SolvedAt(
        numbers.integers(0, 2**40, replicas),
        17,
        floats(draw(st.integers(0, 50)), replicas),
        numbers.integers(0, 2**40, replicas),
    )
    return PopulationState(
        tuple(config.of(index) for index in range(replicas)),
        *(draw(st.integers(0, 10**12)), draw(st.integers(0, 10**12)), draw(st.integers(0, 9)), draw(st.integers(0, 9))),
        {"W": floats(replicas, 5, 4), "b": floats(replicas, 1, 4)},
        floats(replicas, 5, 4),
        (numbers.integers(0, 2**40, replicas), floats(replicas), floats(replicas, 5, 4)),
        solved,
    )


def all_of(state: PopulationState) -> tuple[str, list[tuple[str, tuple[int, ...], bytes]]]:
    """All bits of a state."""
    arrays: Arrays = []
    fields = recorded_state.fields_of(state, arrays)
    return f"{state.configs} {fields}", [(one.dtype.str, one.shape, one.tobytes()) for one in arrays]


@given(states(), st.lists(st.tuples(st.integers(1, 99), st.sampled_from([1, 2, 64]))))
def test_every_bit_comes_back(state: PopulationState, changes: list[tuple[int, int]]) -> None:
    layout = LossLayout(((0, 64), *sorted(dict(changes).items())))
    one = checkpoint.decode(checkpoint.encode(Checkpoint(3, state, layout=layout, solved=LogEnd(32, 5))))
    assert all_of(one.state) == all_of(state)
    assert (one.layout, one.solved) == (layout, LogEnd(32, 5))


@given(states())
def test_a_keyframe_is_as_large_as_it_says_and_comes_back(state: PopulationState) -> None:
    keyframe = Keyframe(Position(2, 17), state, 9)
    (read,) = records(keyframe.as_record())
    assert (again := read.state()) is not None
    assert all_of(again) == all_of(state)
    assert read.position == Position(2, 17)
    assert abs(read.size - keyframe.size) < HEADER_BYTES


def changed(**fields: Any) -> PopulationState:
    population = ScriptedTrainer(SMALL_POPULATION)
    population.advance(60)
    return replace(population.state, **fields)


NEVER = SolvedAt.never(6)

SIX, FIVE = np.zeros((6, 1), np.float32), np.zeros((5, 1), np.float32)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"weights": {"W": FIVE}}, "weight W must have an axis of 6 networks"),
        ({"weights": {"W": 3.0}}, "weight W"),
        ({"carried_state": np.zeros((), np.float32)}, "carried_state must have an axis of 6 networks"),
        ({"optimizer": (SIX, FIVE)}, "an optimizer's variable must have an axis of 6 networks"),
        ({"epoch": -1}, "epoch = -1"),
        ({"solved": replace(NEVER, at=np.zeros(5, np.int64))}, "solved must have a window for each of 6 networks"),
        ({"solved": replace(NEVER, at=np.full(6, -1))}, "solved must have a window for each of 6 networks"),
        ({"solved": replace(NEVER, recent=np.zeros((4097, 6), np.float32))}, "must be those of 6 networks"),
        ({"solved": replace(NEVER, windows=-1)}, "windows = -1"),
        ({"solved": replace(NEVER, lost_at=np.full(6, -1))}, "lost must have a window for each of 6 networks"),
        ({"solved": replace(NEVER, lost_at=np.zeros(5, np.int64))}, "lost must have a window for each of 6 networks"),
    ],
)
def test_what_is_no_state_of_so_many_networks_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(CheckpointError, match=words):
        checkpoint.decode(checkpoint.encode(Checkpoint(0, changed(**fields))))


def test_a_record_that_does_not_say_what_was_lost_again_is_read() -> None:
    state = changed(solved=replace(NEVER, at=np.arange(6), lost_at=np.arange(6)))
    fields = recorded_state.fields_of(state, arrays := list[np.ndarray]())
    del fields["solved"]["dict"]["lost_at"]
    early = recorded_state.state_of(fields, SMALL_POPULATION, arrays)
    assert early.solved.at.tolist() == list(range(6))
    assert early.solved.lost_at.tolist() == [0] * 6


def test_a_state_of_many_is_none_of_one() -> None:
    state = changed()
    fields = recorded_state.fields_of(state, arrays := list[np.ndarray]())
    with pytest.raises(ValueError, match="field solved is not known"):
        recorded_state.state_of(fields, replace(SMALL_POPULATION, replicas=1), arrays)
    with pytest.raises(ValueError, match="must have an axis of 7 networks"):
        recorded_state.state_of(fields, replace(SMALL_POPULATION, replicas=7), arrays)


def test_a_record_of_one_network_is_as_it_was() -> None:
    """No field is written that earlier versions do not know, except those of the configuration."""
    state = changed().only([0])
    written = checkpoint.encode(Checkpoint(0, state))
    assert b"layout" not in written
    assert b"solved" not in written.replace(b"solved_at", b"")
