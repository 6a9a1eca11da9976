"""The ladders of tasks beside counts: how well the targets of long drawn data can be said by who knows so much."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from echornn import EchoConfig

STEPS = 200_000
Row = list[int]


def drawn(task: str, **settings: Any) -> tuple[Any, Any, dict[str, float]]:
    """Inputs and targets of one long row, or of many trials one after another, and the losses of the levels."""
    made = EchoConfig(task=task, **settings).the_task
    batch = made.draw(np.random.default_rng(1), 5000 if made.length else 1, made.length or STEPS)
    assert batch.scored.all()
    levels = made.levels(1, STEPS)
    return batch.x.reshape(-1, *batch.x.shape[2:]), batch.y.reshape(-1), {one.name: one.loss for one in levels}


def counted(known: Iterable[object], targets: Iterable[int]) -> float:
    """The least mean cross-entropy of who has only counted which targets follow what is known."""
    pairs = Counter(zip(known, targets, strict=True))
    wholes = Counter[object]()
    for (what, _), count in pairs.items():
        wholes[what] += count
    return sum(count * math.log(wholes[what] / count) for (what, _), count in pairs.items()) / wholes.total()


def last(x: Row, count: int) -> list[Row]:
    """The last symbols at each step, fewer at the first."""
    text = "".join(map(str, x))
    return [text[max(0, t + 1 - count) : t + 1] for t in range(len(x))]  # type: ignore[misc]


def embedded_reber(x: Row, has_letter: bool) -> list[object]:
    """Where each symbol leads in the diagram of the paper; a string's own letter is remembered, or not."""
    inner = {"T": {"S": "T", "X": "x"}, "P": {"T": "P", "V": "v"}, "x": {"X": "P", "S": "e"}, "v": {"P": "x", "V": "e"}}
    place, letter, found = "0", "", list[object]()
    for symbol in ("BTPSXVE"[one] for one in x):
        if place in inner:
            place = inner[place][symbol]
        else:
            assert symbol in {"0": "B", "1": "TP", "2": "B", "3": "TP", "e": "E", "o": letter, "z": "E"}[place]
            letter = symbol if place == "1" else letter
            place = symbol if place == "3" else {"0": "1", "1": "2", "2": "3", "e": "o", "o": "z", "z": "0"}[place]
        found.append((place, letter if place == "o" and has_letter else ""))
    return found


def brackets(x: Row) -> list[object]:
    depth, found = 0, list[object]()
    for symbol in x:
        assert symbol != 2 or depth == 0
        depth = depth + 1 if symbol == 0 else max(0, depth - 1)
        found.append(depth > 0)
    return found


def counter_to(most: int) -> Callable[[Row], list[object]]:
    """A counter of a's up to ``most``, and of the b's that followed."""

    def states(x: Row) -> list[object]:
        a = b = 0
        found = list[object]()
        for symbol in x:
            assert symbol != 2 or a == b > 0
            a, b = (a + 1, 0) if symbol == 0 else (a, b + 1) if symbol == 1 else (0, 0)
            found.append((symbol, min(a, most + 1), min(b, most + 1)))
        return found

    return states


@pytest.mark.parametrize(
    ("task", "level", "known"),
    [
        *((task, "chance", lambda x: last(x, 0)) for task in ("reber", "dyck_1", "anbn")),
        *((task, "knows 1 back", lambda x: last(x, 1)) for task in ("reber", "dyck_1", "anbn")),
        ("reber", "knows 2 back", lambda x: last(x, 2)),
        ("reber", "lacks letter", lambda x: embedded_reber(x, has_letter=False)),
        ("reber", "knows all", lambda x: embedded_reber(x, has_letter=True)),
        ("dyck_1", "knows 3 back", lambda x: last(x, 3)),
        ("dyck_1", "knows 5 back", lambda x: last(x, 5)),
        ("dyck_1", "counts", brackets),
        *(("anbn", f"counts to {count}", counter_to(count)) for count in (1, 2, 4, 8)),
        ("anbn", "counts", counter_to(100)),
    ],
)
def test_the_levels_of_strings_are_what_counting_finds(task: str, level: str, known: Any) -> None:
    """0.006 nats are three standard errors."""
    x, y, losses = drawn(task)
    np.testing.assert_array_equal(y[:-1], x[1:])
    assert counted(known(x.tolist()), y.tolist()) == pytest.approx(losses[level], abs=0.006)


def test_the_levels_of_binary_addition_are_what_counting_finds() -> None:
    x, y, losses = drawn("binary_addition")
    first, second = (int("".join(map(str, bits[::-1])), 2) for bits in x[:500].T.tolist())
    assert y[:500].tolist() == [(first + second) >> t & 1 for t in range(500)]
    pairs = (2 * x[:, 0] + x[:, 1]).tolist()
    for name, back in {"chance": 0, "knows 1 back": 1, "knows 2 back": 2, "knows 4 back": 4}.items():
        assert counted(last(pairs, back + 1), y.tolist()) == pytest.approx(losses[name], abs=0.006)
    assert losses["carries"] == 0


@pytest.mark.parametrize(("places", "length"), [(5, 40), (4, 20)])
def test_the_levels_of_cycle_navigation_are_what_counting_finds(places: int, length: int) -> None:
    x, y, losses = drawn("cycle_navigation", places=places, length=length)
    trials = x.reshape(-1, length).astype(int) - 1
    np.testing.assert_array_equal(
        np.stack([trials[:, : t + 1].sum(axis=1) % places for t in range(length)], 1).ravel(), y
    )
    for name, moves in {"chance": 0, "knows 1 back": 1, "knows 4 back": 4, "knows 16 back": 16}.items():
        sums = [trials[:, max(0, t + 1 - moves) : t + 1].sum(axis=1) % places for t in range(length)]
        known = [(t, sums[t][trial]) for trial in range(len(trials)) for t in range(length)]
        assert counted(known, y.tolist()) == pytest.approx(losses[name], abs=0.006)
    assert losses["knows all"] == 0
