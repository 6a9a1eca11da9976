"""The memory that this process can still use: limited by the machine, by process limits, and by control groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Accounts:
    """The names of the files in a version of control groups."""

    root: str
    limit: str
    used: str
    given_back: str
    """The name in memory.stat of memory that the kernel can reclaim, since it is also on disk."""


SECOND = Accounts("", "memory.max", "memory.current", "inactive_file")
FIRST = Accounts("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def free_bytes(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> int | None:
    """The bytes that this process can use before anything is swapped or killed; None if unknown.

    Args:
        proc, groups: the folders in which Linux provides these numbers.
    """
    found = [*_of_the_machine(proc), *_of_the_process(proc), *_of_the_groups(proc, groups)]
    return max(0, min(found)) if found else None


def _of_the_machine(proc: Path) -> Iterator[int]:
    available = _numbers(proc / "meminfo").get("MemAvailable:")
    if available is not None:
        yield available * 1024


def _of_the_process(proc: Path) -> Iterator[int]:
    """The bytes that the limit of the address space (``ulimit -v``) still allows."""
    words = next(
        (line.split() for line in _lines(proc / "self" / "limits") if line.startswith("Max address space")), ()
    )
    used = _numbers(proc / "self" / "status").get("VmSize:")
    if len(words) > 3 and words[3].isdecimal() and used is not None:
        yield int(words[3]) - used * 1024


def _of_the_groups(proc: Path, groups: Path) -> Iterator[int]:
    """The bytes that each control group of this process still allows."""
    for line in _lines(proc / "self" / "cgroup"):
        number, controllers, path = (*line.split(":", 2), "", "")[:3]
        if number == "0" and not controllers:
            accounts = SECOND
        elif "memory" in controllers.split(","):
            accounts = FIRST
        else:
            continue
        root = groups / accounts.root
        group = root / path.lstrip("/")
        # In a container, the path may be that of the host, which does not exist here; the root is then the own group.
        for folder in {group, *group.parents} - set(root.parents):
            limit, used = (_number(folder / name) for name in (accounts.limit, accounts.used))
            if limit is not None and used is not None:
                yield limit - used + _numbers(folder / "memory.stat").get(accounts.given_back, 0)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(errors="replace").splitlines()
    except OSError:
        return []


def _number(file: Path) -> int | None:
    """The number in a file; None if the file has a word instead, such as max."""
    words = " ".join(_lines(file)).split()
    return int(words[0]) if len(words) == 1 and words[0].isdecimal() else None


def _numbers(file: Path) -> dict[str, int]:
    """The numbers in a file by name; each line has a name and a number."""
    split = (line.split() for line in _lines(file))
    return {words[0]: int(words[1]) for words in split if len(words) > 1 and words[1].isdecimal()}
