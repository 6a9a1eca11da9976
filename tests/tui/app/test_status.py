"""The status lines: words that tests and scripts look for."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from textual.app import App, ComposeResult

from echornn.config import EchoConfig
from echornn.session.frame import Frame, State
from tests.scripted import make_progress
from tui.app.widgets.status import StatusLine, describe, shortened

TUTORIAL = EchoConfig()
SPIKE = "spike: the first 3 targets of each row echo the row above, which a zero state cannot know (floor 0.111)"
RUNNING = Frame(
    State.RUNNING,
    TUTORIAL,
    epoch=3,
    window=215,
    trained=1547,
    progress=make_progress(TUTORIAL, 2, 214, losses=[0.02211], wrong_every=5),
    rate=99.7,
    speed=100.0,
    device="cpu",
)


class OneWidget(App[None]):
    def __init__(self, frame: Frame, ascii_only: bool) -> None:
        super().__init__()
        self.line = StatusLine(frame, ascii_only)

    def compose(self) -> ComposeResult:
        yield self.line


async def drawn(frame: Frame, width: int = 80, ascii_only: bool = False) -> list[str]:
    app = OneWidget(frame, ascii_only)
    async with app.run_test(size=(width, 3)) as pilot:
        app.line.styles.height = 3
        await pilot.pause()
        app.line.redraw()
        return [app.line.render_line(y).text.rstrip() for y in range(3)]


async def test_running() -> None:
    assert await drawn(RUNNING) == [
        "▶ running   epoch 3/100   window 215/666   loss 0.0221   accuracy 80.0%",
        "100 of 100 windows/s · echo 3, T 15, state 4, batch 5, adagrad 0.3, seed 7 · cpu",
        "chance is 0.693 nats; the error of 80% of the targets reaches the input that ...",
    ]


async def test_before_the_first_window() -> None:
    first, second, _ = await drawn(Frame(State.LOADING, TUTORIAL, "loading TensorFlow"), 120)
    assert first == "… loading   epoch 1/100   window   0/666   loss -   accuracy -"
    assert second.startswith("loading TensorFlow · echo 3, T 15")


@pytest.mark.parametrize("state", list(State))
async def test_each_state_is_a_word_and_a_sign(state: State) -> None:
    for ascii_only in (False, True):
        sign, word = (await drawn(replace(RUNNING, state=state), ascii_only=ascii_only))[0].split()[:2]
        assert word == state.value
        assert len(sign) == 1
        assert sign.isascii() or not ascii_only


async def test_a_diverged_loss_is_shown_as_it_is() -> None:
    for loss, text in ((math.nan, "loss nan"), (math.inf, "loss inf")):
        frame = replace(RUNNING, progress=make_progress(TUTORIAL, losses=[loss]))
        assert text in (await drawn(frame))[0]


async def test_lines_are_cut_to_the_width() -> None:
    for width in (1, 20, 61):
        assert all(len(line) <= width for line in await drawn(RUNNING, width))


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (120, SPIKE),
        (100, "spike: the first 3 targets of each row echo the row above, which a zero state cannot know..."),
        (78, "spike: the first 3 targets of each row echo the row above..."),
        (40, "spike: the first 3 targets of each ro..."),
        (8, "spike..."),
        (2, ".."),
    ],
)
def test_a_sentence_is_left_off_at_a_clause(width: int, text: str) -> None:
    assert shortened(SPIKE, width) == text
    assert len(text) <= max(width, 0)


def test_speed_and_counters() -> None:
    assert describe(replace(RUNNING, speed=math.inf, rate=171_234.0)).startswith("171,234 windows/s, full speed · ")
    assert describe(replace(RUNNING, state=State.PAUSED)).startswith("100 windows/s · ")
    assert "weights 2 · data 4" in describe(replace(RUNNING, draw=1, generation=3))
    stride = replace(TUTORIAL, stride=5)
    assert "T 15 every 5" in describe(replace(RUNNING, config=stride))
    failed = Frame(State.FAILED, TUTORIAL, "ResourceExhaustedError: out of memory\nat line 3")
    assert describe(failed).startswith("ResourceExhaustedError: out of memory · ")


def test_what_differs_from_the_tutorials_network_is_said() -> None:
    config = replace(TUTORIAL, cell="lstm", num_layers=3, dropout=0.5, num_classes=6)
    text = describe(replace(RUNNING, config=config, progress=None))
    assert "lstm, 3 layers, dropout 0.5, 6 classes, echo 3, T 15" in text
