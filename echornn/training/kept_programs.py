"""Stores compiled programs on disk, so that a process with the same first program need not compile it.

XLA has its own cache, which TensorFlow switches on by a flag for a whole process. It fails if it cannot read or write a
file, and its keys contain neither XLA's flags nor the processor. So this module checks each file before XLA reads it,
uses a separate folder for each kind of program, and compiles without the cache if a file causes an error.

XLA numbers the programs that it compiles, and finds a program again only by the same number. So only the first program
of a process is stored, and none if others compile at the same time, as those of a population do.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import itertools
import os
import resource
import secrets
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs
import tensorflow as tf

from echornn.runtime import small_loops
from echornn.training.threads import usable_processors

SWITCH = "ECHORNN_KEEP_PROGRAMS"
"""The environment variable that switches this off if it is 0."""

FLAGS = "TF_XLA_FLAGS"
FOLDER_FLAG = "--tf_xla_persistent_cache_directory="

SUM = ".sha256"
"""The suffix of the file with a program's checksum; a program without it, or with another checksum, is not read.
"""

MOST_BYTES = 64 << 20
"""The most bytes of all stored programs; if there are more, the oldest are removed."""

LEAST_FREE = 256 << 20
"""The free bytes that the disk must have for programs to be stored."""

UNDER_WAY_SECONDS = 3600.0
"""The age in seconds from which on a temporary file is not being written any more."""

DESCRIPTORS = Path("/proc/self/fd")

FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
"""The flags for opening a folder."""


class Compiled(NamedTuple):
    """The result of the first call of a function, which compiles it."""

    function: Any
    """The ``tf.function``."""
    concrete: Any
    """The compiled function, to be called from now on."""
    results: Any
    """The results of the first call."""


class KeptPrograms:
    """The folder from which XLA reads programs, and to which it writes them.

    XLA knows the folder only by a descriptor; after the first error, the descriptor is switched to an empty folder.

    Args:
        folder: the folder with the programs that this process can use.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor = os.open(folder, FOLDER)
        self._begun = itertools.count(1)
        self._newest = 0
        self._has_left = False
        self._leaving = threading.Lock()

    def begin(self) -> None:
        """Make XLA use the folder. There is no effect if TensorFlow has looked for devices before, since XLA has then
        read its flags.

        The flags are removed from the environment again: other processes lack the descriptor, and the flags must not
        affect the versions of results (`echornn.sweeps.trained_by`).
        """
        folder = DESCRIPTORS / str(self._descriptor)
        os.environ[FLAGS] = f"{FOLDER_FLAG}{folder} --tf_xla_persistent_cache_device_types=CPU"
        try:
            tf.config.list_physical_devices("CPU")
        finally:
            del os.environ[FLAGS]

    def compile(self, function: Any, call: Callable[[Any], Compiled]) -> Compiled:
        """Call a function, which compiles it. If the program could not be read or stored, the result has a new, equal
        function.

        Args:
            call: traces and calls the function that it gets.
        """
        number = self._newest = next(self._begun)
        try:
            compiled = call(function)
        except tf.errors.OpError:  # XLA would repeat the error for this function
            self._leave()
            compiled = call(tf.function(function.python_function, jit_compile=True, autograph=False))
        if self._newest == number == 1 and not self._has_left:
            self._settle()
        else:
            self._forget(unsettled_in)
        return compiled

    def _leave(self) -> None:
        """Switch to an empty folder permanently: nothing is read from the old one, and new files are ignored."""
        with self._leaving:
            if not self._has_left:
                self._has_left = True
                self._forget(programs_in)
                memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
                self._folder = Path(tempfile.mkdtemp(prefix="echornn-tui-", dir=memory))
                atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
                other = os.open(self._folder, FOLDER)
                # the numbers are equal if the program has closed the descriptor and its number was free
                if other != self._descriptor:
                    os.dup2(other, self._descriptor, inheritable=False)
                    os.close(other)

    def _settle(self) -> None:
        """Write the checksums of new programs, so that other processes can read the programs."""
        with contextlib.suppress(OSError):
            for file in unsettled_in(self._folder):
                keep_sum(file)

    def _forget(self, which: Callable[[Path], list[Path]]) -> None:
        with contextlib.suppress(OSError):
            for file in which(self._folder):
                remove(file)


_kept: KeptPrograms | None = None


