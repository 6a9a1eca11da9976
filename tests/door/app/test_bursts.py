"""Keys that come all at once, as in one packet of a slow line: each finds what the one before it
has done, so the session is sent what slow typing sends, in the same order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from echornn.session.commands import Ask, Command, Reset, Step
from tests.door.app.stage import LARGE, MIDDLE, TOUR, Stage, opened
from tests.scripted import SMALL, SMALL_POPULATION


@pytest.fixture(autouse=True)
def _without_lines_and_runs_of_other_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def note_what_is_sent(stage: Stage) -> list[str]:
    """The commands from now on, each as its name and its values; without questions of views."""
    sent: list[str] = []
    send = stage.session.send

    def noting(command: Command) -> int:
        if not isinstance(command, Ask):
            values = map(str, vars(command).values())
            sent.append(" ".join([type(command).__name__, *values]))
        return send(command)

    stage.session.send = noting  # type: ignore[method-assign]
    return sent


async def sent_by(stage: Stage, keys: str) -> str:
    sent = note_what_is_sent(stage)
    await stage.at_once(keys)
    return ", ".join(sent)


TWO_BRANCHES = (Step(10), Reset(), Step(10))

BURSTS = {
    "the line": {
        ":step 4⏎.u:redo⏎.": "Step 4, Step 1, Undo, Redo, Step 1",
        ":x⌫⌫.u": "Step 1, Undo",
        ":⟦step 3⟧⏎.": "Step 3, Step 1",
    },
    "panels": {
        "bnxy⏎⎋.": "Name 1 xy, Step 1",
        "bnu.⎋x⎋u": "Pin 1 None, Undo",
        "s↓0.15⏎⎋.": "Edit {'learning_rate': 0.15} False, Step 1",
        "s↓+⎋b⎋.": "Edit {'learning_rate': 0.2} True, Step 1",
        "s↓↓↓↓↓↓↓↓↓↓↓↓↓6⏎⎋e": "Edit {'state_size': 6} False, FinishEpoch",
    },
    "the list of runs": {"o.:u⎋u": "Undo"},
    "screens": {
        "℗epoch⏎.": "FinishEpoch, Step 1",
        "℗epoch↓⏎.": "MoveEpochs -1, Step 1",
        "℗⟦undo⟧⏎.": "Undo, Step 1",
        "℗:seed⏎0⎋.": "Step 1",
        "?/u.q⎋⎋u": "Undo",
        "?℗step⏎⎋u": "Step 1, Undo",
        "o⎋b⎋s⎋?⎋℗⎋:⎋.": "Step 1",
    },
    "what is watched": {"←⇥⇥←←⏎u": "Go 1 8 False, Undo"},
    "what has no place": {
        "  . ": "Toggle, Toggle, Step 1, Toggle",
        "1⇥←↓4u⇥←⎋.": "Undo, Step 1",
        "+-.[r": "Faster, Slower, Step 1, Move -1 False, Reset",
    },
}


@pytest.mark.parametrize("place", BURSTS)
async def test_each_key_of_a_burst_finds_what_the_one_before_has_done(place: str) -> None:
    async with opened(replace(SMALL, num_epochs=100), size=LARGE) as stage:
        await stage.do(*TWO_BRANCHES)
        for keys, sent in BURSTS[place].items():
            assert (keys, await sent_by(stage, keys)) == (keys, sent)
            assert stage.focus == "LossPlot", keys


FOCUSED = {
    ":view memory⏎⇥↓.": ("Step 1", "MemoryView"),
    ".s.": ("Step 1, Step 1", "SettingsPanel"),
    "?/..": ("", "Input"),
    "2⇥.3.": ("Step 1, Step 1", "MemoryView"),
}


@pytest.mark.parametrize("keys", FOCUSED)
async def test_what_a_burst_has_opened_has_the_keys(keys: str) -> None:
    async with opened(size=LARGE) as stage:
        await stage.do(*TWO_BRANCHES)
        sent = await sent_by(stage, keys)
        assert (sent, stage.focus) == FOCUSED[keys]


SEEDS = {"6↓.⏎.": "Choose 4, Step 1, Alone, Step 1", "6v↓⏎.": "Choose 1, Alone, Step 1"}


@pytest.mark.parametrize("keys", SEEDS)
async def test_a_burst_goes_on_with_the_chosen_seed(keys: str) -> None:
    async with opened(SMALL_POPULATION, size=MIDDLE) as stage:
        await stage.do(Step(400))
        assert await sent_by(stage, keys) == SEEDS[keys]
        assert stage.focus == "SeedsView"


async def test_a_burst_leads_through_the_tour() -> None:
    async with opened(size=LARGE, training=TOUR) as stage:
        await stage.do(*TWO_BRANCHES)
        assert await sent_by(stage, "2⇥←⇥⎋t.") == "Step 1"
        assert stage.focus == "LossPlot"


async def test_a_burst_of_the_users_own_keys() -> None:
    moved = {"settings": ("i",), "step": ("j",)}
    async with opened(size=LARGE, moved=moved) as stage:
        await stage.do(*TWO_BRANCHES)
        sent = await sent_by(stage, "i↓.2⏎⎋ju")
        assert sent == "Edit {'learning_rate': 0.2} False, Step 1, Undo"
        assert stage.focus == "LossPlot"


async def test_a_burst_while_the_network_loads() -> None:
    async with opened(size=LARGE, loaded=False) as stage:
        sent = await sent_by(stage, "..:step 2⏎.s⎋e?⎋")
        assert sent == "Step 1, Step 1, Step 2, Step 1, FinishEpoch"
        assert stage.focus == "LossPlot"


ALONG = {"Pq:step 2⏎": ("Save, Step 2", "LossPlot"), "P..": ("Save", "VerticalScroll")}


async def test_keys_behind_an_evaluation_are_of_what_is_open() -> None:
    async with opened(SMALL, Step(10)) as stage:
        assert await sent_by(stage, "E.") == ""
        assert stage.focus == "VerticalScroll"


@pytest.mark.parametrize("keys", ALONG)
async def test_keys_behind_the_probes_along_the_run_are_of_what_is_open(
    keys: str, tmp_path: Path
) -> None:
    async with opened(SMALL, Step(10), folder=tmp_path / "run") as stage:
        sent = await sent_by(stage, keys)
        assert (sent, stage.focus) == ALONG[keys]


async def test_nothing_behind_quit_is_done() -> None:
    async with opened() as stage:
        sent = note_what_is_sent(stage)
        await stage.at_once(":step 2⏎")
        stage.packet(".s⎋q..:step 3⏎")
        await stage.until(lambda _: stage.session.stopped.is_set())
    assert stage.app.return_value == 0
    assert sent == ["Step 2", "Step 1"]
