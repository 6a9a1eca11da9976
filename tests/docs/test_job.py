"""The job script that a page shows works, with scripts in place of a real scheduler."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from echornn.files.run_error import RunError
from echornn.runs import run_dir
from tests.docs.pages import PAGES
from tests.patience import PATIENCE, wait_for

pytestmark = pytest.mark.slow


def pretend(folder: Path, name: str, script: str) -> None:
    """Write an executable script with this name into a folder."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@contextmanager
def job(script: Path, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process of the job; at the end none of its processes are left."""
    environment = {**os.environ, "PATH": f"{home}:{os.environ['PATH']}", "HOME": str(home), "SLURM_JOB_ID": "7"}
    quiet = subprocess.DEVNULL
    command = ["bash", str(script)]
    with subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet, start_new_session=True) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def trained(run: Path) -> int:
    try:
        return run_dir.read(run).trained
    except RunError:
        return 0


def test_a_job_that_is_told_to_end_is_queued_again_and_goes_on(tmp_path: Path) -> None:
    scripts = [block.text for page in PAGES.values() for block in page.blocks if "#SBATCH" in block.text]
    assert len(scripts) == 1, "a page, and one alone, shows the job script for Slurm"
    (tmp_path / "job").write_text(scripts[0])
    flags = '[ "$2" = --run ] && set -- "$@" --num-epochs 20 --speed 20'
    scripted = f'{sys.executable} -m tests.scripted_program "$@"'
    program = f'echo $$ > "$HOME/pid"; echo "$2" >> "$HOME/how"\n{flags}\nexec {scripted}'
    pretend(tmp_path, "echornn-tui", program)
    pretend(tmp_path, "srun", 'exec "$@"')
    pretend(tmp_path, "scontrol", 'echo "$@" >> "$HOME/queue"')
    run = tmp_path / "echo-run"

    with job(tmp_path / "job", tmp_path) as first:
        wait_for(lambda: trained(run) or first.poll() is not None)
        assert first.poll() is None
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)
        assert first.wait(PATIENCE) == 42
    assert (tmp_path / "queue").read_text() == "requeue 7\n"
    assert 0 < trained(run) < 20 * 666

    with job(tmp_path / "job", tmp_path) as second:
        assert second.wait(PATIENCE) == 0
    assert (tmp_path / "how").read_text() == "--run\n--resume\n"
    assert (tmp_path / "queue").read_text() == "requeue 7\n", "once was enough"
    assert trained(run) == 20 * 666
