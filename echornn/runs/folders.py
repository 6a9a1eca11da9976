"""Folders of runs: the names of their files, ``run.json``, and where the user's runs are."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import platformdirs

from echornn.config import EchoConfig
from echornn.errors import OwnError, RunError
from echornn.files import own_files
from echornn.files.own_files import LOCK_FILE
from echornn.files.recorded_values import NO_RECORD, config_from, record_of, shortened, whole
from echornn.runtime import small_loops
from echornn.runtime.quiet import version
from echornn.training.device import threads_for, threads_if_asked

# Written in turn, so that the previous checkpoint stays intact
SLOTS = ("checkpoint-0", "checkpoint-1")
RUN_FILE, LOSS_FILE, COMMAND_FILE, TRACEBACK_FILE = (
    "run.json",
    "losses.bin",
    "commands.jsonl",
    "traceback.txt",
)
KEYFRAME_FILE, NOTE_FILE, SOLVED_FILE, NORM_FILE = (
    "keyframes.bin",
    "branches.json",
    "solved.bin",
    "norms.bin",
)
POINTER_FILE, OUTPUT_FILE, ERROR_FILE = "serving.json", "output.txt", "errors.txt"
EVENT_FOLDER = "tensorboard"  # with curves that versions up to 0.2 wrote

NAMES = (
    *(
        *SLOTS,
        COMMAND_FILE,
        KEYFRAME_FILE,
        NOTE_FILE,
        SOLVED_FILE,
        NORM_FILE,
        LOSS_FILE,
        TRACEBACK_FILE,
    ),
    *(POINTER_FILE, OUTPUT_FILE, ERROR_FILE, RUN_FILE),
)
"""All files of a run except its lock, in the order of removal: if it stops halfway, a run or debris
remains."""


def size(folder: Path) -> int:
    """The bytes of all files in a folder; some may disappear meanwhile."""
    total = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += 0 if file.is_dir() else file.lstat().st_size
    return total


def remove(folder: Path) -> None:
    """Remove the files of a run, and its folder if nothing else is in it."""
    clear(folder)
    (folder / LOCK_FILE).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # something else is in it
        folder.rmdir()


def clear(folder: Path) -> None:
    for name in NAMES:
        for file in (folder / name, folder / f"{name}.new"):
            file.unlink(missing_ok=True)
    shutil.rmtree(folder / EVENT_FOLDER, ignore_errors=True)


# ---- run.json

FORMAT, MOST_BYTES = 1, 1 << 20

PACKAGES = ("tensorflow", "keras", "numpy")  # whose versions can change the last bits of a run


class AnotherRunError(OSError):
    """The folder of the recorded run contains another run now."""


@dataclass(frozen=True)
class About:
    """The contents of ``run.json``: the facts about a run at its start."""

    begun: float  # in seconds since 1970
    word: str  # random, to distinguish it from all others; empty in runs of version 0.1.0
    config: EchoConfig
    versions: Mapping[str, str]
    threshold: int  # see `echornn.runtime.small_loops`
    threads: int  # see `echornn.training.device`

    @property
    def notes(self) -> list[str]:
        """How the versions here differ from those at the start of the run."""
        return [
            f"begun with {name} {then}, which may give other last digits than {now}"
            for name, now in versions().items()
            if (then := shortened(self.versions.get(name, "another version"))) != now
        ]

    def is_of(self, other: About) -> bool:
        """Whether this is the same run, however its folder was moved or copied."""
        return (self.begun, self.word) == (other.begun, other.word)


@cache  # the look-up takes longer than reading a run
def versions() -> dict[str, str]:
    return {name: version(name) for name in PACKAGES}


def describe(folder: Path, config: EchoConfig) -> None:
    """Write ``run.json``, which makes a folder a new run."""
    fields = {
        "format": FORMAT,
        "id": os.urandom(8).hex(),
        "begun": time.time(),
        "config": record_of(config),
        "versions": versions(),
        "threshold": small_loops.threshold_if_asked(small_loops.THRESHOLD),
        "side_by_side": 2,  # how networks side by side are computed: the second way
        "threads": threads_if_asked(threads_for(config, config.replicas == 1)),
    }
    own_files.write_whole(folder / RUN_FILE, json.dumps(fields, indent=1).encode())


def about(folder: Path) -> About:
    """The contents of a folder's ``run.json``; a RunError if it is damaged, or of a format of
    another version."""
    data = own_files.read_bytes(folder / RUN_FILE, MOST_BYTES)
    try:
        fields = json.loads(data)
        if fields["format"] != FORMAT:
            found = shortened(repr(fields["format"]))
            raise RunError(f"{folder} holds a run of format {found}: this version reads {FORMAT}")
        begun = float(fields["begun"])
        if not math.isfinite(begun):
            raise ValueError(f"begun = {begun} is not a time")
        return About(
            begun,
            shortened(fields.get("id", "")),
            config_from(fields["config"]),
            dict(fields["versions"]),
            whole(fields.get("threshold", small_loops.DEFAULT_THRESHOLD), "threshold"),
            whole(fields.get("threads", 1), "threads", least=1),
        )
    except RunError:
        raise
    except OwnError as error:
        raise RunError(f"{folder} cannot be read: {error}") from error
    except NO_RECORD as error:
        raise RunError(f"{folder}/{RUN_FILE} is damaged: {shortened(error)}") from error


def require_same(folder: Path, run: About) -> None:
    """Check that a folder still contains this run; an OSError if it does not, or cannot be read."""
    try:
        found = about(folder)
    except RunError as error:
        raise OSError(str(error)) from error
    if not found.is_of(run):
        raise AnotherRunError(f"{folder} holds another run now")


def is_debris(folder: Path) -> bool:
    """Whether a folder is empty, or has only what a process leaves that is killed before it first
    saves its run."""
    names = set(os.listdir(folder))
    ours = {LOCK_FILE, EVENT_FOLDER, *NAMES, *(f"{name}.new" for name in NAMES)}
    if not names <= ours or names & set(SLOTS):
        return False
    try:
        return RUN_FILE not in names or bool(about(folder))
    except RunError:  # a kill leaves none that cannot be read
        return False


def _is_abandoned(folder: Path) -> bool:
    try:
        return is_debris(folder) and not own_files.is_held(folder)
    except OSError:
        return False


# ---- the user's runs

NEWEST = "newest"  # the name of the newest run


def state_folder() -> Path:
    """The folder for runs for which the user named no folder."""
    return platformdirs.user_state_path("echornn-tui") / "runs"


def new_folder(config: EchoConfig) -> Path:
    """Make a new folder for a run, which no other process gets, named by date and configuration;
    maybe a RunError."""
    task = f"{_plain(config.value('task'))}{config.fields().get('echo_step', '')}"
    parts = [
        f"{time.strftime('%Y-%m-%d_%H-%M-%S')}_{task or 'task'}",
        ""
        if config.cell == EchoConfig.cell
        else _plain(getattr(config.cell, "name", config.cell)) or "cell",
        f"T{config.truncated_backprop_length}-state{config.state_size}-{config.optimizer}{config.learning_rate:g}",
        "" if config.rule == "tbptt" else config.rule,
        f"seed{config.seed}",
        "" if config.replicas == 1 else f"replicas{config.replicas}",
    ]
    name = "-".join(filter(None, parts))[:200]  # file systems allow 255 bytes
    folder, number = state_folder() / name, 1
    while True:
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            number += 1
            folder = state_folder() / f"{name}_{number}"
        except OSError as error:
            raise RunError(f"{folder} cannot hold a run: {error.strerror or error}") from error


def _plain(name: object) -> str:
    return re.sub(r"\W+", "-", str(name), flags=re.ASCII).strip("-")[:40]


def runs(among: Path | None = None) -> list[Path]:
    """The runs in a folder (by default the state folder), the last saved first, without debris."""
    folder = among or state_folder()
    try:
        there = [
            one
            for one in sorted(folder.iterdir())
            if os.path.lexists(one / RUN_FILE) and not _is_abandoned(one)
        ]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"{folder} cannot be read: {error.strerror or error}") from error
    return sorted(there, key=last_saved, reverse=True)


def find(name: str) -> Path:
    """The folder with this name, the user's run with this name, or for ``newest`` the user's newest
    run."""
    if name == NEWEST and not os.path.exists(name):
        newest = runs()[:1]
        if not newest:
            raise RunError(f"there is no run in {state_folder()}")
        return newest[0]
    kept = state_folder() / name
    return kept if not os.path.exists(name) and os.path.exists(kept) else Path(name)


def last_saved(folder: Path) -> float:
    """When the run was last saved, in seconds since 1970; if it never was, when it began."""
    newest = 0.0
    for name in (RUN_FILE, *SLOTS):
        with contextlib.suppress(OSError):
            newest = max(newest, (folder / name).lstat().st_mtime)
    return newest


MOST_LETTERS = 40  # of a name


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
        cannot be read."""
        try:
            fields = json.loads(own_files.read_bytes(folder / NOTE_FILE, MOST_BYTES))
            names = {
                whole(int(number), "branch"): str(name)[:MOST_LETTERS]
                for number, name in fields["names"].items()
            }
            pinned, hidden = (
                frozenset(whole(one, "branch") for one in fields[name])
                for name in ("pinned", "hidden")
            )
            return cls(
                names,
                pinned,
                hidden,
                {int(number): one for number, one in fields.get("digests", {}).items()},
            )
        except (OSError, *NO_RECORD):
            return cls()

    def among(self, digests: Sequence[int]) -> BranchNotes:
        """The notes on branches with these digests; where the file has none, the number is
        enough."""
        there = {
            number for number, one in enumerate(digests) if self.digests.get(number, one) == one
        }
        names = {number: name for number, name in self.names.items() if number in there}
        return BranchNotes(names, self.pinned & there, self.hidden & there)

    def named(self, number: int, name: str) -> BranchNotes:
        """The notes with another name of a branch; an empty name removes it."""
        names = {one: known for one, known in self.names.items() if one != number}
        return replace(self, names={**names, number: name} if name else names)

    def with_pin(self, number: int, pinned: bool) -> BranchNotes:
        """The notes with a branch pinned, or no longer; in either case it is not hidden."""
        others = self.pinned - {number}
        return replace(
            self, pinned=others | {number} if pinned else others, hidden=self.hidden - {number}
        )

    def with_hidden(self, number: int, hidden: bool) -> BranchNotes:
        """The notes with a branch hidden, and not pinned; or no longer hidden."""
        if not hidden:
            return replace(self, hidden=self.hidden - {number})
        return replace(self, hidden=self.hidden | {number}, pinned=self.pinned - {number})

    def save(self, folder: Path, digests: Sequence[int]) -> None:
        """Write the notes to the run's folder, with the digests of these branches among all of the
        run's."""
        fields = {
            "names": dict(self.names),
            "pinned": sorted(self.pinned),
            "hidden": sorted(self.hidden),
            "digests": {
                number: digests[number]
                for number in sorted({*self.names, *self.pinned, *self.hidden})
            },
        }
        own_files.write_whole(folder / NOTE_FILE, json.dumps(fields).encode())


NO_NOTES = BranchNotes()
