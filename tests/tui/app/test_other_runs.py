"""Other runs under the curve: found by typing, drawn with a key, followed while another process trains them."""

from __future__ import annotations

import math
import re
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from echornn.diagnosis.seed_stats import SolvedCounts
from echornn.replay.pace import Pace
from echornn.runs import kept_runs
from echornn.runs.followed_run import FollowedRun
from echornn.runs.run_recorder import RunRecorder
from echornn.session.audience import Audience
from echornn.session.live_run import LiveRun
from echornn.session.pictures.frame import State
from echornn.session.pictures.queries import Query
from echornn.timeline.timeline import Timeline
from tests.patience import PATIENCE
from tests.recorded import record_branches
from tests.scripted import SMALL, ScriptedSession, ScriptedTrainer, make_progress, scripted_loss
from tests.trees import branch_off, grow
from tests.tui.app.test_app import screen_text
from tui.app.app import EchoApp
from tui.app.futures import Futures
from tui.app.widgets.run_list import KeptRun, RunList

SLOW = replace(SMALL, learning_rate=0.1)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three runs in a state folder; their order in time is not the order of their names."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = kept_runs.state_folder()
    record_branches(folder / "run-slow", 20, config=SLOW)
    record_branches(folder / "run-wide", 12, config=replace(SMALL, state_size=9))
    record_branches(folder / "run-same", 5)
    (folder / "run-damaged").mkdir()
    return folder


@asynccontextmanager
async def opened(
    compared: tuple[Path, ...] = (), size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[EchoApp, ScriptedSession, Pilot[int]]]:
    session = ScriptedSession(SMALL)
    grow(session.timeline, branch_off(session.timeline, SMALL), [0.9] * 15)
    session.set_frame(State.PAUSED, make_progress(SMALL, 1, 4), trained=15)
    app = EchoApp(session, fps=0.01, compared=compared)  # so that the tests draw, not the clock
    async with app.run_test(size=size) as pilot:
        await drawn(app, pilot)
        yield app, session, pilot


async def drawn(app: EchoApp, pilot: Pilot[int]) -> str:
    app.show_newest_frame()
    await pilot.pause()
    return screen_text(app)


