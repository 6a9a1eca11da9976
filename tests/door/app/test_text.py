"""A text on the screen: rows of letters, bits beside the loss, and what the network writes."""

from __future__ import annotations

from echornn import EchoConfig, Question, Readings, Snapshot
from echornn.session.commands import Step
from tests.door.app.stage import opened

TEXT = EchoConfig(task="text", total_series_length=600, batch_size=3, seed=7)


def written(snapshot: Snapshot, question: Question) -> Readings:
    assert "sample" in question.kinds
    return Readings(snapshot.state.config, snapshot.branch, snapshot.window, ("h",), sample="one\ntwenty-" + 80 * "o")


async def test_rows_are_letters_and_w_shows_what_the_network_writes() -> None:
    async with opened(TEXT, Step(5), size=(80, 30), readings=written) as stage:
        await stage.press("1")
        assert " bits)" in stage.lines[0]
        names = TEXT.the_task.outputs.names
        assert stage.frame.progress is not None
        letters = " ".join(names[one] for one in stage.frame.progress.y[0])
        assert letters in stage.text
        text = await stage.seen("w")
        lines = [line.strip() for line in text.split("\n")]
        at = next(number for number, line in enumerate(lines) if line.startswith("sample: "))
        assert [line[:10] for line in lines[at + 1 : at + 4]] == ["one", "twenty-ooo", "o" * 9]


async def test_another_task_says_that_it_has_no_text() -> None:
    async with opened(size=(80, 30)) as stage:
        assert "sample: only a network that predicts the next symbol can write" in await stage.seen(".", "w")
