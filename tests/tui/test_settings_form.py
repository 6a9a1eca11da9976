"""Whatever keys come, the settings send only what can be trained; presets and neighbours of every
value."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import ConfigError, EchoConfig
from echornn.session.commands import Edit
from tests.examples import examples
from tui.panels.form import PRESETS, Form, next_rung, nudged

TUTORIAL = EchoConfig()


def form_of(config: EchoConfig) -> tuple[Form, list[dict[str, Any]]]:
    """A form, and the edits that it sends."""
    sent: list[dict[str, Any]] = []

    def send(edit: Edit) -> None:
        sent.append(dict(edit.changes))

    return Form(config, send), sent


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("trained", [TUTORIAL, EchoConfig(state_size=12, replicas=64)])
def test_a_preset_changes_its_fields_and_leaves_all_others_as_they_are(
    preset: str, trained: EchoConfig
) -> None:
    form, sent = form_of(trained)
    form.enter()
    form.choose(preset)
    assert sent == []
    changes = form.changes_of(preset)
    form.enter()
    assert sent == [changes] * bool(changes)
    assert trained.with_fields(changes).fields().items() >= PRESETS[preset].items()
    assert not set(PRESETS[preset]) & {"seed", "replicas", "device", "num_epochs"}


@given(st.floats(min_value=5e-324, allow_nan=False, allow_infinity=False), st.booleans())
def test_a_learning_rates_neighbour_is_above_0_and_on_its_side(value: float, up: bool) -> None:
    neighbour = next_rung(value, up)
    assert 0 < neighbour < math.inf
    low, high = (value, neighbour) if up else (neighbour, value)
    assert low <= high
    if 1e-300 < value < 1e300:
        assert 1 < high / low < 2.01


signs = st.characters(categories=["L", "N", "P", "S"])
chosen = st.tuples(st.just("choose"), st.integers(0, 40))
typed = st.tuples(st.just("type"), signs)
either_way = st.tuples(st.sampled_from(["nudge", "erase"]), st.booleans())
plain = st.tuples(st.sampled_from(["enter", "escape", "forget"]))
keys = st.one_of(chosen, typed, either_way, plain)


@examples(50)
@given(st.lists(keys, max_size=40))
def test_whatever_keys_come_what_is_sent_can_be_trained_in_its_turn(
    story: list[tuple[Any, ...]],
) -> None:
    form, sent = form_of(TUTORIAL)
    trained = TUTORIAL
    for name, *arguments in story:
        sent.clear()
        if name == "choose":
            rows = [*PRESETS] if form.preset else ["preset", *form.shown.fields()]
            arguments = [rows[arguments[0] % len(rows)]]
        getattr(form, name)(*arguments)
        for changes in sent:
            try:
                trained = trained.with_fields(changes)
            except ConfigError:
                assert ("forget",) in story
        for row in form.shown.fields():
            assert form.text(row).isprintable()


def with_nudged(config: EchoConfig, name: str, up: bool) -> EchoConfig:
    value: Any = nudged(config, name, up)
    return config.with_fields({name: value})


@pytest.mark.parametrize("name", [name for name in TUTORIAL.fields() if name != "weights"])
def test_every_field_can_be_nudged_both_ways(name: str) -> None:
    unset = {"clip_norm": 1.0, "weight_decay": 0.01, "rate_penalty": 0.01, "solved_below": 0.1}
    if name == "spectral_radius":  # which not all cells have
        unset[name] = 1.0
    config = EchoConfig(num_layers=3, dropout=0.5, num_classes=3, replicas=2).with_fields(unset)
    if name in ("forget_bias", "chrono"):
        config = config.with_fields({"cell": "lstm", "chrono": 10})
    lower = with_nudged(config, name, False)
    assert lower != config
    before = 15 if name == "stride" else config.value(name)
    assert with_nudged(lower, name, True).value(name) == before
