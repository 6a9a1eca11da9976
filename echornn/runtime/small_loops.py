"""Makes XLA compile small loops as single kernels, with which small networks train up to three times as fast.

XLA does so on the CPU if an iteration of the loop accesses fewer bytes than a threshold, by default 1 024. It reads the
threshold from the environment variable `VARIABLE` when it first compiles in a process. Another threshold can change the
last digits of results, so a run records its threshold, and keeps it when it is continued.
"""

from __future__ import annotations

import os
import re
import sys

VARIABLE = "XLA_FLAGS"

FLAG = "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold="

THRESHOLD = 1 << 20
"""Our threshold in bytes. It exceeds the bytes of all loops that become faster (`echornn.network.xla`): an
iteration of the tutorial's loop accesses 83 000.
"""

DEFAULT_THRESHOLD = 1024
"""XLA's own threshold; runs without a recorded threshold were trained with it."""

_GIVEN = re.compile(r"xla_cpu_small_while_loop_byte_threshold=(\d+)")

_before: str | None = None
"""The user's flags, as they were before the first request."""

_asked: str | None = None
"""The flags that XLA was asked to use. Only the first request counts, since XLA may have read them since."""

_late = False
"""Whether TensorFlow was imported before the first request."""


def ask_for(threshold: int) -> None:
    """Make XLA use this threshold, unless the user has set one, or one was requested before in this process."""
    global _before, _asked, _late
    if _asked is None:
        _late = "tensorflow" in sys.modules
        _before = os.environ.get(VARIABLE, "")
        _asked = os.environ[VARIABLE] = flags_with(threshold, _before)


def was_asked_late() -> bool:
    """Whether TensorFlow was imported before another threshold was requested, so that it may have compiled already."""
    return _late and _asked != _before


def asked_in_vain() -> None:
    """Record that XLA had read its flags before the request, and uses the user's flags."""
    global _asked
    _asked = _before


def threshold_if_asked(threshold: int) -> int:
    """The threshold that XLA will use in this process if this one is requested."""
    return _given_in(flags_if_asked(threshold)) or DEFAULT_THRESHOLD


def flags_if_asked(threshold: int = THRESHOLD) -> str:
    """XLA's flags in this process if this threshold is requested."""
    return flags_with(threshold, os.environ.get(VARIABLE, "")) if _asked is None else _asked


def flags_with(threshold: int, flags: str) -> str:
    """The user's flags with this threshold, unless they contain one; the value `THRESHOLD` counts as ours.

    Flags that name a file, which XLA allows, are returned unchanged.
    """
    if _given_in(flags) in (None, THRESHOLD) and _given_in(flags) != threshold and not are_a_file(flags):
        return f"{flags} {FLAG}{threshold}".strip()
    return flags


def are_a_file(flags: str) -> bool:
    """Whether the flags are the name of a file that contains XLA's flags."""
    return flags.strip()[:1] not in ("", "-")


def _given_in(flags: str) -> int | None:
    """The threshold in these flags; the last, if there are several, as in XLA."""
    return int(given[-1]) if (given := _GIVEN.findall(flags)) else None
