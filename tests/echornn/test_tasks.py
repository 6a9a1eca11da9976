"""The data and the ladders of all tasks, with any settings and sizes."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from echornn import Batch, ConfigError, Numbers, Symbols, Task, TaskError, Trials, seeding
from echornn.tasks.adding import Adding
from echornn.tasks.anbn import AnBn
from echornn.tasks.binary_addition import BinaryAddition
from echornn.tasks.copy_memory import CopyMemory
from echornn.tasks.cycle_navigation import CycleNavigation
from echornn.tasks.delayed_xor import DelayedXor
from echornn.tasks.dyck_1 import Dyck1
from echornn.tasks.echo import Echo
from echornn.tasks.flip_flop import FlipFlop
from echornn.tasks.group import GROUPS, Group
from echornn.tasks.npz import Npz
from echornn.tasks.parity import Parity
from echornn.tasks.reber import Reber
from echornn.tasks.table import TASKS
from echornn.tasks.task import draw_rows, known_lags, ladder
from echornn.tasks.temporal_order import TemporalOrder
from echornn.tasks.text import Text
from echornn.tasks.two_coins import TwoCoins

lag = st.integers(0, 9)
more = st.integers(1, 9)
scoring = st.sampled_from(["all", "last"])
SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "echo": st.builds(
        Echo,
        st.integers(0, 30),
        st.integers(2, 7) | st.just(256),
        st.sampled_from(["previous_row", "zero"]),
    ),
    "two_coins": st.builds(
        lambda lag, more, base: TwoCoins(lag, lag + more, base, -base, 1 - base),
        lag,
        more,
        st.floats(0, 1),
    ),
    "delayed_xor": st.builds(lambda lag, more: DelayedXor(lag, lag + more), lag, more),
    "flip_flop": st.builds(FlipFlop, st.integers(1, 4), st.sampled_from([0.0, 1.0, 0.3])),
    "temporal_order": st.builds(
        lambda marks, first, more: TemporalOrder(marks, first + more, first),
        st.integers(2, 3),
        st.integers(10, 130),
        st.integers(0, 9),
    ),
    "copy_memory": st.builds(
        CopyMemory, st.integers(1, 20), st.integers(1, 5), st.integers(2, 254)
    ),
    "adding": st.builds(lambda least, more: Adding(least + more, least), st.integers(2, 50), more),
    "parity": st.builds(Parity, st.integers(10, 50), st.integers(0, 10), scoring),
    "reber": st.just(Reber()),
    "dyck_1": st.builds(Dyck1, st.floats(0.01, 0.49)),
    "anbn": st.builds(AnBn, st.floats(0.01, 0.99)),
    "binary_addition": st.just(BinaryAddition()),
    "cycle_navigation": st.builds(
        CycleNavigation, st.integers(3, 9), st.integers(10, 50), st.integers(0, 10), scoring
    ),
    "group": st.builds(
        Group, st.sampled_from(GROUPS), st.integers(10, 30), st.integers(0, 10), scoring
    ),
    "text": st.just(Text()),
    "npz": st.just(Npz()),
}
any_task = st.sampled_from(sorted(TASKS)).flatmap(SETTINGS.__getitem__)
with_sources = st.sampled_from(["echo", "delayed_xor", "copy_memory"])
seeds = st.integers(0, 9)


Inputs = npt.NDArray[Any]
Keys = npt.NDArray[np.int64]


def rng(seed: int = 0) -> np.random.Generator:
    return seeding.stream(seed, seeding.DATA, 0, 0)


# ---- data


def draw_scored_rows(task: Task, seed: int, rows: int, steps: int) -> Batch:
    """Rows of at least one trial; examples of which no step is scored are left out."""
    steps = max(steps, task.length or 1)
    try:
        return draw_rows(task, rng(seed), rows, steps)
    except TaskError as error:
        assume("scores none" not in str(error))
        raise


@given(any_task, seeds, st.integers(1, 4), st.integers(1, 150))
def test_the_form_of_all_data(task: Task, seed: int, rows: int, steps: int) -> None:
    batch = draw_scored_rows(task, seed, rows, steps)
    used = steps
    if task.length is not None:
        used = max(1, steps // task.length) * task.length
    assert_form(batch.x, task.inputs, rows, used)
    assert_form(batch.y, task.outputs, rows, used)
    assert batch.scored.shape == (rows, used)
    assert batch.scored.dtype == np.bool_
    assert batch.scored.any()
    if not isinstance(task, Trials):
        assert (batch.scored == batch.scored[0]).all()
    assert not task.scores_every_step or batch.scored.all()


def assert_form(values: Inputs, form: Symbols | Numbers, rows: int, steps: int) -> None:
    if isinstance(form, Symbols):
        assert values.dtype == np.uint8
        assert values.shape == (rows, steps)
        assert values.max() < form.count
    else:
        assert values.dtype == np.float32
        assert values.shape == (rows, steps, form.count)


@given(with_sources.flatmap(SETTINGS.__getitem__), seeds, st.data())
def test_what_is_no_source_does_not_matter(task: Task, seed: int, data: st.DataObject) -> None:
    """The target is a function of its sources, where there are some."""
    length = task.length or 40
    t = data.draw(st.integers(0, length - 1))
    sources = [t - lag for lag in known_lags(task, t)]
    assume(sources)
    batch = task.draw(rng(seed), 500, length)
    assert batch.scored[0, t]
    answers: dict[bytes, int] = {}
    for x, y in zip(batch.x, batch.y, strict=True):
        key = x[sources].tobytes()
        assert answers.setdefault(key, y[t]) == y[t]


@pytest.mark.parametrize("task", [Reber(), Dyck1(), AnBn()], ids=str)
def test_targets_are_the_symbols_that_follow(task: Task) -> None:
    batch = task.draw(rng(), 2, 500)
    assert (batch.y[:, :-1] == batch.x[:, 1:]).all()


def test_bits_are_those_of_the_sum() -> None:
    batch = BinaryAddition().draw(rng(), 1, 500)
    carry = 0
    for (first, second), target in zip(batch.x[0].astype(int), batch.y[0], strict=True):
        carry, bit = divmod(first + second + carry, 2)
        assert target == bit


def test_places_are_sums_of_moves() -> None:
    batch = CycleNavigation(5, 40).draw(rng(), 100, 40)
    moves = batch.x.astype(int) - 1
    assert (batch.y == moves.cumsum(axis=1) % 5).all()


@pytest.mark.parametrize("group", GROUPS)
def test_products_are_what_the_elements_do_one_after_the_other(group: str) -> None:
    batch = Group(group, 12, 5).draw(rng(), 300, 12)
    assert set(batch.x.flat) == set(range(Group(group).inputs.count))
    meaning: dict[int, tuple[int, ...]] = {}
    things = arrangements(batch.x, group)
    for target, places in zip(batch.y.flat, things.reshape(-1, things.shape[-1]), strict=True):
        assert meaning.setdefault(target, tuple(places)) == tuple(places)
    assert len({*meaning.values()}) == len(meaning) == {"S3": 6, "S5": 120}.get(group, 60)
    numbers = [meaning[number] for number in sorted(meaning)]
    assert numbers == sorted(numbers)


def test_symbols_that_matter_are_at_all_places_where_they_may_be() -> None:
    x = TemporalOrder(2, 100).draw(rng(), 5000, 100).x
    _, steps = np.nonzero((x == 4) | (x == 5))
    assert set(steps[::2]) == set(range(10, 20))
    assert set(steps[1::2]) == set(range(50, 60))


def test_marked_numbers_are_at_all_places_where_they_may_be() -> None:
    marker = Adding(9).draw(rng(), 2000, 9).x[..., 1]
    _, steps = np.nonzero(marker == 1)
    assert set(steps[::2]) == set(range(4))
    assert set(steps[1::2]) == set(range(4, 9))


def test_trials_end_at_all_lengths_alike_and_blanks_follow() -> None:
    """A zero, no move, no number and no mark, and the B that has ended the trial."""
    tasks = Parity(9, 4), CycleNavigation(5, 9, 4), Adding(9, 4), TemporalOrder(2, 15, 10)
    blanks = 0, 1, 0, 7
    for task, blank in zip(tasks, blanks, strict=True):
        batch = task.draw(rng(), 6000, task.length)
        last = task.length - 1 - batch.scored[:, ::-1].argmax(axis=1)
        lengths, counts = np.unique(last + 1, return_counts=True)
        assert lengths.tolist() == [*range(task.length_from, task.length + 1)]
        assert counts == pytest.approx(1000, abs=130)
        is_after = np.arange(task.length) > last[:, np.newaxis]
        assert (batch.x[is_after] == blank).all()
        assert batch.x[~is_after].std(axis=0).min() > 0


@pytest.mark.parametrize("task", [Parity(9, 4, "last"), CycleNavigation(5, 9, 4, "last")], ids=str)
def test_only_the_last_step_of_a_trial_is_scored(task: Task) -> None:
    all_steps = task.with_values({"scoring": "all"}).draw(rng(), 100, 9)
    batch = task.draw(rng(), 100, 9)
    assert (batch.x == all_steps.x).all()
    assert (batch.scored.sum(axis=1) == 1).all()
    assert (batch.scored.argmax(axis=1) == all_steps.scored.sum(axis=1) - 1).all()


@pytest.mark.parametrize(
    ("kind", "values", "allowed"),
    [
        (Parity, {"length": 5, "length_from": 6}, "0, or 1 to length = 5"),
        (Adding, {"length_from": 1}, "0, or 2 to length = 50"),
        (TemporalOrder, {"length_from": 9}, "0, or 10 to length = 60"),
    ],
)
def test_the_shortest_trial_is_no_longer_than_the_longest(
    kind: type[Task], values: dict[str, object], allowed: str
) -> None:
    with pytest.raises(ConfigError, match=rf"length_from = \d cannot be used: {allowed}"):
        kind(**values)


# ---- ladders


@given(any_task, st.integers(1, 3), st.integers(1, 60))
def test_ladders_fall_to_what_is_solved(task: Task, rows: int, steps: int) -> None:
    length = task.length or steps
    levels = ladder(task, rows, length)
    solved = task.solved(rows, length)
    assert len({level.name for level in levels}) == len(levels) > 1
    chance, least = levels[0].loss, levels[-1].loss
    if solved is None:
        # The row is too short for the lags
        assert chance == least or isinstance(task, (Text, Npz))
    else:
        assert least <= solved or isinstance(task, Echo)


@pytest.mark.parametrize("name", sorted({*TASKS} - {"echo", "text", "npz"}))
def test_solved_lies_between_the_last_rung_and_half_way_to_the_one_before(name: str) -> None:
    task = TASKS[name]()
    *_, before, last = task.levels(5, 1000)
    solved = task.solved(5, 1000)
    assert solved is not None
    assert last.loss < solved <= (before.loss + last.loss) / 2


def test_a_level_weighs_each_step_by_the_trials_that_score_it() -> None:
    """Of lengths 3 to 9, alike, the steps after the fourth are 1 to 5 of 6 in the mean."""
    later = {"all": sum([1, 2, 3, 4, 5]) / 7 / 6, "last": 5 / 7}
    for scoring, share in later.items():
        (level,) = (rung for rung in Parity(9, 3, scoring).levels(1, 9) if "4" in rung.name)
        assert level.loss == pytest.approx(share * math.log(2), rel=1e-12)
        assert level.wrong == pytest.approx(share / 2, rel=1e-12)


# ---- what a learner knows: from inputs, [rows, steps, ...], one number at each step


def nothing(x: Inputs) -> Keys:
    return np.zeros(x.shape[:2], np.int64)


def back(x: Inputs, *lags: int) -> Keys:
    """The inputs so many steps back; 0 for those before the row."""
    keys = nothing(x)
    symbols = int(x.max()) + 1
    for lag in lags:
        earlier = np.roll(x, lag, axis=1)
        earlier[:, :lag] = 0
        keys = keys * symbols + earlier
    return keys


def seen(x: Inputs, *lags: int) -> Keys:
    """The inputs so many steps back; whether they lie before the row is known too."""
    keys = back(x, *lags)
    steps = np.arange(x.shape[1])
    for lag in lags:
        keys = keys * 2 + (steps >= lag)
    return keys


def pulses(x: Inputs, steps: int) -> Keys:
    """The pattern of the last pulses of one channel, -1, 0 or 1 each."""
    return back(x[..., 0] + 1, *range(steps))


def last_pulse(x: Inputs, steps: int) -> Keys:
    """The sign of the last pulse of one channel in so many steps, or 0."""
    keys = nothing(x)
    for lag in reversed(range(steps)):
        pulse = np.roll(x[..., 0], lag, axis=1)
        pulse[:, :lag] = 0
        keys = np.where(pulse != 0, pulse, keys)
    return keys + 1


def in_trial(x: Inputs, digits: Inputs, base: int) -> Keys:
    """The step of the trial, and some digits of it, [rows, digits]."""
    steps = np.arange(x.shape[1])
    trials = digits.astype(int) @ base ** np.arange(digits.shape[1])
    return np.add.outer(trials * len(steps), steps)


def order(x: Inputs, *numbers: int) -> Keys:
    """Some of the symbols that matter, by their number."""
    matters = (x == 4) | (x == 5)
    return in_trial(x, x[matters].reshape(len(x), -1)[:, numbers], 10)


def first(x: Inputs, items: int) -> Keys:
    return in_trial(x, x[:, :items], 10)


def marked(x: Inputs, *numbers: int) -> Keys:
    """Some of the marked numbers, to a twentieth."""
    values, marker = x[..., 0], x[..., 1]
    pairs = values[marker == 1].reshape(-1, 2)
    return in_trial(x, pairs[:, numbers] * 20, 20)


def so_far(x: Inputs, steps: int) -> Keys:
    """All bits up to each of the first steps; later only the step."""
    step = np.arange(x.shape[1])
    bits = np.cumsum(x * 2**step, axis=1)
    bits[:, steps:] = 0
    return bits * len(step) + step


def echo_of(x: Inputs, lag: int) -> Keys:
    """The symbol so many steps back; before, only the step."""
    step = np.arange(x.shape[1])
    return np.where(step < lag, 300 + step, back(x, lag))


def pairs(x: Inputs, steps: int) -> Keys:
    """The last pairs of bits."""
    first, second = x[..., 0], x[..., 1]
    return seen(2 * first + second, *range(steps))


def moved(x: Inputs, places: int, moves: int) -> Keys:
    """How far the last moves led along a cycle, at each step of the trial."""
    place = np.cumsum(x.astype(int) - 1, axis=1)
    before = np.roll(place, moves, axis=1)
    before[:, :moves] = 0
    step = np.arange(x.shape[1])
    led = (place - before) % places
    return np.asarray(led * len(step) + step)


def arrangements(x: Inputs, group: str) -> Inputs:
    """How the things lie after each element of a group, which puts each where it says: [rows,
    steps, things]."""
    degree = int(group[1:])
    elements = list(itertools.permutations(range(degree))) if degree < 60 else []
    if group == "A5":
        elements = [element for element in elements if not is_odd(element)]
    for turn in range(degree if not elements else 0):
        elements.append(tuple((place + turn) % degree for place in range(degree)))
    puts = np.array(elements, np.uint8)
    things = np.tile(np.arange(degree, dtype=np.uint8), (len(x), 1))
    steps = []
    for numbers in x.T:
        things = puts[numbers[:, None], things]
        steps.append(things)
    return np.stack(steps, axis=1)


def is_odd(things: tuple[int, ...]) -> bool:
    return sum(first > second for first, second in itertools.combinations(things, 2)) % 2 == 1


def products(x: Inputs, group: str, steps: int) -> Keys:
    """Where the first of the things lie at each of the first steps, from which it follows for the
    others; later only the step."""
    places = arrangements(x, group)[..., :4]
    keys: Keys = places @ 60 ** np.arange(1, 1 + places.shape[-1])
    keys[:, steps:] = np.arange(steps, x.shape[1])
    return keys


def signs(x: Inputs, group: str) -> Keys:
    """Whether the things lie so that it takes an odd number of exchanges."""
    _, places, numbers = np.unique(
        products(x, group, x.shape[1]), return_index=True, return_inverse=True
    )
    things = arrangements(x, group).reshape(x.size, -1)
    odd = np.array([is_odd(tuple(things[place])) for place in places], np.int64)
    return odd[numbers].reshape(x.shape)


def read(x: Inputs, states_of: Callable[..., list[object]], *arguments: object) -> Keys:
    """The state at each step of a row that is read symbol by symbol."""
    numbers = defaultdict[object, int](itertools.count().__next__)
    keys = []
    for row in x.tolist():
        states = states_of(row, *arguments)
        keys.append([numbers[state] for state in states])
    return np.array(keys)


DIAGRAM = {  # of the paper: where each symbol leads, from each place
    "0": {"B": "1"},
    "1": {"T": "2", "P": "2"},
    "2": {"B": "3"},
    "3": {"T": "T", "P": "P"},
    "T": {"S": "T", "X": "x"},
    "P": {"T": "P", "V": "v"},
    "x": {"X": "P", "S": "e"},
    "v": {"P": "x", "V": "e"},
    "e": {"E": "o"},
    "o": {"T": "z", "P": "z"},
    "z": {"E": "0"},
}


def reber(row: list[int], has_letter: bool) -> list[object]:
    """A string's own letter is remembered, or not."""
    place, letter = "0", ""
    states = list[object]()
    for number in row:
        symbol = "BTPSXVE"[number]
        assert place != "o" or symbol == letter
        if place == "1":
            letter = symbol
        place = DIAGRAM[place][symbol]
        needs_letter = place == "o" and has_letter
        states.append((place, needs_letter and letter))
    return states


