"""The measurements as plain values, which are written and read as JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Result:
    """The measurements of one program in a row.

    Attributes:
        clock: elapsed seconds of each repeat, per window and network, or of the waiting; empty if left out.
        processors: processor seconds of each repeat.
        left_out: why the program was not measured.
        difference: the largest difference of its first losses from this project's, in nats.
        digest: a hash of the losses of its first call; equal if all bits are.
    """

    clock: tuple[float, ...] = ()
    processors: tuple[float, ...] = ()
    left_out: str = ""
    difference: float | None = None
    digest: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether the program was left out because its losses are wrong."""
        return bool(self.left_out) and self.difference is not None

    @property
    def median(self) -> float:
        """The median of the repeats."""
        return statistics.median(self.clock)

    def over(self, base: Result) -> float:
        """The ratio of this time to the other's: the median over the repeats, which were measured in turn."""
        return statistics.median(own / other for own, other in zip(self.clock, base.clock, strict=True))


@dataclass(frozen=True)
class Record:
    """All measurements of a benchmark run.

    Attributes:
        machine: facts about the machine, by name.
        versions: the versions of all libraries, by name; several versions of one are in the same text.
        loads: the machine's load at the beginning of each row.
        rows: the results, by row and program.
    """

    machine: Mapping[str, str]
    versions: Mapping[str, str] = field(default_factory=dict)
    loads: tuple[float, ...] = ()
    rows: Mapping[str, Mapping[str, Result]] = field(default_factory=dict)

    def with_rows_of(self, other: Record) -> Record:
        """The record with its rows replaced by the other record's rows of the same names."""
        versions, loads = {**self.versions, **other.versions}, (*self.loads, *other.loads)
        return Record(other.machine, versions, loads, {**self.rows, **other.rows})

    def without(self, end: str) -> Record:
        """The record without the programs whose names end with ``end``."""
        rows = {
            row: {name: one for name, one in results.items() if not name.endswith(end)}
            for row, results in self.rows.items()
        }
        return replace(self, rows=rows)

    def of_the_processors(self) -> Record:
        """The record with processor times in place of elapsed times."""
        rows = {
            row: {name: replace(one, clock=one.processors) for name, one in results.items()}
            for row, results in self.rows.items()
        }
        return replace(self, rows=rows)

    def write(self, file: Path) -> None:
        """Write the record as JSON."""
        file.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Record:
        """Read a record."""
        found = json.loads(file.read_text(encoding="utf-8"))
        rows = {row: {name: _result(one) for name, one in results.items()} for row, results in found["rows"].items()}
        return cls(found["machine"], found["versions"], tuple(found["loads"]), rows)


def _result(fields: dict[str, Any]) -> Result:
    return Result(**{**fields, "clock": tuple(fields["clock"]), "processors": tuple(fields["processors"])})
