"""Who looks at a session, and who steers it."""

from __future__ import annotations

import numpy as np
import pytest

from echornn.readings import Question
from echornn.session.audience import ALONE, LOCAL, Audience, Viewers

MEMORY, UNITS = Question(frozenset({"memory"})), Question(frozenset({"units"}), part="h")


def test_a_single_viewer_steers_and_is_told_of_nobody() -> None:
    viewers = Viewers()
    assert (viewers.audience(LOCAL), viewers.may_steer(LOCAL), viewers.steering) == (ALONE, True, "")
    one = viewers.join("pts/1")
    assert (viewers.audience(one), viewers.may_steer(one), viewers.steering) == (ALONE, True, "pts/1")
    assert not viewers.may_steer(LOCAL), "nobody looks there"


def test_the_first_steers_until_another_takes_over_or_it_leaves() -> None:
    viewers = Viewers()
    first, second, third = (viewers.join(name) for name in ("a", "b", "c"))
    assert viewers.audience(first) == Audience(("b", "c"))
    assert viewers.audience(third) == Audience(("a", "b"), "a")
    assert [viewers.audience(one).may_steer for one in (first, second, third)] == [True, False, False]
    viewers.take_over(third)
    assert (viewers.steering, viewers.may_steer(first), viewers.may_steer(third)) == ("c", False, True)
    viewers.leave(third)
    assert (viewers.steering, viewers.names) == ("a", ("a", "b"))
    viewers.leave(first)
    viewers.leave(second)
    assert (viewers.steering, viewers.names) == ("", ())
    viewers.take_over(first)
    assert viewers.steering == "", "it has left"


def test_viewers_of_the_same_name_are_told_apart() -> None:
    viewers = Viewers()
    numbers = [viewers.join("browser 1") for _ in range(3)]
    assert viewers.names == ("browser 1", "browser 1 (2)", "browser 1 (3)")
    viewers.leave(numbers[1])
    viewers.join("browser 1")
    assert viewers.names == ("browser 1", "browser 1 (3)", "browser 1 (2)")


def test_a_viewer_that_joins_again_keeps_its_name() -> None:
    viewers = Viewers()
    viewers.join("pts/1", LOCAL)
    viewers.join("pts/1", LOCAL)
    assert viewers.names == ("pts/1",)


@pytest.mark.parametrize(
    "fields",
    [
        {"kinds": 5},
        {"kinds": "memory"},
        {"kinds": frozenset({"taste"})},
        {"part": None},
        {"flip": 3},
        {"flip": (1, "x")},
        {"row": "x"},
    ],
)
def test_what_is_no_question_is_refused_when_it_is_made(fields: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        Question(**{"kinds": frozenset({"memory"}), **fields})  # type: ignore[arg-type]
    Question(frozenset(), flip=(np.int64(1), 2), row=np.int64(3))  # type: ignore[arg-type]


def test_a_question_that_cannot_be_joined_concerns_nobody_else() -> None:
    viewers = Viewers()
    first, second = viewers.join("a"), viewers.join("b")
    with pytest.raises(AttributeError):
        viewers.asks(first, "noise")  # type: ignore[arg-type]
    assert viewers.asks(second, MEMORY) == MEMORY
    assert viewers.leave(first) == MEMORY


def test_the_readings_are_those_that_all_need_together() -> None:
    viewers = Viewers()
    first, second = viewers.join("a"), viewers.join("b")
    assert viewers.asks(first, MEMORY) == MEMORY
    assert viewers.asks(second, UNITS) == Question(frozenset({"memory", "units"}), part="h")
    assert viewers.leave(first) == UNITS
    assert viewers.asks(second, None) is None
