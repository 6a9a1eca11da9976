"""The app under Pilot, with a scripted session."""

from __future__ import annotations

import math
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from textual.binding import Binding, BindingType
from textual.events import Key
from textual.pilot import Pilot
from textual.screen import Screen

from echornn.config import EchoConfig
from echornn.session.commands import (
    Command,
    Faster,
    FinishEpoch,
    Move,
    MoveEpochs,
    Redo,
    Redraw,
    Regenerate,
    Reset,
    SetSpeed,
    Slower,
    Step,
    Toggle,
    Undo,
)
from echornn.session.pictures.frame import State
from tests.scripted import ScriptedSession, make_progress, scripted_loss
from tests.steps import refused
from tests.trees import branch_off, grow
from tui.app import keys
from tui.app.app import EchoApp
from tui.app.curve.loss_plot import LossPlot
from tui.app.save_screen import save_picture, save_text
from tui.app.views.rows import Rows
from tui.app.views.table import VIEWS
from tui.app.widgets.status import StatusLine
from tui.kit.help_screen import HelpScreen
from tui.kit.key_presets import Moved
from tui.term.exit_code import ExitCode

TUTORIAL = EchoConfig()


@asynccontextmanager
async def opened(
    state: State = State.RUNNING,
    size: tuple[int, int] = (80, 24),
    speed: float = 100.0,
    moved: Moved | None = None,
) -> AsyncIterator[tuple[EchoApp, ScriptedSession, Pilot[int]]]:
    session = ScriptedSession(TUTORIAL, speed)
    app = EchoApp(session, fps=0.01, moved=moved)  # so that the tests draw, not the clock
    async with app.run_test(size=size) as pilot:
        if state is not State.LOADING:
            losses = np.array([scripted_loss(window) for window in range(800)], np.float32)
            grow(session.timeline, branch_off(session.timeline, TUTORIAL), losses, np.zeros_like(losses))
            show(app, session, state)
        await pilot.pause()
        yield app, session, pilot


def show(app: EchoApp, session: ScriptedSession, state: State) -> None:
    """Put the app into this state, after 800 windows."""
    progress = make_progress(TUTORIAL, 1, 133, wrong_every=4)
    session.set_frame(state, progress, trained=800, undoable=1, redoable=True)
    app.show_newest_frame()


def screen_text(app: EchoApp) -> str:
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    assert len(lines) == height
    assert all(strip.cell_length == width for strip in lines)
    return "\n".join(strip.text for strip in lines)


async def test_a_timer_that_is_due_when_the_widgets_have_gone_is_no_error() -> None:
    async with opened(State.RUNNING) as (app, session, _):
        await app.query_one(LossPlot).remove()
        session.set_frame(State.PAUSED)
        app.show_newest_frame()
        app._end_hint()
        app._show_status_now()


async def test_the_first_frame_says_what_is_loading_and_what_will_be_trained() -> None:
    async with opened(State.LOADING) as (app, _, _):
        text = screen_text(app)
        for words in ("loading", "loading TensorFlow", "epoch 1/100", "window   0/666", "echo 3, T 15, state 4"):
            assert words in text


