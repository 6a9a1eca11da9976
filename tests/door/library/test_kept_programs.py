"""Compiled programs are kept on disk: the next session compiles nothing and has the same bits."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from echornn import EchoConfig, Position, Session
from echornn.session.commands import Step
from tests.compiled import SMALL
from tests.on_a_thread import play
from tests.own_process import in_own_process

pytestmark = pytest.mark.slow


def losses_of(folder: Path, *configs: EchoConfig, lost: bool = False) -> tuple[list[bytes], str | None]:
    """The losses of a session of each configuration, in a process that keeps its programs; then TF_XLA_FLAGS.

    Args:
        lost: whether the folder is removed before the process compiles.
    """
    os.environ.update(XDG_CACHE_HOME=str(folder), ECHORNN_KEEP_PROGRAMS="1")
    trained = []
    for config in configs:
        session = Session(config)
        if lost:
            shutil.rmtree(folder, ignore_errors=True)
        play(session, Step(20))
        losses = session.timeline.losses(Position(session.frame.branch, session.frame.trained), 0)
        assert losses is not None
        trained.append(losses.tobytes())
    return trained, os.environ.get("TF_XLA_FLAGS")


def files_in(folder: Path) -> dict[str, int]:
    """The stored programs by name, each with a number that changes if it is written again."""
    return {file.name: file.stat().st_mtime_ns for file in folder.rglob("*.pb")}


def test_a_kept_program_trains_the_same_bits_and_is_not_compiled_again(tmp_path: Path) -> None:
    trained, flags = in_own_process(losses_of, tmp_path, SMALL)
    kept = files_in(tmp_path)
    assert flags is None, "what another process would inherit"
    assert len(trained[0]) == 20 * 4
    assert kept
    assert all(folder.stat().st_mode & 0o777 == 0o700 for folder in {file.parent for file in tmp_path.rglob("*.pb")})
    assert in_own_process(losses_of, tmp_path, SMALL)[0] == trained
    assert files_in(tmp_path) == kept
    assert in_own_process(losses_of, tmp_path / "gone", SMALL, lost=True)[0] == trained
