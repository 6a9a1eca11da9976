"""Keys that come all at once, as in one packet of a slow line: each finds what the one before it
has done, so the session is sent what slow typing sends, in the same order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from echornn.session.commands import (
    Alone,
    Ask,
    Choose,
    Command,
    Edit,
    Faster,
    FinishEpoch,
    Go,
    Move,
    MoveEpochs,
    Name,
    Pin,
    Redo,
    Reset,
    Save,
    Slower,
    Step,
    Toggle,
    Undo,
)
from tests.door.app.stage import Stage, opened
from tests.door.app.test_branches import THREE_BRANCHES
from tests.scripted import SMALL, SMALL_POPULATION


class Burst(NamedTuple):
    keys: str
    sent: list[Command]  # in this order, without questions of views
    focus: str = "LossPlot"  # the class of the widget or screen that has the keys at the end
    before: tuple[Command, ...] = (Step(10), Reset(), Step(10))
    options: dict[str, Any] = {}  # of `opened`


LONG = replace(SMALL, num_epochs=100)
IN_LINE = [
    Burst(":step 4⏎.u:redo⏎.", [Step(4), Step(), Undo(), Redo(), Step()]),
    Burst(":step 2⏎:step 3⏎.", [Step(2), Step(3), Step()]),
    Burst(".:step 2⏎.", [Step(), Step(2), Step()]),
    Burst(":step⎋.", [Step()]),
    Burst(":x⌫⌫.u", [Step(), Undo()]),
    Burst(":stpe⏎⎋.", [Step()]),
    Burst("u:stpe", [Undo()], "CommandLine"),
    Burst(":⟦step 3⟧⏎.", [Step(3), Step()]),
    Burst("b:step 2⏎⎋.", [Step(2), Step()]),
    Burst(":view memory⏎⇥↓.", [Step()], "MemoryView"),
]
IN_PANELS = [
    Burst("bnxy⏎", [Name(1, "xy")], "BranchList"),
    Burst("bnxy⏎⎋.", [Name(1, "xy"), Step()]),
    Burst("bnu.⎋x⎋u", [Pin(1), Undo()]),
    Burst("bb.", [Step()]),
    Burst("b↓⏎.", [Go(1), Step()], before=THREE_BRANCHES),
    Burst("orate⎋.", [Step()]),
    Burst("o.:u⎋u", [Undo()]),
    Burst("s↓0.15⏎⎋.", [Edit({"learning_rate": 0.15}), Step()]),
    Burst("s↓.2⏎su", [Edit({"learning_rate": 0.2}), Undo()]),
    Burst("s↓+⎋b⎋.", [Edit({"learning_rate": 0.5}, held=True), Step()]),
    Burst(".sus", [Step(), Undo()]),
    Burst(".s.", [Step(), Step()], "SettingsPanel"),
]
ON_SCREENS = [
    Burst("℗epoch⏎.", [FinishEpoch(), Step()]),
    Burst("℗epo⎋.", [Step()]),
    Burst("℗⎋..", [Step(), Step()]),
    Burst("℗epoch↓⏎.", [MoveEpochs(-1), Step()]),
    Burst("℗undo⏎℗step⏎.", [Undo(), Step(), Step()]),
    Burst("℗⟦undo⟧⏎.", [Undo(), Step()]),
    Burst("℗help⏎⎋.", [Step()]),
    Burst("℗:seed⏎0⎋.", [Step()]),
    Burst("?q.", [Step()]),
    Burst("?.⎋u", [Undo()]),
    Burst("?/clip⏎⎋⎋.", [Step()]),
    Burst("?/u.q⎋⎋u", [Undo()]),
    Burst("?/..", [], "Input"),
    Burst("?℗step⏎⎋u", [Step(), Undo()]),
    Burst("?↓↓⎋l.", [Step()]),
    Burst(".?", [Step()], "VerticalScroll"),
    Burst("o⎋b⎋s⎋?⎋℗⎋:⎋.", [Step()]),
]
WATCHED = [
    Burst("←←←⏎.", [Go(1, 8), Step()]),
    Burst("←⇥⇥←←⏎u", [Go(1, 8), Undo()]),
    Burst("d⏎.", [Go(0, 2), Step()], before=(Step(600),), options={"config": LONG}),
    Burst("  . ", [Toggle(), Toggle(), Step(), Toggle()]),
    Burst("2⇥.3.", [Step(), Step()], "MemoryView"),
    Burst("1⇥←↓4u⇥←⎋.", [Undo(), Step()]),
    Burst("+-.[r", [Faster(), Slower(), Step(), Move(-1), Reset()]),
]
SEVERAL = {"config": SMALL_POPULATION, "size": (100, 30)}
ELSEWHERE = [
    Burst("6↓.⏎.", [Choose(4), Step(), Alone(), Step()], "SeedsView", (Step(400),), SEVERAL),
    Burst("6v↓⏎.", [Choose(1), Alone(), Step()], "SeedsView", (Step(400),), SEVERAL),
    Burst("s⎋⎋t.", [Step()], options={"tour": True}),
    Burst("2⇥←⇥⎋t.", [Step()], options={"tour": True}),
    Burst("t.", [Step(), Step()], options={"tour": True}),
    Burst(
        "i↓.2⏎⎋ju",
        [Edit({"learning_rate": 0.2}), Step(), Undo()],
        options={"keys": {"settings": ("i",), "step": ("j",)}},
    ),
    Burst(
        "..:step 2⏎.s⎋e?⎋",
        [Step(), Step(), Step(2), Step(), FinishEpoch()],
        before=(),
        options={"loaded": False},
    ),
]


BURSTS = [*IN_LINE, *IN_PANELS, *ON_SCREENS, *WATCHED, *ELSEWHERE]


@pytest.fixture(autouse=True)
def _without_lines_and_runs_of_other_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def note_what_is_sent(stage: Stage) -> list[Command]:
    sent: list[Command] = []
    send = stage.session.send

    def noting(command: Command) -> int:
        if not isinstance(command, Ask):
            sent.append(command)
        return send(command)

    stage.session.send = noting  # type: ignore[method-assign]
    return sent


@pytest.mark.parametrize("burst", BURSTS, ids=[burst.keys for burst in BURSTS])
async def test_each_key_of_a_burst_finds_what_the_one_before_has_done(burst: Burst) -> None:
    options = {"size": (120, 40), **burst.options}
    async with opened(options.pop("config", SMALL), **options) as stage:
        await stage.do(*burst.before)
        sent = note_what_is_sent(stage)
        await stage.at_once(burst.keys)
        assert (sent, stage.focus) == (burst.sent, burst.focus)


ALONG = {
    "P⎋.": ([Save(), Step()], "LossPlot"),
    "Pq:step 2⏎": ([Save(), Step(2)], "LossPlot"),
    ":along⏎⎋.": ([Save(), Step()], "LossPlot"),
    "P..": ([Save()], "VerticalScroll"),
}


@pytest.mark.parametrize("keys", ALONG)
async def test_keys_behind_the_probes_along_the_run_are_of_what_is_open(
    keys: str, tmp_path: Path
) -> None:
    async with opened(SMALL, Step(10), folder=tmp_path / "run") as stage:
        sent = note_what_is_sent(stage)
        await stage.at_once(keys)
        assert (sent, stage.focus) == ALONG[keys]


async def test_nothing_behind_quit_is_done() -> None:
    async with opened(SMALL) as stage:
        sent = note_what_is_sent(stage)
        await stage.at_once(":step 2⏎")
        stage.packet(".s⎋q..:step 3⏎")
        await stage.until(lambda _: stage.session.stopped.is_set())
    assert stage.app.return_value == 0
    assert sent == [Step(2), Step()]
