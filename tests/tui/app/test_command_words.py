"""Commands as words: each command has a name, and what is wrong with a line is said."""

from __future__ import annotations

import math

import pytest

from echornn.session.commands import (
    Choose,
    Command,
    Edit,
    FinishEpoch,
    Go,
    Hide,
    Move,
    MoveEpochs,
    Name,
    Pause,
    Pin,
    SetSpeed,
    StartOver,
    Step,
    ToggleReplicas,
)
from tui.app.command_words import WordError, command_of, commands_in, joined, text_of

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
ON_BRANCHES: dict[str, Command] = {
    "name b a  good one": Name(1, "a good one"),
    "name b": Name(1, ""),
    "pin 2": Pin(2),
    "hide a": Hide(0),
}


@pytest.mark.parametrize("line", ON_BRANCHES)
def test_a_line_names_a_command_on_a_branch(line: str) -> None:
    assert command_of(*commands_in(line)) == ON_BRANCHES[line]


@pytest.mark.parametrize("line", LINES)
def test_a_line_names_a_command_and_a_command_its_line(line: str) -> None:
    (words,) = commands_in(line)
    command = command_of(words)
    assert command == LINES[line]
    assert command_of(*commands_in(text_of(command))) == command


@pytest.mark.parametrize(
    "line",
    [
        *("stpe 3", "pause 3", "step 1 2", "step 1.5", "step -1", "replicas 1", "move", "speed 0", "speed nan"),
        *("branch B", "edit", "edit learning_rate", "edit learning_rate=-1", "restart num_layers=9", "edit cell=lstn"),
        *("edit a.b=1", "edit task=ehco", f"step {'9' * 400}", "name", "pin", "hide a b"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_briefly(line: str) -> None:
    with pytest.raises(WordError) as raised:
        command_of(*commands_in(line))
    assert len(str(raised.value)) < 400


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
