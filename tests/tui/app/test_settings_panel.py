"""The settings beside the curve: what is drawn, and that keys are handled in the typed order."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from textual.events import Key

from echornn.config import EchoConfig
from echornn.config_text import fields_text
from echornn.session.commands import Edit, Faster, Reset, SetSpeed, Toggle, Undo
from echornn.session.nothing_to_do import AT_THE_START
from echornn.session.pictures.frame import State
from tests.key_words import in_words
from tests.scripted import make_progress
from tests.steps import refused
from tests.trees import grow
from tests.tui.app.test_app import TUTORIAL, opened, screen_text, show
from tui.app import key_effects, keys
from tui.app.app import EchoApp
from tui.app.curve.loss_plot import LossPlot
from tui.app.presets import PRESETS, WHY, differing
from tui.app.views.rows import Rows
from tui.app.widgets.settings_panel import SettingsPanel
from tui.kit.help_screen import HelpScreen

DOWN_TO_STATE_SIZE = ["down"] * 9
CHARACTERS = {"full_stop": ".", "minus": "-", "space": " ", "question_mark": "?", "enter": "\r"}


def post(app: EchoApp, *typed: str) -> None:
    """Send all keys in one packet."""
    for key in typed:
        app.post_message(Key(key, CHARACTERS.get(key, key if len(key) == 1 else None)))


async def test_the_run_stays_in_view_and_alive_beside_the_settings() -> None:
    async with opened() as (app, session, pilot):
        for size in ((100, 30), (200, 60), (80, 24), (60, 16)):
            await pilot.resize_terminal(*size)
            show(app, session, State.RUNNING)
            await pilot.press("s")
            await pilot.pause()
            text = screen_text(app)
            for words in ("preset", "none chosen", "chance", "window 134/666"):
                assert words in text
            assert ("row 1" in text) == (size[1] > 16)
            panel, plot = app.query_one(SettingsPanel), app.query_one(LossPlot)
            assert plot.size.height >= 7
            assert (panel.region.x > plot.region.x) == (size[0] >= 100), "beside, or below"
            before = plot.cells
            grow(session.timeline, 0, [0.4] * 200)
            session.set_frame(State.RUNNING, make_progress(TUTORIAL, 1, 333), trained=1000)
            app.show_newest_frame()
            await pilot.pause()
            assert "window 334/666" in screen_text(app)
            assert plot.cells is not before
            await pilot.press("s")
            await pilot.pause()
            assert "preset" not in screen_text(app)
            assert app.focused is plot
            assert app.query_one(Rows).display


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_every_field_can_be_reached_and_says_whether_it_is_live(size: tuple[int, int]) -> None:
    async with opened(size=size) as (app, _, pilot):
        await pilot.press("s")
        seen = set()
        for _ in range(1 + len(EchoConfig().fields())):
            await pilot.pause()
            text = screen_text(app)
            name = app.query_one(SettingsPanel).form.name
            assert text.count(f"> {name} ") == 1
            seen.add(name)
            kind = "A change of a few fields" if name == "preset" else "Live: " if name in live() else "Starts over: "
            assert kind in text
            await pilot.press("down")
        assert seen == {"preset", *EchoConfig().fields()}


def live() -> set[str]:
    return {"learning_rate", "num_epochs", "echo_step", "row_start", "rule"}


async def test_what_the_session_trains_is_shown_while_the_panel_is_open() -> None:
    async with opened(size=(120, 40)) as (app, session, pilot):
        await pilot.press("s")
        session.set_frame(State.RUNNING, config=EchoConfig(state_size=9))
        app.show_newest_frame()
        await pilot.pause()
        assert any("state_size" in line and " 9 " in line for line in screen_text(app).splitlines())


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_refusal_stands_below_its_field(size: tuple[int, int]) -> None:
    async with opened(size=size) as (app, session, pilot):
        await pilot.press("s", *DOWN_TO_STATE_SIZE, "9", "enter")
        refusal = "state_size = 9 cannot be used: it needs 3.6 GB"
        session.set_frame(State.RUNNING, refused=refused(refusal, "state_size"))
        app.show_newest_frame()
        await pilot.pause()
        lines = screen_text(app).splitlines()
        at = next(index for index, line in enumerate(lines) if "> state_size" in line)
        column = lines[at].index("> state_size")
        below = " ".join(line[column:].strip() for line in lines[at + 1 : at + 3])
        assert below.startswith("! state_size = 9 cannot be used: it needs")
        assert len(app._notifications) == 0


async def test_keys_count_in_the_order_typed_however_fast_they_come() -> None:
    async with opened() as (app, session, pilot):
        post(app, "s", *DOWN_TO_STATE_SIZE, "6", "enter", "escape", "space")
        await pilot.pause()
        await pilot.pause()
        assert session.commands == [Edit({"state_size": 6}), Toggle()]
        assert not app.query_one(SettingsPanel).is_open
        post(app, "s", "home", "down", "1", "full_stop", "5", "e", "minus", "2", "enter", "s", "space")
        await pilot.pause()
        await pilot.pause()
        assert session.commands[2:] == [Edit({"learning_rate": 0.015}), Toggle()]
        assert not app.query_one(SettingsPanel).is_open


async def test_letters_are_text_while_a_number_is_typed_and_keys_otherwise() -> None:
    async with opened() as (app, session, pilot):
        await pilot.press("s", *["up"] * 20, "down", "1", "s", "q", "r", "space", "e")
        assert session.commands == []
        assert app.query_one(SettingsPanel).form.text("learning_rate") == "1sqr e"
        await pilot.press("ctrl+u", "0", "full_stop", "2", "enter", "space", "r", "u")
        assert session.commands == [Edit({"learning_rate": 0.2}), Toggle(), Reset(), Undo()]
        await pilot.press("s")
        assert not app.query_one(SettingsPanel).is_open


@pytest.mark.parametrize("state", list(State))
async def test_escapes_that_come_together_close_the_settings_once(state: State) -> None:
    async with opened(state) as (app, _, pilot):
        post(app, "s", "escape", "escape", "escape", "s", "s", "question_mark", "escape", "escape")
        await pilot.pause()
        await pilot.pause()
        assert len(app.screen_stack) == 1
        assert not app.query_one(SettingsPanel).is_open
        screen_text(app)


async def test_keys_that_close_the_help_close_it_once() -> None:
    async with opened() as (app, session, pilot):
        await pilot.press("question_mark")
        post(app, "escape", "question_mark", "q", "escape")
        await pilot.pause()
        await pilot.pause()
        assert len(app.screen_stack) == 1 or isinstance(app.screen, HelpScreen)
        assert app.is_running
        assert not session.stops or not isinstance(app.screen, HelpScreen)


async def test_tab_goes_on_to_the_settings_and_back() -> None:
    async with opened(State.PAUSED, size=(120, 40)) as (app, _, pilot):
        await pilot.press("s", "tab")
        assert app.query_one(LossPlot).has_focus
        await pilot.press("left")
        assert app.query_one(LossPlot).reading
        await pilot.press("tab", "tab")
        assert app.query_one(SettingsPanel).has_focus


async def test_the_rows_cursor_does_not_outlive_tab() -> None:
    async with opened(State.PAUSED, size=(120, 40)) as (app, _, pilot):
        sentence = screen_text(app).splitlines()[2]
        await pilot.press("tab", "left")
        await pilot.pause()
        assert "row 1, step 15: target" in screen_text(app)
        await pilot.press("tab")
        await pilot.pause()
        assert screen_text(app).splitlines()[2] == sentence
        await pilot.press("shift+tab")
        await pilot.pause()
        assert "step 15: target" not in screen_text(app)


async def test_a_crosshair_hides_the_sentence_only_where_the_arrows_act() -> None:
    async with opened(State.PAUSED, size=(120, 40)) as (app, _, pilot):
        sentence = screen_text(app).splitlines()[2]
        await pilot.press("left")
        assert app.query_one(LossPlot).reading[:40] in screen_text(app)
        await pilot.press("s")
        await pilot.pause()
        assert screen_text(app).splitlines()[2] == sentence


@pytest.mark.parametrize(
    ("state", "keys_pressed", "undoable", "words"),
    [
        (State.FINISHED, ["space", "full_stop", "e"], 1, in_words(key_effects.FINISHED)),
        (
            State.FAILED,
            ["s", "space", "m", "left_square_bracket", "right_curly_bracket", "b", "U"],
            1,
            "failed: training has stopped",
        ),
        (State.RUNNING, ["u"], 0, "nothing to undo"),
        (State.RUNNING, ["U"], 0, "nothing to redo"),
        (State.LOADING, ["R", "u"], 0, "loading: this is done as soon as possible"),
    ],
)
async def test_a_key_that_cannot_act_says_why_for_a_moment(
    state: State, keys_pressed: list[str], undoable: int, words: str
) -> None:
    async with opened(state) as (app, session, pilot):
        session.set_frame(state, session.frame.progress, undoable=undoable, redoable=bool(undoable))
        app.show_newest_frame()
        for key in keys_pressed:
            await pilot.press(*[key] * 5)
            assert words in screen_text(app), key
            assert not app._notifications
            assert not app.query_one(SettingsPanel).is_open
            app._end_hint()
            await pilot.pause()
            assert words not in screen_text(app)


AT_THE_ENDS = [
    ("r", 0, False, AT_THE_START),
    ("left_square_bracket", 0, False, AT_THE_START),
    ("left_curly_bracket", 0, True, AT_THE_START),
    ("right_square_bracket", 9, False, in_words(key_effects.AT_THE_END)),
    ("right_curly_bracket", 9, False, in_words(key_effects.AT_THE_END)),
    ("r", 9, False, ""),
    ("left_curly_bracket", 9, False, ""),
    ("right_square_bracket", 0, True, ""),
]
"""A key, the windows trained, whether the past is shown, and the expected message."""


async def test_at_the_ends_a_key_says_that_there_is_no_more() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        for key, trained, is_past, word in AT_THE_ENDS:
            app._end_hint()
            frame = session.set_frame(State.PAUSED, session.frame.progress, trained=trained, is_past=is_past)
            app.show_newest_frame()
            await pilot.press(key)
            lines = screen_text(app).splitlines()[:4]
            assert word in lines[1]
            assert any(end in lines[1] for end in (AT_THE_START, in_words(key_effects.AT_THE_END))) == bool(word)
            assert frame.sentence.cause[:20] in lines[2], "the sentence stays"


async def test_a_key_is_judged_by_what_the_keys_before_it_may_change() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        session.set_frame(State.PAUSED, session.frame.progress, trained=9, undoable=0)
        app.show_newest_frame()
        await pilot.press("r", "u")
        assert session.commands == [Reset(), Undo()]
        app.show_newest_frame()
        await pilot.press("u")
        assert session.commands == [Reset(), Undo()]
        assert "nothing to undo" in screen_text(app)


async def test_while_it_loads_what_keys_asked_for_is_shown_at_once() -> None:
    async with opened(State.LOADING) as (app, session, pilot):
        session.set_frame(State.LOADING, message="loading")
        for key, word, space in (
            ("-", "loading, 50 windows/s", "Pause"),
            ("space", "loading, starts paused, 50 windows/s", "Resume"),
            (".", "loading, trains 1 window, then pauses, 50", "Pause"),
            (".", "loading, trains 2 windows, then pauses, 50", "Pause"),
            ("e", "loading, trains the epoch, then pauses, 50", "Pause"),
            ("space", "loading, starts paused, 50", "Resume"),
            ("space", "loading, 50 windows/s", "Pause"),
        ):
            await pilot.press(key)
            app.show_newest_frame()
            await pilot.pause()
            assert word in screen_text(app)
            assert f"space {space} " in screen_text(app).splitlines()[-1]


def test_every_key_says_what_it_does_in_the_palette_and_the_help() -> None:
    assert [one.description for one in keys.BINDINGS if not one.tooltip and one not in keys.VIEW_KEYS] == []


async def test_a_failure_closes_the_settings() -> None:
    async with opened(State.LOADING) as (app, session, pilot):
        await pilot.press("s")
        session.set_frame(State.FAILED, message="device = 'gpu' cannot be used")
        app.show_newest_frame()
        await pilot.pause()
        assert not app.query_one(SettingsPanel).is_open


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_preset_says_what_it_changes_and_is_one_edit_of_that(size: tuple[int, int]) -> None:
    async with opened(size=size) as (app, session, pilot):
        population = EchoConfig(state_size=12, replicas=64)
        session.set_frame(State.RUNNING, config=population)
        app.show_newest_frame()
        await pilot.press("s", "right")
        await pilot.pause()
        text = screen_text(app)
        assert "> preset  glorot *" in text
        assert "glorot: init glorot. All else stays, the network starts over." in " ".join(text.split())
        await pilot.press("enter")
        assert session.commands == [Edit({"init": "glorot"})]
        session.set_frame(State.RUNNING, config=EchoConfig(**{**vars(population), "init": "glorot"}))
        app.show_newest_frame()
        await pilot.press("right")
        await pilot.pause()
        assert "glorot: nothing to change." in screen_text(app)


async def test_of_each_preset_the_changes_are_read_on_the_smallest_common_terminal() -> None:
    async with opened(size=(80, 24)) as (app, _, pilot):
        await pilot.press("s")
        for preset, changes in PRESETS.items():
            await pilot.press("right")
            await pilot.pause()
            foot = " ".join(screen_text(app).split())
            said = fields_text(differing(changes, TUTORIAL))
            after = WHY.get(preset, "All else stays")
            assert (f"{preset}: {said}. {after}" if said else f"{preset}: nothing to change") in foot


async def test_on_a_screen_that_is_too_small_keys_stay_the_apps() -> None:
    async with opened(size=(120, 40)) as (app, session, pilot):
        await pilot.press("s")
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        await pilot.press("plus")
        assert "too small" in screen_text(app)
        assert session.commands == [Faster()]
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert "preset" in screen_text(app)


@pytest.mark.parametrize(("key", "panel"), [("s", "settings"), ("b", "branches"), ("o", "other runs")])
async def test_a_screen_that_is_too_small_for_a_panel_says_so_once(key: str, panel: str) -> None:
    async with opened(size=(40, 10)) as (app, _, pilot):
        await pilot.press(key)
        await pilot.pause()
        lines = [line.strip() for line in screen_text(app).splitlines()[1:4]]
        assert lines == [f"{panel}: shown on a larger screen", "too small: the curve needs 60x16", ""]
        assert app.focused is app.query_one(LossPlot)


async def test_the_palette_offers_the_settings_while_it_is_on_the_screen() -> None:
    async with opened(size=(120, 40)) as (app, _, pilot):
        await pilot.press("ctrl+p")
        (command,) = [one for one in app.get_system_commands(app.screen) if one.title == "Set"]
        await pilot.press("escape")
        command.callback()
        await pilot.pause()
        assert app.focused is app.query_one(SettingsPanel)


async def test_ctrl_q_leaves_where_letters_are_text() -> None:
    async with opened() as (app, session, pilot):
        await pilot.press("s", "down", "1", "ctrl+q")
        assert session.stops == 1
        assert app.return_code == 0


STORM = [
    *("s", "s", "s", "escape", "escape", "enter", "enter", "tab", "shift+tab", "question_mark", "home", "end"),
    *(
        "up",
        "down",
        "left",
        "right",
        "plus",
        "minus",
        "full_stop",
        "backspace",
        "ctrl+u",
        "ctrl+l",
        "space",
        "pagedown",
    ),
    *("left_square_bracket", "right_square_bracket", "left_curly_bracket", "right_curly_bracket"),
    *"0123456789_eErRgulzZmpxyUbodnä漢",
]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
async def test_a_storm_of_keys_leaves_an_app_that_obeys(seed: int) -> None:
    order = random.Random(seed)
    sizes = [(120, 40), (80, 24), (60, 16), (40, 10), (100, 30)]
    async with opened(order.choice(list(State)), size=order.choice(sizes)) as (app, session, pilot):
        for _ in range(6):
            post(app, *order.choices(STORM, k=50))
            await pilot.resize_terminal(*order.choice(sizes))
            state = order.choice(list(State))
            session.set_frame(state, session.frame.progress, undoable=order.randrange(3))
            app.show_newest_frame()
        for _ in range(5):  # the keys may take more than a second of work
            await pilot.pause()
        assert app.is_running
        assert not session.stops
        await pilot.resize_terminal(80, 24)
        post(app, *["escape"] * 4)
        for _ in range(5):  # the keys may take more than a second of work
            await pilot.pause()
        session.set_frame(State.RUNNING, session.frame.progress)
        app.show_newest_frame()
        before = len(session.commands)
        await pilot.press("m")
        assert session.commands[before:] == [SetSpeed(math.inf)]


async def test_nudges_while_it_loads_are_all_made_also_where_the_panel_closes_before() -> None:
    async with opened(State.LOADING) as (app, session, pilot):
        await pilot.press("s", "down", "plus", "plus", "plus", "escape")
        assert session.commands == [Edit({"learning_rate": 0.5}, held=True)]
        session.set_frame(State.RUNNING, config=replace(TUTORIAL, learning_rate=0.5))
        app.show_newest_frame()
        assert [one.changes for one in session.commands if isinstance(one, Edit)] == [
            {"learning_rate": 0.5},
            {"learning_rate": 1.0},
        ]
