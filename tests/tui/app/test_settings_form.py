"""Typed settings become edits (fields and values), and no more of them than the session can follow."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.cells.own.own_cell import OwnCell
from echornn.config import ConfigError, EchoConfig
from echornn.session.commands import Edit
from echornn.session.pictures.frame import Frame, State
from echornn.tasks.table import TASKS
from tests.door.library.own_texts import CELL
from tests.steps import refused
from tui.app.presets import NOT_OF_THE_TUTORIAL, PRESETS, differing
from tui.app.widgets.settings_fields import (
    field_help,
    help_of,
    live_rows,
    next_rung,
    nudged,
    settings_in,
    structural_rows,
)
from tui.app.widgets.settings_form import LONGEST_DRAFT, PRESET, Form

TUTORIAL = EchoConfig()

FIELDS = tuple(TUTORIAL.fields())


class Settings:
    """A form, the edits that it sent, and a session that trains with them when told to."""

    def __init__(self, config: EchoConfig = TUTORIAL) -> None:
        self.sent: list[dict[str, Any]] = []
        self.nudges = 0
        self.form = Form(config, self._send)
        self.frame = Frame(State.RUNNING, config)

    def _send(self, edit: Edit) -> None:
        self.sent.append(dict(edit.changes))
        self.nudges += edit.held

    def at(self, name: str) -> Form:
        rows = self.form.rows
        self.form.move(rows.index(name) - rows.index(self.form.name))
        return self.form

    def enter(self, name: str, text: str) -> None:
        self.at(name).erase(whole=True)
        self.form.type(text)
        self.form.enter()

    def shows(self, **changes: Any) -> None:
        self.frame = dataclasses.replace(self.frame, **changes)
        self.form.take(self.frame)

    def trains(self, **fields: Any) -> None:
        self.shows(config=self.frame.config.with_fields(fields))


@pytest.fixture
def settings() -> Settings:
    return Settings()


def test_every_field_is_there_once_presets_first_then_what_is_live() -> None:
    rows = Form(TUTORIAL, print).rows
    assert rows[:2] == (PRESET, "learning_rate")
    assert sorted(rows[1:]) == sorted(FIELDS)
    assert not set(live_rows(TUTORIAL)) & set(structural_rows(TUTORIAL))


def test_every_field_has_its_help() -> None:
    assert all(field_help().values())
    assert field_help()["echo_step"].startswith("Time steps by which")


def test_what_is_typed_is_sent_as_the_field_and_its_value(settings: Settings) -> None:
    settings.enter("learning_rate", "0.05")
    settings.enter("seed", "11")
    assert settings.sent == [{"learning_rate": 0.05}, {"seed": 11}]


def test_fields_entered_while_the_first_compiles_are_all_sent_and_all_shown(settings: Settings) -> None:
    settings.enter("num_layers", "3")
    settings.shows(state=State.LOADING)
    settings.enter("dropout", "0.5")
    settings.enter("state_size", "8")
    assert settings.sent == [{"num_layers": 3}, {"dropout": 0.5}, {"state_size": 8}]
    assert [settings.form.text(name) for name in ("num_layers", "dropout", "state_size")] == ["3", "0.5", "8"]
    settings.trains(num_layers=3)
    assert not settings.form.is_underway("num_layers")
    assert settings.form.is_underway("dropout")
    settings.trains(dropout=0.5, state_size=8)
    assert not any(settings.form.is_underway(name) for name in FIELDS)


def test_drafts_of_several_fields_are_one_edit(settings: Settings) -> None:
    settings.at("num_layers").nudge(True)
    settings.at("dropout").nudge(True)
    settings.at("cell").nudge(False)
    assert settings.sent == []
    assert settings.form.drafts == {"num_layers": "2", "dropout": "0.05", "cell": "cornn"}
    settings.form.enter()
    assert settings.sent == [{"num_layers": 2, "dropout": 0.05, "cell": "cornn"}]
    assert not settings.form.drafts


def test_a_cell_of_the_users_own_is_among_the_choices_without_its_file() -> None:
    settings = Settings(EchoConfig(cell=OwnCell("gone.py", "Mine", CELL)))
    settings.at("cell").nudge(True)
    assert settings.form.text("cell") == "rnn"
    settings.at("cell").nudge(False)
    settings.at("num_layers").nudge(True)
    assert settings.form.text("cell") == "gone.py:Mine"
    settings.form.enter()
    assert settings.sent == [{"num_layers": 2}]


def test_a_held_key_on_a_structural_field_sends_nothing(settings: Settings) -> None:
    for _ in range(100):
        settings.at("state_size").nudge(True)
    assert settings.sent == []
    settings.form.enter()
    assert settings.sent == [{"state_size": 104}]


def test_a_held_key_on_a_live_field_acts_at_once_and_stores_nothing_up(settings: Settings) -> None:
    for _ in range(5):
        settings.at("learning_rate").nudge(True)
    assert settings.sent == [{"learning_rate": 0.5}]
    assert settings.form.text("learning_rate") == "2.0"
    settings.trains(learning_rate=0.5)
    assert settings.sent == [{"learning_rate": 0.5}, {"learning_rate": 2.0}]
    settings.trains(learning_rate=2.0)
    assert len(settings.sent) == settings.nudges == 2


def test_a_nudge_that_the_configuration_refuses_says_so_and_changes_nothing(settings: Settings) -> None:
    settings.at("num_layers").nudge(False)
    assert settings.form.refusal == "num_layers = 0 cannot be used: 1 to 8"
    assert settings.form.text("num_layers") == "1"
    settings.at("dropout").nudge(True)
    assert "leaves nothing to drop between" in settings.form.refusal
    assert settings.sent == []


def test_what_cannot_be_used_is_refused_beside_the_field_where_it_was_typed(settings: Settings) -> None:
    settings.enter("batch_size", "60000")
    assert settings.form.refused == "batch_size"
    assert settings.form.refusal.startswith("total_series_length = 50000 cannot be used")
    assert settings.form.text("batch_size") == "60000"
    settings.enter("batch_size", "6")
    assert settings.sent == [{"batch_size": 6}]
    assert settings.form.refusal == ""


def test_a_refusal_by_the_session_is_said_once_beside_its_field(settings: Settings) -> None:
    settings.enter("state_size", "30000")
    settings.enter("seed", "3")
    settings.shows(refused=refused("state_size = 30000 cannot be used: 3.6 GB", "state_size"))
    assert (settings.form.refused, settings.form.refusal) == ("state_size", "state_size = 30000 cannot be used: 3.6 GB")
    assert settings.form.text("state_size") == "4"
    settings.enter("num_layers", "0")
    settings.shows(rate=12.0)
    assert settings.form.refusal == "num_layers = 0 cannot be used: 1 to 8"
    settings.form.escape()
    settings.shows(rate=13.0)
    assert settings.form.refusal == ""
    settings.shows(refused=refused("ResourceExhaustedError: out of memory"))
    assert (settings.form.refused, settings.form.refusal) == ("seed", "ResourceExhaustedError: out of memory")


def test_a_refusal_from_before_it_was_opened_is_past(settings: Settings) -> None:
    frame = dataclasses.replace(settings.frame, refused=refused("device = 'gpu' cannot be used"))
    settings.form.open(frame)
    assert settings.form.refusal == ""


def test_after_an_undo_what_was_sent_is_not_waited_for(settings: Settings) -> None:
    settings.enter("state_size", "9")
    settings.form.forget()
    settings.shows(rate=1.0)
    assert settings.form.text("state_size") == "4"


POPULATION = EchoConfig(state_size=12, replicas=64, seed=3, learning_rate=0.1, num_epochs=400, batch_size=7)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("trained", [TUTORIAL, POPULATION, EchoConfig(truncated_backprop_length=20, stride=5)])
def test_a_preset_changes_its_fields_and_leaves_all_others_as_they_are(preset: str, trained: EchoConfig) -> None:
    settings = Settings(trained)
    settings.at(PRESET)
    while settings.form.text(PRESET) != preset:
        settings.form.nudge(True)
    assert settings.sent == []
    settings.form.enter()
    changes = differing(PRESETS[preset], trained)
    assert trained.with_fields(changes).fields().items() >= PRESETS[preset].items()
    assert settings.sent == ([changes] if changes else [])
    assert not set(PRESETS[preset]) & {"seed", "replicas", "device", "num_epochs"}
    settings.trains(**changes)
    assert settings.form.drafts == {}
    assert settings.form.text(PRESET) == ""


def test_the_last_preset_goes_back_to_the_tutorials_values() -> None:
    assert {**POPULATION.fields(), **PRESETS["as in the tutorial"]} == {
        name: (POPULATION if name in NOT_OF_THE_TUTORIAL else TUTORIAL).value(name) for name in FIELDS
    }


def test_a_preset_is_chosen_among_all_and_none_and_drafts_its_fields(settings: Settings) -> None:
    form = settings.at(PRESET)
    form.nudge(False)
    assert form.text(PRESET) == list(PRESETS)[-1]
    form.nudge(True)
    assert (form.text(PRESET), form.drafts) == ("", {})
    settings.trains(init="glorot")
    form.nudge(True)
    assert (form.text(PRESET), form.drafts) == ("glorot", {})
    form.enter()
    settings.trains(init="tutorial")
    form.nudge(True)
    assert (form.text(PRESET), form.drafts, form.text("init")) == ("glorot", {"init": "glorot"}, "glorot")
    assert form.escape()
    assert (form.text(PRESET), form.text("init"), settings.sent) == ("", "tutorial", [])


def test_a_presets_drafts_can_be_changed_before_they_are_applied(settings: Settings) -> None:
    settings.at(PRESET).nudge(True)
    settings.at("state_size").nudge(True)
    assert settings.form.text(PRESET) == "", "more than the preset is drafted"
    settings.form.enter()
    assert settings.sent == [{"init": "glorot", "state_size": 5}]


def test_a_preset_that_cannot_be_is_refused_and_stays_drafted() -> None:
    settings = Settings(EchoConfig(truncated_backprop_length=40, stride=30))
    settings.at(PRESET)
    while settings.form.text(PRESET) != "echo 14, within T 15":
        settings.form.nudge(True)
    settings.form.enter()
    assert settings.form.refusal.startswith("stride = 30 cannot be used")
    assert (settings.sent, settings.form.text("echo_step")) == ([], "14")


def test_letters_are_text_only_after_a_number_was_begun(settings: Settings) -> None:
    form = settings.at("learning_rate")
    assert not form.type("e")
    assert not form.type("q")
    assert form.type("1")
    assert form.type("e")
    form.nudge(False)
    form.type("3")
    form.enter()
    assert settings.sent == [{"learning_rate": 1e-3}]
    assert not settings.at("state_size").type(".")
    assert not settings.at("cell").type("1")


@pytest.mark.parametrize("text", ["9" * 5000, "\x1b[31m7", "nan", "1e400", "٣", "7\n8", "1e-3", "0x10", ""])
def test_whatever_is_pasted_a_number_comes_of_it_or_a_refusal(settings: Settings, text: str) -> None:
    settings.enter("learning_rate", text)
    assert len(settings.form.text("learning_rate")) <= LONGEST_DRAFT
    assert settings.form.text("learning_rate").isprintable()
    assert bool(settings.form.refusal) != bool(settings.sent)


def test_an_emptied_stride_is_unset() -> None:
    settings = Settings(EchoConfig(stride=5))
    settings.at("stride").erase()
    settings.form.enter()
    assert settings.sent == [{"stride": None}]


def test_escape_drops_drafts_before_it_closes(settings: Settings) -> None:
    settings.at("seed").type("1")
    assert settings.form.escape()
    assert settings.form.text("seed") == "7"
    assert not settings.form.escape()


@given(st.floats(min_value=5e-324, allow_nan=False, allow_infinity=False), st.booleans())
def test_a_learning_rates_neighbour_is_above_0_and_on_its_side(value: float, up: bool) -> None:
    next_one = next_rung(value, up)
    assert 0 < next_one < math.inf
    assert next_one >= value if up else next_one <= value
    if 1e-300 < value < 1e300:
        assert 1 < (next_one / value if up else value / next_one) < 2.01


keys = st.one_of(
    st.tuples(st.just("move"), st.integers(-20, 20)),
    st.tuples(st.just("nudge"), st.booleans()),
    st.tuples(st.just("type"), st.text(max_size=3)),
    st.tuples(st.just("erase"), st.booleans()),
    st.tuples(st.sampled_from(["enter", "escape", "forget"])),
)


@given(st.lists(keys, max_size=40))
def test_whatever_keys_come_what_is_sent_can_be_trained_in_its_turn(story: list[tuple[Any, ...]]) -> None:
    settings = Settings()
    trained = TUTORIAL
    for name, *arguments in story:
        before = len(settings.sent)
        getattr(settings.form, name)(*arguments)
        for changes in settings.sent[before:]:
            try:
                trained = trained.with_fields(changes)
            except ConfigError:
                assert "forget" in [key for key, *_ in story]
        assert all(settings.form.text(row).isprintable() for row in settings.form.rows)


def with_nudged(config: EchoConfig, name: str, up: bool) -> EchoConfig:
    value: Any = nudged(config, name, up)
    return config.with_fields({name: value})


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_can_be_nudged_both_ways(name: str) -> None:
    config = EchoConfig(num_layers=3, dropout=0.5, num_classes=3, replicas=2)
    if name == "rule":  # snap1 trains a single layer
        config = config.with_fields({"num_layers": 1, "dropout": 0.0})
    up = with_nudged(config, name, False)
    assert up != config
    back = with_nudged(up, name, True)
    assert back.value(name) == (15 if name == "stride" else config.value(name))


def test_the_same_keys_lead_to_the_same_field_each_time(settings: Settings) -> None:
    for rate in (0.3, 1.0):
        settings.trains(learning_rate=rate)
        settings.form.open(settings.frame)
        settings.form.move(1)
        assert settings.form.name == "learning_rate"
        settings.form.move(5)


def test_another_task_is_drafted_with_its_settings_and_sent_as_one_edit(settings: Settings) -> None:
    form = settings.at("task")
    assert form.text("task") == "echo"
    form.nudge(True)
    assert form.drafts == {"task": "two_coins"}
    assert {"lag", "far_lag", "base"} <= {*form.rows}
    assert not {"echo_step", "num_classes", "row_start"} & {*form.rows}
    settings.at("lag").nudge(True)
    assert not settings.sent, "the setting of a task that is not trained yet is a draft too"
    assert (form.text("lag"), form.text("far_lag")) == ("4", "8")
    form.enter()
    assert settings.sent == [{"task": "two_coins", "lag": 4}]
    assert form.text("task") == "two_coins"
    settings.trains(task="two_coins", lag=4)
    assert not form.is_underway("task")
    settings.at("lag").nudge(False)
    assert settings.sent[-1] == {"lag": 3}, "live, as no shape changes"


def test_drafts_of_a_task_that_is_not_chosen_after_all_are_dropped(settings: Settings) -> None:
    form = settings.at("task")
    form.nudge(True)
    settings.at("far_weight").nudge(True)
    settings.at("state_size").nudge(True)
    settings.at("task").nudge(True)
    assert form.drafts == {"task": "delayed_xor", "state_size": "5"}


def test_a_setting_out_of_its_range_is_refused_beside_it() -> None:
    settings = Settings(EchoConfig(task="two_coins"))
    settings.enter("lag", "9")
    assert settings.form.refused == "lag"
    assert "far_lag" in settings.form.refusal
    settings.form.escape()
    settings.enter("far_weight", "2")
    assert settings.form.refusal == "far_weight = 2 cannot be used: -1 to 1"


def test_a_negative_number_can_be_typed_where_it_is_allowed() -> None:
    settings = Settings(EchoConfig(task="two_coins"))
    form = settings.at("far_weight")
    form.erase(whole=True)
    form.nudge(False)
    form.type("0.1")
    form.enter()
    assert settings.sent == [{"far_weight": -0.1}]


@pytest.mark.parametrize("task", TASKS)
def test_every_setting_of_every_task_has_help_and_can_be_nudged(task: str) -> None:
    config = EchoConfig(task=task)
    for name in (*live_rows(config), *structural_rows(config)):
        assert len(help_of(config, name)) > 10
    for name in settings_in(config):
        for up in (True, False):
            with contextlib.suppress(ConfigError):
                assert with_nudged(config, name, up) != config
