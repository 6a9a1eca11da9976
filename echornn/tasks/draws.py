"""Helpers for tasks whose targets depend on earlier inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.progress import Symbols


def lagged(x: npt.NDArray[Any], lag: int, first: int) -> npt.NDArray[Any]:
    """For each step from ``first`` on, the input ``lag`` steps earlier, [rows, steps - first, ...]; ``lag <=
    first``.
    """
    return x[:, first - lag :][:, : max(0, x.shape[1] - first)]


def scored_from(first: int, rows: int, steps: int) -> npt.NDArray[np.bool_]:
    """Scores that count every step from ``first`` on, bool [rows, steps]."""
    scored = np.zeros((rows, steps), np.bool_)
    scored[:, first:] = True
    return scored


def share_before(lag: int, steps: int) -> float:
    """The share of a row's steps whose input ``lag`` steps back lies before the row."""
    return min(lag, steps) / steps


def back(lag: int) -> str:
    """A lag in words: 1 step back, 3 steps back."""
    return f"{lag} step{'s' * (lag != 1)} back"


BYTES_A_WORD = 8


def uniform_symbols(rng: np.random.Generator, classes: int, steps: int) -> Symbols:
    """The same as ``rng.integers(0, classes, steps, dtype=uint8)`` for a new generator, bit for bit.

    NumPy maps each random byte (of a word, the lowest first) to ``byte * classes // 256``, and skips bytes that would
    make some symbols likelier than others (Lemire 2019). This function handles all bytes at once.

    Args:
        rng: a generator that has drawn nothing yet; its later numbers differ from those after NumPy's own function.
        classes: the number of different symbols, 2 to 256.
        steps: the number of symbols.
    """
    if classes & (classes - 1) == 0:
        symbols: Symbols = _bytes(rng, steps)[:steps] >> np.uint8(9 - classes.bit_length())
        return symbols
    left_out = 256 % classes
    kept: list[Symbols] = []
    missing = steps
    while missing > 0:
        scaled = _bytes(rng, missing + missing // 64).astype(np.uint16) * np.uint16(classes)
        kept.append((scaled >> 8).astype(np.uint8)[(scaled & 0xFF) >= left_out])
        missing -= kept[-1].size
    return np.concatenate(kept)[:steps]


def _bytes(rng: np.random.Generator, count: int) -> Symbols:
    """At least ``count`` random bytes, in whole words."""
    words = np.asarray(rng.bit_generator.random_raw(-(-count // BYTES_A_WORD)), dtype="<u8")
    return words.view(np.uint8)
