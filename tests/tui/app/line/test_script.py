"""When a line is done, and when a script stops."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import LossStats
from echornn.session.commands import Answer, Step
from echornn.session.pictures.frame import Frame, State
from tui.app.line.script import Begun, Outcome, Script, outcome_of
from tui.app.line.words import lines_of

PAUSED = Frame(State.PAUSED, EchoConfig(), trained_in_all=10, answered=4)
DIVERGED = LossStats(recent=np.array([math.nan], np.float32))


def begun(text: str, trained: int = 0) -> Begun:
    (line,) = lines_of(text)
    return Begun(line, 4, trained)


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("go 3", {"answered": 3}),
        ("go 3", {"message": "going to window 3: 5 to train again"}),
        ("pause", {"state": State.LOADING}),
        ("step 5", {"state": State.RUNNING}),
        ("epoch", {"state": State.RUNNING}),
    ],
)
def test_a_line_is_not_done_yet(text: str, changes: dict[str, object]) -> None:
    assert outcome_of(begun(text), replace(PAUSED, **changes), None) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["go 0", "pause", "edit seed=3", "step 5", "epoch", "save", "undo", "speed max"])
def test_a_line_is_done(text: str) -> None:
    line = begun(text, trained=5)
    assert outcome_of(line, PAUSED, None) == Outcome(line.line)


def test_a_window_beyond_the_end_is_said() -> None:
    line = begun("branch b 5000")
    end = replace(PAUSED, line=1, trained=40)
    assert outcome_of(line, end, None) == Outcome(line.line, note="branch b ends at window 40, which is shown")
    assert outcome_of(line, replace(end, trained=5000), None) == Outcome(line.line)


@pytest.mark.parametrize(
    ("text", "window", "note"),
    [
        ("move 500", 40, "window 40 is shown: the line ends there"),
        ("move -500", 0, "window 0 is shown: the line begins there"),
        ("move_epochs 99", 40, "window 40 is shown: the line ends there"),
        ("move_epochs 2", 20, ""),
        ("move_epochs -1", 0, ""),
        ("move 1", 40, ""),
    ],
)
def test_the_end_of_the_line_is_said(text: str, window: int, note: str) -> None:
    line = begun(text)
    assert outcome_of(line, replace(PAUSED, trained=window, line_end=40), None) == Outcome(line.line, note=note)


def test_a_change_that_starts_over_says_because_of_which_field() -> None:
    line = replace(begun("edit learning_rate=0.05 optimizer=adam"), config=EchoConfig())
    adam = replace(PAUSED, config=EchoConfig(learning_rate=0.05, optimizer="adam"))
    said = "started over at window 0: another optimizer needs a new network"
    assert outcome_of(line, adam, None) == Outcome(line.line, note=said)
    slower = replace(PAUSED, config=EchoConfig(learning_rate=0.05))
    assert outcome_of(line, slower, None) == Outcome(line.line)


def test_resume_is_done_while_training_goes_on() -> None:
    line = begun("resume")
    assert outcome_of(line, replace(PAUSED, state=State.RUNNING), None) == Outcome(line.line)


def test_fewer_windows_than_asked_for_are_said() -> None:
    line = begun("step 100", trained=3)
    cut = outcome_of(line, PAUSED, None)
    assert cut == Outcome(line.line, "7 windows were trained, then it was paused", is_refused=True)
    over = outcome_of(line, replace(PAUSED, state=State.FINISHED), None)
    assert over == Outcome(line.line, note="7 windows were trained: the run ends there")
    diverged = outcome_of(line, replace(PAUSED, loss_stats=DIVERGED), None)
    assert diverged == Outcome(line.line, "the loss diverged; 7 windows were trained", has_failed=True)


def test_a_refusal_and_a_failure_are_said_in_their_own_words() -> None:
    line = begun("redo")
    nothing = outcome_of(line, PAUSED, Answer(4, Step(), "nothing to redo"))
    assert nothing == Outcome(line.line, "nothing to redo")
    refused = outcome_of(line, PAUSED, Answer(4, Step(), "no such branch", was_refused=True))
    assert refused == Outcome(line.line, "no such branch", is_refused=True)
    failed = outcome_of(line, replace(PAUSED, state=State.FAILED, message="out of memory"), None)
    assert failed == Outcome(line.line, "out of memory", has_failed=True)


async def test_each_line_begins_when_the_one_before_is_done_and_none_after_a_refusal() -> None:
    frame, answers = PAUSED, {6: Answer(6, Step(), "no", was_refused=True)}
    told: list[Outcome] = []
    numbers = iter((5, 6, 7))

    async def begin(line: object) -> Begun:
        return Begun(line, next(numbers))  # type: ignore[arg-type]

    script = Script(lines_of("pause; undo; redo"), begin, lambda number: (frame, answers.get(number)), told.append)
    await script.go_on()
    assert (told, script.begun and script.begun.number) == ([], 5)
    frame = replace(PAUSED, answered=6)
    await script.go_on()
    assert [(one.line.text, one.why_not) for one in told] == [("pause", ""), ("undo", "no")]
    assert script.is_over
