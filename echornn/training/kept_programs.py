"""Stores compiled programs on disk, so that a process that compiles the same programs in the same order need not.

XLA has its own cache, which TensorFlow switches on by a flag for a whole process. XLA numbers the programs that it
compiles, and finds one again only by the same number: surely the first of a process, others if no threads compile at
the same time. Its keys contain neither XLA's flags nor the processor, so each kind of process has its own folder.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs
import tensorflow as tf

from echornn.runtime import small_loops
from echornn.training.threads import usable_processors

SWITCH = "ECHORNN_KEEP_PROGRAMS"
"""The environment variable that switches this off if it is 0."""

FLAGS = "TF_XLA_FLAGS"

MOST_FILES = 200
"""The most programs of a folder; if there are more, it begins again."""

LEAST_FREE = 256 << 20
"""The free bytes that the disk must have for programs to be stored."""

DESCRIPTORS = Path("/proc/self/fd")


class Compiled(NamedTuple):
    """The result of the first call of a function, which compiles it."""

    function: Any
    """The ``tf.function``."""
    concrete: Any
    """The compiled function, to be called from now on."""
    results: Any
    """The results of the first call."""


_descriptor: int | None = None
"""The folder from which XLA reads programs, and to which it writes them, by which XLA knows it; None if there is none.
"""


def keep(threads: int) -> None:
    """Use the user's cache folder in this process; call this before TensorFlow's threads are set, or its devices are
    looked for, since XLA then reads its flags.

    Errors do not prevent training, and flags of the user's own are kept. Ours are removed from the environment again:
    other processes lack the descriptor, and versions of results (`echornn.sweeps.folder`) do not depend on them.

    Args:
        threads: the threads per operation that TensorFlow will have.
    """
    global _descriptor
    has_own_flags = FLAGS in os.environ or small_loops.are_a_file(os.environ.get(small_loops.VARIABLE, ""))
    if _descriptor is not None or has_own_flags or os.environ.get(SWITCH) == "0" or not DESCRIPTORS.is_dir():
        return
    with contextlib.suppress(OSError):
        folder = platformdirs.user_cache_path("echornn-tui") / "programs" / kind_of_programs(threads)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)  # fails if it is not the user's
        if shutil.disk_usage(folder).free < LEAST_FREE:
            return
        if len(files := list(folder.iterdir())) > MOST_FILES:
            _remove(files)
        _descriptor = os.open(folder, os.O_RDONLY)
        cache = f"--tf_xla_persistent_cache_directory={DESCRIPTORS / str(_descriptor)}"
        os.environ[FLAGS] = f"{cache} --tf_xla_persistent_cache_device_types=CPU"
        try:
            tf.config.list_physical_devices("CPU")
        finally:
            del os.environ[FLAGS]


def first_call(function: Any, *arguments: Any) -> Compiled:
    """Trace, compile and call a function. If its program could not be read or stored, the result has a new, equal
    function, since XLA would repeat the error for this one.
    """
    try:
        return _called(function, arguments)
    except tf.errors.OpError:
        if _descriptor is None:
            raise
        _leave(_descriptor)
        return _called(tf.function(function.python_function, jit_compile=True, autograph=False), arguments)


def _called(function: Any, arguments: tuple[Any, ...]) -> Compiled:
    concrete = function.get_concrete_function(*arguments)
    return Compiled(function, concrete, concrete(*arguments))


def _leave(descriptor: int) -> None:
    """Empty the folder, and switch XLA to a folder in memory: the disk may be full, or a file damaged."""
    with contextlib.suppress(OSError):
        _remove((DESCRIPTORS / str(descriptor)).iterdir())
    folder = tempfile.mkdtemp(prefix="echornn-tui-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    other = os.open(folder, os.O_RDONLY)
    os.dup2(other, descriptor, inheritable=False)
    os.close(other)


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def kind_of_programs(threads: int) -> str:
    """A hash of everything that affects compiled programs: versions, flags, threads, processors."""
    environment = sorted(one for one in os.environ.items() if one[0].startswith(("TF_", "XLA_", "ONEDNN_", "DNNL_")))
    processor = Path("/proc/cpuinfo").read_text(errors="replace").split("\n\n")[0].splitlines()
    features = [line for line in processor if line.startswith(("model name", "flags", "Features", "CPU "))]
    known = (tf.version.VERSION, tf.version.GIT_VERSION, environment, usable_processors(), threads, features)
    return hashlib.sha256(repr(known).encode()).hexdigest()[:16]