async def test_the_first_that_is_drawn_of_the_screen_is_no_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual draws a widget before it tells the widget its size."""
    drawn: list[str] = []

    def display(app: EchoApp, screen: Screen[object], update: object) -> None:
        drawn.append("\n".join(strip.text for strip in screen._compositor.render_strips()))

    monkeypatch.setattr(EchoApp, "_display", display)
    async with opened(State.LOADING):
        for words in ("loading TensorFlow", "epoch 1/100", "window 0", "row 1", "Quit"):
            assert words in drawn[0]


KEYS_OF: dict[State, list[tuple[str, list[Command]]]] = {
    State.RUNNING: [
        ("space", [Toggle()]),
        ("p", [Toggle()]),
        ("full_stop", [Step()]),
        ("e", [FinishEpoch()]),
        ("plus", [Faster()]),
        ("equals_sign", [Faster()]),
        ("r", [Reset()]),
        ("left_square_bracket", [Move(-1)]),
        ("right_curly_bracket", [MoveEpochs(1)]),
    ],
    State.PAUSED: [
        ("space", [Toggle()]),
        ("full_stop", [Step()]),
        ("e", [FinishEpoch()]),
        ("minus", [Slower()]),
        ("R", [Redraw()]),
        ("g", [Regenerate()]),
        ("u", [Undo()]),
        ("U", [Redo()]),
        ("right_square_bracket", [Move(1)]),
        ("left_curly_bracket", [MoveEpochs(-1)]),
    ],
    State.LOADING: [
        ("space", [Toggle()]),
        ("full_stop", [Step()]),
        ("e", [FinishEpoch()]),
        ("m", [SetSpeed(math.inf)]),
        ("r", [Reset()]),
        ("g", [Regenerate()]),
        ("u", [Undo()]),
    ],
    State.FINISHED: [
        ("space", []),
        ("full_stop", []),
        ("e", []),
        ("m", [SetSpeed(math.inf)]),
        ("r", [Reset()]),
        ("g", [Regenerate()]),
        ("u", [Undo()]),
        ("left_square_bracket", [Move(-1)]),
    ],
    State.FAILED: [
        ("space", []),
        ("m", []),
        ("r", []),
        ("U", []),
        ("left_square_bracket", []),
        ("right_curly_bracket", []),
    ],
}


@pytest.mark.parametrize(("key", "command"), [("space", Toggle()), ("full_stop", Step()), ("U", Redo())])
async def test_a_key_right_behind_another_is_not_judged_by_the_screen_before_that(key: str, command: Command) -> None:
    """In a finished run: `[` leads to the past, where training is possible; the screen shows that up to 0.1 s later."""
    async with opened(State.FINISHED) as (app, session, pilot):
        session.set_frame(State.FINISHED, trained=800)
        app.show_newest_frame()
        await pilot.press("left_square_bracket")
        session._loop.mailbox.notify(lambda: None)  # the command is not carried out
        await pilot.press(key)
        assert session.commands == [Move(-1), command]


@pytest.mark.parametrize("state", list(State))
async def test_a_key_is_a_command_where_it_makes_sense(state: State) -> None:
    async with opened(state) as (_, session, pilot):
        for key, commands in KEYS_OF[state]:
            session.commands.clear()
            await pilot.press(key)
            assert session.commands == commands, key


async def test_from_full_speed_the_dial_turns_to_what_is_just_slower_than_reached() -> None:
    async with opened(speed=math.inf) as (app, session, pilot):
        session.set_frame(State.RUNNING, make_progress(TUTORIAL, 1, 134), rate=118.0)
        app.show_newest_frame()
        await pilot.press("minus", "minus")
        assert session.commands == [Slower(), Slower()]


async def test_the_cursor_reads_the_window_that_is_shown() -> None:
    async with opened(State.PAUSED, size=(120, 40)) as (app, session, pilot):
        await pilot.press("tab", "right")
        for window in range(134, 140):
            session.set_frame(State.PAUSED, make_progress(TUTORIAL, 1, window, wrong_every=4, sure=0.6 + window / 500))
            app.show_newest_frame()
            await pilot.pause()
            reading = app.query_one(Rows).reading
            assert f"{0.6 + window / 500:.3f}" in reading or f"{0.4 - window / 500:.3f}" in reading
            assert reading in screen_text(app)
        session.set_frame(State.RUNNING, make_progress(TUTORIAL, 1, 140))
        app.show_newest_frame()
        await pilot.pause()
        assert reading not in screen_text(app)


async def test_the_dial_is_turned_from_where_the_newest_command_left_it() -> None:
    async with opened() as (_, session, pilot):
        await pilot.press("plus", "plus", "minus", "m", "plus", "minus")
        assert session.commands == [Faster(), Faster(), Slower(), SetSpeed(math.inf), Faster(), Slower()]


def keys_of(bindings: Iterable[BindingType]) -> list[str]:
    """The keys of these bindings, without those that leave or cover the screen, or move the focus."""
    leave_out = ("quit", "help", "settings", "app.focus_next")
    named = [one for one in bindings if isinstance(one, Binding) and one.action not in leave_out]
    return [key.strip() for binding in named for key in binding.key.split(",")]


EVERY_KEY = keys_of([*keys.BINDINGS, *LossPlot.BINDINGS])
IN_EVERY_VIEW = [key for view in VIEWS for key in (view.key, "tab", *keys_of(view.BINDINGS), "tab")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "size"), [*((state, (80, 24)) for state in State), (State.RUNNING, (40, 10)), (State.PAUSED, (40, 10))]
)
async def test_no_key_in_no_state_harms_the_screen(state: State, size: tuple[int, int]) -> None:
    async with opened(state, size) as (app, _, pilot):
        await pilot.press(*EVERY_KEY, "tab", *EVERY_KEY)
        assert screen_text(app).lstrip(" .…▶‖■!").startswith(state.value)


@pytest.mark.slow
@pytest.mark.parametrize("state", list(State))
async def test_no_key_in_no_view_harms_the_screen(state: State) -> None:
    async with opened(state) as (app, _, pilot):
        await pilot.press(*IN_EVERY_VIEW)
        assert screen_text(app).lstrip(" .…▶‖■!").startswith(state.value)


@pytest.mark.parametrize("state", list(State))
async def test_the_curves_keys_in_every_state(state: State) -> None:
    async with opened(state) as (app, session, pilot):
        plot, trained = app.query_one(LossPlot), session.frame.trained
        await pilot.press("left")
        assert plot.reading.startswith("windows 793 to 800 " if trained else "")
        assert plot.reading[:42] in screen_text(app)
        await pilot.press("shift+left", "right")
        assert (plot.viewport.cursor or 0) < 800
        await pilot.press("home")
        assert plot.viewport.cursor == (0 if trained else None)
        await pilot.press("escape", "z")
        assert plot.viewport.limits(trained) == ((400, 800) if trained else (0, 0))
        await pilot.press("Z")
        assert plot.viewport.limits(trained) == (0, trained)
        await pilot.press("l")
        assert app.query_one(LossPlot).viewport.log
        assert re.search(r"1e-\d", screen_text(app))
        await pilot.press("left", "end")
        assert plot.reading == ""


@pytest.mark.parametrize("state", list(State))
async def test_the_rows_keys_in_every_state(state: State) -> None:
    async with opened(state, (80, 16)) as (app, _, pilot):
        rows = app.query_one(Rows)
        await pilot.press("tab", "down")
        assert ("row 2" in screen_text(app)) == (state is not State.LOADING)
        await pilot.press("pagedown", "pageup", "left", "left", "down")
        stands_still = state in (State.PAUSED, State.FINISHED, State.FAILED)
        assert rows.reading.startswith("row 2, step 14: target " if stands_still else "")
        assert bool(rows.reading) == stands_still
        await pilot.press("right", "up")
        assert rows.reading.startswith("row 1, step 15: target " if stands_still else "")
        await pilot.press("escape")
        assert rows.reading == ""


async def test_a_screen_that_is_too_small_says_what_it_needs_and_keys_still_work() -> None:
    async with opened(State.RUNNING, (50, 12)) as (app, session, pilot):
        lines = screen_text(app).splitlines()
        assert lines[0].strip().startswith("▶ running epoch 2/100")
        assert lines[2].strip() == "too small: the curve needs 60x16"
        assert not "".join(lines[3:]).strip()
        await pilot.press("space")
        assert session.commands == [Toggle()]
        await pilot.resize_terminal(60, 16)
        assert "too small" not in screen_text(app)
        assert "chance" in screen_text(app)


async def test_on_a_screen_that_is_too_small_the_curves_keys_say_why_they_do_nothing() -> None:
    async with opened(State.PAUSED, (40, 10)) as (app, session, pilot):
        plot = app.query_one(LossPlot)
        before = plot.viewport
        for key in ("l", "z", "Z", "d", "enter", "left", "right", "shift+left", "home", "end", "tab", "shift+tab"):
            await pilot.press(key)
            await pilot.pause()
            assert "curve: shown on a larger screen" in screen_text(app), key
            await pilot.press("ctrl+l")
            await pilot.pause()
            assert "curve: shown on a larger screen" not in screen_text(app), "a key takes the hint away"
        assert plot.viewport == before
        assert session.commands == []


async def test_on_a_screen_that_is_too_small_a_key_takes_away_what_would_cover_its_answer() -> None:
    for size, kept in (((40, 10), 0), ((80, 24), 1)):
        async with opened(State.PAUSED, size) as (app, _, pilot):
            await pilot.press("y")
            assert len(app._notifications) == 1, "the copied command"
            await pilot.press("0")
            assert len(app._notifications) == kept, size


@pytest.mark.parametrize("state", [State.LOADING, State.PAUSED])
async def test_a_view_chosen_on_a_screen_that_is_too_small_is_shown_once_it_is_larger(state: State) -> None:
    async with opened(state, (40, 10)) as (app, _, pilot):
        for view in VIEWS:
            await pilot.press(view.key)
            assert f"{view.title}: shown on a larger screen" in screen_text(app)
        await pilot.resize_terminal(80, 24)
        assert [view.title for view in VIEWS if app.query_one(view).display] == [VIEWS[-1].title]


@pytest.mark.parametrize("state", list(State))
async def test_q_leaves_in_every_state(state: State) -> None:
    async with opened(state) as (app, session, pilot):
        await pilot.press("q")
        assert session.stops == 1
        assert app.return_code == 0


async def test_the_footer_follows_the_state() -> None:
    async with opened(State.LOADING, size=(100, 24)) as (app, session, pilot):
        for state in State:
            if state is not State.LOADING:
                show(app, session, state)
            await pilot.pause()
            await pilot.pause()
            footer = screen_text(app).split("\n")[-1]
            assert ("Pause" in footer) == (state in (State.RUNNING, State.LOADING))
            assert ("Resume" in footer) == (state is State.PAUSED)
            assert ("Step" in footer) == (state in (State.RUNNING, State.PAUSED, State.LOADING))
            assert ("Tree" in footer) == (state is not State.FAILED)
            assert "1 rows 2 data" in footer or "1234567 View" in footer
            assert "Quit" in footer


@pytest.mark.parametrize("state", [State.RUNNING, State.PAUSED])
async def test_on_a_narrow_screen_help_and_quit_stay_in_the_footer(state: State) -> None:
    async with opened(state, size=(60, 16)) as (app, _, pilot):
        assert "u Undo 1234567 View L Seeds ? Help q Quit" in screen_text(app).split("\n")[-1]
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        await pilot.pause()
        assert "s Set u Undo 1234567 View" in screen_text(app)


async def test_the_axis_shows_at_once_whether_the_curve_has_the_keys() -> None:
    async with opened() as (app, _, pilot):
        for focused in (False, True):
            await pilot.press("tab")
            await pilot.pause()
            assert ("┫" in screen_text(app)) == focused


async def test_while_it_loads_nothing_is_offered_to_be_undone() -> None:
    async with opened(State.LOADING, size=(100, 24)) as (app, _, _):
        assert "Undo" not in screen_text(app).split("\n")[-1]


@pytest.mark.parametrize("first", ["signal", "q"])
async def test_who_presses_q_and_sends_a_signal_gets_the_exit_code_of_the_signal(first: str) -> None:
    async with opened() as (app, session, _):
        ways = [ExitCode.CHECKPOINTED, ExitCode.DONE]
        for code in ways if first == "signal" else reversed(ways):
            app._leave(code)
    assert app.return_value == ExitCode.CHECKPOINTED
    assert session.stops


async def test_keys_that_wait_when_it_is_told_to_end_do_nothing_any_more() -> None:
    async with opened() as (app, session, _):
        before = list(session.commands)
        for key in ["left", "g", "space"] * 500:
            app.post_message(Key(key, None))
        app._leave(ExitCode.CHECKPOINTED)
        plot = app._plot
    assert plot.viewport.cursor is None
    assert session.commands == before


async def test_a_hint_ends_with_the_next_key() -> None:
    async with opened(State.PAUSED) as (app, _, pilot):
        app._hint("nothing is there")
        await pilot.pause()
        assert "nothing is there" in screen_text(app)
        await pilot.press("left")
        assert "nothing is there" not in screen_text(app)


async def test_a_digit_without_a_view_says_which_have_one() -> None:
    async with opened(State.PAUSED, size=(80, 24)) as (app, session, pilot):
        for key in "890":
            await pilot.press(key)
            await pilot.pause()
            assert f"no view has the key {key}: 1 rows, 2 data, 3 memory, 4 gradient, 5 weights" in screen_text(app)
        assert session.commands == []


@pytest.mark.parametrize("size", [(80, 24), (160, 45), (200, 60)])
async def test_state_position_curve_and_all_rows_are_on_the_screen(size: tuple[int, int]) -> None:
    async with opened(size=size) as (app, _, _):
        text = screen_text(app)
        for words in ("running", "epoch 2/100", "window 134/666", "accuracy", "row 1:", "row 5:", "><", "Quit"):
            assert words in text
        assert "⠀" < max(text) <= "⣿", "the curve is drawn in braille"


async def test_it_can_be_resized_at_any_moment() -> None:
    async with opened() as (app, _, pilot):
        for size in ((160, 45), (40, 10), (20, 5), (200, 60), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            screen_text(app)
        assert "row 5:" in screen_text(app)


async def test_after_a_reset_no_stale_rows_are_shown() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        assert "row 1:" in screen_text(app)
        session.set_frame(State.PAUSED, None, epoch=1, window=0)
        app.show_newest_frame()
        await pilot.pause()
        text = screen_text(app)
        assert "row 1:" not in text
        assert "press . to train a window" in text
        assert "window   0/666" in text


async def test_a_failure_says_why_and_keeps_curve_and_rows() -> None:
    async with opened() as (app, session, pilot):
        progress = session.frame.progress
        session.set_frame(State.FAILED, progress, message="ResourceExhaustedError: out of memory")
        app.show_newest_frame()
        await pilot.pause()
        text = screen_text(app)
        for words in ("failed", "ResourceExhaustedError: out of memory", "row 5:"):
            assert words in text
        assert any("⠀" < character <= "⣿" for character in text)


async def test_the_same_frame_is_not_drawn_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as (app, session, _):
        drawn: list[object] = []
        monkeypatch.setattr(app.query_one(StatusLine), "show", lambda picture, *_: drawn.append(picture.frame))
        app.show_newest_frame()
        assert drawn == []
        session.set_frame(State.RUNNING, make_progress(TUTORIAL, 1, 134))
        app.show_newest_frame()
        assert drawn == [session.frame]


async def test_help_shows_every_key_and_closes() -> None:
    async with opened(size=(100, 600)) as (app, session, pilot):
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        text = screen_text(app)
        for words in ("space", "Train one window", "new random weights", "New data", "Quit; ctrl+q", "the echo"):
            assert words in text
        await pilot.press("r")
        assert session.commands == [], "keys do nothing behind the help"
        await pilot.press("escape")
        assert not isinstance(app.screen, HelpScreen)


async def test_every_key_is_in_the_command_palette() -> None:
    async with opened() as (app, session, pilot):
        titles = {command.title for command in app.get_system_commands(app.screen)}
        assert titles >= {"Pause", "Step", "Epoch", "Speed", "Slower", "Max", "Reset", "Redraw", "Data", "Help", "Quit"}
        assert titles >= {
            "Set",
            "Undo",
            "Log",
            "Zoom",
            "Wider",
            "View: rows",
            "Theme: light",
            "Save picture",
            "Save text",
        }
        await pilot.press("ctrl+p")
        await pilot.press(*"regen")
        await pilot.pause()
        step = next(command for command in app.get_system_commands(app.screen) if command.title == "Step")
        await pilot.press("escape")
        step.callback()
        await pilot.pause()
        assert session.commands == [Step(1)]


async def test_rows_get_the_lines_they_need() -> None:
    for size, lines in (((80, 24), 12), ((120, 40), 20), ((200, 60), 24)):
        async with opened(size=size) as (app, _, _):
            assert app.query_one(Rows).size.height == lines


async def test_a_screen_that_is_too_small_still_tells_the_state() -> None:
    for size in ((59, 24), (80, 15)):
        async with opened(size=size) as (app, _, _):
            text = screen_text(app)
            assert "running" in text
            assert "epoch 2/100" in text
            assert "row 1" not in text


async def test_log_zoom_and_focus() -> None:
    async with opened(State.PAUSED) as (app, _, pilot):
        plot = app.query_one(LossPlot)
        await pilot.press("l", "z", "z")
        assert plot.viewport.log
        assert plot.viewport.limits(800) == (600, 800)
        await pilot.press("left")
        await pilot.pause()
        assert "windows 799 to 800 · from epoch 2, window 133" in screen_text(app)
        await pilot.press("escape", "Z", "Z", "tab", "left")
        await pilot.pause()
        assert plot.viewport.limits(800) == (0, 800)
        assert "row 1, step 15: target" in screen_text(app)
        await pilot.press("tab")
        assert app.focused is plot


async def test_an_edit_that_is_refused_after_the_settings_were_closed_is_said() -> None:
    async with opened() as (app, session, pilot):
        session.set_frame(State.RUNNING, refused=refused("num_epochs = 1 cannot be used: at least 2, as trained"))
        app.show_newest_frame()
        await pilot.pause()
        assert [one.message for one in app._notifications] == ["num_epochs = 1 cannot be used: at least 2, as trained"]
        app.show_newest_frame()
        assert len(app._notifications) == 1


async def test_the_screen_is_saved_under_a_new_name(tmp_path: Path) -> None:
    async with opened() as (app, _, _):
        files = {save_text(app, tmp_path), save_text(app, tmp_path), save_picture(app, tmp_path)}
        assert len(files) == 3
        assert any("epoch 2/100" in file.read_text(encoding="utf-8") for file in files)


async def test_ascii_only_is_ascii_only() -> None:
    session = ScriptedSession(TUTORIAL)
    app = EchoApp(session, fps=0.01, ascii_only=True)
    async with app.run_test(size=(100, 30)) as pilot:
        grow(session.timeline, branch_off(session.timeline, TUTORIAL), np.linspace(0.7, 0.1, 800, dtype=np.float32))
        session.set_frame(State.RUNNING, make_progress(TUTORIAL, 1, 133, wrong_every=4), trained=800, device="cpu")
        app.show_newest_frame()
        await pilot.press("left")
        await pilot.pause()
        assert screen_text(app).isascii()
        for keys_pressed in (["question_mark"], ["s"], [*["down"] * 9, "0", "enter"], ["ctrl+p"]):
            await pilot.press(*keys_pressed)
            await pilot.pause()
            text = screen_text(app)
            assert text.isascii(), "".join(sign for sign in text if not sign.isascii())
            while len(app.screen_stack) > 1:
                await pilot.press("escape")


async def test_light_background() -> None:
    async with opened() as (app, _, pilot):
        app.action_other_theme()
        await pilot.pause()
        assert app.theme == "textual-light"
        screen_text(app)
