"""Keyframes, names of branches, and whatever is sent to a viewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from echornn.config import EchoConfig
from echornn.progress import Progress
from echornn.readings import Flip, Question, StatePlane
from echornn.remote import greetings
from echornn.remote.messages import Reply, Request, kept_parts
from echornn.remote.wire import decode, encode
from echornn.run import branch_notes
from echornn.run.branch import Position, letter_of, number_of
from echornn.run.branch_notes import NO_NOTES, BranchNotes
from echornn.run.states import LEAST_KEPT, Keyframe, States
from echornn.session.commands import Answer, Edit, SetSpeed, StartOver
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture
from tests.door.remote.viewers import plain
from tests.examples import examples

positions = st.builds(Position, st.integers(0, 3), st.integers(0, 50))


def keyframe(position: Position, size: int = 8) -> Keyframe:
    return Keyframe(position, bytes([position.window % 251]) * size)


@given(st.lists(positions, max_size=60), positions)
def test_the_nearest_is_the_last_of_its_branch_that_is_not_after_it(
    added: list[Position], asked: Position
) -> None:
    states = States()
    expected = set[Position]()
    for position in added:
        assert states.add(keyframe(position)) == (position not in expected)
        expected.add(position)
    assert len(states) == len(expected)
    assert [frame.position for frame in states.all()] == sorted(expected)
    before = [place for place in expected if place.branch == asked.branch and place <= asked]
    nearest = states.nearest(asked)
    assert (nearest and nearest.position) == max(before, default=None)


@examples(50)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 100)), max_size=400),
    st.integers(100, 2000),
)
def test_they_stay_within_the_bound_or_are_few(steps: list[tuple[int, int]], most: int) -> None:
    states = States(most_bytes=most)
    ends = [0] * 4
    for branch, windows in steps:
        ends[branch] += windows
        states.add(keyframe(Position(branch, ends[branch]), 10))
        assert states.bytes == 10 * len(states)
        assert states.bytes <= max(most, 10 * LEAST_KEPT)


@pytest.mark.parametrize(("number", "letter"), [(25, "z"), (26, "aa"), (702, "aaa")])
def test_letters_go_on_after_z(number: int, letter: str) -> None:
    assert letter_of(number) == letter


@given(st.integers(0, 10**12))
def test_a_branch_is_found_by_its_letter_and_by_its_number(number: int) -> None:
    assert number_of(letter_of(number)) == number_of(str(number)) == number


@pytest.mark.parametrize("name", ["", "B", "-1", "a1", "٣", "z" * 13, "9" * 5000])
def test_what_is_neither(name: str) -> None:
    assert number_of(name) is None


def test_names_that_cannot_be_read_are_said_and_the_next_replaces_them(tmp_path: Path) -> None:
    file = tmp_path / "branches.json"
    assert branch_notes.fault(tmp_path) == ""
    for text in ("", "{", "[]", "{}", '{"names": {"b": "x"}, "pinned": [], "hidden": []}'):
        file.write_text(text)
        assert "branches.json" in branch_notes.fault(tmp_path)
        assert BranchNotes.read(tmp_path) == NO_NOTES
    named = NO_NOTES.named(1, "wider")
    named.save(tmp_path, [10, 11])
    assert branch_notes.fault(tmp_path) == ""
    assert BranchNotes.read(tmp_path) == named


CONFIGS = [
    EchoConfig(),
    EchoConfig(seed=3, cell="lstm", stride=4, replicas=6),
    EchoConfig(task="two_coins"),
]

NUMBERS = ["float32", "float64", "int32", "int64", "uint8", "uint32", "bool", "complex64"]

ARRAYS = arrays(
    st.sampled_from(NUMBERS), array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
)

ANYTHING = st.none() | st.integers() | st.floats() | st.text(max_size=5)

CHANGES = st.dictionaries(st.sampled_from(EchoConfig.names()), ANYTHING, max_size=3)

SPECIAL: Mapping[type, st.SearchStrategy[Any]] = {
    EchoConfig: st.sampled_from(CONFIGS),
    Progress: st.builds(Progress, x=ARRAYS, y=ARRAYS),
    Flip: st.builds(Flip, x=ARRAYS),
    StatePlane: st.builds(StatePlane, targets=ARRAYS, answers=ARRAYS),
    Edit: st.builds(Edit, CHANGES),
    Frame: st.builds(Frame, tried=st.lists(CHANGES, max_size=2).map(tuple)),
    StartOver: st.builds(StartOver, CHANGES),
    SetSpeed: st.builds(SetSpeed, st.floats(0.01, 1e6)),
    Question: st.builds(Question, held=st.none() | st.lists(st.floats(-9, 9)).map(tuple)),
}
"""Values of classes whose annotations do not say everything."""


few = settings(
    max_examples=15, suppress_health_check=list(HealthCheck), deadline=None, phases=[Phase.generate]
)


@pytest.fixture(autouse=True, scope="module")
def special() -> None:
    for kind, values in SPECIAL.items():
        st.register_type_strategy(kind, values)


@pytest.mark.parametrize("kind", [Frame, Request, Answer])
def test_any_value_arrives_as_it_was_sent(kind: type) -> None:
    @few
    @given(st.from_type(kind))
    def arrives(value: Any) -> None:
        assert plain(decode(encode(value), kind)) == plain(value)

    arrives()


def sent(picture: Picture, *kept: Frame) -> Picture:
    """The picture as it arrives, where the sender and the receiver keep these frames, if any."""
    data = encode(Reply(picture), kept_parts(kept[:1]))
    arrived = decode(data, Reply, kept_parts(kept[1:])).picture
    assert arrived is not None
    return arrived


# Its strategy is long when written
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_any_picture_arrives_in_parts_as_it_was_sent() -> None:
    @few
    @given(st.from_type(Picture))
    def arrives(picture: Picture) -> None:
        frame = picture.frame
        first = sent(picture)
        assert plain(first) == plain(picture)
        again = sent(picture, frame, first.frame)
        assert again.frame is first.frame
        later = replace(picture, frame=replace(frame, answered=9))
        second = sent(later, frame, first.frame)
        assert second.frame.progress is first.frame.progress
        assert plain(second) == plain(later)

    arrives()


def test_another_field_of_what_is_sent_is_another_greeting(monkeypatch: pytest.MonkeyPatch) -> None:
    before = greetings.greeting.__wrapped__()
    assert greetings.greeting.__wrapped__() == before
    monkeypatch.setattr(
        greetings, "get_type_hints", lambda kind: {**get_type_hints(kind), "new": int}
    )
    assert greetings.greeting.__wrapped__()["messages"] != before["messages"]
