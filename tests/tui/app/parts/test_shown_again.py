"""The copied command that shows the same again: fields if they are enough, otherwise the stored run."""

from __future__ import annotations

from pathlib import Path

from echornn.config import EchoConfig
from echornn.session.pictures.frame import State
from echornn.timeline.branch import Branch, Position
from tests.tui.app.test_app import opened
from tui.cli.parser import command as program
from tui.kit.command_text import command_again, command_of

POPULATION = EchoConfig(seed=11, echo_step=5, learning_rate=1e-3, stride=None, cell="gru", replicas=64)
FOLDER = Path("/tmp/it's here")


def branch(**changes: int) -> Branch:
    terms = {"epoch": 0, "window": 0, "data_version": 0, "init_index": 0, **changes}
    return Branch(0, "start", None, None, **terms, config=POPULATION)


def test_the_tutorial_needs_no_flags_and_the_rest_those_that_differ() -> None:
    assert command_of(EchoConfig()) == "echornn-tui"
    text = command_of(POPULATION)
    assert text.split()[0] == "echornn-tui"
    assert "--replicas 64" in text
    assert "--seed 11" in text
    assert "stride" not in text


def test_the_command_line_reads_the_same_configuration() -> None:
    _, bound, _ = program.parse_args(command_of(POPULATION).split()[1:])
    assert bound.arguments["config"].over(EchoConfig()) == POPULATION


def test_from_the_start_fields_are_enough_and_else_it_is_the_run_that_is_kept() -> None:
    plain = command_of(POPULATION)
    assert command_again([branch()], 800, False, FOLDER) == plain
    kept = "echornn-tui --resume '/tmp/it'\"'\"'s here' --at 800"
    assert command_again([branch()], 800, True, FOLDER) == kept
    assert command_again([branch(init_index=1)], 800, False, FOLDER) == kept
    assert command_again([branch(data_version=1)], 800, False, FOLDER) == kept
    assert command_again([branch(), branch()], 800, False, FOLDER) == kept
    assert command_again([branch(), branch()], 800, False, None) == plain


async def test_y_copies_it_and_says_it() -> None:
    async with opened(State.PAUSED) as (app, session, pilot):
        assert session.timeline.path(Position(0, 800))
        await pilot.press("y")
        assert app.clipboard == "echornn-tui"
        assert [one.message for one in app._notifications] == ["echornn-tui"]
        assert session.commands == []
