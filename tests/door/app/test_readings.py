"""What is measured: the loss on held-out data, what a network writes, and all of it along the
run."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from echornn import EchoConfig, Question, Readings, Snapshot
from echornn.session.commands import Ask, Choose, Edit, Go, Step
from echornn.session.probing import examine
from tests.door.app.stage import Stage as App
from tests.door.app.stage import another_screen, opened
from tests.door.library.sessions import Query, Stage, on_stage
from tests.patience import PATIENCE, wait_for
from tests.readings_by_hand import Evaluation, HeldOut
from tests.recorded import record_branches
from tests.scripted import SMALL, SMALL_POPULATION

NONE = np.zeros(1, np.float32)
HELD_OUT = Ask(Question(frozenset({"held_out"})))


def readings_at(snapshot: Snapshot, **readings: object) -> Readings:
    place = (snapshot.state.config, snapshot.branch, snapshot.window)
    return Readings(*place, **readings)  # type: ignore[arg-type]


def measured(snapshot: Snapshot, question: Question) -> Readings:
    if "held_out" not in question.kinds:
        return readings_at(snapshot)
    loss = 0.25 + snapshot.window
    return readings_at(snapshot, held_out=HeldOut(loss, 0.0, 0.0, 0.0, 1, 1, NONE, NONE, NONE))


async def test_key_h_draws_it_and_takes_it_away() -> None:
    async with opened(readings=measured) as stage:
        assert "held out" not in await stage.after(".")
        await stage.press("h")
        await stage.until("held out 1.250")
        assert "held out" not in await stage.after("h")


def await_ends(stage: Stage, *windows: int) -> None:
    """Wait until the loss on held-out data was measured at exactly these windows of the path."""

    def are_there() -> bool:
        curve = stage.session.look(Query(columns=100, held_out=True)).held_out
        np.testing.assert_array_equal(curve.mean, 0.25 + curve.ends)
        return bool(curve.ends.tolist() == [*windows])

    wait_for(are_there)


def test_it_stands_where_it_was_measured_on_each_path() -> None:
    with on_stage(examine=measured) as stage:
        stage.do(Step(5), HELD_OUT)
        await_ends(stage, 5)
        stage.do(Step(5))
        await_ends(stage, 5, 10)
        stage.do(Go(0, 7))
        await_ends(stage, 5, 7, 10)
        stage.do(Edit({"learning_rate": 0.1}), Step(1))
        await_ends(stage, 5, 7, 8)
        assert stage.frame.readings is None


def test_all_networks_are_measured_on_the_same_held_out_data() -> None:
    seeds: list[tuple[int, int | None]] = []

    def noted(snapshot: Snapshot, question: Question) -> Readings:
        seeds.append((snapshot.state.config.seed, question.data_seed))
        return measured(snapshot, question)

    with on_stage(SMALL_POPULATION, examine=noted) as stage:
        stage.do(Step(5), HELD_OUT)
        wait_for(lambda: (7, 7) in seeds)
        stage.do(Choose(4), Step(5))
        wait_for(lambda: (11, 7) in seeds)
    assert {data_seed for _, data_seed in seeds} == {7}


TEXT = EchoConfig(task="text", total_series_length=600, batch_size=3, seed=7)


def written(snapshot: Snapshot, question: Question) -> Readings:
    assert "sample" in question.kinds
    return readings_at(snapshot, parts=("h",), sample="one\ntwenty-" + 80 * "o")


async def test_rows_of_a_text_are_its_letters() -> None:
    async with opened(TEXT, Step(5), size=(80, 30)) as stage:
        text = await stage.after("1")
        assert " bits)" in stage.lines[0]
        assert stage.frame.progress is not None
        names = TEXT.the_task.outputs.names
        assert " ".join(names[letter] for letter in stage.frame.progress.y[0]) in text


async def test_w_shows_what_the_network_writes() -> None:
    async with opened(TEXT, Step(5), size=(80, 30), readings=written) as stage:
        await stage.press("1 w")
        await stage.until("twenty-")
        _, y = stage.place("sample: ")
        lines = [line.strip() for line in stage.lines[y + 1 : y + 4]]
        assert [line[:10] for line in lines] == ["one", "twenty-ooo", "o" * 9]


def evaluated(snapshot: Snapshot, question: Question) -> Readings:
    """The loss is the echo's step, or without sizes the window."""
    if "evaluation" not in question.kinds:
        return readings_at(snapshot)
    scores = []
    for loss in [dict(size)["echo_step"] for size in question.sizes] or [snapshot.window]:
        scores.append(HeldOut(loss, 0.125, 0.25, 0.0625, 64, 320, NONE, NONE, NONE))
    return readings_at(snapshot, evaluation=Evaluation(question.sizes, tuple(scores)))


def table(text: str) -> list[list[str]]:
    """The words of the lines in the box of the evaluation."""
    lines = text[text.index("Evaluation") :].splitlines()[1:]
    return [line.strip(" │").split() for line in lines if "│" in line]


