"""The data and the ladders of all tasks, with any settings and sizes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from echornn import Batch, Symbols, Task, TaskError, seeding
from echornn.tasks.adding import Adding
from echornn.tasks.anbn import AnBn
from echornn.tasks.binary_addition import BinaryAddition
from echornn.tasks.copy_memory import CopyMemory
from echornn.tasks.cycle_navigation import CycleNavigation
from echornn.tasks.delayed_xor import DelayedXor
from echornn.tasks.dyck_1 import Dyck1
from echornn.tasks.echo import Echo
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.parity import Parity
from echornn.tasks.reber import Reber
from echornn.tasks.table import TASKS
from echornn.tasks.task import draw_rows, known_lags, ladder
from echornn.tasks.temporal_order import TemporalOrder
from echornn.tasks.text import Text
from echornn.tasks.two_coins import TwoCoins

SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "echo": st.builds(
        Echo,
        st.integers(0, 30),
        st.integers(2, 7) | st.just(256),
        st.sampled_from(["previous_row", "zero"]),
    ),
    "two_coins": st.builds(
        lambda lag, more, base: TwoCoins(lag, lag + more, base, -base, (1 - base)),
        st.integers(0, 9),
        st.integers(1, 9),
        st.floats(0, 1),
    ),
    "delayed_xor": st.builds(
        lambda lag, more: DelayedXor(lag, lag + more), st.integers(0, 9), st.integers(1, 9)
    ),
    "flip_flop": st.builds(FlipFlop, st.integers(1, 4), st.sampled_from([0.0, 1.0, 0.3])),
    "temporal_order": st.builds(TemporalOrder, st.integers(2, 3), st.integers(10, 130)),
    "copy_memory": st.builds(
        CopyMemory, st.integers(1, 20), st.integers(1, 5), st.integers(2, 254)
    ),
    "adding": st.builds(Adding, st.integers(2, 50)),
    "parity": st.builds(Parity, st.integers(1, 50)),
    "reber": st.just(Reber()),
    "dyck_1": st.builds(Dyck1, st.floats(0.01, 0.49)),
    "anbn": st.builds(AnBn, st.floats(0.01, 0.99)),
    "binary_addition": st.just(BinaryAddition()),
    "cycle_navigation": st.builds(CycleNavigation, st.integers(3, 9), st.integers(1, 50)),
    "text": st.just(Text()),
}
any_task = st.sampled_from(sorted(TASKS)).flatmap(SETTINGS.__getitem__)


def rng(seed: int = 0) -> np.random.Generator:
    return seeding.stream(seed, seeding.DATA, 0, 0)


def drawn(task: Task, seed: int, rows: int, steps: int) -> Batch:
    """Rows of at least one trial; examples of which no step is scored are left out."""
    try:
        return draw_rows(task, rng(seed), rows, max(steps, task.length or 1))
    except TaskError as error:
        assume("scores none" not in str(error))
        raise


@given(any_task, st.integers(0, 9), st.integers(1, 4), st.integers(1, 150))
def test_the_form_of_all_data(task: Task, seed: int, rows: int, steps: int) -> None:
    batch = drawn(task, seed, rows, steps)
    used = batch.scored.shape[1]
    assert used == (steps if task.length is None else max(1, steps // task.length) * task.length)
    for values, form in ((batch.x, task.inputs), (batch.y, task.outputs)):
        if isinstance(form, Symbols):
            assert values.dtype == np.uint8
            assert values.shape == (rows, used)
            assert values.max() < form.count
        else:
            assert values.dtype == np.float32
            assert values.shape == (rows, used, form.count)
    assert batch.scored.dtype == np.bool_
    assert batch.scored.any()
    assert (batch.scored == batch.scored[0]).all()


@given(
    st.sampled_from(["echo", "delayed_xor", "copy_memory"]).flatmap(SETTINGS.__getitem__),
    st.integers(0, 3),
    st.data(),
)
def test_what_is_no_source_does_not_matter(task: Task, seed: int, data: st.DataObject) -> None:
    """The target is a function of its sources, where there are some."""
    length = task.length or 40
    t = data.draw(st.integers(0, length - 1))
    lags = known_lags(task, t)
    assume(lags)
    batch = task.draw(rng(seed), 500, length)
    assert batch.scored[0, t]
    answers: dict[tuple[int, ...], int] = {}
    for x, y in zip(
        batch.x[:, [t - lag for lag in lags]].tolist(), batch.y[:, t].tolist(), strict=True
    ):
        assert answers.setdefault(tuple(x), y) == y


@given(any_task, st.integers(1, 3), st.integers(1, 60))
def test_unscored_steps_have_no_sources_and_ladders_fall(task: Task, rows: int, steps: int) -> None:
    length = task.length or steps
    scored = task.draw(rng(), rows, length).scored[0]
    assert not [t for t in range(length) if not scored[t] and known_lags(task, t)]
    levels = ladder(task, rows, length)
    solved = task.solved(rows, length)
    assert len({level.name for level in levels}) == len(levels) > 1
    if solved is None:
        # The row is too short for the lags
        assert levels[0].loss == levels[-1].loss or isinstance(task, Text)
    else:
        assert levels[-1].loss <= solved or isinstance(task, Echo)


def test_random_places_are_where_they_may_be() -> None:
    """Over many trials, each place from the first to the last is taken."""
    order = TemporalOrder(2, 100).draw(rng(), 5000, 100).x
    places = np.argwhere((order == 4) | (order == 5))[:, 1].reshape(-1, 2)
    assert [set(column) for column in places.T.tolist()] == [set(range(10, 20)), set(range(50, 60))]
    marker = Adding(9).draw(rng(), 2000, 9).x[..., 1]
    marked = np.argwhere(marker == 1)[:, 1].reshape(-1, 2)
    assert [set(column) for column in marked.T.tolist()] == [set(range(4)), set(range(4, 9))]


Keys = npt.NDArray[np.int64]
Knows = Callable[[npt.NDArray[Any]], Keys]
"""From inputs [rows, steps, ...] what is known at each step, as one number, [rows, steps]."""


def nothing(x: npt.NDArray[Any]) -> Keys:
    return np.zeros(x.shape[:2], np.int64)


def back(*lags: int) -> Knows:
    """The inputs so many steps back, at each step; 0 for those before the row."""

    def known(x: npt.NDArray[Any]) -> Keys:
        keys = nothing(x)
        for lag in lags:
            earlier = nothing(x)
            earlier[:, lag:] = x[:, : max(0, x.shape[1] - lag)]
            keys = keys * (int(x.max()) + 1) + earlier
        return keys

    return known


def seen(*lags: int) -> Knows:
    """The inputs so many steps back, at each step; whether they lie before the row is known too."""

    def known(x: npt.NDArray[Any]) -> Keys:
        keys = nothing(x)
        for lag in lags:
            keys = keys * 2 + (np.arange(x.shape[1]) >= lag)
        return np.asarray(keys + 2 ** len(lags) * back(*lags)(x), np.int64)

    return known


def pulses(steps: int) -> Knows:
    """The pattern of the last pulses of one channel, -1, 0 or 1 each."""
    return lambda x: back(*range(steps))(x[..., 0] + 1)


def last_pulse(steps: int) -> Knows:
    """The sign of the last pulse of one channel in so many steps, or 0."""

    def known(x: npt.NDArray[Any]) -> Keys:
        keys = nothing(x)
        for lag in reversed(range(min(steps, x.shape[1]))):
            pulse = back(lag)(x[..., 0] + 1) - 1
            pulse[:, :lag] = 0
            keys = np.where(pulse != 0, pulse, keys)
        return keys + 1

    return known


def in_trial(known: Callable[[npt.NDArray[Any]], Keys]) -> Knows:
    """The step of the trial, and what is known at all of them."""
    return lambda x: known(x)[:, np.newaxis] * x.shape[1] + np.arange(x.shape[1])


def order(*numbers: int) -> Knows:
    """Some of the symbols that matter, by their number."""

    def known(x: npt.NDArray[Any]) -> Keys:
        found = np.array([[symbol for symbol in row if symbol in (4, 5)] for row in x.tolist()])
        return np.asarray(found[:, list(numbers)] @ 10 ** np.arange(len(numbers)))

    return in_trial(known)


def first(items: int) -> Knows:
    return in_trial(lambda x: np.asarray(x[:, :items].astype(np.int64) @ 10 ** np.arange(items)))


def so_far(steps: int) -> Knows:
    """All bits up to each of the first steps; later only the step."""

    def known(x: npt.NDArray[Any]) -> Keys:
        at = np.arange(x.shape[1])
        bits = np.cumsum(x * 2**at, axis=1)
        return np.asarray(np.where(at < steps, bits, 0) * x.shape[1] + at)

    return known


def marked(*numbers: int) -> Knows:
    """Some of the marked numbers, to a twentieth."""

    def known(x: npt.NDArray[Any]) -> Keys:
        found = x[x[..., 1] == 1][:, 0].reshape(len(x), 2)
        return np.asarray(
            (found[:, list(numbers)] * 20).astype(np.int64) @ 20 ** np.arange(len(numbers))
        )

    return in_trial(known)


def echo_of(lag: int) -> Knows:
    """The symbol so many steps back; before, only the step."""

    def known(x: npt.NDArray[Any]) -> Keys:
        steps = np.arange(x.shape[1])
        return np.where(steps < lag, 300 + steps, back(lag)(x))

    return known


def of_row(states: Callable[[list[Any]], list[object]]) -> Knows:
    """The state at each step of a row that is read symbol by symbol."""

    def known(x: npt.NDArray[Any]) -> Keys:
        numbers: dict[object, int] = {}
        return np.array(
            [[numbers.setdefault(one, len(numbers)) for one in states(row)] for row in x.tolist()]
        )

    return known


def embedded_reber(x: list[int], has_letter: bool = True) -> list[object]:
    """Where each symbol leads in the diagram of the paper; a string's own letter is remembered, or
    not."""
    inner = {
        "T": {"S": "T", "X": "x"},
        "P": {"T": "P", "V": "v"},
        "x": {"X": "P", "S": "e"},
        "v": {"P": "x", "V": "e"},
    }
    place, letter, found = "0", "", list[object]()
    for symbol in ("BTPSXVE"[one] for one in x):
        if place in inner:
            place = inner[place][symbol]
        else:
            assert (
                symbol
                in {"0": "B", "1": "TP", "2": "B", "3": "TP", "e": "E", "o": letter, "z": "E"}[
                    place
                ]
            )
            letter = symbol if place == "1" else letter
            place = (
                symbol
                if place == "3"
                else {"0": "1", "1": "2", "2": "3", "e": "o", "o": "z", "z": "0"}[place]
            )
        found.append((place, letter if place == "o" and has_letter else ""))
    return found


def brackets(x: list[int]) -> list[object]:
    depth, found = 0, list[object]()
    for symbol in x:
        assert symbol != 2 or depth == 0
        depth = depth + 1 if symbol == 0 else max(0, depth - 1)
        found.append(depth > 0)
    return found


def counter_to(most: int) -> Knows:
    """A counter of a's up to ``most``, and of the b's that followed."""

    def states(x: list[int]) -> list[object]:
        a = b = 0
        found = list[object]()
        for symbol in x:
            assert symbol != 2 or a == b > 0
            a, b = (a + 1, 0) if symbol == 0 else (a, b + 1) if symbol == 1 else (0, 0)
            found.append((symbol, min(a, most + 1), min(b, most + 1)))
        return found

    return of_row(states)


def pairs(steps: int) -> Knows:
    """The last pairs of bits."""
    return lambda x: seen(*range(steps))(2 * x[..., 0] + x[..., 1])


def carried(x: list[list[int]]) -> list[object]:
    """The sum of both bits and what is carried."""
    sums = [0]
    for first, second in x:
        sums.append(int(first + second) + sums[-1] // 2)
    return [*sums[1:]]


def moved(places: int, moves: int) -> Knows:
    """How far the last moves led along a cycle, at each step of the trial."""

    def known(x: npt.NDArray[Any]) -> Keys:
        steps = np.arange(1, x.shape[1] + 1)
        way = np.pad(np.cumsum(x.astype(np.int64) - 1, axis=1), ((0, 0), (1, 0)))
        return np.asarray(
            (way[:, steps] - way[:, np.maximum(0, steps - moves)]) % places * len(steps) + steps
        )

    return known


DRAWN = 240_000
"""Steps that are drawn, or more."""

LADDERS: list[tuple[Task, int, list[list[Knows]]]] = [
    (Echo(1, 3, "zero"), 4, [[], [echo_of(1)]]),
    (Echo(2, 3), 5, [[], [echo_of(2)]]),
    (TwoCoins(), 30, [[nothing], [seen(8)], [seen(3)], [seen(3, 8), seen(*range(9))]]),
    (TwoCoins(1, 2, 0.9, -0.2, -0.7), 12, [[nothing], [seen(1)], [seen(2)], [seen(1, 2)]]),
    (TwoCoins(), 6, [[nothing, seen(8)], [seen(8)], [seen(3)], [seen(3, 8)]]),
    (DelayedXor(), 10, [[nothing, seen(1), seen(3), seen(0, 2)], [seen(1, 3)]]),
    (
        FlipFlop(1, 0.4),
        40,
        [
            [nothing],
            [pulses(1)],
            [pulses(2)],
            [pulses(4), last_pulse(4)],
            [last_pulse(8)],
            [last_pulse(40)],
        ],
    ),
    (
        TemporalOrder(3, 12),
        12,
        [[nothing], [order(0), order(2)], [order(0, 1), order(1, 2)], [order(0, 1, 2)]],
    ),
    (CopyMemory(4, 2, 3), 8, [[nothing], [first(0)], [first(1)], [first(2)]]),
    (Parity(5), 5, [[nothing], [so_far(1)], [so_far(2)], [so_far(5)]]),
    (Adding(6), 6, [[nothing], [marked(0), marked(1)], [marked(0, 1)]]),
    (
        Reber(),
        DRAWN,
        [
            [nothing],
            [seen(0)],
            [seen(0, 1)],
            [of_row(lambda x: embedded_reber(x, has_letter=False))],
            [of_row(embedded_reber)],
        ],
    ),
    (
        Dyck1(),
        DRAWN,
        [[nothing], [seen(0)], [seen(*range(3))], [seen(*range(5))], [of_row(brackets)]],
    ),
    (AnBn(), DRAWN, [[nothing], [seen(0)], *([counter_to(most)] for most in (1, 2, 4, 8, 100))]),
    (
        BinaryAddition(),
        DRAWN,
        [[nothing, pairs(1)], [pairs(2)], [pairs(3)], [pairs(5)], [of_row(carried)]],
    ),
    (CycleNavigation(5, 40), 40, [[moved(5, moves)] for moves in (0, 1, 4, 16, 32, 40)]),
    (CycleNavigation(4, 20), 20, [[moved(4, moves)] for moves in (0, 1, 4, 16, 20)]),
]


def test_every_task_of_the_table_but_text_has_a_ladder_here() -> None:
    """The levels of a text are counted in tests/door/oracles/test_text.py."""
    assert {type(task) for task, _, _ in LADDERS} == {*TASKS.values()} - {Text}


def test_targets_follow_from_the_inputs() -> None:
    for task in (Reber(), Dyck1(), AnBn()):
        batch = task.draw(rng(), 2, 500)
        np.testing.assert_array_equal(batch.y[:, :-1], batch.x[:, 1:])
    sums = BinaryAddition().draw(rng(), 1, 500)
    first, second = (
        int("".join(map(str, bits[::-1])), 2) for bits in sums.x[0].T.astype(int).tolist()
    )
    assert sums.y[0].tolist() == [(first + second) >> t & 1 for t in range(500)]
    cycle = CycleNavigation(5, 40).draw(rng(), 100, 40)
    np.testing.assert_array_equal(cycle.y, np.cumsum(cycle.x.astype(int) - 1, axis=1) % 5)


@pytest.mark.parametrize(
    ("task", "steps", "known"),
    LADDERS,
    ids=lambda value: str(value) if isinstance(value, Task) else "",
)
def test_each_rung_is_what_its_knowledge_costs(
    task: Task, steps: int, known: list[list[Knows]]
) -> None:
    rows = 3 if isinstance(task, Echo) else DRAWN // steps
    draws = [
        task.draw(seeding.stream(seed, 0), rows, steps)
        for seed in range(DRAWN // steps // rows // 5 or 1)
    ]
    batch = Batch(
        *(np.concatenate([getattr(one, name) for one in draws]) for name in ("x", "y", "scored"))
    )
    levels = task.levels(rows, steps)
    assert len(levels) == len(known)
    for level, ways in zip(levels, known, strict=True):
        for knows in ways:
            loss, error = best_loss(task, batch, knows(batch.x))
            assert loss == pytest.approx(level.loss, abs=error)


def best_loss(task: Task, batch: Batch, keys: Keys) -> tuple[float, float]:
    """The loss, in the second half of the data, of the best answer to each key in the first half;
    and how far it may be from the loss of the best answer of all: by chance, and because there is
    only so much to learn from.
    """
    _, found = np.unique(keys[batch.scored], return_inverse=True)
    targets = batch.y[batch.scored]
    half, groups = len(found) // 2, int(found.max()) + 1
    counts = np.bincount(found[:half], minlength=groups)
    if isinstance(task.outputs, Symbols):
        classes = task.outputs.count
        table = (
            np.bincount(found[:half] * classes + targets[:half], minlength=groups * classes) + 1e-6
        )
        table = table.reshape(groups, classes) / table.reshape(groups, classes).sum(
            axis=1, keepdims=True
        )
        losses = -np.log(table[found[half:], targets[half:]])
        learned = groups * classes / half
    else:
        sums = np.bincount(found[:half], targets[:half, 0], groups)
        losses = (targets[half:, 0] - (sums / np.maximum(counts, 1))[found[half:]]) ** 2
        # Marked numbers are known to a twentieth
        learned = 2 * groups / half * float(losses.mean()) + 1e-3
    return float(losses.mean()), 4 * float(losses.std()) / math.sqrt(half) + learned + 1e-4


@pytest.mark.parametrize(
    "task",
    [
        TwoCoins(),
        DelayedXor(),
        FlipFlop(),
        TemporalOrder(3),
        CopyMemory(500),
        Adding(),
        Parity(),
        Reber(),
        Dyck1(),
        AnBn(),
        BinaryAddition(),
        CycleNavigation(),
    ],
    ids=str,
)
def test_solved_lies_between_the_last_rung_and_half_way_to_the_one_before(task: Task) -> None:
    *_, before, last = (level.loss for level in task.levels(5, 1000))
    solved = task.solved(5, 1000)
    assert solved is not None
    assert last < solved <= (before + last) / 2
