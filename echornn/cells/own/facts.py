"""The facts about a cell: checked when it comes from a file, and kept in records, so that these are read without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import chain
from typing import Any

from echornn.cells.cell import Cell, CellError, Product

FUNCTIONS = ("step", "first_units", "used", "eigenvalues")
"""The fields of a `Cell` that are functions; only the text of its file has them."""

NAMES = ("state_parts", "formulas", "unit_weights", "unread", "gates", "limited", "through_tanh")
"""The fields that are texts in a row."""

OUTPUT_WEIGHTS = ("W2", "b2")
"""The names of the output layer's weights, which no cell can have."""


def facts_of(cell: Cell) -> dict[str, Any]:
    """The facts about a cell as JSON values."""
    return {
        **{name: getattr(cell, name) for name in ("about", *NAMES)},
        "products": [asdict(one) for one in cell.products],
        "first_biases": {name: list(map(float, values)) for name, values in cell.first_biases.items()},
    }


def cell_from(facts: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Cell:
    """The cell with these facts and functions. Facts that a record of an earlier version lacks are empty.

    Raises:
        ValueError: the facts are damaged.
    """
    try:
        products = tuple(
            Product(**{**one, "columns": tuple(one["columns"]), "reads": tuple(one["reads"])})
            for one in facts["products"]
        )
        texts = {name: tuple(facts.get(name, ())) for name in NAMES}
        first = {name: tuple(values) for name, values in facts["first_biases"].items()}
        more: dict[str, Any] = {**texts, **functions, "about": facts.get("about", ""), "first_biases": first}
        cell = Cell(products=products, **more)
        check_facts(cell)
    except (LookupError, TypeError, AttributeError, CellError) as error:
        raise ValueError(f"what it says about the cell is damaged: {error}") from error
    return cell


def check_facts(cell: Cell) -> None:
    """Check that the facts about a cell fit together.

    Raises:
        CellError: they do not.
    """
    for name in FUNCTIONS:
        _require(callable(getattr(cell, name)), f"{name} has to be a function")
    _require(isinstance(cell.about, str), "about has to be a text")
    products = cell.products
    are_products = isinstance(products, tuple) and all(isinstance(one, Product) for one in products)
    _require(bool(products) and are_products, "products has to be a Product or more in parentheses: (Product(...),)")
    for name in NAMES:
        _require_texts(name, getattr(cell, name))
    for one in products:
        _require_texts("weight and bias of a Product", (one.weight, one.bias))
        _require_texts(f"columns of the Product {one.weight}", one.columns)
        _require_texts(f"reads of the Product {one.weight}", one.reads)
        _require(bool(one.columns and one.reads), f"the Product {one.weight} needs columns, and what it reads")
        _require(
            one.is_recurrent or not one.from_identity, f"{one.weight} reads no h, so it cannot begin from_identity"
        )
    _require(cell.state_parts[:1] == ("h",), "state_parts has to begin with h, the cell's output")
    for name, some in {"state_parts": cell.state_parts, "weights": cell.weights}.items():
        _require(len(set(some)) == len(some), f"{name} has a name twice: {', '.join(some)}")
    for name in cell.weights:
        is_free = name.isidentifier() and name not in OUTPUT_WEIGHTS and "_layer" not in name
        _require(is_free, f"the weight {name!r} needs another name: letters, digits and _, not W2, b2 or _layer")
    columns = {one.bias: one.columns for one in products}
    of_state = dict.fromkeys(("unread", "limited", "through_tanh"), cell.state_parts)
    for field, allowed in {"gates": [*chain(*columns.values())], "first_biases": columns, **of_state}.items():
        for name in getattr(cell, field):
            _require(name in allowed, f"{field} names {name!r}, not one of {', '.join(allowed)}")
    for bias, values in cell.first_biases.items():
        _require(len(values) == len(columns[bias]), f"first_biases has to have {bias} for {', '.join(columns[bias])}")


def _require_texts(name: str, some: object) -> None:
    are_texts = isinstance(some, tuple) and all(isinstance(one, str) and one and one.isprintable() for one in some)
    _require(are_texts, f"{name} is {some!r}, not texts in parentheses, such as ('h',)")


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise CellError(otherwise)
