"""The folder of the user's in which XLA keeps compiled programs, and we the traces that they are
compiled from, so that a later start finds them.

A start that finds its program needs 1.5 s of processor time less, with an LSTM 4 s. The keys of
XLA's cache contain neither its flags nor the processor, so each kind of process has its own folder.

XLA reads the name of its folder once, and a compilation fails if a file there is damaged, or cannot
be written since the disk is full. So it is given a descriptor in place of a path, as
``/proc/self/fd/3``. What the descriptor stands for can change: after such an error, it is a folder
in memory for as long as the program is compiled again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf
from tensorflow.core.framework.function_pb2 import FunctionDefLibrary

from echornn.runtime import small_loops
from echornn.runtime.user_folders import cache_folder
from echornn.training.device import usable_processors

MOST_FILES = 400  # of a folder, two a program; if there are more, it begins again; chosen by eye
LEAST_FREE = 256 << 20  # bytes of the disk; chosen by eye
SWITCH = "ECHORNN_KEEP_PROGRAMS"  # 0 if the user wants none to be kept
FLAGS = "TF_XLA_FLAGS"
DESCRIPTORS = Path("/proc/self/fd")
MEMORY = Path("/dev/shm")

DIGEST = 32  # bytes of a SHA-256, with which a kept trace begins

# The names of XLA's files, in errors of reading and writing them
KEPT_FILE = re.compile(r"xla_compile_cache\w+\.pb")
# XLA's words for a damaged file of which it does not say the name, by TensorFlow 2.21: of files
# that were cut off, emptied, or overwritten at eight places
DAMAGED = (
    "Read less bytes than requested",
    "Serialized cache key does not match",
    "Serialized HLO does not match",
    "No binary found in serialized entry",
    "Failed to parse serialized CpuAotCompilationResult",
    "Failed to add object file",
)

# Of the folder; None if this process keeps no programs. One for the process, as XLA's flags are.
_descriptor: int | None = None


def keep(threads: int) -> None:
    """Keep programs from now on, unless the user does not want it or has flags of their own.

    Call this before TensorFlow's threads are set, or its devices are looked for, since XLA then
    reads its flags.
    """
    global _descriptor
    if _descriptor is not None or not _is_wanted():
        return
    with contextlib.suppress(OSError):  # without the folder, programs are compiled at each start
        folder = cache_folder() / "programs" / kind_of_process(threads)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)  # fails if it is not the user's
        if shutil.disk_usage(folder).free < LEAST_FREE:
            return
        if len(os.listdir(folder)) > MOST_FILES:
            _remove(folder, "*")
        _descriptor = os.open(folder, os.O_RDONLY)
        _have_xla_read_flags(_descriptor)


def _is_wanted() -> bool:
    if os.environ.get(SWITCH) == "0" or not DESCRIPTORS.is_dir():
        return False
    xla_flags = os.environ.get(small_loops.VARIABLE, "")
    return FLAGS not in os.environ and not small_loops.are_a_file(xla_flags)


def _have_xla_read_flags(descriptor: int) -> None:
    cache = f"--tf_xla_persistent_cache_directory={DESCRIPTORS / str(descriptor)}"
    os.environ[FLAGS] = f"{cache} --tf_xla_persistent_cache_device_types=CPU"
    try:
        tf.config.list_physical_devices("CPU")
    finally:
        del os.environ[FLAGS]  # other processes would inherit it, and lack the descriptor


def kind_of_process(threads: int) -> str:
    """A name for all processes that can read each other's programs."""
    variables = [
        variable
        for variable in os.environ.items()
        if variable[0].startswith(("TF_", "XLA_", "ONEDNN_", "DNNL_"))
    ]
    first_core = Path("/proc/cpuinfo").read_text(errors="replace").split("\n\n")[0]
    processor = [
        line
        for line in first_core.splitlines()
        if line.startswith(("model name", "flags", "Features", "CPU "))
    ]
    kind = (
        tf.version.VERSION,
        tf.version.GIT_VERSION,
        sorted(variables),
        usable_processors(),
        threads,
        processor,
    )
    return hashlib.sha256(repr(kind).encode()).hexdigest()[:16]


def trace(name: str) -> FunctionDefLibrary | None:
    """The functions that an earlier process has traced under this name; None if they are not kept
    whole."""
    if _descriptor is None:
        return None
    try:
        kept = _trace_file(name, _descriptor).read_bytes()
    except OSError:
        return None
    digest, functions = kept[:DIGEST], kept[DIGEST:]
    if hashlib.sha256(functions).digest() != digest:
        return None
    return FunctionDefLibrary.FromString(functions)


def keep_trace(name: str, library: FunctionDefLibrary) -> None:
    if _descriptor is None:
        return
    file = _trace_file(name, _descriptor)
    functions = library.SerializeToString()
    with contextlib.suppress(OSError):
        # A part that is written at once by two processes is not whole
        file.write_bytes(hashlib.sha256(functions).digest() + functions)


def _trace_file(name: str, descriptor: int) -> Path:
    """Another one after each change of this package's code."""
    digest = hashlib.sha256(name.encode())
    for source in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(source.read_bytes())
    return DESCRIPTORS / str(descriptor) / f"trace_{digest.hexdigest()[:32]}"


def folder_at_fault(error: tf.errors.OpError) -> int | None:
    """The descriptor of the folder, if a compilation failed since a program in it cannot be read or
    written."""
    if _descriptor is None:
        return None
    if f"{DESCRIPTORS / str(_descriptor)}/" in error.message:
        return _descriptor
    return _descriptor if any(words in error.message for words in DAMAGED) else None


@contextlib.contextmanager
def replaced_by_memory(descriptor: int, error: tf.errors.OpError) -> Iterator[None]:
    """Remove the program that is at fault, and let XLA keep others in memory in the ``with`` block,
    as the disk may be full."""
    named = KEPT_FILE.search(error.message)
    # Also a part that was written of it; all programs, if the error names none
    pattern = f"{named[0]}*" if named else "*"
    with contextlib.suppress(OSError):
        _remove(DESCRIPTORS / str(descriptor), pattern)

    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="echornn-tui-", dir=memory) as folder:
        on_disk = os.dup(descriptor)
        in_memory = os.open(folder, os.O_RDONLY)
        os.dup2(in_memory, descriptor, inheritable=False)
        os.close(in_memory)
        try:
            yield
        finally:
            os.dup2(on_disk, descriptor, inheritable=False)
            os.close(on_disk)


def _remove(folder: Path, pattern: str) -> None:
    for file in folder.glob(pattern):
        file.unlink(missing_ok=True)
