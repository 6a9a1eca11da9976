"""Keys on a real terminal: ctrl+q overtakes those that wait; the program lives through any, and its
run replays; what is pasted is never keys."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.answered import json_rows
from tests.program import epoch, running
from tests.storm import Storm

pytestmark = pytest.mark.slow

MANY = 300
PASTE_BEGINS, PASTE_ENDS = b"\x1b[200~", b"\x1b[201~"


def test_quit_overtakes_the_keys_that_wait_and_what_trained_is_kept(tmp_path: Path) -> None:
    run = tmp_path / "run"
    endless = ("--speed", "max", "--num-epochs", 1_000_000)
    with running("--run", run, *endless, scripted=True) as program:
        program.shows("running")
        program.press("R" * MANY + "\x11")
        assert program.ended() == 0
    assert 1 <= len(json_rows(f"branches {run}")) < MANY / 2


def test_it_lives_through_a_storm_of_keys_and_its_run_replays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the command palette can save the screen to the current folder
    assert Storm(2, 120, tmp_path / "run", hashed=True).blow("--num-epochs", "3") == ""
    assert (tmp_path / "run" / "losses.bin").stat().st_size > 0


def test_a_paste_is_never_keys_whatever_bytes_it_holds(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(100_000).replace(PASTE_ENDS, b"")
    keys = b"q\x11rRu \x1b\x1b[A\x1bq\x00\xff\rq\x1b["
    run = tmp_path / "run"
    with running("--run", run, "--speed", 1000, width=100, scripted=True) as program:
        program.shows("running")
        program.send(PASTE_BEGINS + keys + noise + keys + PASTE_ENDS)
        program.reaches(epoch(program.text) + 2)
        program.press(":")
        program.shows("a command by name")
        program.send(PASTE_BEGINS + b"pau\x00\xffse\r\x1b\x1b[A\x11step 3" + PASTE_ENDS)
        program.shows(":pau", "se; [Astep 3", "running")
        program.send(PASTE_BEGINS + noise + PASTE_ENDS)
        program.shows("2,000 characters")
        program.press("\x03q")  # closes the line, and ends the program
        assert program.ended() == 0
        assert program.mended
    assert len(json_rows(f"branches {run}")) == 1
