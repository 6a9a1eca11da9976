"""What is measured: the loss on held-out data, what a network writes, and all of it along the
run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from echornn import EchoConfig, Question, Readings, Snapshot
from echornn.session.commands import Ask, Choose, Edit, Go, Step
from tests.door.app.stage import Stage as App
from tests.door.app.stage import opened
from tests.door.library.sessions import Query, Stage, on_stage
from tests.patience import wait_for
from tests.readings_by_hand import HeldOut
from tests.recorded import record_branches
from tests.scripted import SMALL_POPULATION

NONE = np.zeros(1, np.float32)


def measured(snapshot: Snapshot, question: Question) -> Readings:
    found = (
        HeldOut(0.25 + snapshot.window, 0.0, 0.0, 0.0, 1, 1, *3 * [NONE])
        if "held_out" in question.kinds
        else None
    )
    return Readings(snapshot.state.config, snapshot.branch, snapshot.window, held_out=found)


async def test_key_h_draws_it_and_takes_it_away() -> None:
    async with opened(readings=measured) as stage:
        await stage.press("full_stop")
        assert "held out" not in stage.text
        await stage.press("h")
        await stage.until(lambda text: "held out 1.250" in text)
        await stage.press("h")
        assert "held out" not in stage.text


def test_it_stands_where_it_was_measured_on_each_path() -> None:
    def are(stage: Stage, *windows: int) -> bool:
        curve = stage.session.look(Query(columns=100, held_out=True)).held_out
        assert curve.mean.tolist() == [0.25 + end for end in curve.ends.tolist()]
        return bool(curve.ends.tolist() == [*windows])

    with on_stage(examine=measured) as stage:
        stage.do(Step(5), Ask(Question(frozenset({"held_out"}))))
        wait_for(lambda: are(stage, 5))
        stage.do(Step(5))
        wait_for(lambda: are(stage, 5, 10))
        stage.do(Go(0, 7))
        wait_for(lambda: are(stage, 5, 7, 10))
        stage.do(Edit({"learning_rate": 0.1}), Step(1))
        wait_for(lambda: are(stage, 5, 7, 8))
        assert stage.frame.readings is None


def test_all_networks_are_measured_on_the_same_held_out_data() -> None:
    seeds: list[tuple[int, int | None]] = []

    def noted(snapshot: Snapshot, question: Question) -> Readings:
        seeds.append((snapshot.state.config.seed, question.data_seed))
        return measured(snapshot, question)

    with on_stage(SMALL_POPULATION, examine=noted) as stage:
        stage.do(Step(5), Ask(Question(frozenset({"held_out"}))))
        wait_for(lambda: (7, 7) in seeds)
        stage.do(Choose(4), Step(5))
        wait_for(lambda: (11, 7) in seeds)
    assert {data_seed for _, data_seed in seeds} == {7}


TEXT = EchoConfig(task="text", total_series_length=600, batch_size=3, seed=7)


def written(snapshot: Snapshot, question: Question) -> Readings:
    assert "sample" in question.kinds
    return Readings(
        snapshot.state.config,
        snapshot.branch,
        snapshot.window,
        ("h",),
        sample="one\ntwenty-" + 80 * "o",
    )


async def test_rows_are_letters_and_w_shows_what_the_network_writes() -> None:
    async with opened(TEXT, Step(5), size=(80, 30), readings=written) as stage:
        await stage.press("1")
        assert " bits)" in stage.lines[0]
        names = TEXT.the_task.outputs.names
        assert stage.frame.progress is not None
        letters = " ".join(names[one] for one in stage.frame.progress.y[0])
        assert letters in stage.text
        await stage.press("w")
        text = await stage.until(lambda text: "twenty-" in text)
        lines = [line.strip() for line in text.split("\n")]
        at = next(number for number, line in enumerate(lines) if line.startswith("sample: "))
        assert [line[:10] for line in lines[at + 1 : at + 4]] == ["one", "twenty-ooo", "o" * 9]


async def test_another_task_says_that_it_has_no_text() -> None:
    async with opened(size=(80, 30)) as stage:
        assert "sample: only a network that predicts the next symbol can write" in await stage.seen(
            ".", "w"
        )


RECORDS = [
    {
        "window": window,
        "seed": 7,
        "as_recorded": True,
        "loss": loss,
        "held_out": 0.7,
        "spectral_radii": {"W": 1.25 + window},
        "saturation": {"h": 0.5, "forget": 0.875},
        "update_ratios": {"W": ratio},
        "truncation_bias": None,
        "truncation_bias_of_windows": 0.1,
        "gradient_by_lag": [1.0, 1e-3, 1e-9, 0.0],
        "memory": [0.0, 0.5, 1.0],
    }
    for window, loss, ratio in ((0, None, None), (9, 0.6875, 1e-3), (18, 0.25, 1e-5))
]


async def test_it_shows_what_a_process_prints_and_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_branches(tmp_path / "run", 20)
    (tmp_path / "said").write_text("".join(f"{json.dumps(one)}\n" for one in RECORDS))
    says = (
        "import sys; open(sys.argv[2], 'w').write(str(sys.argv)); print(open(sys.argv[1]).read(), "
        "end='')"
    )
    program = (sys.executable, "-c", says, str(tmp_path / "said"), str(tmp_path / "asked"))
    monkeypatch.setattr("tui.app.along.PROGRAM", program)
    async with opened(folder=tmp_path / "run", size=(100, 50)) as stage:
        assert stage.frame.trained == 20
        await stage.press("P")
        text = await stage.until(lambda text: "3 of 21 windows measured" in text)
        lines = [line.strip(" │").split() for line in text.splitlines()]
        for line in (
            "window █▁ 0.25 to 0.688",
            "W ▁▄█ 1.25 to 19.2",
            "W █▁ 1e-05 to 0.001",
            "T steps not known",
            "1 ▓▓▓",  # a gradient of 1e-3; and from 1e-8 on nothing is learned
            "2 ···",
        ):
            assert line.split() in lines, line
        assert "'--along', '32', '--branch', '0', '--at', '20'" in (tmp_path / "asked").read_text()
        text = await stage.seen("escape")
        assert "windows measured" not in text
        await stage.until(lambda _: not is_measuring(stage))


@pytest.mark.parametrize(
    ("count", "progress"),
    [
        (0, "0 of 21 windows measured, 0 s so far: loading TensorFlow"),
        (2, "2 of 21 windows measured, 0 s so far: compiling"),
        (3, "3 of 21 windows measured, about"),
    ],
)
async def test_it_says_at_once_what_is_done_and_how_much_is_left(
    count: int, progress: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The measuring process prints some records, and then nothing more."""
    record_branches(tmp_path / "run", 20)
    said = tmp_path / "said"
    said.write_text("".join(f"{json.dumps(record)}\n" for record in RECORDS[:count]))
    stays = f"import signal; print(open({str(said)!r}).read(), end='', flush=True); signal.pause()"
    monkeypatch.setattr("tui.app.along.PROGRAM", (sys.executable, "-c", stays))
    async with opened(folder=tmp_path / "run") as stage:
        await stage.press("P")
        begin, _, end = progress.partition("0 s so far")  # or 1 s, on a busy machine
        await stage.until(lambda text: begin in text and end in text)
        await stage.press("escape")
        await stage.until(lambda _: not is_measuring(stage))


async def test_what_it_cannot_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as stage:
        assert "nothing trained yet" in await stage.seen("P")
        await stage.press("full_stop")
        assert "not kept" in await stage.seen("P")
    record_branches(tmp_path / "run", 5)
    fails = "import sys; sys.exit('echornn-tui: no room for it')"
    monkeypatch.setattr("tui.app.along.PROGRAM", (sys.executable, "-c", fails))
    async with opened(folder=tmp_path / "run") as stage:
        await stage.press("P")
        text = await stage.until(
            lambda text: "0 of 6 windows measured, then the measuring ended" in text
        )
        assert "no room for it" in text
        await stage.until(lambda _: not is_measuring(stage))


def is_measuring(stage: App) -> bool:
    """Whether the process that measures along the run has not been waited for yet."""
    return any("measure" in worker.name for worker in stage.pilot.app.workers)
