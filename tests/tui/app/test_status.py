"""The status lines: words that tests and scripts rely on."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from textual.app import App, ComposeResult

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import LossStats
from echornn.diagnosis.seed_stats import SeedStats
from echornn.remote.client import LOST
from echornn.session.audience import ALONE, Audience
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Picture
from tests.losses_seen import after
from tests.scripted import make_progress
from tui.app.widgets.status import HEIGHT, StatusLine
from tui.app.widgets.status_parts import parts_of
from tui.kit.fitting import fitted

TUTORIAL = EchoConfig()
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


async def drawn(
    frame: Frame, width: int = 80, ascii_only: bool = False, audience: Audience = ALONE, hint: str = ""
) -> list[str]:
    app = OneWidget(frame, ascii_only)
    async with app.run_test(size=(width, HEIGHT)) as pilot:
        app.line.styles.height = HEIGHT
        await pilot.pause()
        app.line.show(Picture(frame, audience=audience), hint=hint)
        return [app.line.render_line(y).text.rstrip() for y in range(HEIGHT)]


async def test_running() -> None:
    assert await drawn(RUNNING) == [
        "▶ running   epoch 3/100   window 215/666   loss 0.0221   accuracy 80.0%",
        "100 of 100 windows/s · echo 3, T 15, state 4, batch 5, adagrad 0.3, seed 7 · cpu",
        "chance is 0.693, the loss of guessing",
        "",
    ]


async def test_before_the_first_window() -> None:
    first, second, *_ = await drawn(Frame(State.LOADING, TUTORIAL, "loading TensorFlow"), 120)
    assert first == "… loading   epoch 1/100   window   0/666   loss -   accuracy -"
    assert second.startswith("loading TensorFlow · echo 3, T 15")


async def test_while_another_rule_compiles_the_sentence_says_that_it_is_of_the_rule_before() -> None:
    message = "compiling the training loop of rule rtrl"
    coming = replace(RUNNING, state=State.LOADING, message=message, coming=replace(TUTORIAL, rule="rtrl"))
    _, second, cause, advice = await drawn(coming)
    assert second.startswith(message)
    assert (cause, advice) == ("old settings: chance is 0.693, the loss of guessing", "")


@pytest.mark.parametrize("state", list(State))
async def test_each_state_is_a_word_and_a_sign(state: State) -> None:
    for ascii_only in (False, True):
        sign, word = (await drawn(replace(RUNNING, state=state), ascii_only=ascii_only))[0].split()[:2]
        assert word == state.value
        assert len(sign) == 1
        assert sign.isascii() or not ascii_only


@pytest.mark.parametrize(("ascii_only", "sign"), [(False, "×"), (True, "x")])
async def test_without_a_connection_no_state_is_claimed(ascii_only: bool, sign: str) -> None:
    lost = Audience(ended=f"{LOST}: if it has ended, go on with echornn-tui --resume runs/2026-11-28")
    first, *more = await drawn(RUNNING, 80, ascii_only, lost)
    assert first == f"{sign} not connected   epoch 3/100   window 215/666   loss 0.0221   accuracy 80.0%"
    assert " ".join(more[:2]) == f"{lost.ended}; q leaves"
    first, second, *_ = await drawn(RUNNING, 80, ascii_only, Audience(("pts/1",), silent=7))
    assert first.startswith(f"{sign} not connected ")
    assert second.startswith("the session has not answered for 7 s ")
    assert "windows/s" not in second


async def test_a_hint_that_says_who_steers_is_not_repeated() -> None:
    looking = Audience(("pts/1",), "pts/1", only_looks=True)
    said = "pts/1 steers: this viewer only looks"
    for hint in ("", said):
        _, second, *_ = await drawn(RUNNING, audience=looking, hint=hint)
        assert second.count(said) == 1


async def test_a_diverged_loss_is_shown_as_it_is() -> None:
    for loss, text in ((math.nan, "loss nan"), (math.inf, "loss inf")):
        frame = replace(RUNNING, progress=make_progress(TUTORIAL, losses=[loss]))
        assert text in (await drawn(frame))[0]


async def test_lines_are_cut_to_the_width() -> None:
    for width in (1, 20, 61):
        assert all(len(line) <= width for line in await drawn(RUNNING, width))


async def test_a_long_warning_takes_two_lines_and_leaves_the_sentence_one() -> None:
    path = "/home/someone/.local/state/echornn-tui/runs/2026-01-01_00-00-00_echo3-T15-state4-adagrad0.3-seed7"
    warning = f"not saved: {path} cannot be written to: Permission denied"
    _, *news, sentence = await drawn(replace(RUNNING, warning=warning))
    assert "".join(news).replace(" ", "") == warning.replace(" ", "")
    assert sentence == "chance is 0.693, the loss of guessing"


async def test_a_loss_that_diverged_is_shown_with_the_key_that_goes_back() -> None:
    config = replace(TUTORIAL, learning_rate=3e8)
    loss_stats = after(LossStats(), np.array([0.5, math.nan, 2.6e35], np.float32), config)
    frame = replace(RUNNING, config=config, loss_stats=loss_stats, undoable=1, blamed=("learning_rate",))
    assert (await drawn(frame))[2:] == ["diverged: loss 2.600e+35", "u goes back"]


async def test_what_a_cursor_reads_is_in_place_of_the_sentence() -> None:
    line = StatusLine(RUNNING)
    line._reading = "windows 793 to 800 (epoch 2): mean loss 0.0123, extremes 0.0001 to 0.1234, error rate 12.3%"
    assert [style for _, style in line._lines(78)] == ["configuration", "verdict", "verdict"]
    assert " ".join(text for text, _ in line._lines(78)[1:]) == line._reading


def second_line(frame: Frame, width: int = 200) -> str:
    return fitted(parts_of(frame, frame.message or frame.warning), width)


async def test_of_a_population_it_says_how_many_solved_it_and_whose_loss_it_shows() -> None:
    config = replace(TUTORIAL, replicas=64)
    solved_at = np.where(np.arange(64) < 41, 1243, 0)
    mean = np.where(solved_at > 0, 0.01, 0.69).astype(np.float32)
    population = SeedStats(solved_at, mean, mean, np.zeros(64, np.bool_), 1547, np.zeros(64, np.int64))
    lines = await drawn(replace(RUNNING, config=config, seed_stats=population, replica=3))
    assert lines[0] == "▶ running epoch 3/100 window 215/666 seed 10 loss 0.0221 accuracy 80.0%"
    assert "seeds 7 to 70" in lines[1]
    assert lines[2:] == [
        "41 of 64 solved (52 to 75 %), median window 1,243, 23 at chance",
        "",
    ]


def test_speed_and_counters() -> None:
    assert second_line(replace(RUNNING, speed=math.inf, rate=171_234.0)).startswith("171,000 windows/s, full speed · ")
    assert second_line(replace(RUNNING, state=State.PAUSED)).startswith("100 windows/s · ")
    assert "weights 2 · data 4" in second_line(replace(RUNNING, init_index=1, data_version=3))
    stride = replace(TUTORIAL, stride=5)
    assert "T 15 every 5" in second_line(replace(RUNNING, config=stride))
    failed = Frame(State.FAILED, TUTORIAL, "ResourceExhaustedError: out of memory")
    assert second_line(failed).startswith("ResourceExhaustedError: out of memory · ")


@pytest.mark.parametrize(
    ("rate", "speed", "text"),
    [(0.4999, 0.5, "0.5 of 0.5"), (100.7, 100, "100 of 100"), (0.0, 0.01, "0 of 0.01"), (71.2, 1000, "71 of 1,000")],
)
def test_slow_speeds_are_no_zeros_and_none_is_above_the_dial(rate: float, speed: float, text: str) -> None:
    assert second_line(replace(RUNNING, rate=rate, speed=speed)).startswith(f"{text} windows/s · ")


def test_what_differs_from_the_tutorials_network_is_said() -> None:
    config = replace(TUTORIAL, cell="lstm", num_layers=3, dropout=0.5, num_classes=6)
    text = second_line(replace(RUNNING, config=config, progress=None))
    assert "lstm, 3 layers, dropout 0.5, 6 classes, echo 3, T 15" in text
    assert second_line(replace(RUNNING, config=replace(TUTORIAL, rule="rtrl"), progress=None)).count("rtrl") == 1


def test_on_a_narrow_screen_what_is_as_in_the_tutorial_goes_first_and_no_word_is_cut() -> None:
    config = replace(TUTORIAL, cell="gru", state_size=64, batch_size=50, init="glorot", optimizer="adam")
    frame = replace(RUNNING, config=config, device="gpu")
    assert second_line(frame, 78) == "100 of 100 windows/s · gru, echo 3, T 15, state 64, batch 50, adam 0.3, glorot"
    assert second_line(frame, 66) == "100 of 100 windows/s · gru, state 64, batch 50, adam 0.3, glorot"
    assert second_line(frame, 60) == "100 of 100 windows/s · gru, state 64, batch 50, adam 0.3 ..."
    assert second_line(frame, 26) == "100 of 100 windows/s ..."
    assert second_line(replace(RUNNING, speed=math.inf, rate=1e5), 20) == "100,000 windows/s"
