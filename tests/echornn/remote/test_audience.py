"""Who looks at a session, and who steers it."""

from __future__ import annotations

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


def test_the_readings_are_those_that_all_need_together() -> None:
    viewers = Viewers()
    first, second = viewers.join("a"), viewers.join("b")
    assert viewers.asks(first, MEMORY) == MEMORY
    assert viewers.asks(second, UNITS) == Question(frozenset({"memory", "units"}), part="h")
    assert viewers.leave(first) == UNITS
    assert viewers.asks(second, None) is None
