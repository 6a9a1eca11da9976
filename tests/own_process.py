"""Runs a function in a separate process, in which TensorFlow is imported but has computed nothing.

Importing takes seconds: for each process of tests, one helper process does it once, and is then forked.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from io import StringIO
from typing import ParamSpec, TypeVar

from echornn.runtime import small_loops

P = ParamSpec("P")
T = TypeVar("T")


def in_own_process(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what the function returns, or raise what it raises; it must be importable."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.with_tensorflow"])
    with ProcessPoolExecutor(1, context) as process:
        return process.submit(work, *args, **kwargs).result()


def printed_by(script: str, *arguments: str, **environment: str) -> list[str]:
    """The lines that a script prints in a separate process, in which XLA was asked for no loop threshold yet.

    Args:
        environment: changes to the environment; XLA has no flags if they name none.
    """
    return in_own_process(_printed, script, arguments, {small_loops.VARIABLE: "", **environment})


def _printed(script: str, arguments: tuple[str, ...], environment: dict[str, str]) -> list[str]:
    os.environ.update(environment)
    sys.argv[1:] = arguments
    importlib.reload(small_loops)
    with redirect_stdout(StringIO()) as printed:
        exec(script, {"__name__": "__main__"})
    return printed.getvalue().splitlines()
