"""A user's own cell, from its file or from a record: a run or sweep is looked at without running
the cell's text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np

from echornn.cells.cell import Cell, CellError, Functions, Product
from echornn.cells.tracer import WINDOW, first_weights, is_in_turn, state_after, used_weights
from echornn.errors import blaming
from echornn.own.own_file import OwnFile

# Fields of a `Cell` that only its text has
FUNCTIONS = ("step", "first_units", "used", "eigenvalues")
# That are texts
NAMES = ("state_parts", "formulas", "unit_weights", "unread", "gates", "limited", "through_tanh")
# Which earlier versions lack; facts leave out their defaults
LATER = ("other_weights", "fixed", "noise", "in_turn", "memory_gates")

# Steps from the zero state that are compared, and in which numbers have to stay finite: chosen by
# eye
SHORT, LONG = 6, 200


class OwnCell(OwnFile):
    """The file of a user's cell; its name is that of a `Cell` in the file.

    The facts in a record are `facts_of`.
    """

    noun, error = "cell", CellError
    definition = r"^{name}\b *[:=]"
    main_fact = "products"

    @cached_property
    def cell(self) -> Cell:
        """The cell, from its facts or else from its text, which its functions run; a CellError if
        it has an error."""
        if self.facts is None:
            return self.load()  # type: ignore[no-any-return]
        functions: dict[str, Any] = {name: partial(self._call, name) for name in FUNCTIONS}
        if self.lacks_facts:
            return Cell(functions["step"], ("h",), ())
        return _cell_from(self.facts, functions)

    def _call(self, name: str, *arguments: Any) -> Any:
        return getattr(self.load(), name)(*arguments)

    def check_facts(self) -> None:
        check_facts(self.cell)

    def is_usual(self, value: object) -> bool:
        return isinstance(value, Cell)

    def taken(self, found: Cell) -> Cell:
        check_facts(found)
        functions: dict[str, Any] = {
            name: _blamed(self, getattr(found, name)) for name in FUNCTIONS
        }
        return replace(found, keras=("", {}), in_turn=is_in_turn(found), **functions)

    def blaming_function(self, function: Callable[..., Any]) -> AbstractContextManager[None]:
        """Like `blaming`; an error from outside of the file is reported at the line of the
        function."""
        code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
        if code is None or code.co_filename != self.file:
            return self.blaming()
        return blaming(CellError, self.file, code.co_firstlineno)


CellName = str | OwnCell  # of the table, or a user's own file


def _blamed(own: OwnCell, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        with own.blaming_function(call):
            return function(*arguments)

    call.__wrapped__ = function  # type: ignore[attr-defined]
    return call


# ---- what records say about a cell


def facts_of(cell: Cell) -> dict[str, Any]:
    facts: dict[str, Any] = {name: getattr(cell, name) for name in ("about", *NAMES)}
    facts["products"] = [asdict(product) for product in cell.products]
    facts["first_biases"] = {
        name: list(map(float, values)) for name, values in cell.first_biases.items()
    }
    for name in LATER:
        if getattr(cell, name):
            facts[name] = getattr(cell, name)
    return facts


def _cell_from(facts: Mapping[str, Any], functions: Mapping[str, Any]) -> Cell:
    values: dict[str, Any] = {name: tuple(facts.get(name, ())) for name in NAMES}
    products = []
    for record in facts["products"]:
        lists = {"columns": tuple(record["columns"]), "reads": tuple(record["reads"])}
        products.append(Product(**{**record, **lists}))
    biases = {name: tuple(numbers) for name, numbers in facts["first_biases"].items()}
    values |= {name: facts[name] for name in LATER if name in facts}
    return Cell(
        products=tuple(products),
        about=facts.get("about", ""),
        first_biases=biases,
        **values,
        **functions,
    )


def check_facts(cell: Cell) -> None:
    """A CellError if the facts about a cell do not fit together."""
    if cell.state_parts[:1] != ("h",):
        raise CellError("state_parts has to begin with h, the cell's output")
    for field in ("state_parts", "weights"):
        names = getattr(cell, field)
        if len(set(names)) < len(names):
            raise CellError(f"{field} has a name twice: {', '.join(names)}")
    for name in cell.weights:
        if not name.isidentifier() or name in ("W2", "b2") or "_layer" in name:
            raise CellError(
                f"the weight {name!r} needs another name: letters, digits and _, not W2, b2 or "
                "_layer"
            )

    columns = {product.bias: product.columns for product in cell.products}
    allowed_names = {
        "gates": sum(columns.values(), ()),
        "first_biases": tuple(columns),
        "memory_gates": tuple(columns),
        "fixed": cell.weights,
        "unread": cell.state_parts,
        "limited": cell.state_parts,
        "through_tanh": cell.state_parts,
    }
    for field, allowed in allowed_names.items():
        for name in getattr(cell, field):
            if name not in allowed:
                raise CellError(f"{field} names {name!r}, not one of {', '.join(allowed)}")

    for field in ("first_biases", "memory_gates"):
        for bias, values in getattr(cell, field).items():
            if len(values) != len(columns[bias]):
                raise CellError(f"{field} has to have {bias} for {', '.join(columns[bias])}")
    for name, shape in cell.other_weights.items():
        if [_is_size(size) for size in shape] != [True, True]:
            raise CellError(
                f"other_weights has to give {name} as (rows, columns), each a number, "
                '"units" or "inputs"'
            )


def _is_size(size: object) -> bool:
    if type(size) is int:
        return size > 0
    return size in ("units", "inputs")


# ---- the check of a file


@lru_cache(maxsize=256)
def check(own: OwnCell) -> Cell:
    """The cell, once it is tried in another process; a CellError that names the place in its
    file."""
    own.try_apart(f"{__name__}:trace")
    return own.load()  # type: ignore[no-any-return]


def trace(file: str, name: str, text: str) -> None:
    """Call the functions of a cell with a few numbers; a CellError if one returns something
    unusable."""
    own = OwnCell(file, name, text)
    cell: Cell = own.load()
    with np.errstate(all="ignore"):
        with own.blaming_function(cell.first_units):
            weights = first_weights(cell)
        with own.blaming_function(cell.used):
            used_weights(cell, weights)
        with own.blaming_function(cell.step):
            state_after(cell, weights, LONG)
            h = state_after(cell, weights, SHORT)
            if not np.array_equal(h, state_after(cell, weights, SHORT)):
                raise CellError("step returns different numbers for the same input and state")
            for weight, value in weights.items():
                changed = {**weights, weight: 0.9 * value + 0.05}
                if np.array_equal(h, state_after(cell, changed, SHORT)):
                    raise CellError(f"h does not depend on the weight {weight}")
        with own.blaming_function(cell.eigenvalues):
            cell.eigenvalues(cell.used(weights, Functions(), WINDOW))
