"""Checks a user's cell by running its step on a few numbers: shapes, names, finite values and gradients."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np

from echornn.cells.cell import Cell, CellError
from echornn.cells.of_arrays import OfArrays
from echornn.cells.own.dual import INPUTS, ROWS, UNITS, Array, Dual
from echornn.cells.own.over_time import check_long, check_reads
from echornn.cells.own.own_cell import OwnCell
from echornn.cells.own.steps import states
from echornn.cells.own.weights import WINDOW, initial_weights, random_weights, used_weights
from echornn.own.own_file import printing

STEPS = 6
"""The steps from the zero state with random weights."""


@lru_cache(maxsize=64)
def examine(own: OwnCell) -> str:
    """A digest of the states that the cell computes from random weights, after all checks that one process can do.

    Raises:
        CellError: a check has failed; one line that names the place in the file.
    """
    cell: Cell = own.load()
    with np.errstate(all="ignore"):
        with own.blaming_function(cell.first_units):
            weights, before_training = random_weights(cell), initial_weights(cell)
        with own.blaming_function(cell.used):
            used, initial = used_weights(cell, weights), used_weights(cell, before_training)
        with own.blaming_function(cell.step):
            found = list(chain(*states(cell, used, _inputs())))
        with own.blaming_function(cell.step), printing(False):
            again = list(chain(*states(cell, used, _inputs())))
            if not all(np.array_equal(one.value, two.value) for one, two in zip(found, again, strict=True)):
                raise CellError(
                    "step returns different numbers for the same input and state: it may keep nothing, and use no "
                    "random numbers"
                )
            _check_gradients(cell, weights, found)
            check_reads(cell, used, _inputs())
            check_long(cell, initial)
        with own.blaming_function(cell.eigenvalues):
            _check_eigenvalues(cell, weights)
    return hashlib.sha256(b"".join(state.value.tobytes() for state in found)).hexdigest()


def _inputs() -> Array:
    """Random inputs, float32 [STEPS, ROWS, INPUTS]; those of the first row are zero."""
    inputs = np.random.default_rng(1).normal(size=(STEPS, ROWS, INPUTS)).astype(np.float32)
    inputs[:, 0] = 0
    return inputs


def _check_gradients(cell: Cell, weights: Mapping[str, Dual], states: Sequence[Dual]) -> None:
    outputs = states[:: len(cell.state_parts)]
    for number, name in enumerate(weights):
        slopes = np.array([one.slopes[number] for one in outputs])
        if not np.isfinite(slopes).all():
            raise CellError(f"the gradient to the weight {name} is not finite")
        if not slopes.any():
            raise CellError(f"the gradient to the weight {name} is always 0: h does not depend on it")


def _check_eigenvalues(cell: Cell, weights: Mapping[str, Dual]) -> None:
    used = cell.used({name: one.value for name, one in weights.items()}, OfArrays(), WINDOW)
    for name, values in cell.eigenvalues(used).items():
        if np.shape(values) != (UNITS,) or not np.isfinite(values).all():
            raise CellError(f"eigenvalues returns {name} as {list(np.shape(values))}, not finite numbers [{UNITS}]")
