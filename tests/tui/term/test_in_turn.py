"""Input reaches the app a few messages at a time."""

from __future__ import annotations

import asyncio

from textual.app import App
from textual.events import Callback, CursorPosition, Key
from textual.message import Message

from tui.term.in_turn import FEW, MOST_WAITING, PATIENCE_SECONDS, InTurn

KEYS = 10 * FEW


def key(number: int) -> Key:
    return Key(f"key{number}", None)


class Counter(App[None]):
    """Counts the keys that it has handled."""

    def __init__(self) -> None:
        super().__init__()
        self.handled: list[str] = []

    def on_key(self, event: Key) -> None:
        self.handled.append(event.key)


async def test_the_app_does_other_things_between_keys_and_gets_all_in_order() -> None:
    app, seen = Counter(), set()
    async with app.run_test():
        in_turn = InTurn(app.post_message, app.post_message, lambda: 100.0)
        for number in range(KEYS):
            in_turn.add(key(number))
        while len(app.handled) < KEYS:
            seen.add(len(app.handled))
            in_turn.hand_on()
            await asyncio.sleep(0)
        assert app.handled == [f"key{number}" for number in range(KEYS)]
        assert seen >= set(range(0, KEYS, FEW))
        assert in_turn.is_empty


def test_the_answer_of_the_terminal_overtakes_keys() -> None:
    given: list[Message] = []
    in_turn = InTurn(given.append, given.append, lambda: 100.0)
    for number in range(MOST_WAITING):
        assert not in_turn.is_full
        in_turn.add(key(number))
    assert in_turn.is_full
    in_turn.add(CursorPosition(1, 1))
    assert [type(message) for message in given] == [CursorPosition]


def test_an_app_that_says_nothing_gets_more_after_a_while() -> None:
    given, now = list[Message](), 100.0
    in_turn = InTurn(given.append, lambda message: None, lambda: now)
    for number in range(2 * FEW):
        in_turn.add(key(number))
    in_turn.hand_on()
    in_turn.hand_on()
    assert len(given) == FEW
    now += PATIENCE_SECONDS + 1
    in_turn.hand_on()
    assert len(given) == 2 * FEW


async def test_the_next_keys_come_only_when_those_before_are_handled() -> None:
    given: list[Message] = []
    in_turn = InTurn(given.append, given.append, lambda: 100.0)
    for number in range(2 * FEW):
        in_turn.add(key(number))
    in_turn.hand_on()
    in_turn.hand_on()
    assert len(given) == FEW + 1
    handled = given[-1]
    assert isinstance(handled, Callback)
    handled.callback()
    in_turn.hand_on()
    assert len(given) == 2 * (FEW + 1)


def test_a_key_behind_a_flood_waits_for_few_drawings() -> None:
    given: list[Message] = []
    in_turn = InTurn(given.append, given.append, lambda: 100.0)
    keys = [key(number) for number in range(MOST_WAITING)]
    for one in keys:
        in_turn.add(one)
    while not in_turn.is_empty:
        in_turn.hand_on()
        handled = given[-1]
        assert isinstance(handled, Callback)
        handled.callback()
    assert [message for message in given if isinstance(message, Key)] == keys
    assert sum(isinstance(message, Callback) for message in given) < 250  # one before each drawing
