"""The tree of branches that a command log describes, compared with trees written by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.runs import run_dir
from echornn.runs.logs.command_log import RecordedCommand
from echornn.runs.recorded_tree import Stretch, tree_of
from echornn.runs.run_recorder import RunRecorder
from echornn.runs.states import checkpoint
from echornn.timeline.branch import Position
from tests.recorded import record_branches
from tests.scripted import SMALL, ScriptedTrainer

SLOW = replace(SMALL, learning_rate=0.1)
LARGE = replace(SMALL, state_size=9)


def told(at: int, cause: Any, config: EchoConfig = SMALL, back: tuple[int, int] | None = None) -> RecordedCommand:
    """A command as version 0.1.0 wrote it: without branch, parent and before."""
    return RecordedCommand(at, cause, 0, 0, 0, 0, config, back)


def tree(
    commands: list[RecordedCommand], trained: int
) -> list[tuple[str, tuple[int, int] | None, tuple[int, int] | None]]:
    """Cause, parent and before of each branch."""
    return [(one.cause, one.parent, one.before) for one in tree_of(commands, trained)[0]]


def test_no_commands_no_tree() -> None:
    assert tree_of([], 0) == ([], [])


def test_each_command_of_version_0_1_0_begins_a_branch() -> None:
    commands = [told(0, "start"), told(14, "edit", SLOW), told(20, "regenerate", SLOW), told(25, "reset", SLOW)]
    assert tree(commands, 30) == [
        ("start", None, None),
        ("edit", (0, 14), (0, 14)),
        ("regenerate", (1, 20), (1, 20)),
        ("reset", (2, 0), (2, 25)),
    ]
    assert tree_of(commands, 30)[1] == [
        Stretch(0, True, 0, 0, 14),
        Stretch(1, True, 14, 14, 20),
        Stretch(2, True, 20, 20, 25),
        Stretch(3, True, 0, 25, 30),
    ]


def test_an_edit_of_more_than_live_fields_started_over() -> None:
    commands = [told(0, "start"), told(14, "edit", LARGE), told(20, "edit", replace(LARGE, learning_rate=0.1))]
    assert tree(commands, 30) == [
        ("start", None, None),
        ("edit", (0, 0), (0, 14)),
        ("edit", (1, 6), (1, 6)),
    ]


def test_a_preset_of_live_fields_started_over_too() -> None:
    assert tree([told(0, "start"), told(14, "preset", SLOW)], 14)[1] == ("preset", (0, 0), (0, 14))


def test_an_undo_of_version_0_1_0_goes_on_from_where_it_went() -> None:
    commands = [
        told(0, "start"),
        told(14, "edit", SLOW),
        told(20, "undo", SMALL, back=(0, 14)),  # back to before the edit
        told(23, "reset"),
        # back to before the reset: the end of the branch that the first undo began
        told(24, "undo", SMALL, back=(2, 23)),
        told(30, "undo", SLOW, back=(1, 18)),  # back to the middle of the edit's windows
    ]
    branches, stretches = tree_of(commands, 32)
    assert [(one.cause, one.parent, one.before) for one in branches] == [
        ("start", None, None),
        ("edit", (0, 14), (0, 14)),
        ("back", (0, 14), (1, 20)),
        ("reset", (2, 0), (2, 17)),
        ("back", (2, 17), (3, 1)),
        ("back", (1, 18), (4, 23)),
    ]
    assert stretches == [
        Stretch(0, True, 0, 0, 14),
        Stretch(1, True, 14, 14, 20),
        Stretch(2, True, 14, 20, 23),
        Stretch(3, True, 0, 23, 24),
        Stretch(4, True, 17, 24, 30),
        Stretch(5, True, 18, 30, 32),
    ]


def test_an_undo_to_a_moment_before_the_stretch_it_names_is_of_the_branch_that_trained_it() -> None:
    commands = [told(0, "start"), told(14, "edit", SLOW), told(14, "undo", SMALL, back=(1, 9))]
    assert tree(commands, 20)[2] == ("back", (0, 9), (1, 14))


def test_an_undo_to_before_the_run_began_goes_to_its_root() -> None:
    commands = [told(0, "start"), told(14, "edit", LARGE), told(20, "undo", SMALL, back=(1, 9))]
    assert tree(commands, 20)[2] == ("back", (1, 0), (1, 6))


def test_a_branch_that_goes_on_has_more_stretches_than_one() -> None:
    begun = [
        replace(told(0, "start"), branch=0),
        replace(told(10, "back"), branch=1, parent=(0, 4), before=(0, 4)),
        replace(told(13, "return"), branch=0),
        replace(told(15, "return"), branch=1),
    ]
    branches, stretches = tree_of(begun, 20)
    assert [(one.cause, one.parent) for one in branches] == [("start", None), ("back", (0, 4))]
    assert stretches == [
        Stretch(0, True, 0, 0, 10),
        Stretch(1, True, 4, 10, 13),
        Stretch(0, False, 10, 13, 15),
        Stretch(1, False, 7, 15, 20),
    ]


NUMBERS = st.integers(0, 60)
PAIRS = st.none() | st.tuples(st.integers(0, 12), NUMBERS)

commands_of_all_kinds = st.lists(
    st.builds(
        RecordedCommand,
        NUMBERS,
        st.sampled_from(["start", "reset", "redraw", "regenerate", "edit", "preset", "back", "return", "undo"]),
        st.integers(0, 5),
        st.integers(0, 9),
        st.integers(0, 3),
        st.integers(0, 3),
        st.sampled_from([SMALL, SLOW, LARGE]),
        PAIRS,
        st.none() | st.integers(0, 12),
        PAIRS,
        PAIRS,
    ),
    max_size=12,
).map(lambda commands: sorted(commands, key=lambda one: one.at))


@given(commands_of_all_kinds, st.integers(60, 80))
def test_whatever_a_log_says_each_window_has_one_place_and_each_branch_a_parent(
    commands: list[RecordedCommand], trained: int
) -> None:
    commands = [told(0, "start"), *commands]
    branches, stretches = tree_of(commands, trained)
    covered = [window for one in stretches for window in range(one.first, one.last)]
    assert covered == list(range(trained))
    ends = {branch.number: branch.start for branch in branches}
    for one in stretches:
        assert one.along == ends[one.branch]
        ends[one.branch] += one.last - one.first
    assert [branch.number for branch in branches] == list(range(len(branches)))
    assert branches[0].parent is None
    for branch in branches[1:]:
        for position in (branch.parent, branch.before):
            assert position is not None
            assert position.branch < branch.number
            assert position.window <= ends[position.branch]
        assert branch.parent is not None
        assert branch.parent.window == 0 or branch.parent.window >= branches[branch.parent.branch].start


# ---- folders


def as_version_0_1_0(folder: Path) -> None:
    """Remove from the run's folder what version 0.1.0 did not write."""
    file = folder / run_dir.COMMAND_FILE
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for line in lines:
        for name in ("branch", "parent", "before"):
            line.pop(name, None)
        if line.get("back") is None:
            line.pop("back", None)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_a_folder_of_version_0_1_0_is_a_tree_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    recorder = RunRecorder.begin(folder, SMALL)
    trainer = ScriptedTrainer(SMALL)
    recorder.command(told(0, "start"))
    recorder.windows(trainer.advance(14))
    before = trainer.state
    trainer.reset()
    recorder.command(told(14, "reset"))
    recorder.windows(trainer.advance(4))
    trainer.restore(before)
    recorder.command(replace(told(18, "undo", back=(0, 14)), epoch=1, window=4))
    recorder.windows(trainer.advance(3))
    recorder.save(trainer.state)
    recorder.close()
    (folder / run_dir.KEYFRAME_FILE).unlink(missing_ok=True)
    assert b'"branch"' not in (folder / run_dir.COMMAND_FILE).read_bytes()

    run = run_dir.read(folder)
    assert [(one.cause, one.parent) for one in run.tree[0]] == [("start", None), ("reset", (0, 0)), ("back", (0, 14))]
    assert run.position == Position(2, 17)
    assert run.owner(Position(2, 3)) == run.tree[0][0]
    assert run.keyframes() == []
    timeline = run.timeline()
    expected = 0.7 * 0.99 ** np.arange(17)
    for position in (run.position, Position(1, 4)):
        kept = timeline.losses(position, 0)
        assert kept is not None
        np.testing.assert_allclose(kept, expected[: position.window], rtol=1e-6)


