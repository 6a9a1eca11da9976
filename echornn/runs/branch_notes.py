"""The names and pins that a user gave to branches: an optional small file in the run's folder.

When a run is cut back to its last save, its newest branches are lost, and later branches get their numbers. So the file
has the digest of each branch beside its number (see `echornn.timeline.branch.digest`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from echornn.files import own_files
from echornn.files.recorded_values import NO_RECORD, whole
from echornn.runs.folders import MOST_BYTES, NOTE_FILE

MOST_LETTERS = 40
"""The most characters of a name."""


@dataclass(frozen=True)
class BranchNotes:
    """The user's notes on the branches of a run, by their numbers."""

    names: Mapping[int, str] = field(default_factory=dict)
    pinned: frozenset[int] = frozenset()  # always drawn under the curve
    hidden: frozenset[int] = frozenset()  # never drawn there
    digests: Mapping[int, int] = field(default_factory=dict, compare=False)  # as stored in the file

    @classmethod
    def read(cls, folder: Path) -> BranchNotes:
        """The notes in a run's folder, maybe also on branches that it no longer has; none if they cannot be read."""
        try:
            fields = json.loads(own_files.read_bytes(folder / NOTE_FILE, MOST_BYTES))
            names = {whole(int(number), "branch"): str(name)[:MOST_LETTERS] for number, name in fields["names"].items()}
            pinned, hidden = (frozenset(whole(one, "branch") for one in fields[name]) for name in ("pinned", "hidden"))
            return cls(names, pinned, hidden, {int(number): one for number, one in fields.get("digests", {}).items()})
        except (OSError, *NO_RECORD):
            return cls()

    def among(self, digests: Sequence[int]) -> BranchNotes:
        """The notes on branches with these digests; where the file has none, the number is enough."""
        there = {number for number, one in enumerate(digests) if self.digests.get(number, one) == one}
        names = {number: name for number, name in self.names.items() if number in there}
        return BranchNotes(names, self.pinned & there, self.hidden & there)

    def named(self, number: int, name: str) -> BranchNotes:
        """The notes with another name of a branch; an empty name removes it."""
        names = {one: known for one, known in self.names.items() if one != number}
        return replace(self, names={**names, number: name} if name else names)

    def with_pin(self, number: int, pinned: bool) -> BranchNotes:
        """The notes with a branch pinned, or no longer; in either case it is not hidden."""
        others = self.pinned - {number}
        return replace(self, pinned=others | {number} if pinned else others, hidden=self.hidden - {number})

    def with_hidden(self, number: int, hidden: bool) -> BranchNotes:
        """The notes with a branch hidden, and not pinned; or no longer hidden."""
        if not hidden:
            return replace(self, hidden=self.hidden - {number})
        return replace(self, hidden=self.hidden | {number}, pinned=self.pinned - {number})

    def save(self, folder: Path, digests: Sequence[int]) -> None:
        """Write the notes to the run's folder, with the digests of these branches among all of the run's."""
        fields = {
            "names": dict(self.names),
            "pinned": sorted(self.pinned),
            "hidden": sorted(self.hidden),
            "digests": {number: digests[number] for number in sorted({*self.names, *self.pinned, *self.hidden})},
        }
        own_files.write_whole(folder / NOTE_FILE, json.dumps(fields).encode())


NO_NOTES = BranchNotes()
