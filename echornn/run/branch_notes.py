"""The user's notes on the branches of a run, ``branches.json``: names, and what the curve shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from echornn.files import safe_files
from echornn.files.recorded_values import NO_RECORD, whole
from echornn.run.folders import MOST_BYTES, NOTE_FILE

MOST_NAME_LENGTH = 40  # characters of a branch's name; chosen by eye

FAULT = (
    f"{NOTE_FILE} is damaged: the names of branches cannot be read, and the next name replaces it"
)


@dataclass(frozen=True)
class BranchNotes:
    """The user's notes on the branches of a run, by their numbers."""

    names: Mapping[int, str] = field(default_factory=dict)
    pinned: frozenset[int] = frozenset()  # always drawn under the curve
    hidden: frozenset[int] = frozenset()  # never drawn there
    digests: Mapping[int, int] = field(default_factory=dict, compare=False)  # as stored in the file

    @classmethod
    def read(cls, folder: Path) -> BranchNotes:
        """The notes in a run's folder, maybe also on branches that it no longer has; none if they
        cannot be read, see `fault`."""
        try:
            return _read(folder)
        except (OSError, *NO_RECORD):
            return NO_NOTES

    def among(self, digests: Sequence[int]) -> BranchNotes:
        """The notes on branches with these digests; where the file has none, the number is
        enough."""
        there = set()
        for number, digest in enumerate(digests):
            if self.digests.get(number, digest) == digest:
                there.add(number)
        names = {number: name for number, name in self.names.items() if number in there}
        return BranchNotes(names, self.pinned & there, self.hidden & there)

    def named(self, number: int, name: str) -> BranchNotes:
        """The notes with another name of a branch; an empty name removes it."""
        names = dict(self.names)
        names.pop(number, None)
        if name:
            names[number] = name
        return replace(self, names=names)

    def with_pin(self, number: int, pinned: bool) -> BranchNotes:
        """The notes with a branch pinned, or no longer; in either case it is not hidden."""
        others = self.pinned - {number}
        shown = replace(self, hidden=self.hidden - {number})
        return replace(shown, pinned=others | {number} if pinned else others)

    def with_hidden(self, number: int, hidden: bool) -> BranchNotes:
        """The notes with a branch hidden, and not pinned; or no longer hidden."""
        if not hidden:
            return replace(self, hidden=self.hidden - {number})
        return replace(self, hidden=self.hidden | {number}, pinned=self.pinned - {number})

    def save(self, folder: Path, digests: Sequence[int]) -> None:
        """Write the notes to the run's folder, with the digests of these branches among all of the
        run's."""
        noted = sorted({*self.names, *self.pinned, *self.hidden})
        fields = {
            "names": dict(self.names),
            "pinned": sorted(self.pinned),
            "hidden": sorted(self.hidden),
            "digests": {number: digests[number] for number in noted},
        }
        safe_files.write_whole(folder / NOTE_FILE, json.dumps(fields).encode())


NO_NOTES = BranchNotes()


def fault(folder: Path) -> str:
    """What is wrong with the notes in a run's folder; empty if nothing is, or if there are none."""
    try:
        _read(folder)
    except FileNotFoundError:
        return ""
    except (OSError, *NO_RECORD):
        return FAULT
    return ""


def _read(folder: Path) -> BranchNotes:
    """An OSError, or one of `NO_RECORD`, if there are no notes or if a value cannot be one."""
    fields = json.loads(safe_files.read_bytes(folder / NOTE_FILE, MOST_BYTES))
    names = {}
    for number, name in fields["names"].items():
        names[_branch(int(number))] = str(name)[:MOST_NAME_LENGTH]
    digests = {}
    for number, digest in fields.get("digests", {}).items():
        digests[_branch(int(number))] = whole(digest, "digest")
    pinned = frozenset(map(_branch, fields["pinned"]))
    hidden = frozenset(map(_branch, fields["hidden"]))
    return BranchNotes(names, pinned, hidden, digests)


def _branch(number: object) -> int:
    return whole(number, "branch")
