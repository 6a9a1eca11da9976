"""Loads TensorFlow's largest native library without blocking Python's other threads.

Loading takes a third of a second, and more on a busy machine. Python's ``import`` holds the interpreter lock meanwhile,
so that keys are not answered; a foreign function call does not.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import sys
from pathlib import Path

NAME = "libtensorflow_cc.so.2"


def load() -> None:
    """Load the library, so that TensorFlow's import finds it. Does nothing if it is not found, or not on Linux."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(ImportError, AttributeError, OSError, ValueError):
        spec = importlib.util.find_spec("tensorflow")
        for folder in (spec and spec.submodule_search_locations) or ():
            file = Path(folder) / NAME
            if file.is_file():
                dlopen = ctypes.CDLL(None).dlopen
                dlopen.argtypes, dlopen.restype = [ctypes.c_char_p, ctypes.c_int], ctypes.c_void_p
                dlopen(os.fsencode(file), os.RTLD_NOW | os.RTLD_LOCAL)
