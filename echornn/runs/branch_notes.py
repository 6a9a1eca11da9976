"""What a person noted of a run's branches: names, and which are pinned. A small file beside the run; none is needed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from echornn.runs import own_files
from echornn.runs.run_files import NOTE_FILE

MOST_BYTES = 1 << 20

MOST_LETTERS = 40
"""Of a name."""


@dataclass
class BranchNotes:
    """Attributes:
    names: by the branch's number.
    pinned: branches that are always shown under the curve.
    hidden: branches that are not.
    """

    names: dict[int, str] = field(default_factory=dict)
    pinned: set[int] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, folder: Path | None) -> BranchNotes:
        """The notes beside a run; none where there are none, or they cannot be read."""
        try:
            told = json.loads(own_files.read_bytes(folder / NOTE_FILE, MOST_BYTES)) if folder is not None else {}
            names = {_branch(number): str(name)[:MOST_LETTERS] for number, name in told["names"].items()}
            return cls(names, {_branch(number) for number in told["pinned"]}, {_branch(one) for one in told["hidden"]})
        except (OSError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
            return cls()

    def save(self, folder: Path) -> None:
        """Write them beside the run.

        Raises:
            OSError: they could not be written.
        """
        told = {"names": self.names, "pinned": sorted(self.pinned), "hidden": sorted(self.hidden)}
        own_files.write_whole(folder / NOTE_FILE, json.dumps(told).encode())


def _branch(number: object) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", str(number)):
        raise ValueError(f"{number!r} is no branch")
    return int(str(number))
