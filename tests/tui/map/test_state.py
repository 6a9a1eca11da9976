"""How keys change the state of the map."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from echornn.maps.measures import Measure
from echornn.maps.seed_counts import SeedCounts
from echornn.maps.table import Overview, table_of
from tui.map import state as of
from tui.map.state import MapState, MarkedCell

AXES = {"echo_step": (1, 2, 3, 4), "cell": ("rnn", "gru"), "learning_rate": (0.1, 0.3, 1.0)}
FIRST = MapState.first(AXES)


def test_first_the_longest_of_two_fields_lies_across_and_the_third_is_stepped() -> None:
    assert (FIRST.across, FIRST.down, FIRST.turned, FIRST.held) == ("echo_step", "cell", "learning_rate", {})


def test_fields_take_turns_across_and_down() -> None:
    swapped = of.next_across(FIRST, AXES)
    assert (swapped.across, swapped.down) == ("cell", "echo_step")
    third = of.next_across(swapped, AXES)
    assert (third.across, third.down, third.turned) == ("learning_rate", "echo_step", "cell")
    downs = [FIRST.down]
    state = FIRST
    for _ in range(3):
        state = of.next_down(state, AXES)
        downs.append(state.down)
    assert downs == ["cell", "learning_rate", None, "cell"]
    one = {"echo_step": (1, 2)}
    assert of.next_across(MapState.first(one), one) == of.next_down(MapState.first(one), one) == MapState.first(one)


def test_a_field_is_stepped_through_its_values_and_the_average() -> None:
    state, seen = FIRST, []
    for _ in range(5):
        seen.append(state.held.get("learning_rate"))
        state = of.stepped(state, AXES, 1)
    assert seen == [None, 0.1, 0.3, 1.0, None]
    assert of.stepped(FIRST, AXES, -1).held == {"learning_rate": 1.0}
    assert of.stepped(of.stepped(FIRST, AXES, 1), AXES, -1) == FIRST
    alone = MapState.first({"echo_step": (1, 2)})
    assert of.stepped(alone, {"echo_step": (1, 2)}, 1) == of.next_other(alone, {"echo_step": (1, 2)}) == alone


def test_measures_take_turns() -> None:
    assert [FIRST.measure, of.measured(FIRST).measure, of.measured(of.measured(FIRST)).measure] == list(Measure)
    assert of.measured(of.measured(of.measured(FIRST))) == FIRST


def overview() -> Overview:
    points = [
        (echo, cell, rate) for echo in AXES["echo_step"] for cell in AXES["cell"] for rate in AXES["learning_rate"]
    ]
    return Overview(AXES, {point: SeedCounts(missing=1) for point in points}, {})


def test_the_cursor_stays_on_its_values_and_within_the_map() -> None:
    state = of.moved(FIRST, table_of(overview(), FIRST.choice(AXES)), 5, 2)
    assert (state.row, state.column) == ("gru", 3)
    swapped = of.swapped(state)
    assert of.cursor_of(swapped, table_of(overview(), swapped.choice(AXES))) == (2, 1)
    filtered = MapState(**{**vars(state), "filter": "echo=1..2"})
    assert of.cursor_of(filtered, table_of(overview(), filtered.choice(AXES))) == (1, 0)


def test_a_mark_is_found_again_where_its_cell_is_shown() -> None:
    table = table_of(overview(), FIRST.choice(AXES))
    state = MapState(**{**vars(FIRST), "mark": MarkedCell(table.cells[1][2].points, "there")})
    assert of.mark_of(state, table) == (1, 2)
    held = of.stepped(state, AXES, 1)
    assert of.mark_of(held, table_of(overview(), held.choice(AXES))) is None
    assert state.mark is not None
    assert state.mark.counts(overview()).missing == 3


KEYS = st.sampled_from(["across", "down", "swap", "other", "step", "back", "measure", "move"])


@given(st.lists(KEYS, max_size=30), st.integers(1, 3))
def test_whatever_is_pressed_there_is_a_map(pressed: list[str], fields: int) -> None:
    axes = dict(list(AXES.items())[:fields])
    points = list(dict.fromkeys(point[:fields] for point in overview().all_counts))
    everything = Overview(axes, {point: SeedCounts(missing=1) for point in points}, {})
    state = MapState.first(axes)
    for key in pressed:
        table = table_of(everything, state.choice(axes))
        match key:
            case "across":
                state = of.next_across(state, axes)
            case "down":
                state = of.next_down(state, axes)
            case "swap":
                state = of.swapped(state)
            case "other":
                state = of.next_other(state, axes)
            case "step" | "back":
                state = of.stepped(state, axes, 1 if key == "step" else -1)
            case "measure":
                state = of.measured(state)
            case _:
                state = of.moved(state, table, 1, -1)
        assert state.settled(axes) == state
        table = table_of(everything, state.choice(axes))
        row, column = of.cursor_of(state, table)
        assert table.cells[row][column].counts.missing >= 1
    total = table_of(everything, state.choice(axes)).counts.missing
    held = [axes[name] for name in state.held if name not in (state.across, state.down)]
    assert total * max(1, math.prod(map(len, held))) == len(points)