async def test_key_e_in_capitals_evaluates_the_network_of_each_window_until_it_is_closed() -> None:
    async with opened(readings=evaluated) as stage:
        await stage.press("E")
        await stage.until("seed 7 after window 0: 64 fresh rows")
        await stage.do(Step(5))
        await stage.seconds_pass(1)
        text = await stage.until("seed 7 after window 5: 64 fresh rows")
        heads, row = table(text)[1:3]
        assert heads[:5] == ["steps", "loss", "+-", "accuracy", "+-"]
        assert row == ["320", "5.0000", "0.1250", "75.0%", "6.2%"]
        assert "fresh rows" not in await stage.after("escape")


async def test_evaluate_with_sizes_has_a_line_for_each() -> None:
    async with opened(SMALL, Step(1), readings=evaluated) as stage:
        await stage.enter("evaluate echo_step=2..4")
        text = await stage.until("fresh rows")
        assert [line[:2] for line in table(text)[1:5]] == [
            ["echo_step", "loss"],
            ["2", "2.0000"],
            ["3", "3.0000"],
            ["4", "4.0000"],
        ]
        await stage.press("escape")
        refused = await stage.enter("evaluate num_classes=3")
        assert "num_classes = 3 cannot be used" in refused


async def test_trials_too_long_for_the_memory_are_not_begun_while_it_trains() -> None:
    large = EchoConfig(task="parity", state_size=1024, total_series_length=400, batch_size=2)
    async with opened(large, readings=examine, size=(100, 24)) as stage:
        await stage.enter("evaluate length=1000000")
        text = await stage.until("nothing could be read")
        assert "held-out data of 512,000,000 steps needs about" in text


async def test_who_only_looks_evaluates_too_and_it_says_at_once_that_it_computes() -> None:
    may_answer = threading.Event()

    def slowly(snapshot: Snapshot, question: Question) -> Readings:
        if "evaluation" in question.kinds:
            assert may_answer.wait(PATIENCE)
        return evaluated(snapshot, question)

    async with (
        opened(SMALL, Step(1), readings=slowly) as stage,
        another_screen(stage, only_looks=True) as other,
    ):
        assert "computing" in await other.after("E")
        may_answer.set()
        await other.until("seed 7 after window 1")
        assert "fresh rows" not in await stage.shown()


def record(window: int, loss: float | None, ratio: float | None) -> str:
    """The line of JSON that the measuring process prints of a window."""
    return json.dumps(
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
    )


RECORDS = [record(0, None, None), record(9, 0.6875, 1e-3), record(18, 0.25, 1e-5)]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return record_branches(tmp_path / "run", 20)


def measure_by(monkeypatch: pytest.MonkeyPatch, code: str, *arguments: object) -> None:
    """Have this code run in place of the measuring process, before whose arguments are these."""
    program = (sys.executable, "-c", code, *map(str, arguments))
    monkeypatch.setattr("tui.app.along.PROGRAM", program)


async def has_ended(stage: App) -> None:
    """Wait until the process that measures along the run has been waited for."""

    def is_over(_: str) -> bool:
        return not any("measure" in worker.name for worker in stage.app.workers)

    await stage.until(is_over)


async def test_it_shows_what_a_process_prints_and_closes(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import sys; open(sys.argv[2], 'w').write(str(sys.argv)); print(sys.argv[1])"
    measure_by(monkeypatch, code, "\n".join(RECORDS), tmp_path / "asked")
    async with opened(folder=run, size=(100, 50)) as stage:
        stage.stands(trained=20)
        await stage.press("P")
        text = await stage.until("3 of 21 windows measured")
        lines = [" ".join(line.strip(" │").split()) for line in text.splitlines()]
        for line in (
            "window █▁ 0.25 to 0.688",
            "W ▁▄█ 1.25 to 19.2",
            "W █▁ 1e-05 to 0.001",
            "T steps not known",
            "1 ▓▓▓",  # a gradient of 1e-3; and from 1e-8 on nothing is learned
            "2 ···",
        ):
            assert line in lines
        asked = (tmp_path / "asked").read_text()
        assert "'--along', '32', '--branch', '0', '--at', '20'" in asked
        assert "windows measured" not in await stage.after("escape")
        await has_ended(stage)


@pytest.mark.parametrize(
    ("count", "begin", "end"),
    [
        (0, "0 of 21 windows measured, ", " so far: loading TensorFlow"),
        (3, "3 of 21 windows measured, about", ""),
    ],
)
async def test_it_says_at_once_what_is_done_and_how_much_is_left(
    count: int, begin: str, end: str, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prints_and_stays = (
        "import signal, sys; [print(line, flush=True) for line in sys.argv[2:]]; signal.pause()"
    )
    measure_by(monkeypatch, prints_and_stays, "", *RECORDS[:count])
    async with opened(folder=run) as stage:
        await stage.press("P")
        await stage.until(lambda text: begin in text and end in text)
        await stage.press("escape")
        await has_ended(stage)


async def test_that_a_run_is_not_kept_is_said() -> None:
    async with opened() as stage:
        assert "nothing trained yet" in await stage.after("P")
        await stage.press(".")
        assert "not kept" in await stage.after("P")


async def test_why_the_measuring_ended_is_said(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure_by(monkeypatch, "import sys; sys.exit('echornn-tui: no room for it')")
    async with opened(folder=run) as stage:
        await stage.press("P")
        text = await stage.until("0 of 21 windows measured, then the measuring ended")
        assert "no room for it" in text
        await has_ended(stage)