def test_the_tree_is_the_same_without_what_version_0_1_0_did_not_write(tmp_path: Path) -> None:
    """This holds as long as the run never went back, which that version recorded differently."""
    folder = tmp_path / "run"
    record_branches(
        folder, 12, {"learning_rate": 0.1}, 3, "reset", 5, {"state_size": 6}, 4, "regenerate", 2, "redraw", 1
    )
    before = run_dir.read(folder)
    as_version_0_1_0(folder)
    commands = [RecordedCommand.from_line(line) for line in (folder / run_dir.COMMAND_FILE).read_bytes().splitlines()]
    assert tree_of(commands, before.trained) == before.tree


@pytest.mark.parametrize("at", range(1, 5))
def test_a_damaged_line_leaves_every_window_somewhere(tmp_path: Path, at: int) -> None:
    folder = tmp_path / "run"
    record_branches(folder, 12, {"learning_rate": 0.1}, 3, (0, 5), 4, (1, 15), 2, "reset", 3, (2, 9), 1, (1, 16))
    _, *older = checkpoint.load(folder)[0]  # empty if two saves came too close together
    for one in older:
        (folder / checkpoint.SLOTS[one.serial % 2]).unlink()
    file = folder / run_dir.COMMAND_FILE
    lines = file.read_bytes().splitlines()
    lines[at] = b"?" * len(lines[at])
    file.write_bytes(b"\n".join(lines) + b"\n")
    run = run_dir.read(folder)
    assert any("1 of" in note for note in run.notes)
    assert run.timeline().trained == run.trained == 25
    assert run.timeline().has(run.position)
    assert sum(len(windows) for _, _, windows in run.path(run.position)) == run.position.window


@pytest.mark.parametrize("config", [EchoConfig(), SLOW, LARGE, replace(LARGE, stride=3, cell="gru", row_start="zero")])
def test_a_line_holds_what_is_not_a_default_and_tells_the_whole_command(config: EchoConfig) -> None:
    for command in (
        told(0, "start", config),
        told(18, "undo", config, back=(0, 14)),
        RecordedCommand(20_600, "edit", 30, 249, 2, 1, config, None, 200, (199, 249), (199, 249)),
    ):
        line = command.as_line()
        assert RecordedCommand.from_line(line) == command
        assert len(line) < 350, "there may be thousands of branches"
