"""Constant inputs by name."""

from __future__ import annotations

import pytest

from echornn.config import EchoConfig
from echornn.config_error import ConfigError
from echornn.data.held_input import HeldInput, held_input, held_inputs
from echornn.tasks.copy_memory import CopyMemory
from echornn.tasks.flip_flop import FlipFlop

ECHO = EchoConfig()
COPY = EchoConfig(task=CopyMemory(blank=3, items=2, symbols=2), total_series_length=700)
BITS = EchoConfig(task=FlipFlop(bits=2))


def test_two_symbols_are_the_numbers_0_and_1() -> None:
    assert held_inputs(ECHO) == (HeldInput("0", (0,)), HeldInput("1", (1,)))
    assert held_input(ECHO, "1") == HeldInput("1", (1,))


def test_symbols_are_one_hot_and_have_names() -> None:
    names = [one.name for one in held_inputs(COPY)]
    assert names == ["blank", "1", "2", "marker", "zeros"]
    assert held_inputs(COPY)[3].numbers == (0, 0, 0, 1)
    assert held_input(COPY, "marker") == held_input(COPY, "3") == held_inputs(COPY)[3]


def test_numbers_begin_with_zeros() -> None:
    assert [one.numbers for one in held_inputs(BITS)] == [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    assert held_input(BITS, " 0.5,-1") == HeldInput("0.5, -1", (0.5, -1))
    assert held_input(BITS, "zeros").numbers == (0, 0)


@pytest.mark.parametrize("config", [ECHO, COPY, BITS])
def test_each_name_that_is_offered_is_understood(config: EchoConfig) -> None:
    assert [held_input(config, one.name) for one in held_inputs(config)] == [*held_inputs(config)]


@pytest.mark.parametrize(
    ("config", "text", "allowed"),
    [
        (ECHO, "2", "one of 0, 1, zeros"),
        (COPY, "mark", "one of blank, 1, 2, marker, zeros"),
        (BITS, "1", "2 numbers with commas (bit 1, bit 2), or zeros"),
        (BITS, "1,nan", "2 numbers with commas (bit 1, bit 2), or zeros"),
        (BITS, "1,x", "2 numbers with commas (bit 1, bit 2), or zeros"),
        (EchoConfig(num_classes=20), "-1", "a symbol from 0 to 19"),
    ],
)
def test_others_are_refused_with_what_is_allowed(config: EchoConfig, text: str, allowed: str) -> None:
    with pytest.raises(ConfigError) as caught:
        held_input(config, text)
    assert caught.value.allowed == allowed
