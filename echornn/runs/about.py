"""The file ``run.json``, which says what a run is."""

from __future__ import annotations

import dataclasses
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
from echornn.files import own_files
from echornn.files.recorded_values import NO_RECORD, config_from, shortened, whole
from echornn.files.run_error import RunError
from echornn.runs.run_files import RUN_FILE
from echornn.runtime import small_loops
from echornn.runtime.installed import version
from echornn.training.threads import threads_for, threads_if_asked

FORMAT = 1

MOST_BYTES = 1 << 20

PACKAGES = ("tensorflow", "keras", "numpy")
"""Packages whose versions can change the last bits of a run."""

SIDE_BY_SIDE = 2
"""The version of the computation of networks side by side (`echornn.network.scan_side_by_side`); each change of its
last bits increases it. Runs without this field were begun with 1.
"""

Identity = tuple[float, str]
"""When a run was begun, and a random word that identifies it; it is empty in runs of version 0.1.0."""


class AnotherRunError(OSError):
    """The folder of the recorded run now holds another run."""


@dataclass(frozen=True)
class About:
    """The content of ``run.json``.

    Attributes:
        begun: when the run was begun, in seconds since 1970.
        word: distinguishes the run from all others; empty in runs of version 0.1.0.
        config: the configuration at the start.
        versions: the versions of `PACKAGES` at the start.
        threshold: the threshold of small loops with which its networks are trained (see `echornn.runtime.small_loops`).
        side_by_side: the value of `SIDE_BY_SIDE` at the start.
        threads: the threads of an operation with which its networks are trained (see `echornn.training.threads`).
    """

    begun: float
    word: str
    config: EchoConfig
    versions: Mapping[str, str]
    threshold: int = small_loops.DEFAULT_THRESHOLD
    side_by_side: int = 1
    threads: int = 1

    @property
    def identity(self) -> Identity:
        """Identifies the run: it stays the same when the folder is moved or copied, and no other run has it."""
        return self.begun, self.word

    @property
    def notes(self) -> list[str]:
        """Notes for the user if other versions than those at the start continue the run."""
        here = small_loops.threshold_if_asked(self.threshold)
        notes = [
            f"begun with {name} {then}, which may give other last digits than {now}"
            for name, now in versions().items()
            if (then := shortened(self.versions.get(name, "another version"))) != now
        ]
        if here != self.threshold:
            notes.insert(0, f"begun with XLA's loop threshold at {self.threshold}, here {here}: last digits may differ")
        if (threads := threads_if_asked(self.threads)) != self.threads:
            begun = f"begun with TensorFlow's threads at {self.threads}"
            notes.insert(0, f"{begun}, here {threads}: last digits may differ")
        if self.config.replicas > 1 and self.side_by_side != SIDE_BY_SIDE:
            notes.append("begun with an echornn-tui that may give many networks other last digits than this one")
        return notes


@cache
def versions() -> Mapping[str, str]:
    """The installed versions of `PACKAGES`. They are looked up only once, because a list of runs needs them for each
    run, and reading a package's metadata takes longer than reading a run.
    """
    return MappingProxyType({name: version(name) for name in PACKAGES})


def write(folder: Path, config: EchoConfig) -> None:
    """Write the file that makes a folder a new run.

    Raises:
        OSError: the file cannot be written.
    """
    fields = {
        "format": FORMAT,
        "id": os.urandom(8).hex(),
        "begun": time.time(),
        "config": dataclasses.asdict(config),
        "versions": dict(versions()),
        "threshold": small_loops.threshold_if_asked(small_loops.THRESHOLD),
        "side_by_side": SIDE_BY_SIDE,
        "threads": threads_if_asked(threads_for(config, config.replicas == 1)),
    }
    own_files.write_whole(folder / RUN_FILE, json.dumps(fields, indent=1).encode())


def read(folder: Path) -> About:
    """The content of the ``run.json`` in a run's folder.

    Raises:
        RunError: there is none, or this version does not know its format.
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
            whole(fields.get("side_by_side", 1), "side_by_side"),
            whole(fields.get("threads", 1), "threads", least=1),
        )
        if not math.isfinite(about.begun):
            raise ValueError(f"begun = {about.begun} is not a time")
    except NO_RECORD as error:
        if isinstance(error, RunError):
            raise
        raise RunError(f"{folder}/{RUN_FILE} is damaged: {shortened(error)}") from error
    return about


def require_identity(folder: Path, identity: Identity) -> None:
    """Make sure that a folder still holds this run.

    Raises:
        AnotherRunError: it holds another one.
        OSError: it holds none, or cannot be read.
    """
    try:
        found = read(folder).identity
    except RunError as error:
        if not folder.exists() or not (folder / RUN_FILE).exists():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder)) from error
        raise OSError(str(error)) from error
    if found != identity:
        raise AnotherRunError(f"{folder} holds another run now")
