"""Makes XLA compile small loops as single kernels, with which small networks train up to three
times as fast.

XLA does so on the CPU if an iteration of the loop accesses fewer bytes than a threshold, which it
reads from the environment when it first compiles. Another threshold can change last digits, so a
run keeps its own.
"""

from __future__ import annotations

import os
import re

VARIABLE = "XLA_FLAGS"

FLAG = "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold="

THRESHOLD = 1 << 20  # bytes, more than all loops that become faster: the tutorial's accesses 83 000
DEFAULT_THRESHOLD = 1024  # XLA's own; runs without a recorded threshold were trained with it

_THRESHOLDS = re.compile(r"xla_cpu_small_while_loop_byte_threshold=(\d+)")

_asked: str | None = None
"""The flags that XLA was asked to use.

Only the first request counts, since XLA may have read them since.
"""


def ask_for(threshold: int) -> None:
    """Make XLA use this threshold, unless the user has set one, or one was requested before in this
    process."""
    global _asked
    if _asked is None:
        _asked = os.environ[VARIABLE] = flags_with(threshold, os.environ.get(VARIABLE, ""))


def threshold_if_asked(threshold: int) -> int:
    flags = _asked
    if flags is None:
        flags = flags_with(threshold, os.environ.get(VARIABLE, ""))
    in_flags = _threshold_in(flags)
    return DEFAULT_THRESHOLD if in_flags is None else in_flags


def flags_with(threshold: int, flags: str) -> str:
    """The user's flags with this threshold, unless they contain one (`THRESHOLD` counts as ours) or
    name a file."""
    in_flags = _threshold_in(flags)
    is_the_users = in_flags not in (None, THRESHOLD)
    if is_the_users or in_flags == threshold or are_a_file(flags):
        return flags
    return f"{flags} {FLAG}{threshold}".strip()


def are_a_file(flags: str) -> bool:
    """Whether XLA reads its flags from a file of this name."""
    return flags.strip()[:1] not in ("", "-")


def _threshold_in(flags: str) -> int | None:
    thresholds = _THRESHOLDS.findall(flags)
    return int(thresholds[-1]) if thresholds else None
