"""View 9: the automaton as nodes on the plane with arrows by letter, or as a table; and a word on
which the network is wrong, letter by letter."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np

from echornn import EchoConfig, Question, Readings
from echornn.machines import Machine
from tests.door.views.stage import Screen, seen, staged, task_config
from tests.readings_by_hand import SOLVED, one_each, parity_automaton, wrong_at_the_end

WRONG = parity_automaton(counterexample=wrong_at_the_end(0, 1, 1), right=0.98277, predicted=0.9999)


def cycle(places: int) -> Readings:
    """A network that has become the machine of a cycle, whose states lie on a circle."""
    config = task_config("cycle_navigation", places=places)
    states = np.arange(places)
    leads = np.stack([states - 1, states, states + 1], axis=1) % places
    machine = Machine(leads.astype(np.int32), one_each(*states, of=places), start=2)
    angles = 2 * np.pi * states / places
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return parity_automaton(
        config,
        machine=machine,
        means=np.pad(circle, ((0, 0), (0, 2))).astype(np.float32),
        visits=np.full(places, 1 / places, np.float32),
        predicted=np.nan,
    )


async def seen_of(readings: Readings, *keys: str, **options: Any) -> Screen:
    return await seen("9", *keys, readings=readings, **options)


async def test_states_are_nodes_on_the_plane_with_arrows_by_letter() -> None:
    async with staged("9", readings=parity_automaton(), size=(100, 40)) as stage:
        assert stage.asked == Question(frozenset({"automaton", "plane"}))
        screen = stage.screen
        assert "the same as the task's machine (2 states)" in screen.view[0]
        assert "100.0 % of steps" in screen.drawing
        (left, lower), (right, upper) = screen.place(">(0) 0 ↺0"), screen.place("(1) 1 ↺0")
        assert left < right
        assert upper < lower, "component 2 grows upwards"
        between = [line[:48].replace("(1) 1", "") for line in screen.view[1:]]
        assert "".join(between).count("1") == 2, "there and back, by a 1"
        assert len(re.findall("[◀▶▲▼]", screen.drawing)) == 2


async def test_nodes_of_a_cycle_lie_around_it_and_none_covers_another() -> None:
    for size in ((80, 24), (160, 50)):
        screen = await seen_of(cycle(5), size=size)
        nodes = re.findall(r">?\(\d\) \d ↺0", screen.drawing)
        assert sorted(nodes) == ["(0) 0 ↺0", "(1) 1 ↺0", "(3) 3 ↺0", "(4) 4 ↺0", ">(2) 2 ↺0"]
        assert len(re.findall("[◀▶▲▼]", screen.drawing)) == 10
    places = {state: screen.place(f"({state})") for state in range(5)}
    assert places[0][0] == max(x for x, _ in places.values())
    assert places[1][1] == min(y for _, y in places.values())


async def test_states_in_one_place_are_moved_apart() -> None:
    readings = cycle(4)
    assert readings.automaton is not None
    together = replace(readings.automaton, means=np.zeros((4, 4), np.float32))
    screen = await seen_of(replace(readings, automaton=together))
    for state in range(4):
        assert f"({state}) {state} ↺0" in screen.drawing


async def test_many_states_are_a_table_that_scrolls() -> None:
    async with staged("9", readings=cycle(13)) as stage:
        lines = [line.split() for line in stage.view]
        assert ["state", "says", "-", "0", "+", "visits"] in [line[:6] for line in lines]
        assert ["0", "0", "12", "0", "1", "7.7%"] in [line[:6] for line in lines]
        assert [">2", "2", "1", "2", "3", "7.7%"] in lines
        assert "12 12 11" not in " ".join(stage.text.split())
        await stage.press("tab", "down " * 20)
        assert "12 c 11 12 0" in " ".join(stage.text.split())


async def test_the_arrows_replay_the_word_on_which_the_network_is_wrong() -> None:
    async with staged("9 tab", readings=WRONG) as stage:
        assert "wrong on the shortest word 0 1 1 (network says 1, task 0)" in " ".join(
            " ".join(line[43:] for line in stage.view).split()
        )
        assert "98.2 %" in stage.text, "cut, not rounded"
        assert "99.9 %" in stage.text
        rows = {line[44:].split(" ")[0]: line[54:] for line in stage.view if line[44:].strip()}
        assert rows["word"].split() == ["0", "1", "1"]
        assert rows["network"].split() == ["0", "1", "1<"]
        assert rows["task"].split() == rows["automaton"].split() == ["0", "1", "0"]
        screen = await stage.after("left")
        assert "letter 3 of 3: word 1, network 1, task 0, automaton 0, state 0" in screen.reading
        assert "[0] 0 ↺0" in screen.drawing
        screen = await stage.after("left right left")
        assert "letter 2 of 3: word 1, network 1, task 1, automaton 1, state 1" in screen.reading
        assert "[1] 1 ↺0" in screen.drawing
        assert "(0) 0 ↺0" in screen.drawing
        await stage.press("left left left")
        assert "letter 1 of 3" in stage.reading
        assert "letter" not in (await stage.after("escape")).reading


async def test_of_a_long_word_the_end_is_shown_or_where_the_cursor_is() -> None:
    word = wrong_at_the_end(*[1] * 137, is_shortest=False)
    async with staged("9 tab", readings=parity_automaton(counterexample=word)) as stage:
        assert "a word of 137 letters" in stage.text
        assert "shortest" not in stage.text
        assert "to 137 of 137" in stage.text
        await stage.press("left " * 30)
        first, last = stage.screen.numbers(r"letters (\d+) to (\d+) of 137")
        assert first <= 108 <= last
        assert "letter 108 of 137" in stage.reading


async def test_no_automaton_is_found_where_classes_overlap() -> None:
    readings = parity_automaton(
        machine=None, alike=0.9319, predicted=np.nan, right=0.7, is_same=None
    )
    screen = await seen_of(readings, ascii_only=True)
    assert "No automaton found: 93.1 % of moves alike; it takes 99.0 %" in screen.view[0]
    assert "70.0 % of steps" in screen.text
    assert "predicts" not in screen.text


async def test_it_says_that_the_machines_differ_or_that_the_task_has_none() -> None:
    screen = await seen_of(parity_automaton(is_same=False))
    assert "differs from the task's machine (2 states)" in screen.text
    screen = await seen_of(parity_automaton(predicted=0.9))
    assert "the task's machine (2 states), but the network leaves it" in screen.text
    screen = await seen_of(parity_automaton(is_same=None))
    assert "an automaton (2 states)" in screen.text
    assert "task's machine" not in screen.text


async def test_the_narrowest_screen_has_a_table_and_the_letter_at_the_cursor() -> None:
    screen = await seen_of(WRONG, "tab left left", size=(60, 16))
    assert re.search(r">0 +0 +0 +1 +25", screen.drawing)
    assert "letter 2 of 3" in screen.text


async def test_numbers_have_no_letters_and_nothing_is_asked() -> None:
    config = task_config("adding")
    async with staged("9", readings=replace(SOLVED, config=config, plane=None)) as stage:
        assert "automaton: the inputs of this task are numbers, not letters" in stage.text
        assert stage.session.asked is None


async def test_outputs_that_may_come_next_are_written_together() -> None:
    config = EchoConfig.from_fields({"task": "reber"})
    leads = np.full((2, 7), -1, np.int32)
    leads[0, 0], leads[1, [1, 2]] = 1, 0
    says = np.zeros((2, 7), np.bool_)
    says[0, 0] = says[1, 1] = says[1, 2] = True
    screen = await seen_of(parity_automaton(config, machine=Machine(leads, says)), size=(100, 40))
    assert ">(0) B" in screen.drawing
    assert "(1) TP" in screen.drawing
    assert re.search(r"[⠁-⣿] *TP", screen.drawing), "the way back"
