"""Runs a function in a separate process, in which TensorFlow is imported but has computed nothing.

Importing takes seconds: for each process of tests, one helper process does it once, and is then
forked.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def in_own_process(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what the function returns, or raise what it raises; it must be importable."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.with_tensorflow"])
    with ProcessPoolExecutor(1, context) as process:
        return process.submit(work, *args, **kwargs).result()
