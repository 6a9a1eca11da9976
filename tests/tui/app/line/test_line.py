"""The line after ``:`` under Pilot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.events import Key, MouseDown, Paste
from textual.pilot import Pilot

from echornn.session.audience import Audience
from echornn.session.commands import Answer, Edit, Go, Pause, Reset, StartOver, Step, Toggle
from echornn.session.pictures.frame import State
from echornn.training.window_cost import cost_note
from tests.key_words import in_words
from tests.scripted import ScriptedSession
from tests.tui.app.test_app import opened, screen_text
from tui.app import key_effects
from tui.app.app import EchoApp
from tui.app.curve.loss_plot import LossPlot
from tui.app.line import figure_actions
from tui.app.line.script import Outcome
from tui.app.line.words import Line
from tui.app.views.memory import MemoryView
from tui.app.views.rows import Rows
from tui.app.widgets.branch_list import BranchList
from tui.app.widgets.command_line import CommandLine
from tui.kit.help_screen import HelpScreen

NAMED = {
    ":": "colon",
    "\n": "enter",
    "\t": "tab",
    "\x1b": "escape",
    "\x7f": "backspace",
    " ": "space",
    ".": "full_stop",
    "?": "question_mark",
    "/": "slash",
}


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def post(app: EchoApp, text: str) -> None:
    """Type a text as quickly as a terminal sends a packet."""
    for character in text:
        app.post_message(Key(NAMED.get(character, character), character))


async def enter(app: EchoApp, pilot: Pilot[int], text: str) -> None:
    post(app, text)
    for _ in range(3):
        await pilot.pause()


def last_lines(app: EchoApp, lines: int = 2) -> list[str]:
    return [line.strip() for line in screen_text(app).splitlines()[-lines:]]


def line_of(app: EchoApp) -> CommandLine:
    return app.query_one(CommandLine)


async def test_colon_opens_a_line_over_the_footer_that_says_what_is_typed() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        footer = last_lines(app, 1)
        await enter(app, pilot, ":")
        assert last_lines(app) == ["a command by name: tab completes, up shows earlier ones, escape closes", ":"]
        await enter(app, pilot, "st")
        assert last_lines(app) == ["step", ":step"]
        await enter(app, pilot, "\t 3")
        assert last_lines(app) == ["step [WINDOWS]: train so many windows, then pause", ":step 3"]
        await enter(app, pilot, "\x1b")
        assert last_lines(app, 1) == footer
        assert session.commands == []


async def test_keys_that_follow_at_once_are_text_and_after_enter_keys_again() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        await enter(app, pilot, ":step 7\n:view memory\n:pause\n. l")
        assert session.commands == [Step(7), Pause(), Step(), Toggle()]
        assert app.query_one(MemoryView).display
        assert app.query_one(LossPlot).viewport.log
        assert not line_of(app).is_open


async def test_commands_are_sent_as_values_and_a_line_may_have_several() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        await enter(app, pilot, ":edit learning_rate=0.1 optimizer=adam; restart state_size=8 ; go 310\n")
        for _ in range(4):
            app.show_newest_frame()
            await pilot.pause()
        assert session.commands == [
            Edit({"learning_rate": 0.1, "optimizer": "adam"}),
            StartOver({"state_size": 8}),
            Go(None, 310),
        ]


WRONG = {
    "stpe 3": "'stpe' is no command: did you mean step?",
    "step x": "step = 'x' cannot be used: a whole number, 1 or more",
    "edit learning_rate=0": "learning_rate = 0.0 cannot be used: a finite number above 0",
    "edit learning_rat=1": "'learning_rat' is no field of this task: did you mean learning_rate?",
    "pause; stpe": "'stpe' is no command: did you mean step?",
    "save 'a": "a quote ' is not closed",
}


async def test_what_is_wrong_is_said_above_the_line_which_stays() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        for line, said in WRONG.items():
            await enter(app, pilot, f":{line}\n")
            assert last_lines(app) == [said, f":{line}"]
            await enter(app, pilot, "\x7f")
            assert last_lines(app)[1].startswith(f":{line[:-1].strip()}")
            assert said not in screen_text(app)
            await enter(app, pilot, "\x1b")
        assert session.commands == []


async def test_after_a_refusal_a_colon_begins_a_new_line() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        await enter(app, pilot, ":stpe 3\n:step 2\n")
        assert session.commands == [Step(2)]


async def test_a_long_error_takes_as_many_lines_as_it_needs_at_80_columns() -> None:
    async with opened(State.PAUSED) as (app, _, pilot):
        await enter(app, pilot, ":edit task=ehco\n")
        text = " ".join(last_lines(app, 4))
        assert "task = 'ehco' cannot be used: one of echo, two_coins" in text
        assert "or FILE.py:NAME of your own :edit task=ehco" in text


async def test_the_words_of_a_refusal_are_shown_until_the_next_key(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        answer = Answer(1, Reset(), "this is the start: nothing was trained before it")
        monkeypatch.setattr(session, "not_done", lambda number: answer)
        await enter(app, pilot, ":reset\n")
        assert last_lines(app) == [answer.why_not, ":reset"]
        assert not line_of(app).is_open
        await enter(app, pilot, "l")
        assert answer.why_not not in screen_text(app)
        assert app.query_one(LossPlot).viewport.log, "the key has its meaning"


async def test_what_an_action_cannot_do_is_said() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        for line, said in {
            "flip": "flip is for the view gradient: view gradient shows it",
            "seed 9": "seed = 9 is not trained here: 7 to 7",
            "seed after": in_words(key_effects.NO_SEEDS),
            "pin c": "c is no branch of this run: a to a",
            "show a": "the curve shows this branch: it cannot lie under itself",
            "compare /nowhere": "/nowhere holds no run",
            "save /nowhere/a.svg": "/nowhere/a.svg cannot be written: No such file or directory",
        }.items():
            await enter(app, pilot, f":{line}\n")
            for _ in range(4):
                app.show_newest_frame()
                await pilot.pause()
            assert last_lines(app)[-2:] == [said, f":{line}"], line
        assert session.commands == []


async def test_earlier_lines_come_back() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        await enter(app, pilot, ":step 5\n:pause\n:")
        await pilot.press("up", "up")
        assert last_lines(app, 1) == [":step 5"]
        await pilot.press("enter")
        assert session.commands == [Step(5), Pause(), Step(5)]


async def test_a_paste_is_text_and_lines_of_it_are_commands() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        post(app, ":")
        app.post_message(Paste("step 3\nstep 4"))
        await pilot.pause()
        assert last_lines(app, 1) == [":step 3; step 4"]
        app.post_message(Paste("x" * 500))
        await pilot.pause()
        assert last_lines(app, 1)[0].endswith("x" * 60), "a long line scrolls"
        assert session.commands == []


async def test_escape_closes_and_so_does_backspace_on_an_empty_line() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        await enter(app, pilot, ":x\x7f")
        assert line_of(app).is_open
        await enter(app, pilot, "\x7f")
        assert not line_of(app).is_open
        await enter(app, pilot, ":\n")
        assert not line_of(app).is_open
        await enter(app, pilot, ":x")
        for y, is_open in ((23, True), (9, False)):
            app.post_message(MouseDown(None, 9, y, 0, 0, 1, False, False, False, 9, y))
            await pilot.pause()
            assert line_of(app).is_open == is_open, "a click elsewhere closes it"
        await enter(app, pilot, ":step\x1b ")
        assert session.commands == [Toggle()]


async def test_ctrl_q_quits_while_a_line_is_typed() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        await enter(app, pilot, ":st")
        await pilot.press("ctrl+q")
        assert session.stops == 1


async def test_colon_is_text_where_text_is_typed() -> None:
    async with opened(State.PAUSED) as (app, _, pilot):
        await enter(app, pilot, "b")
        await enter(app, pilot, "nwide:\n")
        assert app.futures.name_of(0) == "wide:"
        await enter(app, pilot, "\x1bo")
        await enter(app, pilot, ":x")
        assert not line_of(app).is_open
        await enter(app, pilot, "\x1b")
        await enter(app, pilot, "?")
        await enter(app, pilot, "/:")
        assert isinstance(app.screen, HelpScreen)
        assert not line_of(app).is_open


async def test_the_line_opens_over_a_panel_which_has_the_keys_again_after_it() -> None:
    async with opened(State.PAUSED, (120, 40)) as (app, session, pilot):
        await enter(app, pilot, "b:step 2\n")
        assert session.commands == [Step(2)]
        assert app.query_one(BranchList).is_open
        assert app.focused is app.query_one(BranchList)
        await enter(app, pilot, ":tree\n")
        assert not app.query_one(BranchList).is_open
        await enter(app, pilot, ":settings\n")
        assert app._settings.is_open


async def test_what_a_learning_rule_costs_is_said_before_enter() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        large = replace(session.frame.config, cell="gru", state_size=64, num_layers=3)
        session.set_frame(State.PAUSED, config=large)
        app.show_newest_frame()
        await enter(app, pilot, ":edit rule=rtr")
        assert last_lines(app)[0].startswith("rule is tbptt: Learning rule: ")
        await enter(app, pilot, "l")
        what, *costs, typed = last_lines(app, 4)
        assert what.startswith("rule is tbptt: Learning rule: ")
        assert " ".join(costs) == f"rtrl: {cost_note(replace(large, rule='rtrl'))}"
        assert typed == ":edit rule=rtrl"
        await enter(app, pilot, " num_layers=1 cell=rnn state_size=4")
        assert last_lines(app)[0].startswith("state_size is 64: ")
        assert "takes about" not in screen_text(app), "it would be a small network"
        assert session.commands == []


async def test_a_command_waits_while_the_network_loads() -> None:
    async with opened(State.LOADING) as (app, session, pilot):
        await enter(app, pilot, ":edit learning_rate=x\n")
        assert last_lines(app)[0].startswith("learning_rate = 'x' cannot be used")
        await enter(app, pilot, "\x1b:step 3\n")
        assert session.commands == [Step(3)]


async def test_after_a_failure_commands_are_refused_and_views_are_not() -> None:
    async with opened(State.FAILED) as (app, session, pilot):
        await enter(app, pilot, ":step 3\n")
        assert last_lines(app) == [in_words(key_effects.FAILED), ":step 3"]
        await enter(app, pilot, "\x1b:view memory\n")
        assert app.query_one(MemoryView).display
        assert session.commands == []


async def test_after_the_last_epoch_it_is_said_how_to_go_on() -> None:
    async with opened(State.FINISHED) as (app, session, pilot):
        await enter(app, pilot, ":step\n")
        assert "finished: edit num_epochs=NUMBER trains more epochs" in last_lines(app)[0]
        assert session.commands == []


def watched(app: EchoApp, session: ScriptedSession, audience: Audience) -> None:
    """Make the session one that another viewer steers."""
    app._picture = replace(app._picture, audience=audience)


async def test_while_another_viewer_steers_the_line_says_so() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        watched(app, session, Audience(("pts/9",), "pts/9"))
        await enter(app, pilot, ":step 3\n")
        assert last_lines(app) == ["pts/9 steers: W takes over", ":step 3"]
        assert session.commands == []


async def test_somebody_who_only_looks_uses_no_files(tmp_path: Path) -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        watched(app, session, Audience(only_looks=True))
        for line in (f"save {tmp_path}/a.svg", "compare newest"):
            await enter(app, pilot, f":{line}\n")
            assert last_lines(app)[0] == "this viewer only looks: no file is read or written"
        await enter(app, pilot, ":take_over\n")
        assert last_lines(app) == ["this viewer only looks", ":take_over"]
        assert [*tmp_path.iterdir()] == []


async def test_the_screen_is_saved_without_the_line(tmp_path: Path) -> None:
    async with opened(State.PAUSED) as (app, _, pilot):
        await enter(app, pilot, f":view memory; save {tmp_path}/a.txt; save {tmp_path}/a.svg\n")
        for _ in range(9):
            app.show_newest_frame()
            await pilot.pause()
        text = (tmp_path / "a.txt").read_text()
        assert "memory" in text
        assert "Help q Quit" in text
        assert (tmp_path / "a.svg").read_text().startswith("<svg")


async def test_actions_with_a_value() -> None:
    async with opened(State.PAUSED) as (app, _, pilot):
        plot = app.query_one(LossPlot)
        await enter(app, pilot, ":zoom in; crosshair 310; theme light; name a wide; pin a\n")
        for _ in range(4):
            app.show_newest_frame()
            await pilot.pause()
        assert plot.viewport.cursor == 309
        assert plot.viewport.span == 400
        assert app.theme == "textual-light"
        assert app.futures.name_of(0) == "wide"
        await enter(app, pilot, ":crosshair 99999\n")
        app.show_newest_frame()
        await pilot.pause()
        assert "window = 99,999 cannot be shown: 1 to " in screen_text(app)
        await enter(app, pilot, ":crosshair off\n")
        assert plot.viewport.cursor is None


async def test_the_cursor_of_a_view_moves_by_name() -> None:
    async with opened(State.PAUSED) as (app, _, pilot):
        view = app.query_one(Rows)
        await pilot.press("tab", "right", "right", "down")
        by_keys = view.reading
        await pilot.press("escape", "tab")
        assert by_keys != view.reading == ""
        await enter(app, pilot, ":cursor right 2; cursor down\n")
        await scripted(app, pilot)
        assert view.reading == by_keys
        await enter(app, pilot, ":cursor off\n")
        await scripted(app, pilot)
        assert view.reading == ""
        await enter(app, pilot, ":view seeds; cursor left\n")
        await scripted(app, pilot)
        assert "cursor left has no meaning in the view seeds: up, down" in screen_text(app)


async def scripted(app: EchoApp, pilot: Pilot[int]) -> None:
    """Let the app do the lines that were entered, one with each frame."""
    for _ in range(4):
        app.show_newest_frame()
        await pilot.pause()


async def test_the_palette_begins_lines_of_names_without_a_key() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        await pilot.press("ctrl+p", *":edit", "enter")
        for _ in range(3):
            await pilot.pause()
        assert last_lines(app, 1)[0].startswith(":edit ")
        await enter(app, pilot, "seed=8\n")
        assert session.commands == [Edit({"seed": 8})]


async def test_a_figure_is_of_the_position_on_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[object, ...]] = []

    def outcome(line: Line, *of: object) -> Outcome:
        made.append(of)
        return Outcome(line, note="made it")

    monkeypatch.setattr(figure_actions, "outcome_of_figure", outcome)
    async with opened(State.PAUSED) as (app, session, pilot):
        await enter(app, pilot, ":figure curve -o a.svg\n")
        assert last_lines(app)[0] == "this run is not kept, so no figure can be made of it"
        session.set_frame(State.PAUSED, trained=800, folder=str(tmp_path), trained_in_all=900)
        app.show_newest_frame()
        await enter(app, pilot, ":figure curve -o a.svg\n")
        while not made:
            await pilot.pause()
        assert made == [(tmp_path, "curve", Path("a.svg"), {"branch": 0, "at": 800}, 900)]


async def test_saving_says_where() -> None:
    async with opened(State.PAUSED) as (app, _, pilot):
        await enter(app, pilot, ":w\n")
        for _ in range(2):
            app.show_newest_frame()
            await pilot.pause()
        (note,) = app._notifications
        where = app._frame.folder
        assert note.message == (f"saved in {where}" if where else "this run has no folder: nothing is kept")
