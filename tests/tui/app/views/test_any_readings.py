"""Views draw any readings at any size without errors: NaN, infinity, one unit, a thousand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.data.held_input import held_inputs
from echornn.fixed_point_readings import POINT_KINDS, FixedPoints
from echornn.network.shapes import carried_size
from echornn.plane_readings import StatePlane
from echornn.progress import Floats
from echornn.readings import (
    Connectivity,
    Effects,
    Flip,
    Gradient,
    Matrices,
    Memory,
    Readings,
    Recurrent,
    Reliance,
    Units,
)
from echornn.session.pictures.frame import Frame, State
from echornn.tasks.flip_flop import FlipFlop
from tests.any_task import progress_of
from tests.door.views.by_hand import drawn
from tests.examples import examples
from tui.app.views.gradient import GradientView
from tui.app.views.memory import MemoryView
from tui.app.views.plane import PlaneView
from tui.app.views.probe_view import ProbeView
from tui.app.views.weights import WeightsView

VIEWS: list[type[ProbeView]] = [MemoryView, GradientView, WeightsView, PlaneView]
KEYS = {
    "lag": (1,),
    "row": (1,),
    "units": (1,),
    "part": (1,),
    "swap": (),
    "hold": (1,),
    "flip": (),
    "derivative": (),
    "leave": (),
    "move": (1, -1),
}


@st.composite
def any_readings(draw: st.DrawFn) -> Readings:
    """Readings of any possible shape, with special numbers in all arrays."""
    classes = draw(st.sampled_from([2, 3, 36]))
    steps, rows = draw(st.sampled_from([1, 2, 15, 100])), draw(st.sampled_from([1, 5, 40]))
    size, lags = draw(st.sampled_from([1, 4, 33, 1024])), draw(st.sampled_from([1, 5, 16, 128]))
    echo = draw(st.sampled_from([0, 3, 99, 150]))
    numbers = np.random.default_rng(draw(st.integers(0, 9)))
    odd = draw(st.lists(st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1e38, 1e-38]), max_size=3))

    def some(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        values = numbers.normal(0, 1, shape).astype(np.float32)
        for value in odd:
            values[numbers.random(shape) < 0.2] = value
        return values

    of_numbers = draw(st.booleans())
    config = EchoConfig(
        num_classes=2 if of_numbers else classes,
        truncated_backprop_length=steps,
        batch_size=rows,
        state_size=size,
        echo_step=3 if of_numbers else echo,
        total_series_length=rows * 200,
        task=FlipFlop(bits=classes) if of_numbers else None,
    )
    part = draw(st.sampled_from(["h", "update gate"]))
    windows = draw(st.booleans())
    activity = some(rows, steps, size) if windows else np.zeros((0, 0, size), np.float32)
    columns = tuple(f"h{unit}" for unit in range(size))
    inputs = tuple(f"x{symbol}" for symbol in range(config.input_size))
    share = float(some(1)[0])
    strength, first_row, first_step = some(rows, steps, steps), draw(st.integers(0, 2)), draw(st.integers(0, 3))
    eigenvalues = np.stack([some(size), some(size)], axis=-1).view(np.complex64)[:, 0]
    return Readings(
        config,
        0,
        3,
        ("h", "update gate"),
        Memory(part, np.clip(some(lags), 0, 1), size),
        draw(
            st.sampled_from(
                [
                    None,
                    Units(
                        part,
                        activity,
                        activity > 0.97,
                        share,
                        some(size),
                        numbers.integers(0, lags, size).astype(np.int32),
                        np.clip(some(size), -1, 1),
                    ),
                ]
            )
        ),
        Gradient(some(lags), some(lags), share),
        draw(
            st.sampled_from(
                [None, Connectivity(some(rows, steps, steps), some(rows, steps, classes), first_row, first_step)]
            )
        ),
        draw(
            st.sampled_from(
                [
                    None,
                    Flip(
                        0,
                        steps - 1,
                        some(steps, classes) if of_numbers else numbers.integers(0, classes, steps).astype(np.uint8),
                        some(steps, classes),
                        some(steps, classes),
                    ),
                ]
            )
        ),
        Matrices(
            {"W": some(size + len(inputs), size), "b": some(1, size)},
            {"W": inputs + columns, "b": ("b",)},
            {"W": columns, "b": columns},
            {"W": share, "b": float("nan")},
            draw(st.sampled_from([(), (Recurrent("W", eigenvalues),)])),
        ),
        some(min(size, 8)),
        effects=Effects(strength, some(rows, steps, classes), first_row, first_step, turned=strength > 0.5),
        reliance=draw(st.sampled_from([None, Reliance(some(lags), some(lags), 512)])),
        plane=any_plane(config, part, draw(st.sampled_from([0, 1, 40])), windows, some),
        fixed_points=any_points(config, draw(st.sampled_from([0, 1, 30])), some),
        progress=progress_of(config) if windows and config.state_size < 99 else None,
    )


def any_points(config: EchoConfig, count: int, some: Callable[..., Floats]) -> FixedPoints:
    """Fixed points of any numbers under the usual constant input."""
    carried, held = carried_size(config), np.array(held_inputs(config)[0].numbers, np.float32)
    eigenvalues = np.stack([some(count, carried), some(count, carried)], axis=-1).view(np.complex64)[..., 0]
    kinds = tuple(POINT_KINDS[index % len(POINT_KINDS)] for index in range(count))
    starts, outputs = np.ones(count, np.int32), some(count, config.output_size)
    states = some(count, carried).astype(np.float64)
    return FixedPoints(states, some(count), eigenvalues, kinds, starts, outputs, held)


def any_plane(config: EchoConfig, part: str, samples: int, windows: bool, some: Callable[..., Floats]) -> StatePlane:
    """A plane of any numbers, whose targets are possible."""
    kept, outputs = min(6, config.state_size), config.output_size
    said = some(samples, outputs)
    answers = said.argmax(axis=1).astype(np.uint8) if config.has_classes else said
    targets = answers if config.has_classes else np.sign(np.nan_to_num(said))
    rows = some(config.batch_size, config.truncated_backprop_length, kept) if windows else some(0, 0, kept)
    readout = some(outputs if part == "h" else 0, 1 + kept)
    components = np.clip(np.nan_to_num(some(kept, config.state_size)), -1, 1)
    shares = np.clip(np.nan_to_num(some(kept)), 0, 1)
    states = some(samples, kept)
    return StatePlane(part, components[0], components, shares, states, targets, answers, rows, readout)


@pytest.mark.slow
@examples(60)
@given(
    readings=any_readings(),
    view=st.sampled_from(VIEWS),
    width=st.integers(1, 250),
    height=st.integers(1, 70),
    ascii_only=st.booleans(),
    pressed=st.lists(st.sampled_from(sorted(KEYS)), max_size=4),
)
def test_anything_is_drawn_at_any_size(
    readings: Readings, view: type[ProbeView], width: int, height: int, ascii_only: bool, pressed: list[str]
) -> None:
    shown = view(ascii_only)
    frame = Frame(State.PAUSED, readings.config, trained=3, readings=readings)
    with np.errstate(all="raise", under="ignore"):
        lines = drawn(shown, frame, width, height)
        for key in pressed:
            action = getattr(shown, f"action_{key}", None)
            if action is not None:
                action(*KEYS[key])
        assert len(shown.reading) <= 78
        lines = drawn(shown, frame, width, height)
    assert all(len(line) == width for line in lines)
    assert not ascii_only or "".join(lines).isascii()
    assert shown.question.kinds >= view.kinds


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_at_all_is_drawn(view: type[ProbeView]) -> None:
    config = EchoConfig()
    nothing, none = np.zeros(0, np.float32), np.zeros((0, 0, 0), np.float32)
    readings = Readings(
        config,
        0,
        0,
        memory=Memory("h", nothing, 4),
        gradient=Gradient(nothing, nothing, float("nan")),
        effects=Effects(none, np.zeros((0, 0, 2), np.float32), turned=none > 0),
        reliance=Reliance(nothing, nothing, 0),
        weights=Matrices({}, {}, {}, {}, ()),
    )
    for one in (readings, replace(readings, effects=None), None):
        for size in ((1, 1), (78, 12), (250, 70)):
            frame = Frame(State.LOADING, config, readings=one)
            assert len(drawn(view(), frame, *size)) == size[1]
