"""The folder of a run: the names of its files, and ``run.json``, the facts about its start."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from echornn.config import EchoConfig
from echornn.errors import ConfigError, OwnError, RunError, fraction
from echornn.files import safe_files
from echornn.files.lock import LOCK_FILE
from echornn.files.recorded_values import NO_RECORD, config_from, config_record, shortened, whole
from echornn.runtime import small_loops
from echornn.runtime.quiet import version
from echornn.tasks.data_file import contents
from echornn.training.device import effective_threads, threads_for

SLOTS = ("checkpoint-0", "checkpoint-1")  # written in turn, so that the previous one stays intact
RUN_FILE = "run.json"
LOSS_FILE = "losses.bin"
NORM_FILE = "norms.bin"
SOLVED_FILE = "solved.bin"
KEYFRAME_FILE = "keyframes.bin"
COMMAND_FILE = "commands.jsonl"
NOTE_FILE = "branches.json"
TRACEBACK_FILE = "traceback.txt"
POINTER_FILE = "serving.json"
WEIGHT_FILE = "weights.npz"
OUTPUT_FILE = "output.txt"
ERROR_FILE = "errors.txt"
EVENT_FOLDER = "tensorboard"  # with curves that versions up to 0.2 wrote

NAMES = (
    *SLOTS,
    COMMAND_FILE,
    KEYFRAME_FILE,
    NOTE_FILE,
    SOLVED_FILE,
    NORM_FILE,
    LOSS_FILE,
    TRACEBACK_FILE,
    WEIGHT_FILE,
    POINTER_FILE,
    OUTPUT_FILE,
    ERROR_FILE,
    RUN_FILE,
)
"""All files of a run except its lock, in the order of removal: if it stops halfway, a run or debris
remains."""


def size(folder: Path) -> int:
    """The bytes of all files in a folder; some may disappear meanwhile."""
    total = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):
            if not file.is_dir():
                total += file.lstat().st_size
    return total


def remove(folder: Path) -> None:
    """Remove the files of a run, and its folder if nothing else is in it."""
    clear(folder)
    (folder / LOCK_FILE).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # something else is in it
        folder.rmdir()


def clear(folder: Path) -> None:
    """Remove the files of a run except its lock, which its process still holds."""
    for name in NAMES:
        (folder / name).unlink(missing_ok=True)
        (folder / f"{name}.new").unlink(missing_ok=True)
    shutil.rmtree(folder / EVENT_FOLDER, ignore_errors=True)


def is_debris(folder: Path) -> bool:
    """Whether a folder is empty, or has only what a process leaves that is killed before it first
    saves its run."""
    names = set(os.listdir(folder))
    ours = {LOCK_FILE, EVENT_FOLDER, *NAMES, *(f"{name}.new" for name in NAMES)}
    if not names <= ours or names & set(SLOTS):
        return False
    if RUN_FILE in names:
        try:
            about(folder)
        except RunError:  # a kill leaves none that cannot be read
            return False
    return True


# ---- run.json

FORMAT = 1  # another number when older programs could not read a folder
MOST_BYTES = 1 << 20  # with the texts of a user's own task and cell, which are a few thousand
MOST_THREADS = 1 << 16  # more than the processors of any machine
LAST_SECOND = 253_402_300_799  # since 1970: of the year 9999, the last that Python's dates have
WHEN = f"seconds since 1970, 0 to {LAST_SECOND}"

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
        notes = []
        for name, now in versions().items():
            then = self.versions.get(name, "another version")
            if then != now:
                differs = f"begun with {name} {then}"
                notes.append(f"{differs}, which may give other last digits than {now}")
        return notes

    def is_of(self, other: About) -> bool:
        """Whether this is the same run, however its folder was moved or copied."""
        return (self.begun, self.word) == (other.begun, other.word)


@cache  # the look-up takes longer than reading a run
def versions() -> dict[str, str]:
    return {name: version(name) for name in PACKAGES}


def describe(folder: Path, config: EchoConfig) -> None:
    """Write ``run.json``, which makes a folder a new run, and the file of its first weights."""
    if config.weights:
        safe_files.write_whole(folder / WEIGHT_FILE, contents(config.weights))
    fields = {
        "format": FORMAT,
        "id": os.urandom(8).hex(),
        "begun": time.time(),
        "config": config_record(config),
        "versions": versions(),
        "threshold": small_loops.threshold_if_asked(small_loops.THRESHOLD),
        "side_by_side": 2,  # how networks side by side are computed: the second way
        "threads": effective_threads(threads_for(config, config.replicas == 1)),
    }
    safe_files.write_whole(folder / RUN_FILE, json.dumps(fields, indent=1).encode())


def about(folder: Path) -> About:
    """The contents of a folder's ``run.json``; a RunError of one line if it is damaged, or of a
    format of another version."""
    data = safe_files.read_bytes(folder / RUN_FILE, MOST_BYTES)
    try:
        fields = json.loads(data)
        recorded_format = whole(fields["format"], "format")
        if recorded_format == FORMAT:
            return _decoded(fields)
    except OwnError as error:
        raise RunError(f"{folder} cannot be read: {error}") from error
    except NO_RECORD as error:
        reason = " ".join(str(error).split())  # the names of its fields may have line ends
        raise RunError(f"{folder}/{RUN_FILE} is damaged: {shortened(reason)}") from error
    raise RunError(f"{folder} holds a run of format {recorded_format}: this version reads {FORMAT}")


def _decoded(fields: Mapping[str, Any]) -> About:
    """One of `NO_RECORD` is raised for a value that no run has."""
    begun = fraction("begun", fields["begun"], WHEN)
    if not 0 <= begun <= LAST_SECOND:
        raise ConfigError("begun", begun, WHEN)
    return About(
        begun,
        _text(fields.get("id", ""), "id"),
        config_from(fields["config"]),
        {name: _text(value, name) for name, value in fields["versions"].items()},
        whole(fields.get("threshold", small_loops.DEFAULT_THRESHOLD), "threshold"),
        whole(fields.get("threads", 1), "threads", MOST_THREADS, least=1),
    )


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ConfigError(name, value, "a text")
    return shortened(value)


def require_same(folder: Path, run: About) -> None:
    """Check that a folder still contains this run; an OSError if it does not, or cannot be read."""
    try:
        found = about(folder)
    except RunError as error:
        raise OSError(str(error)) from error
    if not found.is_of(run):
        raise AnotherRunError(f"{folder} holds another run now")
