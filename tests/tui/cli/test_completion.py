"""The scripts by which shells complete the command line, used by the shells themselves where these are installed."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import platformdirs
import pytest

from echornn.runs import kept_runs
from echornn.tasks.table import TASKS
from tui.cli.completion import print_completion
from tui.cli.subcommands.table import SUBCOMMANDS, Shell

pytestmark = pytest.mark.slow

SHELLS: tuple[Shell, ...] = get_args(Shell)

COMPLETED: Mapping[tuple[str, ...], set[str]] = {
    ("exp",): {"export"},
    ("--learn",): {"--learning-rate"},
    ("sweep", "--sched"): {"--scheduler", "--scheduler-file"},
    ("--device", ""): {"auto", "cpu", "gpu"},
    ("--task", "t"): {"two_coins", "temporal_order"},
    ("tasks", ""): set(TASKS),
    ("branches", "2026-"): {"2026-01-01_echo3", "2026-01-02_echo3"},
    ("export", "n"): {"newest"},
    ("--resume", "2026-01-01"): {"2026-01-01_echo3"},
    ("completion", ""): set(SHELLS),
}


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[Shell, Path]:
    """The script for each shell, as a file. There are two runs."""
    monkeypatch.setattr(platformdirs, "user_state_path", lambda _: tmp_path / "a state")
    for name in ("2026-01-01_echo3", "2026-01-02_echo3"):
        (kept_runs.state_folder() / name).mkdir(parents=True)
    for shell in SHELLS:
        assert print_completion(shell) == 0
        (tmp_path / shell).write_text(capsys.readouterr().out, encoding="ascii")
    return {shell: tmp_path / shell for shell in SHELLS}


def in_shell(shell: Shell, *arguments: str) -> str:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    return subprocess.run([shell, *arguments], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_reads_its_script_and_all_subcommands_are_in_it(shell: Shell, scripts: dict[Shell, Path]) -> None:
    assert all(name in scripts[shell].read_text(encoding="ascii") for name in SUBCOMMANDS)
    in_shell(shell, "-n", str(scripts[shell]))


def test_bash_completes(scripts: dict[Shell, Path]) -> None:
    lines = [f"source {scripts['bash']}"]
    for words in COMPLETED:
        lines += [f"COMP_WORDS=(echornn-tui {shlex.join(words)})", f"COMP_CWORD={len(words)}", "_echornn_tui_names"]
        lines += ['echo "${COMPREPLY[@]}"']
    shown = in_shell("bash", "--norc", "-c", "\n".join(lines)).splitlines()
    assert dict(zip(COMPLETED, map(set, map(str.split, shown)), strict=True)) == COMPLETED


def test_fish_completes(scripts: dict[Shell, Path]) -> None:
    for words, expected in COMPLETED.items():
        line = f"echornn-tui {' '.join(words)}"
        shown = in_shell("fish", "--no-config", "-c", f"source {scripts['fish']}; complete -C {shlex.quote(line)}")
        assert {one.partition("\t")[0] for one in shown.splitlines()} >= expected, line


def test_fish_offers_a_flag_only_where_it_is_taken(scripts: dict[Shell, Path]) -> None:
    for words, taken in {
        ("attach", "--"): set(),
        ("sweep", "--"): {"--task", "--cell"},
        ("--state-size", "4", "--"): {"--task", "--cell", "--resume"},
    }.items():
        line = f"echornn-tui {' '.join(words)}"
        shown = in_shell("fish", "--no-config", "-c", f"source {scripts['fish']}; complete -C {shlex.quote(line)}")
        offered = {one.partition("\t")[0] for one in shown.splitlines()}
        assert offered & {"--task", "--cell", "--resume"} == taken, line
