"""The screen while TensorFlow loads; here loading never ends."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from echornn.config import EchoConfig
from echornn.diagnosis.key_marks import length
from echornn.runs.run_recorder import RunRecorder
from echornn.session.pictures.frame import State
from echornn.session.session import Session
from tests.patience import PATIENCE
from tests.recorded import record_branches
from tests.scripted import SMALL, ScriptedTrainer
from tests.tui.app.test_app import screen_text
from tui.app.app import EchoApp
from tui.app.views.before import first_window, known


@asynccontextmanager
async def loading(
    config: EchoConfig, size: tuple[int, int] = (80, 24), recorder: RunRecorder | None = None
) -> AsyncIterator[tuple[EchoApp, Pilot[int]]]:
    """The app, whose session waits for its first trainer until the app is left."""
    comes = threading.Event()

    def make_trainer(config: EchoConfig) -> ScriptedTrainer:
        assert comes.wait(PATIENCE)
        return ScriptedTrainer(config)

    session = Session(config, make_trainer=make_trainer, recorder=recorder)
    app = EchoApp(session, fps=0.01)
    try:
        async with app.run_test(size=size) as pilot:
            while recorder is not None and not session.frame.trained:
                await pilot.pause(0.001)
            app.show_newest_frame()
            await pilot.pause()
            yield app, pilot
            assert session.frame.state is State.LOADING
            session.stop()
            comes.set()
    finally:
        comes.set()


async def test_the_first_wait_teaches_what_is_known_beforehand() -> None:
    async with loading(EchoConfig()) as (app, pilot):
        text = screen_text(app)
        for words in (
            "loading TensorFlow; 2: data, s: settings, space: pause, ?: help",
            "input ▁▁██▁▁▁▁██▁▁████████▁▁██▁▁██▁▁",
            "echo  ▁▁▁▁▁▁▁▁██▁▁▁▁██▁▁████████▁▁██  its targets: the input 3 steps before",
            "trains  the tutorial's network, as it is",
            "chance  0.693 nats",
            "reach   the gradient reaches the source of 12 of 15 targets in a window",
            "memory  a shift register for this echo needs 4 numbers; the state has 4",
            "floor   0.111 in an epoch's first window: it echoes symbols not seen before",
        ):
            assert words in text
        await pilot.press("2")
        await pilot.pause()
        assert "misses ×: 3 of each 15 targets" in screen_text(app), "the data needs no TensorFlow"
        await pilot.press("s")
        await pilot.pause()
        assert "learning_rate" in screen_text(app)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 60)])
async def test_a_resumed_run_is_shown_as_it_is_on_record(size: tuple[int, int], tmp_path: Path) -> None:
    record_branches(tmp_path / "run", 12, {"learning_rate": 0.1}, 5)
    wanted = replace(SMALL, learning_rate=0.2)
    async with loading(wanted, size, RunRecorder.go_on(tmp_path / "run")) as (app, pilot):
        text = screen_text(app)
        for words in ("loading", "branch b", "window  7/10", "loading TensorFlow, then learning_rate 0.2", "chance"):
            assert words in text
        assert any(sign in text for sign in "⠉⠒⠤⠑⠢⠙"), "the curve"
        assert "rows: shown when the network is there" in text
        await pilot.press("left")
        await pilot.pause()
        assert "window 17" in screen_text(app)
        await pilot.press("b")
        await pilot.pause()
        assert "learning_rate 0.1" in screen_text(app)


async def test_a_run_that_goes_on_is_not_taught_as_a_new_one_before_its_record_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_branches(tmp_path / "run", 12, {"learning_rate": 0.1}, 5)
    recorder = RunRecorder.go_on(tmp_path / "run")
    app = EchoApp(Session(SMALL, make_trainer=ScriptedTrainer, recorder=recorder), fps=0.01)
    monkeypatch.setattr(EchoApp, "_train", lambda _: None)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "window  7/10" in text
        assert "the losses of this run are being read" in text
        assert "chance is" not in text, "which is the sentence of a new run"
        assert "rows: shown when the network is there" in text
        assert "the first window of row 1" not in text
    recorder.close()


CONFIGS = [
    EchoConfig(),
    EchoConfig(replicas=64, state_size=12),
    EchoConfig(echo_step=20, batch_size=1),
    EchoConfig(echo_step=0, row_start="zero"),
    EchoConfig(echo_step=1, num_classes=40, cell="lstm", num_layers=3, dropout=0.5, init="glorot"),
    EchoConfig(echo_step=14, state_size=3, cell="gru"),
    EchoConfig(total_series_length=2_000_000),
]


@pytest.mark.parametrize("config", CONFIGS)
def test_what_is_known_fits_on_a_line_of_80_columns(config: EchoConfig) -> None:
    lines = known(config)
    assert len({line.about for line in lines}) == len(lines)
    assert max(length(line.text) for line in lines if line.about != "trains") <= 70
    assert (first_window(config) is None) == (config.total_series_length > 1_000_000)


def test_what_is_known_names_what_is_unlike_the_tutorial() -> None:
    lines = dict(known(EchoConfig(echo_step=20, cell="gru", seed=3)))
    assert lines["trains"] == "unlike the tutorial: echo_step 20, cell gru"
    assert lines["reach"] == "tbptt stops before t-20: only what the state keeps can be used"
    lines = dict(known(EchoConfig(echo_step=20, rule="rtrl")))
    assert lines["reach"] == "rtrl's gradient goes back past T 15, to sources before the window too"
    assert "needs 1 number;" in dict(known(EchoConfig(echo_step=0)))["memory"]
    assert "start" not in lines
    assert "start" in dict(known(EchoConfig(state_size=12)))