def brackets(row: list[int]) -> list[object]:
    """Whether a bracket is open."""
    depth = 0
    states = list[object]()
    for symbol in row:
        assert symbol != 2 or depth == 0
        if symbol == 0:
            depth += 1
        elif depth:
            depth -= 1
        states.append(depth > 0)
    return states


def counter(row: list[int], most: int) -> list[object]:
    """A counter of a's up to ``most``, and of the b's that followed."""
    a = b = 0
    states = list[object]()
    for symbol in row:
        if symbol == 0:
            a, b = a + 1, 0
        elif symbol == 1:
            b += 1
        else:
            assert a == b > 0
            a = b = 0
        states.append((symbol, min(a, most + 1), min(b, most + 1)))
    return states


def carried(row: list[list[int]]) -> list[object]:
    """The sum of both bits and what is carried."""
    total = 0
    states = list[object]()
    for first, second in row:
        total = int(first + second) + total // 2
        states.append(total)
    return states


# ---- what each rung's knowledge costs

DRAWN = 240_000
"""Steps that are drawn, or more."""

LADDERS: list[tuple[Task, int, Sequence[Any]]] = []


def rungs(task: Task, steps: int, *levels: Any) -> None:
    """What a learner at each level knows: a function of the inputs, with its arguments; or a list
    of such ways."""
    LADDERS.append((task, steps, levels))


