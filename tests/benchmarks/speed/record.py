"""What was measured, as plain values that are written and read as JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Result:
    """One program in a row.

    Attributes:
        clock: seconds of each repeat, by the clock; of a window and network, or of waiting. Empty if it is left out.
        processors: the same, of the processors.
        left_out: why it was not measured.
        difference: the largest difference of its first losses from this project's, in nats.
        digest: of the losses of its first call, the same where all their bits are.
    """

    clock: tuple[float, ...] = ()
    processors: tuple[float, ...] = ()
    left_out: str = ""
    difference: float | None = None
    digest: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether it was left out since it trains something else."""
        return bool(self.left_out) and self.difference is not None

    @property
    def median(self) -> float:
        """Of the repeats."""
        return statistics.median(self.clock)

    def over(self, base: Result) -> float:
        """Its time divided by the other's, the median over the repeats, which were taken in turn."""
        return statistics.median(own / other for own, other in zip(self.clock, base.clock, strict=True))


@dataclass(frozen=True)
class Record:
    """All of a run.

    Attributes:
        machine: facts of the machine, by name.
        versions: of all that took part, by name; where programs have several, they are side by side.
        loads: the machine's load as each row began.
        rows: the results by row and program.
    """

    machine: Mapping[str, str]
    versions: Mapping[str, str] = field(default_factory=dict)
    loads: tuple[float, ...] = ()
    rows: Mapping[str, Mapping[str, Result]] = field(default_factory=dict)

    def with_rows_of(self, other: Record) -> Record:
        """The same with the rows of the other in the place of its own of the same names."""
        versions, loads = {**self.versions, **other.versions}, (*self.loads, *other.loads)
        return Record(other.machine, versions, loads, {**self.rows, **other.rows})

    def without(self, end: str) -> Record:
        """The same without the programs whose names end so."""
        rows = {
            row: {name: one for name, one in results.items() if not name.endswith(end)}
            for row, results in self.rows.items()
        }
        return replace(self, rows=rows)

    def of_the_processors(self) -> Record:
        """The same with the time of the processors in place of the clock's."""
        rows = {
            row: {name: replace(one, clock=one.processors) for name, one in results.items()}
            for row, results in self.rows.items()
        }
        return replace(self, rows=rows)

    def write(self, file: Path) -> None:
        """Write it as JSON."""
        file.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Record:
        """Read it."""
        found = json.loads(file.read_text(encoding="utf-8"))
        rows = {row: {name: _result(one) for name, one in results.items()} for row, results in found["rows"].items()}
        return cls(found["machine"], found["versions"], tuple(found["loads"]), rows)


def _result(fields: dict[str, Any]) -> Result:
    return Result(**{**fields, "clock": tuple(fields["clock"]), "processors": tuple(fields["processors"])})