def keep(threads: int) -> None:
    """Use the user's cache folder in this process, if that is safe; call this before TensorFlow's threads are set.

    Errors do not prevent training.

    Args:
        threads: the threads per operation that TensorFlow will have.
    """
    global _kept
    if _kept is not None or has_own_flags() or os.environ.get(SWITCH) == "0" or not DESCRIPTORS.is_dir():
        return
    with contextlib.suppress(OSError):
        everything = platformdirs.user_cache_path("echornn-tui") / "programs"
        folder = everything / kind_of_programs(threads)
        for one in (everything.parent, everything, folder):
            one.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_safe = is_only_ours(everything.parent, 0o022) and is_only_ours(everything) and is_only_ours(folder)
        if is_safe and room_in(folder) >= LEAST_FREE:
            tidy(everything)
            check(folder)
            _kept = KeptPrograms(folder)
            _kept.begin()


def first_call(function: Any, *arguments: Any) -> Compiled:
    """Trace, compile and call a function; the result may contain another, equal function."""

    def call(function: Any) -> Compiled:
        concrete = function.get_concrete_function(*arguments)
        return Compiled(function, concrete, concrete(*arguments))

    return call(function) if _kept is None else _kept.compile(function, call)


def kind_of_programs(threads: int) -> str:
    """A hash of everything that affects compiled programs: versions, flags, threads, processors."""
    environment = sorted(one for one in os.environ.items() if one[0].startswith(("TF_", "XLA_", "ONEDNN_", "DNNL_")))
    processor = Path("/proc/cpuinfo").read_text(errors="replace").split("\n\n")[0].splitlines()
    features = [line for line in processor if line.startswith(("model name", "flags", "Features", "CPU "))]
    known = (tf.version.VERSION, tf.version.GIT_VERSION, environment, usable_processors(), threads, features)
    return hashlib.sha256(repr(known).encode()).hexdigest()[:16]


def has_own_flags() -> bool:
    """Whether the user has set TensorFlow's XLA flags, or XLA's flags by a file, whose contents may change."""
    return FLAGS in os.environ or small_loops.are_a_file(os.environ.get(small_loops.VARIABLE, ""))


def room_in(folder: Path) -> int:
    """The most bytes that a new file in this folder can have."""
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    free = shutil.disk_usage(folder).free
    return free if most == resource.RLIM_INFINITY else min(free, most)


def is_only_ours(folder: Path, forbidden: int = 0o077) -> bool:
    """Whether a folder is no link, belongs to this user, and is closed to others, since its programs are executed."""
    known = folder.lstat()
    return stat.S_ISDIR(known.st_mode) and known.st_uid == os.getuid() and not known.st_mode & forbidden


def programs_in(folder: Path) -> list[Path]:
    """The files of programs in a folder."""
    return [file for file in folder.iterdir() if file.suffix == ".pb"]


def unsettled_in(folder: Path) -> list[Path]:
    """The files of programs in a folder that have no checksum yet."""
    return [file for file in programs_in(folder) if not sum_of(file).exists()]


def sum_of(file: Path) -> Path:
    """The file with the checksum of a program."""
    return file.with_name(file.name + SUM)


def keep_sum(file: Path) -> None:
    """Write the checksum of a file beside it, completely or not at all."""
    new = file.with_name(f"{file.name}.{secrets.token_hex(4)}.tmp")
    new.write_text(hashlib.sha256(file.read_bytes()).hexdigest())
    new.replace(sum_of(file))


def remove(file: Path) -> None:
    """Remove the file of a program, and its checksum."""
    file.unlink(missing_ok=True)
    sum_of(file).unlink(missing_ok=True)


def check(folder: Path) -> None:
    """Remove incomplete files: programs without a correct checksum, and old temporary files.

    Raises:
        FileExistsError: the folder has something other than regular files, such as a pipe, on which a reader would wait
            forever.
    """
    for file in folder.iterdir():
        if not stat.S_ISREG(file.lstat().st_mode):
            raise FileExistsError(f"{file} is not a regular file")
    for file in programs_in(folder):
        try:
            is_whole = sum_of(file).read_text() == hashlib.sha256(file.read_bytes()).hexdigest()
        except (OSError, UnicodeDecodeError):
            is_whole = False
        if not is_whole:
            remove(file)
    for file in folder.iterdir():
        is_left = file.name.endswith(".tmp") and file.lstat().st_mtime < time.time() - UNDER_WAY_SECONDS
        is_alone = file.name.endswith(SUM) and not file.with_name(file.name.removesuffix(SUM)).exists()
        if is_left or is_alone:
            file.unlink(missing_ok=True)


def tidy(everything: Path, most: int = MOST_BYTES) -> None:
    """Remove the oldest programs of all kinds until the rest has at most ``most`` bytes."""
    files = [file for folder in everything.iterdir() if folder.is_dir() for file in programs_in(folder)]
    total = 0
    for file in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True):
        total += file.stat().st_size
        if total > most:
            remove(file)
