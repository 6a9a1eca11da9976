"""A user's own cell: the text of a Python file, from which the cell can be made again without the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, ClassVar

from echornn.cells.cell import Cell, CellError
from echornn.cells.own.facts import FUNCTIONS, cell_from, check_facts
from echornn.own.errors import blaming
from echornn.own.own_file import OwnFile


class OwnCell(OwnFile):
    """The file of a user's cell; its name is that of a `Cell` in the file."""

    noun, error = "cell", CellError
    definition = r"^{name}\b *[:=]"
    no_facts: ClassVar[Mapping[str, Any]] = {}

    @cached_property
    def cell(self) -> Cell:
        """The cell, from its facts or else from its text. Its functions run the text.

        Raises:
            CellError: the text has an error, or no usable cell.
        """
        if self.facts is None:
            made: Cell = self.load()
            return made
        if self.lacks_facts:
            return Cell(partial(self._call, "step"), ("h",), ())
        return cell_from(self.facts, {name: partial(self._call, name) for name in FUNCTIONS})

    def blaming_function(self, function: Callable[..., Any]) -> Any:
        """Like `blaming`, for a call of a function of the cell; an error that was raised outside of the file is
        reported at the line of the function.
        """
        code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
        line = code.co_firstlineno if code is not None and code.co_filename == self.file else self.line
        return blaming(CellError, self.file, line)

    def _call(self, name: str, *arguments: Any) -> Any:
        return getattr(self.load(), name)(*arguments)

    @staticmethod
    def facts_from(record: Any) -> Mapping[str, Any]:
        cell_from(record, dict.fromkeys(FUNCTIONS, cell_from))  # only the facts are looked at
        facts: Mapping[str, Any] = record
        return facts

    def found_in(self, names: Mapping[str, Any]) -> Cell:
        """The cell among the names that the text defines; errors of its functions name their place."""
        found = names.get(self.name)
        if found is None:
            others = ", ".join(name for name, value in names.items() if isinstance(value, Cell))
            raise CellError(f"there is no cell {self.name}" + (f", only {others}" if others else ""))
        if not isinstance(found, Cell):
            raise CellError(f"{self.name} is not a cell: write {self.name} = Cell(step, ...)")
        check_facts(found)
        more: dict[str, Any] = {name: _blamed(self, getattr(found, name)) for name in FUNCTIONS}
        return replace(found, keras=("", {}), **more)


def _blamed(own: OwnCell, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a cell, whose errors name their place in the file."""

    def call(*arguments: Any) -> Any:
        with own.blaming_function(call):
            return function(*arguments)

    call.__wrapped__ = function  # type: ignore[attr-defined]
    return call


CellName = str | OwnCell
"""The reference to a cell: its name in the table, or a user's own file."""
