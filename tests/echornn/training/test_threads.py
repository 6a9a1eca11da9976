"""The first network of a process decides the number of TensorFlow's threads, unless the user does."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from echornn.config import EchoConfig
from echornn.training import threads
from echornn.training.threads import MOST, VARIABLE, threads_for, threads_if_asked


@pytest.fixture(autouse=True)
def _six_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "usable_processors", lambda: 6)
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """TensorFlow's context with default settings."""
    context = SimpleNamespace(_intra_op_parallelism_threads=None, _context_handle=None)
    monkeypatch.setitem(sys.modules, "tensorflow.python.eager.context", SimpleNamespace(_context=context))
    return context


@pytest.mark.parametrize(
    ("fields", "is_alone", "expected"),
    [
        ({}, True, 1),
        ({"state_size": 256, "batch_size": 50}, True, 1),  # 3 289 600 multiplications
        ({"state_size": 499, "batch_size": 16}, True, 1),  # 3 992 000
        ({"state_size": 500, "batch_size": 16}, True, 6),  # 4 008 000
        ({"state_size": 256, "batch_size": 256, "truncated_backprop_length": 100}, True, 6),
        ({"state_size": 256, "batch_size": 256, "truncated_backprop_length": 100}, False, 1),
        ({"state_size": 200, "batch_size": 50, "cell": "gru"}, True, 6),  # two gates in one product: 4 020 000
        ({"state_size": 200, "batch_size": 50}, True, 1),  # 2 010 000
        ({"state_size": 200, "batch_size": 50, "num_layers": 3}, True, 1),  # 4 000 000 between two layers
    ],
)
def test_a_single_large_network_has_a_thread_for_each_processor(
    fields: dict[str, object], is_alone: bool, expected: int
) -> None:
    assert threads_for(EchoConfig(**fields), is_alone) == expected  # type: ignore[arg-type]


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(
    ("variable", "asked", "expected"),
    [("", 1, 1), ("", 16, 16), ("3", 1, 3), (" 2 ", 16, 2), ("0", 16, 16), ("many", 1, 1), ("", 10**9, MOST)],
)
def test_the_users_own_number_counts(monkeypatch: pytest.MonkeyPatch, variable: str, asked: int, expected: int) -> None:
    monkeypatch.setenv(VARIABLE, variable)
    assert threads_if_asked(asked) == expected


@pytest.mark.parametrize(
    ("told", "handle", "variable", "expected"),
    [(None, None, "", 1), (5, None, "", 5), (5, object(), "3", 5), (None, object(), "", 6), (None, object(), "3", 3)],
)
def test_what_tensorflow_was_told_or_has_begun_with_counts_more(
    monkeypatch: pytest.MonkeyPatch,
    context: SimpleNamespace,
    told: int | None,
    handle: object,
    variable: str,
    expected: int,
) -> None:
    monkeypatch.setenv(VARIABLE, variable)
    context._intra_op_parallelism_threads, context._context_handle = told, handle
    assert threads_if_asked(1) == expected