rungs(Echo(2, 3), 5, [], (echo_of, 2))
rungs(TwoCoins(), 30, (nothing,), (seen, 8), (seen, 3), [(seen, 3, 8), (seen, *range(9))])
rungs(TwoCoins(1, 2, 0.9, -0.2, -0.7), 12, (nothing,), (seen, 1), (seen, 2), (seen, 1, 2))
rungs(DelayedXor(), 10, [(nothing,), (seen, 1), (seen, 3), (seen, 0, 2)], (seen, 1, 3))
four_pulses = [(pulses, 4), (last_pulse, 4)]
few_pulses = (pulses, 1), (pulses, 2), four_pulses
rungs(FlipFlop(1, 0.4), 40, (nothing,), *few_pulses, (last_pulse, 8), (last_pulse, 40))
two_marks = [(order, 0, 1), (order, 1, 2)]
rungs(TemporalOrder(3, 12), 12, (nothing,), [(order, 0), (order, 2)], two_marks, (order, 0, 1, 2))
rungs(CopyMemory(4, 2, 3), 8, (nothing,), (first, 0), (first, 1), (first, 2))
halves = (so_far, 2), (so_far, 4), (so_far, 9)
rungs(Parity(9, 3), 9, (nothing,), (so_far, 1), *halves)
rungs(Parity(9, 3, "last"), 9, [(nothing,), (so_far, 1), (so_far, 2)], (so_far, 4), (so_far, 9))
rungs(Adding(9, 4), 9, (nothing,), [(marked, 0), (marked, 1)], (marked, 0, 1))
rungs(TemporalOrder(2, 16, 12), 16, (nothing,), [(order, 0), (order, 1)], (order, 0, 1))
grammar = (read, reber, False), (read, reber, True)
rungs(Reber(), DRAWN, (nothing,), (seen, 0), (seen, 0, 1), *grammar)
last_brackets = (seen, 0), (seen, *range(3)), (seen, *range(5))
rungs(Dyck1(), DRAWN, (nothing,), *last_brackets, (read, brackets))
counters = ((read, counter, most) for most in (1, 2, 4, 8, 100))
rungs(AnBn(), DRAWN, (nothing,), (seen, 0), *counters)
last_pairs = (pairs, 2), (pairs, 3), (pairs, 5)
rungs(BinaryAddition(), DRAWN, [(nothing,), (pairs, 1)], *last_pairs, (read, carried))
rungs(CycleNavigation(4, 20), 20, *((moved, 4, moves) for moves in (0, 1, 4, 16, 20)))
last_moves = ((moved, 4, moves) for moves in (0, 1, 4, 9))
rungs(CycleNavigation(4, 9, 3, "last"), 9, *last_moves)
later_products = (products, "S3", 4), (products, "S3", 8)
rungs(
    Group("S3", 8),
    8,
    (nothing,),
    (products, "S3", 1),
    (products, "S3", 2),
    (signs, "S3"),
    *later_products,
)
rungs(Group("Z60", 3, 2, "last"), 3, (nothing,), (signs, "Z60"), (products, "Z60", 3))


