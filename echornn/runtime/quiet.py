"""Imports TensorFlow and other large modules: without log lines of native code, and without
blocking other threads."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import os
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from echornn.runtime import small_loops
from echornn.runtime.waiting import LOADING, Say, silent

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
ONLY_FATAL = "3"

LOG_LINE = re.compile(
    rb"(?m)^(?:[IWE]\d{4} [\d:. ]+\d+ \S+:\d+\] |\d{4}-\d\d-\d\d [\d:.]+: [IWE] \S+:\d+\] "
    rb"|WARNING: All log messages before absl|To enable the following instructions: ).*\n?"
)
"""Matches a log line of native code: information, warning or error, but not a fatal error."""

# One import at a time: two threads would hold back each other's descriptor 2, and lose it
_importing = threading.Lock()


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector, which takes a tenth of the import time of TensorFlow or the
    app."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextlib.contextmanager
def collector_spared() -> Iterator[None]:
    """Like `collector_paused`, and afterwards the collector never searches the existing objects."""
    with collector_paused():
        yield
        gc.freeze()


def version(name: str) -> str:
    """The version of an installed package; TensorFlow is also in ``tensorflow-cpu``."""
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        if name != "tensorflow":
            raise
        return metadata.version("tensorflow-cpu")


def import_tensorflow(threshold: int = small_loops.THRESHOLD, say: Say = silent) -> None:
    """Import TensorFlow, so that neither the import nor later calls print log lines, unless
    ``TF_CPP_MIN_LOG_LEVEL`` is set. For the threshold see `echornn.runtime.small_loops`. Keras is
    imported when it is first used.
    """
    with _importing:
        small_loops.ask_for(threshold)
        # NumPy imports this module when a median is first computed, possibly on another thread, and
        # then iterates over its types, to which TensorFlow adds some: "dictionary changed size
        # during iteration" crashed the app.
        importlib.import_module("numpy.ma")
        if "tensorflow" in sys.modules:
            return
        say(LOADING)
        # A library spares nothing
        collector = collector_spared if gc.get_freeze_count() else collector_paused
        has_level = LEVEL in os.environ
        log_lines = contextlib.nullcontext() if has_level else _log_lines_dropped()
        with collector(), _keras_later(), log_lines:
            _load_library()
            import tensorflow  # noqa: F401


@contextlib.contextmanager
def _keras_later() -> Iterator[None]:
    """At its end, TensorFlow imports Keras' optimizers if it can: with Matplotlib installed, a
    quarter of the time."""
    name = "keras.src.optimizers"
    sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # it cannot, and nothing of Keras is imported
    try:
        yield
    finally:
        if sys.modules[name] is None:
            del sys.modules[name]


def _load_library() -> None:
    """Load TensorFlow's largest library, for which ``import`` would hold the interpreter lock: keys
    would wait."""
    if sys.platform != "linux":
        return
    import ctypes

    # Whatever fails here, the import does again, with its own error
    with contextlib.suppress(ImportError, AttributeError, OSError, ValueError):
        spec = importlib.util.find_spec("tensorflow")
        folders = spec.submodule_search_locations if spec is not None else None
        for folder in folders or ():
            file = Path(folder) / "libtensorflow_cc.so.2"
            if file.is_file():
                dlopen = ctypes.CDLL(None).dlopen
                dlopen.argtypes = [ctypes.c_char_p, ctypes.c_int]
                dlopen.restype = ctypes.c_void_p
                dlopen(os.fsencode(file), os.RTLD_LAZY | os.RTLD_LOCAL)


@contextlib.contextmanager
def _log_lines_dropped() -> Iterator[None]:
    """Hold back output to descriptor 2, and write it at the end without log lines: some precede
    TensorFlow's level."""
    import tempfile

    with contextlib.ExitStack() as undo:
        os.environ[LEVEL] = ONLY_FATAL  # read once, when native code is loaded
        undo.callback(os.environ.pop, LEVEL)
        try:
            stderr = os.dup(2)
            undo.callback(os.close, stderr)
            kept = undo.enter_context(tempfile.TemporaryFile())
            os.dup2(kept.fileno(), 2)
        except OSError:
            yield
            return
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            kept.seek(0)
            with contextlib.suppress(OSError), open(2, "wb", buffering=0, closefd=False) as out:
                out.write(LOG_LINE.sub(b"", kept.read()))
