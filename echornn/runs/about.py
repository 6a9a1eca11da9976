"""The file ``run.json`` with facts about a run: when it began, its configuration, and the versions that trained it."""

from __future__ import annotations

import errno
import json
import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from echornn.config import EchoConfig
from echornn.errors import OwnError, RunError
from echornn.files import own_files
from echornn.files.lock import LOCK_FILE, is_held
from echornn.files.recorded_values import NO_RECORD, config_from, record_of, shortened, whole
from echornn.runs.run_files import EVENT_FOLDER, NAMES, RUN_FILE, SLOTS
from echornn.runtime import small_loops
from echornn.runtime.quiet import version
from echornn.training.device import threads_for, threads_if_asked

FORMAT = 1

MOST_BYTES = 1 << 20

PACKAGES = ("tensorflow", "keras", "numpy")
"""Packages whose versions can change the last bits of a run."""

Identity = tuple[float, str]
"""The start time of a run, and a random word; together they identify it. The word is empty in runs of version 0.1.0."""


class AnotherRunError(OSError):
    """The folder of the recorded run contains another run now."""


@dataclass(frozen=True)
class About:
    """The contents of ``run.json``.

    Attributes:
        begun: when the run began, in seconds since 1970.
        word: a random word that distinguishes the run from all others; empty in runs of version 0.1.0.
        config: the configuration at the start.
        versions: the versions of `PACKAGES` at the start.
        threshold: the threshold of small loops with which its networks are trained; see `echornn.runtime.small_loops`.
        threads: the threads per operation with which its networks are trained; see `echornn.training.device`.
    """

    begun: float
    word: str
    config: EchoConfig
    versions: Mapping[str, str]
    threshold: int = small_loops.DEFAULT_THRESHOLD
    threads: int = 1

    @property
    def identity(self) -> Identity:
        """The identity of the run: it stays the same when the folder is moved or copied, and no other run has it."""
        return self.begun, self.word

    @property
    def notes(self) -> list[str]:
        """Notes for the user if the versions here differ from those at the start of the run."""
        return [
            f"begun with {name} {then}, which may give other last digits than {now}"
            for name, now in versions().items()
            if (then := shortened(self.versions.get(name, "another version"))) != now
        ]


@cache
def versions() -> Mapping[str, str]:
    """The installed versions of `PACKAGES`. They are looked up only once: a list of runs needs them for each run, and
    the look-up takes longer than reading a run.
    """
    return MappingProxyType({name: version(name) for name in PACKAGES})


def write(folder: Path, config: EchoConfig) -> None:
    """Write ``run.json``, which makes a folder a new run."""
    fields = {
        "format": FORMAT,
        "id": os.urandom(8).hex(),
        "begun": time.time(),
        "config": record_of(config),
        "versions": dict(versions()),
        "threshold": small_loops.threshold_if_asked(small_loops.THRESHOLD),
        "side_by_side": 2,  # how networks side by side are computed: the second way
        "threads": threads_if_asked(threads_for(config, config.replicas == 1)),
    }
    own_files.write_whole(folder / RUN_FILE, json.dumps(fields, indent=1).encode())


def read(folder: Path) -> About:
    """The contents of a folder's ``run.json``.

    Raises:
        RunError: there is no such file, or this version does not know its format.
        OSError: it cannot be read.
    """
    try:
        data = own_files.read_bytes(folder / RUN_FILE, MOST_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(f"{folder} holds no run") from None
    try:
        fields = json.loads(data)
        if fields["format"] != FORMAT:
            found = shortened(repr(fields["format"]))
            raise RunError(f"{folder} holds a run of format {found}: this version reads {FORMAT}")
        about = About(
            float(fields["begun"]),
            shortened(fields.get("id", "")),
            config_from(fields["config"]),
            dict(fields["versions"]),
            whole(fields.get("threshold", small_loops.DEFAULT_THRESHOLD), "threshold"),
            whole(fields.get("threads", 1), "threads", least=1),
        )
        if not math.isfinite(about.begun):
            raise ValueError(f"begun = {about.begun} is not a time")
    except NO_RECORD as error:
        if isinstance(error, RunError):
            raise
        if isinstance(error, OwnError):
            raise RunError(f"{folder} cannot be read: {error}") from error
        raise RunError(f"{folder}/{RUN_FILE} is damaged: {shortened(error)}") from error
    return about


def require_identity(folder: Path, identity: Identity) -> None:
    """Check that a folder still contains this run.

    Raises:
        AnotherRunError: it contains another run.
        OSError: it contains no run, or cannot be read.
    """
    try:
        found = read(folder).identity
    except RunError as error:
        if not folder.exists() or not (folder / RUN_FILE).exists():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder)) from error
        raise OSError(str(error)) from error
    if found != identity:
        raise AnotherRunError(f"{folder} holds another run now")


def is_debris(folder: Path) -> bool:
    """Whether a folder is empty, or has only what a process leaves that is killed before it first saves its run."""
    names = set(os.listdir(folder))
    ours = {LOCK_FILE, EVENT_FOLDER, *NAMES, *(f"{name}.new" for name in NAMES)}
    if not names <= ours or names & set(SLOTS):
        return False
    try:
        return RUN_FILE not in names or bool(read(folder))
    except RunError:  # a kill leaves none that cannot be read
        return False


def is_abandoned(folder: Path) -> bool:
    """Whether a folder has only debris, and no process writes there; False if that cannot be found out."""
    try:
        return is_debris(folder) and not is_held(folder)
    except OSError:
        return False