def test_every_task_of_the_table_but_those_of_files_has_a_ladder_here() -> None:
    """The levels of a text and of a file are counted in tests/door/oracles."""
    assert {type(task) for task, _, _ in LADDERS} == {*TASKS.values()} - {Text, Npz}


NAMES = [str(task) for task, _, _ in LADDERS]


@pytest.mark.parametrize(("task", "steps", "levels"), LADDERS, ids=NAMES)
def test_each_rung_is_what_its_knowledge_costs(
    task: Task, steps: int, levels: Sequence[Any]
) -> None:
    rows, draws = DRAWN // steps, 1
    if isinstance(task, Echo):
        rows, draws = 3, rows // 15
    batch = joined(task, rows, steps, draws)
    for level, ways in zip(task.levels(rows, steps), levels, strict=True):
        if isinstance(ways, tuple):
            ways = [ways]
        for knows, *arguments in ways:
            loss, error = best_loss(task, batch, knows(batch.x, *arguments))
            assert loss == pytest.approx(level.loss, abs=error)


def joined(task: Task, rows: int, steps: int, draws: int) -> Batch:
    """The data of several draws, one after the other in the rows."""
    batches = [task.draw(seeding.stream(seed, 0), rows, steps) for seed in range(draws)]
    x, y, scored = zip(*((batch.x, batch.y, batch.scored) for batch in batches), strict=True)
    return Batch(np.concatenate(x), np.concatenate(y), np.concatenate(scored))


def best_loss(task: Task, batch: Batch, keys: Keys) -> tuple[float, float]:
    """The loss, in the second half of the data, of the best answer to each key in the first half;
    and how far it may be from the loss of the best answer of all: by chance, and because there is
    only so much to learn from.
    """
    _, groups = np.unique(keys[batch.scored], return_inverse=True)
    targets = batch.y[batch.scored]
    count = int(groups.max()) + 1
    half = len(groups) // 2
    first, second = groups[:half], groups[half:]
    if isinstance(task.outputs, Symbols):
        shares = np.full((count, task.outputs.count), 1e-6)
        np.add.at(shares, (first, targets[:half]), 1)
        shares /= shares.sum(axis=1, keepdims=True)
        losses = -np.log(shares[second, targets[half:]])
        learned = shares.size / half
    else:
        sums = np.bincount(first, targets[:half, 0], count)
        counts = np.bincount(first, minlength=count)
        means = sums / np.maximum(counts, 1)
        losses = (targets[half:, 0] - means[second]) ** 2
        # Marked numbers are known to a twentieth
        learned = 2 * count / half * float(losses.mean()) + 1e-3
    chance = 4 * float(losses.std()) / math.sqrt(half)
    return float(losses.mean()), chance + learned + 1e-4
