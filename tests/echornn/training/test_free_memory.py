"""Free memory is the smallest of the limits of the machine and of all control groups of the process."""

from __future__ import annotations

from pathlib import Path

import pytest

from echornn.training.free_memory import free_bytes

pytestmark = pytest.mark.slow

GIB = 1 << 30


@pytest.fixture
def linux(tmp_path: Path) -> Path:
    """A machine with 8 GiB of available memory."""
    write(tmp_path / "proc/meminfo", f"MemTotal: 99 kB\nMemAvailable:   {8 * GIB // 1024} kB\n")
    return tmp_path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def free(machine: Path) -> int | None:
    return free_bytes(machine / "proc", machine / "groups")


def test_without_groups_it_is_what_the_machine_has(linux: Path) -> None:
    assert free(linux) == 8 * GIB


def test_where_the_system_does_not_say_nobody_knows(tmp_path: Path) -> None:
    assert free(tmp_path) is None
    write(tmp_path / "proc/meminfo", "MemAvailable: plenty kB\n\n:\n")
    assert free(tmp_path) is None


def test_a_limit_of_the_address_space_allows_what_is_not_taken_yet(linux: Path) -> None:
    write(linux / "proc/self/status", f"Name: x\nVmSize:  {GIB // 1024} kB\n")
    write(linux / "proc/self/limits", "Limit  Soft  Hard  Units\nMax address space  unlimited  unlimited  bytes\n")
    assert free(linux) == 8 * GIB
    write(linux / "proc/self/limits", f"Max address space         {4 * GIB}    unlimited     bytes\n")
    assert free(linux) == 3 * GIB
    write(linux / "proc/self/status", f"VmSize: {5 * GIB // 1024} kB\n")
    assert free(linux) == 0


def test_a_group_allows_its_limit_less_its_use_with_what_the_kernel_would_give_back(linux: Path) -> None:
    write(linux / "proc/self/cgroup", "0::/user/job\n")
    write(linux / "groups/user/job/memory.max", "max\n")
    write(linux / "groups/user/job/memory.current", f"{GIB}\n")
    assert free(linux) == 8 * GIB
    write(linux / "groups/user/job/memory.max", f"{4 * GIB}\n")
    assert free(linux) == 3 * GIB
    write(linux / "groups/user/job/memory.stat", f"anon 5\ninactive_file {GIB // 2}\n")
    assert free(linux) == 3 * GIB + GIB // 2
    write(linux / "groups/user/memory.max", f"{2 * GIB}\n")
    write(linux / "groups/user/memory.current", f"{3 * GIB}\n")
    assert free(linux) == 0


def test_in_a_container_the_path_of_the_host_is_not_there_and_the_root_counts(linux: Path) -> None:
    write(linux / "proc/self/cgroup", "0::/kubepods/pod1/abc\n")
    write(linux / "groups/memory.max", f"{5 * GIB}\n")
    write(linux / "groups/memory.current", f"{GIB}\n")
    assert free(linux) == 4 * GIB


def test_the_first_version_of_groups_counts_too(linux: Path) -> None:
    write(linux / "proc/self/cgroup", "broken\n5:cpu,cpuacct:/job\n7:memory:/job\n0::/\n")
    write(linux / "groups/memory/job/memory.limit_in_bytes", f"{2 * GIB}\n")
    write(linux / "groups/memory/job/memory.usage_in_bytes", f"{GIB}\n")
    write(linux / "groups/memory/job/memory.stat", f"total_inactive_file {GIB // 4}\n")
    assert free(linux) == GIB + GIB // 4
