"""The values of a field that a command line names, found before the command line is parsed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from echornn.cells.chosen import named
from echornn.cells.own.own_cell import OwnCell
from echornn.config_fields import CELL
from echornn.data.own_checks import check_cell


def values_named(arguments: Sequence[str], field: str) -> Iterator[str]:
    """The values that follow ``--FIELD``, and those of an axis ``FIELD=VALUE,VALUE``."""
    newest = ""
    for before, word in zip(("", *arguments), arguments, strict=False):
        flag, equals, value = word.partition("=")
        newest = flag if word.startswith("--") else newest
        if before == f"--{field}":
            yield word
        elif flag == f"--{field}" and equals:
            yield value
        elif newest == "--grid" and (value if flag == "--grid" else word).startswith(f"{field}="):
            yield from filter(None, word.rpartition(f"{field}=")[2].split(","))


def check_cells(arguments: Sequence[str]) -> None:
    """Check the files of cells that a command line names, in another process."""
    for word in values_named(arguments, CELL):
        if ":" in word and isinstance(own := named(word), OwnCell):
            check_cell(own)
