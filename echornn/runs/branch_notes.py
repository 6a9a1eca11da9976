"""The names and pins that a user gave to branches: a small file in the run's folder, which may be missing.

When a run is cut back to its last save, its newest branches are gone, and later branches get their numbers. So the
file keeps the digest of each branch beside its number (see `echornn.timeline.branch.digest`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from echornn.files import own_files
from echornn.runs.run_files import NOTE_FILE

MOST_BYTES = 1 << 20

MOST_LETTERS = 40
"""The most letters of a name."""


@dataclass
class BranchNotes:
    """The user's notes on a run's branches. names: by the branch's number. pinned: branches that are always shown under
    the curve. hidden: branches that are not.
    """

    names: dict[int, str] = field(default_factory=dict)
    pinned: set[int] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, folder: Path | None, digests: Sequence[int]) -> BranchNotes:
        """The notes in a run's folder; empty if there are none, or if they cannot be read.

        Args:
            digests: of the run's branches. What was noted of others is left out; a file that does not tell digests is
                believed where there is a branch of that number.
        """
        try:
            told = json.loads(own_files.read_bytes(folder / NOTE_FILE, MOST_BYTES)) if folder is not None else {}
            names = {_branch(number): str(name)[:MOST_LETTERS] for number, name in told["names"].items()}
            pinned, hidden = ({_branch(number) for number in told[name]} for name in ("pinned", "hidden"))
            noted = {_branch(number): told["digests"][number] for number in told.get("digests", {})}
        except (OSError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
            return cls()
        there = {number for number, one in enumerate(digests) if noted.get(number, one) == one}
        return cls({number: name for number, name in names.items() if number in there}, pinned & there, hidden & there)

    def save(self, folder: Path, digest_of: Callable[[int], int]) -> None:
        """Write the notes into the run's folder.

        Args:
            digest_of: the digest of a branch.

        Raises:
            OSError: they could not be written.
        """
        told = {
            "names": self.names,
            "pinned": sorted(self.pinned),
            "hidden": sorted(self.hidden),
            "digests": {number: digest_of(number) for number in sorted({*self.names, *self.pinned, *self.hidden})},
        }
        own_files.write_whole(folder / NOTE_FILE, json.dumps(told).encode())


def _branch(number: object) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", str(number)):
        raise ValueError(f"{number!r} is not a branch")
    return int(str(number))
