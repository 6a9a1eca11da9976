"""Has XLA compile small loops as one kernel each, with which small networks train up to three times as fast.

XLA does so on the CPU where one turn of a loop accesses fewer bytes than a threshold, 1 024 by default. It reads the
threshold from the variable `VARIABLE` when it compiles for the first time in a process. Another threshold may give
other last digits, so a run records the one it was begun with, and is gone on with by that one.
"""

from __future__ import annotations

import os
import re
import sys

VARIABLE = "XLA_FLAGS"

FLAG = "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold="

THRESHOLD = 1 << 20
"""Bytes; ours. Above all loops that gain (`echornn.network.one_kernel`): a turn of the tutorial's accesses 83 000."""

DEFAULT_THRESHOLD = 1024
"""XLA's own, with which all runs were trained that do not say."""

_GIVEN = re.compile(r"xla_cpu_small_while_loop_byte_threshold=(\d+)")

_before: str | None = None
"""The user's flags, before the first were asked for."""

_asked: str | None = None
"""The flags that XLA was asked to take; the first count, since XLA may have read them."""

_late = False
"""Whether TensorFlow was imported before that."""


def ask_for(threshold: int) -> None:
    """Have XLA take this threshold, unless the user gave another, or one was asked for before in this process."""
    global _before, _asked, _late
    if _asked is None:
        _late = "tensorflow" in sys.modules
        _before = os.environ.get(VARIABLE, "")
        _asked = os.environ[VARIABLE] = flags_with(threshold, _before)


def was_asked_late() -> bool:
    """Whether TensorFlow was there before XLA was asked for another threshold, and may have compiled something."""
    return _late and _asked != _before


def asked_in_vain() -> None:
    """Take note that XLA had read its flags before it was asked: they are what the user gave."""
    global _asked
    _asked = _before


def threshold_if_asked(threshold: int) -> int:
    """The one that XLA takes in this process where it is asked for this."""
    return _given_in(flags_if_asked(threshold)) or DEFAULT_THRESHOLD


def flags_if_asked(threshold: int = THRESHOLD) -> str:
    """XLA's flags in this process, once it was asked for this threshold."""
    return flags_with(threshold, os.environ.get(VARIABLE, "")) if _asked is None else _asked


def flags_with(threshold: int, flags: str) -> str:
    """The user's flags, all kept, and this threshold, unless they give one. `THRESHOLD` is nobody's but ours.

    Flags that are the name of a file, as XLA allows, are left as they are.
    """
    if _given_in(flags) in (None, THRESHOLD) and _given_in(flags) != threshold and not are_a_file(flags):
        return f"{flags} {FLAG}{threshold}".strip()
    return flags


def are_a_file(flags: str) -> bool:
    """Whether these flags are the name of a file, in which XLA looks for them."""
    return flags.strip()[:1] not in ("", "-")


def _given_in(flags: str) -> int | None:
    """The threshold in these flags; of several XLA takes the last."""
    return int(given[-1]) if (given := _GIVEN.findall(flags)) else None
