"""Describes the machine, in words."""

from __future__ import annotations

import os
import platform
from pathlib import Path

SHOWN_SETS = ("avx2", "avx512f", "amx_bf16", "asimd", "sve")
"""Instruction sets that affect the speed of matrix products."""


def machine() -> dict[str, str]:
    """The machine's processor, instruction sets, cores, memory and system, as far as known."""
    cpu = _values(Path("/proc/cpuinfo"))
    flags = (cpu.get("flags") or cpu.get("Features") or "").split()
    memory = _values(Path("/proc/meminfo")).get("MemTotal", "").split()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    facts = {
        "processor": cpu.get("model name") or platform.processor() or platform.machine(),
        "instructions": ", ".join(one for one in SHOWN_SETS if one in flags),
        "cores": str(cores),
        "memory": f"{int(memory[0]) / 2**20:.0f} GiB" if memory else "",
        "system": f"{platform.system()} {platform.machine()}",
    }
    return {name: value for name, value in facts.items() if value}


def load() -> float:
    """The load average of the last minute: the number of processes that wanted a processor."""
    return os.getloadavg()[0]


def _values(file: Path) -> dict[str, str]:
    """The first value of each name in a system file; empty if the file is missing."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return {}
    found: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        found.setdefault(name.strip(), value.strip())
    return found
