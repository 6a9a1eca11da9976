"""Commands as words: each command has a name, and what is wrong with a line is said."""

from __future__ import annotations

import math

import pytest

from echornn.config import EchoConfig
from echornn.session.command_words import WORDS, WordError, command_of, require_changes, text_of
from echornn.session.commands import (
    COMMANDS,
    Ask,
    Choose,
    Command,
    Edit,
    FinishEpoch,
    Go,
    Move,
    MoveEpochs,
    Pause,
    SetSpeed,
    StartOver,
    Step,
    ToggleReplicas,
)
from echornn.session.script_text import commands_in, joined

LINES: dict[str, Command] = {
    "pause": Pause(),
    "step": Step(),
    "step 1,000": Step(1000),
    "epoch": FinishEpoch(),
    "speed max": SetSpeed(math.inf),
    "speed 2.5": SetSpeed(2.5),
    "edit learning_rate=0.1 optimizer=adam": Edit({"learning_rate": 0.1, "optimizer": "adam"}),
    "edit learning-rate=1e-3 num_epochs=1_000": Edit({"learning_rate": 1e-3, "num_epochs": 1000}),
    "edit stride=": Edit({"stride": None}),
    "edit task=two_coins": Edit({"task": "two_coins"}),
    "restart state_size=8": StartOver({"state_size": 8}),
    "restart": StartOver({}),
    "go 310": Go(None, 310),
    "go end": Go(None, None),
    "branch b": Go(1, None),
    "branch 1 310": Go(1, 310),
    "move -5": Move(-5),
    "move_epochs 1": MoveEpochs(1),
    "replicas 8": ToggleReplicas(8),
    "replica 7": Choose(7),
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_names_a_command_and_a_command_its_line(line: str) -> None:
    (words,) = commands_in(line)
    command = command_of(words)
    assert command == LINES[line]
    assert command_of(*commands_in(text_of(command))) == command


def test_each_command_has_a_name() -> None:
    assert {word.kind for word in WORDS.values()} == {*COMMANDS} - {Ask}
    assert text_of(Ask(None)) == ""


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_what_a_command_does_fits_a_line(word: object) -> None:
    name, usage, about = (getattr(word, one) for one in ("name", "usage", "about"))
    assert len(f"{name} {usage}: {about}") <= 78


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("stpe 3", "'stpe' is no command: did you mean step?"),
        ("xyzzy", "'xyzzy' is no command"),
        ("pause 3", "'pause 3' cannot be used: pause takes nothing more"),
        ("step 1 2", "'step 1 2' cannot be used: step takes [WINDOWS]"),
        ("step 1.5", "step = '1.5' cannot be used: a whole number, 1 or more"),
        ("step -1", "step = '-1' cannot be used: a whole number, 1 or more"),
        ("replicas 1", "replicas = '1' cannot be used: a whole number, 2 or more"),
        ("move", "'move' cannot be used: move takes WINDOWS"),
        ("speed 0", "speed = '0' cannot be used: 0.01 to 1,000,000 windows a second, or max"),
        ("speed nan", "speed = 'nan' cannot be used: 0.01 to 1,000,000 windows a second, or max"),
        ("branch B", "branch = 'B' cannot be used: the letter of a branch, a, b and so on, or its number"),
        ("edit", "'edit' cannot be used: edit takes FIELD=VALUE ..."),
        ("edit learning_rate", "'learning_rate' cannot be used: edit takes FIELD=VALUE ..."),
        ("edit learning_rate=-1", "learning_rate = -1.0 cannot be used: a finite number above 0"),
        ("restart num_layers=9", "num_layers = 9 cannot be used: 1 to 8"),
        ("edit cell=lstn", "cell = 'lstn' cannot be used: one of rnn, "),
        ("edit a.b=1", "EchoConfig has no field a.b"),
        ("edit task=ehco", "task = 'ehco' cannot be used: one of echo, two_coins"),
        (f"step {'9' * 400}", "step = '9999"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(line: str, said: str) -> None:
    with pytest.raises(WordError) as raised:
        command_of(*commands_in(line))
    assert str(raised.value).startswith(said)
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"learning_rat": 0.1}, "'learning_rat' is no field of this task: did you mean learning_rate?"),
        ({"lag": 3}, "'lag' is no field of this task: it is a setting of the task"),
        ({"learning_rate": "fast"}, "learning_rate = 'fast' cannot be used: a finite number above 0"),
        ({"state_size": 1.5}, "state_size = 1.5 cannot be used: a whole number"),
        ({"dropout": 0.5}, "dropout = 0.5 cannot be used: 0, since num_layers = 1 leaves nothing to drop between"),
    ],
)
def test_a_change_is_checked_as_flags_are(changes: dict[str, object], said: str) -> None:
    with pytest.raises(WordError) as raised:
        require_changes(changes, EchoConfig())
    assert str(raised.value).startswith(said)


def test_a_change_that_can_be_made_is_no_error() -> None:
    require_changes({"learning_rate": 0.1, "optimizer": "adam"}, EchoConfig())
    require_changes({"task": "two_coins", "lag": 3}, EchoConfig())


def test_a_script_is_commands_of_words() -> None:
    script = "edit learning_rate=0.1; step 100 ;; save 'a b; c.svg' # said\n# nothing\n\npause"
    assert commands_in(script) == [
        ["edit", "learning_rate=0.1"],
        ["step", "100"],
        ["save", "a b; c.svg"],
        ["pause"],
    ]
    assert commands_in("") == []
    with pytest.raises(WordError, match="not closed"):
        commands_in("save 'a.svg")


@pytest.mark.parametrize("words", [["save", "a b.svg"], ["name", "b", "it's"], ["name", "b", ""], ["x", "#1", "a;b"]])
def test_joined_words_are_read_again(words: list[str]) -> None:
    assert commands_in(joined(words)) == [words]
