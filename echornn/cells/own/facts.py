"""The facts about a cell: checked when it comes from a file, and kept in records, so that these are read without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from echornn.cells.cell import Cell, CellError, Product

FUNCTIONS = ("step", "first_units", "used", "eigenvalues")
"""The fields of a `Cell` that are functions; only the text of its file has them."""

SENTENCES = ("about", "keeps")
"""The fields that are a text."""

NAMES = ("state_parts", "formulas", "unit_weights", "unread", "gates", "limited", "through_tanh")
"""The fields that are texts in a row."""

NOT_OURS = ("keras", "theorems")
"""The fields that a user's own cell does not have."""

OUTPUT_WEIGHTS = ("W2", "b2")
"""The names of the output layer's weights, which no cell can have."""


def facts_of(cell: Cell) -> dict[str, Any]:
    """The facts about a cell as JSON values."""
    return {
        **{name: getattr(cell, name) for name in SENTENCES},
        **{name: list(getattr(cell, name)) for name in NAMES},
        "products": [
            {
                "weight": one.weight,
                "bias": one.bias,
                "columns": list(one.columns),
                "reads": list(one.reads),
                "from_identity": one.from_identity,
            }
            for one in cell.products
        ],
        "first_biases": {name: list(values) for name, values in cell.first_biases.items()},
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
        sentences = {name: facts.get(name, "") for name in SENTENCES}
        more: dict[str, Any] = {**texts, **sentences, **functions, "first_biases": first}
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
        if not callable(getattr(cell, name)):
            raise CellError(f"{name} is {getattr(cell, name)!r}, not a function")
    for name in NAMES:
        _require_texts(name, getattr(cell, name))
    for name in SENTENCES:
        if not isinstance(getattr(cell, name), str):
            raise CellError(f"{name} is {getattr(cell, name)!r}, not a text")
    if cell.state_parts[:1] != ("h",):
        raise CellError(f"state_parts is {cell.state_parts!r}, but its first name has to be h, the cell's output")
    _require_different("state_parts", cell.state_parts)
    if not isinstance(cell.products, tuple) or not cell.products:
        kind = "empty" if cell.products == () else f"a {type(cell.products).__name__}"
        raise CellError(f"products is {kind}, not one Product or more in parentheses: write (Product(...),)")
    for product in cell.products:
        _check_product(product)
    _require_different("weights", cell.weights)
    for name in cell.weights:
        if not name.isidentifier():
            raise CellError(f"the weight {name!r} needs another name: only letters, digits and _")
        if name in OUTPUT_WEIGHTS:
            raise CellError(f"the weight {name!r} needs another name: W2 and b2 are the output layer's weights")
        if "_layer" in name:
            raise CellError(f"the weight {name!r} needs another name: _layer is for the weights of further layers")
    columns = [name for product in cell.products for name in product.columns]
    of_state = dict.fromkeys(("unread", "limited", "through_tanh"), cell.state_parts)
    for field, allowed in {"gates": columns, **of_state}.items():
        for name in getattr(cell, field):
            if name not in allowed:
                raise CellError(f"{field} names {name!r}, not one of {', '.join(allowed)}")
    _check_first_biases(cell)


def _check_product(product: object) -> None:
    if not isinstance(product, Product):
        raise CellError(f"products has {product!r}, not a Product")
    _require_texts("weight and bias of a Product", (product.weight, product.bias))
    for field in ("columns", "reads"):
        _require_texts(f"{field} of the Product {product.weight}", getattr(product, field))
        if not getattr(product, field):
            raise CellError(f"{field} of the Product {product.weight} has no name")
    if product.from_identity and not product.is_recurrent:
        raise CellError(f"the Product {product.weight} cannot begin from_identity, since it does not read h")


def _check_first_biases(cell: Cell) -> None:
    columns = {product.bias: product.columns for product in cell.products}
    for bias, values in cell.first_biases.items():
        if bias not in columns:
            raise CellError(f"first_biases names {bias!r}, not one of {', '.join(columns)}")
        try:
            numbers = [float(value) for value in values]
        except (TypeError, ValueError):
            numbers = []
        if len(numbers) != len(columns[bias]):
            raise CellError(f"first_biases has {values!r} for {bias}, not a number for {', '.join(columns[bias])} each")


def _require_texts(field: str, values: object) -> None:
    if not isinstance(values, tuple) or not all(isinstance(one, str) and one and one.isprintable() for one in values):
        noun, example = ("texts", "h_t = ...") if field == "formulas" else ("names", "h")
        raise CellError(f"{field} is {values!r}, not {noun} in parentheses, such as ({example!r},)")


def _require_different(field: str, names: tuple[str, ...] | list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise CellError(f"{field} has {name!r} twice")
