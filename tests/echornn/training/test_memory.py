"""The memory of a configuration is estimated before it is used; too large ones are refused with the field's name."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from echornn import ConfigError, EchoConfig, Session, Trainer
from echornn.session.commands import Edit, Pause, Step
from echornn.session.pictures.frame import State
from echornn.tasks.adding import Adding
from echornn.tasks.flip_flop import FlipFlop
from echornn.training import population
from echornn.training.memory import bytes_needed, in_words, require_memory
from echornn.training.population import Population
from tests.compiled import PROGRAMS, SMALL, make_population
from tests.echornn.training.peak import peak_bytes
from tests.on_a_thread import running
from tests.own_process import in_own_process
from tests.steps import refusal

pytestmark = pytest.mark.slow

MEASURED = {
    "tutorial": EchoConfig(truncated_backprop_length=2),
    "window": EchoConfig(state_size=128, batch_size=10240, truncated_backprop_length=3, total_series_length=4 * 10240),
    "weights": EchoConfig(
        state_size=2500, optimizer="adam", init="glorot", truncated_backprop_length=2, total_series_length=500
    ),
    "data": EchoConfig(total_series_length=5 * 10**7, truncated_backprop_length=2),
    "masked trials of numbers": EchoConfig(
        task=Adding(length=2), total_series_length=10**7, batch_size=50, truncated_backprop_length=2
    ),
}
"""Configurations in which one part of the estimate is the largest; few steps per window, to compile quickly."""


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are read from Linux")
def test_the_estimate_is_within_a_factor_of_two_of_the_peak() -> None:
    for name, config in MEASURED.items():
        peak = in_own_process(peak_bytes, config)
        assert peak / 2 < bytes_needed(config) < peak * 2, name


OF_RTRL = {
    ("rnn", 16, 1, 15): 297,
    ("rnn", 32, 1, 15): 298,
    ("rnn", 64, 1, 15): 306,
    ("rnn", 128, 1, 15): 506,
    ("rnn", 16, 1, 100): 367,
    ("rnn", 64, 1, 100): 412,
    ("gru", 16, 1, 15): 470,
    ("gru", 64, 1, 15): 516,
    ("gru", 16, 2, 15): 912,
    ("gru", 32, 3, 15): 1_233,
    ("lstm", 16, 1, 15): 440,
}
"""Measured peaks of rtrl in MiB by cell, units, layers and T, as by `peak_bytes`; most of it is for compiling."""


@pytest.mark.parametrize(("cell", "units", "layers", "steps"), OF_RTRL)
def test_the_estimate_of_rtrl_is_hardly_below_the_peak_and_not_far_above(
    cell: str, units: int, layers: int, steps: int
) -> None:
    config = EchoConfig(cell=cell, state_size=units, num_layers=layers, truncated_backprop_length=steps, rule="rtrl")
    peak = OF_RTRL[cell, units, layers, steps] << 20
    assert 0.95 * peak < bytes_needed(config) < 1.25 * peak


def test_a_live_switch_needs_as_much_memory_as_a_start(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def record(config: EchoConfig, replicas: int, in_a_session: bool = False) -> None:
        asked.append((config.rule, replicas, in_a_session))

    monkeypatch.setattr(population, "require_memory", record)
    Population(SMALL, programs=PROGRAMS, in_a_session=True).edit(replace(SMALL, rule="rtrl"))
    assert asked == [("tbptt", 1, True), ("rtrl", 1, True)]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (EchoConfig(state_size=60_000), "state_size = 60000 cannot be used: it needs about 116 GB, and 22 GB are free"),
        (EchoConfig(total_series_length=2**31 - 1), "total_series_length = 2147483647 cannot be used"),
        (EchoConfig(batch_size=10**8, total_series_length=15 * 10**8), "batch_size = 100000000 cannot be used"),
        (
            EchoConfig(truncated_backprop_length=10**8, total_series_length=10**9, stride=5),
            "truncated_backprop_length = 100000000 cannot be used",
        ),
        (
            EchoConfig(task=Adding(length=1000), truncated_backprop_length=50, total_series_length=10**9),
            "total_series_length = 1000000000 cannot be used: it needs about 39 GB, and 22 GB are free",
        ),
        (
            EchoConfig(task=Adding(length=1000), batch_size=3 * 10**5, total_series_length=3 * 10**8),
            "batch_size = 300000 cannot",
        ),
        (
            EchoConfig(task=FlipFlop(bits=64), total_series_length=10**8),
            "total_series_length = 100000000 cannot be used",
        ),
        (EchoConfig(state_size=9_000, num_layers=8, dropout=0.5, optimizer="adam"), "state_size = 9000 cannot be used"),
    ],
)
def test_the_refusal_names_the_field_and_the_numbers_and_what_would_fit(config: EchoConfig, words: str) -> None:
    there = 22 * 10**9 if config.total_series_length < 2**31 - 1 else 8 * 10**9
    with pytest.raises(ConfigError) as caught:
        require_memory(config, 1, lambda: there)
    assert str(caught.value).startswith(words)
    fitting = int(str(caught.value).rsplit("; about ", 1)[1].removesuffix(" would fit"))
    changed = config.with_fields({caught.value.field: fitting})
    require_memory(changed, 1, lambda: there)
    assert bytes_needed(changed) > there / 2


def test_a_rule_that_needs_too_much_is_refused_where_truncation_would_fit() -> None:
    config = EchoConfig(rule="rtrl", state_size=512)
    with pytest.raises(ConfigError) as caught:
        require_memory(config, 1, lambda: 8 * 10**9)
    assert str(caught.value) == (
        "rule = 'rtrl' cannot be used: it needs about 17 GB (the influence of each weight on each row's state has "
        "2.7 GB), and 8.0 GB are free; tbptt would fit"
    )
    require_memory(replace(config, rule="tbptt"), 1, lambda: 8 * 10**9)
    require_memory(replace(config, state_size=64), 1, lambda: 10**9)
    with pytest.raises(ConfigError, match=r"^replicas = 1000 cannot be used"):
        require_memory(replace(config, state_size=64), 1000, lambda: 10**9)


def test_where_nothing_would_fit_none_is_promised_and_where_nobody_knows_all_goes() -> None:
    with pytest.raises(ConfigError, match=r"it needs about 154 MB, and 100 MB are free$"):
        require_memory(EchoConfig(), 1, lambda: 100 * 10**6)
    require_memory(EchoConfig(state_size=10**6), 1, lambda: None)
    assert [in_words(size) for size in (350_000_000, 2_740_000_000, 101_000_000_000)] == ["350 MB", "2.7 GB", "101 GB"]


def test_a_trainer_is_refused_before_anything_is_allocated() -> None:
    with pytest.raises(ConfigError, match=r"^state_size = 1000000 cannot be used: it needs about 32\d{3} GB, and"):
        Trainer(EchoConfig(state_size=1_000_000))


def test_what_is_typed_in_the_settings_is_refused_and_training_goes_on() -> None:
    session = Session(SMALL, make_trainer=make_population)
    session.send(Edit({"state_size": 1000000}))
    session.send(Pause())
    session.send(Step(3))
    with running(session):
        assert session.frame.trained == 3
    assert refusal(session.frame).startswith("state_size = 1000000 cannot be used: it needs about ")
    assert session.frame.config.state_size == 4
    assert session.frame.state is State.PAUSED
