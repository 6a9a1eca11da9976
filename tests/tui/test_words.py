"""Commands as words: each command has a name, and what is wrong with a line is said."""

from __future__ import annotations

import math

import pytest

from echornn.session import commands
from tui.app.words import WordError, lines_of

LINES: dict[str, commands.Command | str] = {
    "step": commands.Step(),
    "step 1,000": commands.Step(1000),
    "speed max": commands.SetSpeed(math.inf),
    "speed 2.5": commands.SetSpeed(2.5),
    "edit learning-rate=1e-3 num_epochs=1_000": commands.Edit({"learning_rate": 1e-3, "num_epochs": 1000}),
    "edit stride= task=two_coins": commands.Edit({"stride": None, "task": "two_coins"}),
    "restart": commands.StartOver({}),
    "go end": commands.Go(None, None),
    "branch 1 310": commands.Go(1, 310),
    "move -5": commands.Move(-5),
    "move epochs 1": commands.MoveEpochs(1),
    "window_back": commands.Move(-1),
    "replicas 8": commands.ToggleReplicas(8),
    "name b a  'good  one'": commands.Name(1, "a good  one"),
    "name b": commands.Name(1, ""),
    "pin 2": commands.Pin(2),
    "w": commands.Save(),
    "save 'a b; c.svg' # said": "save_screen('a b; c.svg')",
    "view memory": "view('3')",
    "zoom out": "zoom(False)",
    "crosshair fall": "crosshair('fall')",
    "seed after": "replica(1)",
    "cursor right 3": "cursor('right', 3)",
    "figure curve -o a.pdf": "figure('curve', 'a.pdf')",
    "order": "in_a_view('order')",
    "tree": "branches",
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_names_a_command_or_an_action(line: str) -> None:
    assert [one.what for one in lines_of(f"pause; {line}\n# nothing")] == [commands.Pause(), LINES[line]]


@pytest.mark.parametrize(
    "line",
    [
        *("stpe 3", "pause 3", "step 1 2", "step 1.5", "step -1", "replicas 1", "move", "speed 0", "speed nan", "go x"),
        *("branch B", "edit", "edit learning_rate", "edit learning_rate=-1", "restart num_layers=9", "edit cell=lstn"),
        *("edit a.b=1", "edit task=ehco", f"step {'9' * 400}", "name", "pin", "hide a b", "save a.png", "save 'a.svg"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_briefly(line: str) -> None:
    with pytest.raises(WordError) as raised:
        lines_of(line)
    assert len(str(raised.value)) < 400