async def test_a_viewer_that_only_looks_sees_no_other_runs(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as (app, session, pilot):
        look, only_looks = session.look, Audience(only_looks=True)
        monkeypatch.setattr(session, "look", lambda *asked: replace(look(*asked), audience=only_looks))
        await drawn(app, pilot)
        await pilot.press("o")
        assert not app.query_one(RunList).is_open
        text = await drawn(app, pilot)
        assert "this viewer only looks: no file is read or written" in text
        footer = text.splitlines()[-1]
        assert "Tree" in footer
        assert not re.search("Pause|Resume|Step|Undo|Back|Seeds", footer), "keys that would be refused"


async def listed(app: EchoApp, pilot: Pilot[int]) -> list[str]:
    """The lines of the list, after it was read."""
    panel = app.query_one(RunList)
    deadline = time.monotonic() + PATIENCE
    while panel.is_reading:
        assert time.monotonic() < deadline
        await pilot.pause(0.01)
    return lines_of(panel)


def lines_of(panel: RunList) -> list[str]:
    return [panel.render_line(y).text.rstrip() for y in range(panel.size.height)]


@contextmanager
def being_written(folder: Path) -> Iterator[tuple[LiveRun, RunRecorder]]:
    """A run that is trained elsewhere; everything it saves is on disk at once."""
    recorder = RunRecorder.begin(folder, SLOW)
    live = LiveRun(SLOW, ScriptedTrainer, recorder, Pace(math.inf, lambda: 0.0), lambda: 0.0)
    live.load()
    live.begin()
    live.train(5)
    live.save()
    assert recorder.wait(PATIENCE)
    yield live, recorder
    recorder.close()


def write(live: LiveRun, recorder: RunRecorder) -> None:
    live.save()
    assert recorder.wait(PATIENCE)


# ---- the list


async def test_the_list_has_the_kept_runs_and_how_they_went(kept: Path) -> None:
    async with opened() as (app, _, pilot):
        await pilot.press("o")
        text = "\n".join(await listed(app, pilot))
        assert text.startswith("other runs: _\n")
        for words in ("learning_rate 0.1", "state_size 9", "20 in all", "12 in all", "run-same"):
            assert words in text
        assert "damaged" not in text, "what cannot be read is left out"


async def test_a_run_that_lost_what_it_had_solved_says_where(kept: Path) -> None:
    async with opened() as (app, _, pilot):
        await pilot.press("o")
        await listed(app, pilot)
        panel = app.query_one(RunList)
        panel.take(
            [KeptRun(kept, "", 2000, 0.676, 169, 1042), KeptRun(kept, "", 2000, 0.1, 90, None, SolvedCounts(6, 4, 1))]
        )
        await pilot.pause()
        text = "\n".join(lines_of(panel))
        assert "  solved at 169, lost at 1,042 · mean" in text
        assert "  4 of 6 solved, 1 lost again · mean" in text


async def test_typing_filters_by_any_words_whatever_the_keys_mean_elsewhere(kept: Path) -> None:
    async with opened() as (app, session, pilot):
        await pilot.press("o")
        await listed(app, pilot)
        await pilot.press(*"RATE")
        lines = lines_of(app.query_one(RunList))
        assert lines[0] == "other runs: RATE_"
        assert lines[1].startswith("> learning_rate 0.1")
        assert lines[3].strip() == ""
        await pilot.press(*"sbo?q")
        assert lines_of(app.query_one(RunList))[:2] == ["other runs: RATEsbo?q_", "none matches"]
        await pilot.press(*["backspace"] * 9, *"size")
        assert lines_of(app.query_one(RunList))[1].startswith("> state_size 9")
        await pilot.press("escape")
        assert not app.query_one(RunList).is_open
        assert session.commands == []
        await pilot.press("o")
        assert (await listed(app, pilot))[0] == "other runs: _", "it begins with all of them"


async def test_enter_lays_a_run_under_the_curve_and_takes_it_away(kept: Path) -> None:
    async with opened() as (app, _, pilot):
        await pilot.press("o")
        await listed(app, pilot)
        await pilot.press(*"slow", "enter")
        assert app.futures.followed(PATIENCE)
        text = await drawn(app, pilot)
        assert "A: learning_rate 0.1 (run-slow)" in text, "at once, also where nothing is trained"
        assert lines_of(app.query_one(RunList))[1].startswith(">+A learning_rate 0.1")
        (ghost,) = app.futures.look(Query()).ghosts
        assert (ghost.letter, ghost.first, ghost.last) == ("A", 0, 20)
        (ghost,) = app.futures.look(Query(columns=100)).ghosts
        assert ghost.curve is not None
        low = ghost.curve.low
        np.testing.assert_array_equal(low, np.array([scripted_loss(window) for window in range(20)], np.float32))
        await pilot.press(*["backspace"] * 4, *"wide", "enter")
        assert "B: state_size 9 (run-wide)" in await drawn(app, pilot)
        await pilot.press("enter")
        text = await drawn(app, pilot)
        assert "state_size 9 (run-wide)" not in text
        assert "(run-slow)" in text


async def test_words_are_typed_with_spaces_between_and_off_them_space_lays_under(kept: Path) -> None:
    async with opened() as (app, _, pilot):
        panel = app.query_one(RunList)
        await pilot.press("o")
        await listed(app, pilot)
        await pilot.press("space", "space")
        assert app.futures.others == {}, "where nothing is typed it lays under, and takes away"
        await pilot.press(*"0.1", "space", *"slow")
        assert lines_of(panel)[0] == "other runs: 0.1 slow_"
        assert lines_of(panel)[1].startswith("> learning_rate 0.1")
        await pilot.press("down", "space")
        assert lines_of(panel)[0] == "other runs: 0.1 slow", "an arrow ends what is typed"
        assert list(app.futures.others) == [kept / "run-slow"]
        await pilot.press("backspace", "space")
        assert lines_of(panel)[0] == "other runs: 0.1 slo _"


async def test_each_run_is_named_once_and_on_the_smallest_screen_no_row_is_drawn_over(kept: Path) -> None:
    for size in ((120, 40), (60, 16)):
        async with opened(size=size) as (app, _, pilot):
            await pilot.press("o")
            lines = await listed(app, pilot)
            assert lines[0] == "other runs: _"
            if size == (60, 16):
                assert lines[1][:2] == "> "
                assert "in all" in lines[2]
                assert lines[3].startswith("enter shows or hides it  type to filter")
            else:
                assert sum("run-same" in line for line in lines) == 1


async def test_runs_under_the_curve_are_listed_wherever_they_are(kept: Path, tmp_path: Path) -> None:
    record_branches(tmp_path / "elsewhere", 9, config=SLOW)
    async with opened(compared=(tmp_path / "elsewhere",)) as (app, _, pilot):
        await pilot.press("o")
        assert (await listed(app, pilot))[1] == ">+A learning_rate 0.1"
        await pilot.press("enter")
        assert app.futures.others == {}


async def test_there_may_be_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    async with opened() as (app, _, pilot):
        await pilot.press("o")
        assert (await listed(app, pilot))[1] == "there are no other runs"
        await pilot.press("space", "enter", "down", "end", "home", "escape")
        assert not app.query_one(RunList).is_open


async def test_a_run_that_has_vanished_is_said(kept: Path) -> None:
    async with opened() as (app, _, pilot):
        await pilot.press("o")
        await listed(app, pilot)
        await pilot.press(*"slow")
        shutil.rmtree(kept / "run-slow")
        await pilot.press("enter")
        await pilot.pause()
        (said,) = [one.message for one in app._notifications]
        assert "run-slow" in said
        assert app.futures.others == {}


# ---- followed


async def test_runs_that_are_compared_lie_under_the_curve_from_the_start(kept: Path) -> None:
    async with opened(compared=(kept / "run-slow", kept / "run-same")) as (app, _, pilot):
        text = await drawn(app, pilot)
        assert "A: learning_rate 0.1 (run-slow)" in text
        assert "B: the same fields (run-same)" in text


async def test_a_run_that_another_process_writes_is_followed(tmp_path: Path) -> None:
    folder = tmp_path / "other"
    with being_written(folder) as (live, recorder):
        async with opened(compared=(folder,)) as (app, _, pilot):
            assert app.futures.followed(PATIENCE)
            assert [ghost.last for ghost in app.futures.look(Query()).ghosts] == [5]
            before = await drawn(app, pilot)
            live.train(25)
            write(live, recorder)
            app.futures.follow()
            assert app.futures.followed(PATIENCE)
            assert [ghost.last for ghost in app.futures.look(Query()).ghosts] == [30]
            assert await drawn(app, pilot) != before, "it is drawn, though the run on the screen is paused"


def test_what_has_come_is_read_once_and_a_reset_begins_another_line(tmp_path: Path) -> None:
    folder = tmp_path / "other"
    with being_written(folder) as (live, recorder):
        run = FollowedRun(folder)
        assert run.refresh()
        assert not run.refresh(), "nothing has come"
        timeline = run.seen.timeline
        live.train(10)
        write(live, recorder)
        assert run.refresh()
        assert run.seen.timeline is timeline
        assert timeline.trained == 15
        live.reset()
        live.train(3)
        write(live, recorder)
        assert run.refresh()
        assert (len(run.seen.timeline), run.seen.position.branch, run.seen.timeline.end(1).window) == (2, 1, 3)
        session = ScriptedSession(SMALL)
        branch_off(session.timeline, SMALL)
        futures = Futures(session, (folder,))
        assert futures.followed(PATIENCE)
        (ghost,) = futures.look(Query()).ghosts
        assert (ghost.first, ghost.last) == (0, 3), "the line on which it stands now"


def test_what_was_read_changes_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, seen = tmp_path / "other", []
    with being_written(folder) as (live, recorder):
        run = FollowedRun(folder)
        assert run.refresh()
        before = run.seen
        live.reset()
        live.edit(replace(SLOW, learning_rate=0.7))
        live.train(3)
        write(live, recorder)
        append = Timeline.append

        def looking(*told: Any) -> None:
            seen.append(run.seen)
            append(*told)

        monkeypatch.setattr(Timeline, "append", looking)
        assert run.refresh()
    assert seen, "another thread may look at any time"
    assert all(one is before for one in seen)
    assert (run.seen.position.window, run.seen.config.learning_rate) == (3, 0.7)


def test_one_that_goes_away_while_it_is_followed_keeps_what_was_read(kept: Path) -> None:
    session = ScriptedSession(SMALL)
    branch_off(session.timeline, SMALL)
    futures = Futures(session, (kept / "run-slow",))
    assert futures.followed(PATIENCE)
    shutil.rmtree(kept / "run-slow")
    futures.follow()
    assert futures.followed(PATIENCE)
    assert [ghost.last for ghost in futures.look(Query()).ghosts] == [20]
