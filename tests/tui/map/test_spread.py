"""How cells share the available space."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.map.spread import Spread, spread


def test_airy_where_there_is_room_for_it() -> None:
    assert spread(3, 20, least=1, most=4, airy=2) == Spread(0, (0, 5, 10), 4, 3)
    assert spread(3, 9, least=1, most=4, airy=2) == Spread(0, (0, 3, 6), 2, 3)


def test_else_there_is_a_place_for_walls_alone() -> None:
    assert spread(5, 8, least=1, most=4, airy=2, walls={1}) == Spread(0, (0, 1, 3, 4, 5), 1, 5)
    # there is no gap after the last cell
    assert spread(3, 3, least=1, most=4, airy=2, walls={2}) == Spread(0, (0, 1, 2), 1, 3), (
        "after the last there is none"
    )


def test_of_more_than_have_room_those_around_the_focus_are_shown() -> None:
    first = spread(100, 10, least=2, most=4, airy=2)
    assert (first.shown, first.size, first.end) == (range(5), 2, 10)
    assert spread(100, 10, least=2, most=4, airy=2, focus=50).shown == range(46, 51)
    assert spread(100, 10, least=2, most=4, airy=2, focus=99).shown == range(95, 100)


@given(
    st.integers(1, 300),
    st.integers(1, 200),
    st.integers(1, 9),
    st.sets(st.integers(0, 300), max_size=5),
    st.integers(0, 299),
)
def test_cells_do_not_overlap_and_the_focus_is_seen(
    count: int, room: int, least: int, walls: set[int], focus: int
) -> None:
    focus = min(focus, count - 1)
    found = spread(count, room, least, 9, 2, walls, focus)
    assert focus in found.shown
    assert found.shown.stop <= count
    assert all(after - before >= found.size for before, after in zip(found.begins, found.begins[1:], strict=False))
    assert found.end <= room or len(found.begins) == 1
    for cell in found.shown[:-1]:
        if cell in walls:
            assert found.begin(cell + 1) > found.begin(cell) + found.size
