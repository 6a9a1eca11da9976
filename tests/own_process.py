"""Runs work in a process of its own, in which TensorFlow is imported already and has computed nothing.

Importing it takes seconds: one process of the system's does that once for each process of tests, and is forked.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def in_own_process(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what the work returns, and raise what it raises; the work is a function that can be imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.with_tensorflow"])
    with ProcessPoolExecutor(1, context) as process:
        return process.submit(work, *args, **kwargs).result()
