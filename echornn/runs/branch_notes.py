"""The names and pins that a user gave to branches: an optional small file in the run's folder.

When a run is cut back to its last save, its newest branches are lost, and later branches get their numbers. So the file
has the digest of each branch beside its number (see `echornn.timeline.branch.digest`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from echornn.files import own_files
from echornn.runs.run_files import NOTE_FILE

MOST_BYTES = 1 << 20

MOST_LETTERS = 40
"""The most characters of a name."""


@dataclass
class BranchNotes:
    """The user's notes on the branches of a run.

    Attributes:
        names: names by branch number.
        pinned: numbers of branches that are always drawn under the curve.
        hidden: numbers of branches that are never drawn there.
        digests: the digests of these branches, as stored in the file.
    """

    names: dict[int, str] = field(default_factory=dict)
    pinned: set[int] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    digests: dict[int, int] = field(default_factory=dict, compare=False)

    @classmethod
    def read(cls, folder: Path | None) -> BranchNotes:
        """The notes in a run's folder; empty if there are none, or if they cannot be read. Some may be about branches
        that the run no longer has.
        """
        try:
            fields = json.loads(own_files.read_bytes(folder / NOTE_FILE, MOST_BYTES)) if folder is not None else {}
            names = {int(number): str(name)[:MOST_LETTERS] for number, name in fields["names"].items()}
            pinned, hidden = (set(map(int, fields[name])) for name in ("pinned", "hidden"))
            noted = {int(number): fields["digests"][number] for number in fields.get("digests", {})}
        except (OSError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
            return cls()
        return cls(names, pinned, hidden, noted)

    def among(self, digests: Sequence[int]) -> BranchNotes:
        """The notes on branches that the run still has. If the file has no digest for a branch, the number is enough.

        Args:
            digests: the digests of the run's branches.
        """
        there = {number for number, one in enumerate(digests) if self.digests.get(number, one) == one}
        names = {number: name for number, name in self.names.items() if number in there}
        return BranchNotes(names, self.pinned & there, self.hidden & there)

    def save(self, folder: Path, digests: Sequence[int]) -> None:
        """Write the notes to the run's folder.

        Args:
            digests: the digests of the run's branches.
        """
        fields = {
            "names": self.names,
            "pinned": sorted(self.pinned),
            "hidden": sorted(self.hidden),
            "digests": {number: digests[number] for number in sorted({*self.names, *self.pinned, *self.hidden})},
        }
        own_files.write_whole(folder / NOTE_FILE, json.dumps(fields).encode())
