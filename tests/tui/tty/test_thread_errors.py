"""A fault of the program on a thread that nobody waits for is said in words, and the program ends as failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.program import running
from tests.swept import SMALL, keep

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("command", "opens", "failing"),
    [
        (["map", "SWEEP"], "", "echornn.sweeps.results:SweepResults.refresh"),
        (["sweep", "--out", "SWEEP", "--grid", "echo_step=1..3"], "", "tui.commands.sweep:Computation.run"),
        ([], "o", "tui.app.panels:kept_runs_beside"),
    ],
)
def test_a_fault_of_the_program_is_said_off_the_screen_and_its_traceback_is_kept(
    command: list[str], opens: str, failing: str, tmp_path: Path
) -> None:
    folder = keep(tmp_path / "sweep", [SMALL]) if "map" in command else tmp_path / "sweep"
    words = [str(folder) if word == "SWEEP" else word for word in command]
    with running(*words, failing=failing, environment={"XDG_STATE_HOME": str(tmp_path)}) as program:
        program.until(lambda text: "? Help" in text)
        program.press(opens)
        program.until(lambda text: "TypeError: a fault of the" in text)
        assert "Traceback" not in program.text
        if opens:
            program.press("\x1b")
            program.until(lambda text: "reading ..." not in text)
        program.press("q")
        assert program.ended() == 1
        assert program.mended
        kept = tmp_path / "echornn-tui" / "traceback.txt"
        assert f"(traceback in {kept})" in program.text.replace("\n", "")
    assert kept.read_text().rstrip().endswith("TypeError: a fault of the program")


def test_where_the_disk_takes_no_results_the_map_says_so_and_fails_without_a_traceback(tmp_path: Path) -> None:
    failing, state = "tui.commands.sweep:Computation.run!disk", {"XDG_STATE_HOME": str(tmp_path)}
    words = ("sweep", "--out", str(tmp_path / "sweep"), "--grid", "echo_step=1..3")
    with running(*words, failing=failing, environment=state) as program:
        program.until(lambda text: "results/KEY.json: No space left on device" in text and "? Help" in text)
        program.press("q")
        assert program.ended() == 1
        assert program.mended
        assert "the same command goes on where this stopped" in program.text
    assert not (tmp_path / "echornn-tui" / "traceback.txt").exists()


def test_a_fault_while_it_leaves_without_a_terminal_does_not_keep_it(tmp_path: Path) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path)}
    with running(failing="tui.commands.record:end", environment=state, ignore_hangup=True) as program:
        program.until(lambda text: "running" in text)
        program.close_terminal()
        assert program.ended() == 1
    assert "a fault of the program" in (tmp_path / "echornn-tui" / "traceback.txt").read_text()
