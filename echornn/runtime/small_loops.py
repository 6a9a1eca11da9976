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

_GIVEN = re.compile(r"xla_cpu_small_while_loop_byte_threshold=(\d+)")

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
    flags = flags_with(threshold, os.environ.get(VARIABLE, "")) if _asked is None else _asked
    given = _given_in(flags)
    return DEFAULT_THRESHOLD if given is None else given


def flags_with(threshold: int, flags: str) -> str:
    """The user's flags with this threshold, unless they contain one (`THRESHOLD` counts as ours) or
    name a file."""
    if (
        _given_in(flags) in (None, THRESHOLD)
        and _given_in(flags) != threshold
        and not are_a_file(flags)
    ):
        return f"{flags} {FLAG}{threshold}".strip()
    return flags


def are_a_file(flags: str) -> bool:
    return flags.strip()[:1] not in ("", "-")


def _given_in(flags: str) -> int | None:
    return int(given[-1]) if (given := _GIVEN.findall(flags)) else None
