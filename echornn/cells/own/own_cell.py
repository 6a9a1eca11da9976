"""A user's own cell: the text of a Python file, from which the cell can be made again without the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, ClassVar

from echornn.cells.cell import Cell, CellError
from echornn.cells.own.dual import ALLOWED
from echornn.cells.own.dual_network import DualFunctions, DualNetwork
from echornn.cells.own.facts import FUNCTIONS, NOT_OURS, cell_from, check_facts
from echornn.own.errors import blaming
from echornn.own.own_file import OwnFile, printing

COMPILED = ("step", "used")
"""The functions of a cell that are compiled for training."""


class OwnCell(OwnFile):
    """The file of a user's cell; its name is that of a `Cell` in the file."""

    noun, error = "cell", CellError
    only = "a step may use only what it is given"
    computes = ALLOWED
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
        cell_from(record, dict.fromkeys(FUNCTIONS, _no_function))
        facts: Mapping[str, Any] = record
        return facts

    def check_apart(self) -> None:
        from echornn.cells.own.check import check

        check(self)

    def found_in(self, names: Mapping[str, Any]) -> Cell:
        """The cell among the names that the text defines; errors of its functions name their place."""
        found = names.get(self.name)
        if found is None:
            others = ", ".join(name for name, value in names.items() if isinstance(value, Cell))
            raise CellError(f"there is no cell {self.name}" + (f", only {others}" if others else ""))
        if not isinstance(found, Cell):
            raise CellError(f"{self.name} is not a cell: write {self.name} = Cell(step, ...)")
        check_facts(found)
        more: dict[str, Any] = {name: _blamed(self, name, getattr(found, name)) for name in FUNCTIONS}
        more |= {name: getattr(NO_CELL, name) for name in NOT_OURS}
        return replace(found, **more)


def _blamed(own: OwnCell, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a cell, whose errors name their place in the file. A step is examined before its first use.

    What is compiled prints only in the check, since otherwise there are no numbers to print.
    """

    def call(*arguments: Any) -> Any:
        of_check = any(isinstance(one, (DualNetwork, DualFunctions)) for one in arguments)
        if name == "step" and not of_check:
            from echornn.cells.own.examine import examine

            examine(own)
        with own.blaming_function(call), printing(of_check or name not in COMPILED), _explaining(name, arguments):
            return function(*arguments)

    call.__wrapped__ = function  # type: ignore[attr-defined]
    return call


@contextmanager
def _explaining(name: str, arguments: tuple[Any, ...]) -> Iterator[None]:
    """Say how many vectors there are, if a step takes another number of them."""
    try:
        yield
    except ValueError as error:
        if name != "step" or "values to unpack" not in str(error):
            raise
        count = len(arguments[1])
        what = str(error).partition(" (")[0]
        says = f"{what}: state has {count} vector{'s' * (count != 1)}, and affine returns one for each activation"
        raise CellError(says).with_traceback(error.__traceback__) from error


def _no_function(*_: Any) -> Any:
    raise NotImplementedError


NO_CELL = Cell(_no_function, (), ())

CellName = str | OwnCell
"""The reference to a cell: its name in the table, or a user's own file."""
