"""Signals during an event loop: each is handled, whatever else the loop waits for."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest

from tests.patience import PATIENCE
from tui.term.early_signals import ENDING_SIGNALS, KeptSignals
from tui.term.loop_signals import LoopSignals, call_on_signals

WAKINGS = 5000
"""More bytes than the buffer that wakes an event loop can hold; each key from the terminal's thread adds one."""


@pytest.fixture
def kept() -> Iterator[KeptSignals]:
    """A handler that keeps signals, as from the start of the program until the app handles them."""
    kept = KeptSignals()
    numbers = (*ENDING_SIGNALS, signal.SIGUSR1)
    before = {number: signal.signal(number, kept) for number in numbers}
    yield kept
    for number, handler in before.items():
        signal.signal(number, handler)


async def test_a_signal_is_acted_on_however_many_keys_wait() -> None:
    told = asyncio.Event()
    signals = LoopSignals({signal.SIGUSR2: told.set})
    loop = asyncio.get_running_loop()
    for _ in range(WAKINGS):
        loop.call_soon_threadsafe(lambda: None)
    signal.raise_signal(signal.SIGUSR2)
    await asyncio.wait_for(told.wait(), PATIENCE)
    signals.end()


async def test_each_of_many_signals_is_acted_on() -> None:
    told: list[int] = []
    signals = LoopSignals({signal.SIGUSR2: lambda: told.append(1)})
    for _ in range(WAKINGS):
        signal.raise_signal(signal.SIGUSR2)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    signals.end()
    assert len(told) == WAKINGS


@pytest.mark.parametrize("just_before", [False, True])
@pytest.mark.parametrize("number", ENDING_SIGNALS)
async def test_what_comes_between_two_apps_is_for_the_second(
    number: signal.Signals, just_before: bool, kept: KeptSignals
) -> None:
    """The map and the app on one of its points handle signals in turn."""
    told = asyncio.Event()
    first = call_on_signals(lambda: None, lambda: None)
    if just_before:
        signal.raise_signal(number)
    first.end()
    if not just_before:
        signal.raise_signal(number)
    await asyncio.sleep(0)
    assert kept.heard == [number]
    second = call_on_signals(told.set, lambda: None)
    await asyncio.wait_for(told.wait(), PATIENCE)
    second.end()
    assert signal.getsignal(number) is kept


async def test_a_user_signal_saves(kept: KeptSignals) -> None:
    told, saved = asyncio.Event(), asyncio.Event()
    signals = call_on_signals(told.set, saved.set)
    signal.raise_signal(signal.SIGUSR1)
    await asyncio.wait_for(saved.wait(), PATIENCE)
    signals.end()
    assert not told.is_set()
