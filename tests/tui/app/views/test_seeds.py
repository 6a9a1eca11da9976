"""The seeds view: a line for each network, in order, and the texts about them."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.data.levels import chance_level, solved_level
from echornn.diagnosis.seed_stats import SeedStats
from echornn.progress import Floats
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Picture
from echornn.session.pictures.queries import SeedRows, Span
from echornn.session.pictures.seed_losses import seed_losses
from echornn.session.pictures.window_axis import WindowAxis
from echornn.tasks.table import TASKS
from tests.own_ladders import own
from tests.scripted import make_progress
from tui.app.drawings.replica_labels import Labels
from tui.app.drawings.shaded_losses import LossScale, shaded
from tui.app.drawings.solve_times import bar, solved_by_column
from tui.app.views.seeds import SeedsView
from tui.app.views.seeds_room import HEAD, share
from tui.app.views.seeds_words import ordinal, read
from tui.kit.cells import Cells

WINDOWS = 1600
CHANCE = math.log(2)


def solve_times(replicas: int) -> np.ndarray:
    """When each of the scripted networks is solved; every third is not."""
    seeds = np.arange(replicas)
    return np.where(seeds % 3 == 1, 0, 100 + (seeds * 379) % 1400).astype(np.int64)


def losses_of(replicas: Sequence[int], windows: np.ndarray, of: int) -> Floats:
    """float32 [replicas, windows]: chance, and within a hundred windows around being solved a fall to nearly zero."""
    at = solve_times(of)[list(replicas)][:, np.newaxis]
    fall = np.clip((at - windows) / 100, 0.01, 1)
    return (CHANCE * np.where(at > 0, fall, 1)).astype(np.float32)


def look(frame: Frame, rows: SeedRows | None) -> Picture:
    """A picture of the scripted networks that shows all windows."""
    axis = WindowAxis.of(Span(max(1, frame.line_end)), frame.line_end, 0)

    def shades(replicas: Sequence[int], columns: int, first: int, last: int) -> Floats:
        edges = np.linspace(first, last, min(columns, last - first) + 1)
        return losses_of(replicas, (edges[:-1] + edges[1:]) / 2, frame.config.replicas)

    seeds = None if rows is None else seed_losses(rows.replicas, shades, axis, rows.columns)
    return Picture(frame, axis=axis, seeds=seeds)


def population_after(windows: int, replicas: int = 64) -> SeedStats:
    at = solve_times(replicas)
    newest = losses_of(range(replicas), np.array([windows]), replicas)[:, 0]
    return SeedStats(np.where(at <= windows, at, 0), newest, newest, ~np.isfinite(newest), windows, np.zeros_like(at))


def frame_of(replicas: int = 64, windows: int = WINDOWS, replica: int = 0) -> Frame:
    config = EchoConfig(replicas=replicas)
    population = population_after(windows, replicas) if replicas > 1 else None
    progress = make_progress(config.of(replica))
    return Frame(
        State.PAUSED,
        config,
        trained=windows,
        line_end=windows,
        progress=progress,
        replica=replica,
        seed_stats=population,
    )


def drawn(
    frame: Frame,
    width: int,
    height: int,
    ascii_only: bool = False,
    view: SeedsView | None = None,
) -> list[str]:
    view = SeedsView(ascii_only) if view is None else view
    view._picture, view._frame = look(frame, view.rows(frame, width, height)), frame
    cells = Cells(width, height, view.STYLES)
    view.draw(cells)
    return [cells.text(y).rstrip() for y in range(height)]


def test_a_line_for_each_that_fits_in_the_order_of_when_they_were_solved() -> None:
    lines = drawn(frame_of(), 78, 11)
    assert lines[0].startswith("seeds: 43 of 64 solved ")
    assert lines[0].endswith("tab: arrows act here; 1-8 of 64, by when solved (v)")
    assert lines[1].split()[:4] == ["seed", "solved", "mean", "0"]
    assert lines[2].startswith("►   7    100  0.0069 ▓▒░··")
    at = [int(line.split()[2 if line[0] == "►" else 1]) for line in lines[2:10]]
    assert at == sorted(solve_times(64)[solve_times(64) > 0].tolist())[:8]
    assert re.search(r"solved here, █ \d ", lines[10])


def test_in_the_past_what_comes_later_lies_behind_a_line() -> None:
    frame = replace(frame_of(windows=800), line_end=WINDOWS, is_past=True)
    lines = drawn(frame, 78, 11)
    assert {line.index("║") for line in lines[2:10]} == {lines[2].index("║")}
    left = lines[1].index(" 0 ") + 1
    assert lines[2].index("║") - left == pytest.approx((78 - left) / 2, abs=1)


def test_in_ascii_nothing_else_is_drawn() -> None:
    for width in (78, 118):
        text = "".join(drawn(frame_of(), width, 20, ascii_only=True))
        assert text.isascii()
        assert "*   7" in text


def test_where_it_is_wide_the_histogram_stands_beside_and_counts_all() -> None:
    lines = drawn(frame_of(), 118, 20)
    assert lines[1].endswith("solved within windows")
    counts = [int(line.split()[-1]) for line in lines[2:] if "-" in line or "not yet" in line]
    assert sum(counts) == 64
    assert counts[-1] == 21
    assert not lines[-1].split()[0].startswith("solved")


@pytest.mark.parametrize("replicas", [2, 64, 4096])
def test_whatever_is_chosen_is_in_sight_and_only_what_is_in_sight_is_asked_for(replicas: int) -> None:
    view = SeedsView()
    for replica in (0, replicas - 1, replicas // 2):
        frame = frame_of(replicas, replica=replica)
        lines = drawn(frame, 78, 11, view=view)
        assert [line.split()[0] for line in lines[2:] if line.startswith("►")] == [
            f"►{7 + replica:>4}".split()[0]
        ] or any(line.startswith(f"►{7 + replica:>4}") for line in lines)
        assert sum(line.startswith("►") for line in lines) == 1


def test_a_chosen_one_that_is_solved_by_now_takes_the_view_along() -> None:
    view, replica = SeedsView(), 3
    before = drawn(frame_of(windows=1000, replica=replica), 78, 11, view=view)
    assert next(line for line in before if line.startswith("►")).split()[2] == "-"
    after = drawn(frame_of(windows=1300, replica=replica), 78, 11, view=view)
    assert [line.startswith("►") for line in after].index(True) == 2 + 4, "as much above it as below"


def test_lines_asked_for_are_those_that_are_drawn() -> None:
    rows = SeedsView().rows(frame_of(4096), 78, 11)
    assert rows is not None
    assert len(rows.replicas) == 8


@pytest.mark.parametrize("size", [(1, 1), (20, 3), (30, 4), (60, 4), (78, 5), (198, 40)])
@pytest.mark.parametrize("replicas", [1, 2, 64])
def test_it_is_drawn_on_any_screen(size: tuple[int, int], replicas: int) -> None:
    for windows in (None, 0, 1):
        frame = frame_of(replicas) if windows is None else frame_of(replicas, windows=windows)
        lines = drawn(frame, *size)
        assert max(map(len, lines)) <= size[0]
        assert lines[0], "at least what it is stands there"


def test_one_network_is_told_which_key_makes_many() -> None:
    lines = drawn(frame_of(1), 78, 11)
    assert "one network, with seed 7" in lines[0]
    assert lines[1].startswith("L trains 64 networks at once")
    assert SeedsView.height_for(EchoConfig(), 80, 20) < 5
    assert SeedsView.height_for(EchoConfig(replicas=64), 80, 20) == 20


def test_shades_fall_from_chance_to_solved_and_say_what_diverged() -> None:
    losses = np.array([0.0, 0.04, 0.1, 0.3, 0.5, 0.69, 3.0, math.nan, math.inf], np.float32)
    scale = LossScale.of(EchoConfig(), losses)
    assert "".join(shaded(losses, scale)) == "··░▒▓██!!"
    assert "".join(shaded(losses, scale, ascii_only=True)) == "..:+*##!!"
    assert scale.words() == "█ chance ▓▒░ · solved"


@pytest.mark.parametrize("task", TASKS)
def test_a_loss_is_drawn_as_solved_exactly_if_it_is_below_the_solved_level_of_its_task(task: str) -> None:
    config = EchoConfig(task=task)
    level, chance = solved_level(config), chance_level(config)
    losses = np.array([level - 1e-4, level + 1e-4, (level + chance) / 2, chance], np.float32)
    solved, next_to_it, half_way, at_chance = shaded(losses, LossScale.of(config, losses)).tolist()
    assert (solved, next_to_it, at_chance) == ("·", "░", "█")
    assert half_way in "▒▓"


def test_without_a_ladder_the_shades_end_at_guessing_or_at_the_highest_loss() -> None:
    losses = np.array([0.0, 1.0, 4.0, math.inf], np.float32)
    symbols, numbers = (LossScale.of(config, losses) for config in (own(), own(outputs="Numbers(1)")))
    assert symbols.words() == "█ guessing ▓▒░ · near 0"
    assert "".join(shaded(losses, symbols)) == "·▓█!"
    assert numbers.words() == "█ highest ▓▒░ · near 0"
    assert "".join(shaded(losses, numbers)) == "·░█!"


def mean_windows(replicas: Sequence[int], columns: int, first: int, last: int) -> Floats:
    """Like `Timeline.shades`, with the number of each window as its loss."""
    columns = min(columns, last - first)
    cuts = first + np.arange(columns + 1) * (last - first) // max(1, columns)
    means = [np.arange(*cut).mean() for cut in itertools.pairwise(cuts)] if columns else []
    return np.tile(np.array(means, np.float32), (len(replicas), 1))


@given(st.integers(0, 1000), st.integers(0, 500), st.integers(0, 300), st.integers(1, 200))
def test_a_column_shows_the_windows_at_its_place_however_many_are_trained_behind_it(
    first: int, trained: int, more: int, columns: int
) -> None:
    length = max(1, trained + more)
    end = first + trained
    shown = seed_losses([0, 1], mean_windows, WindowAxis(first, end, length), columns)
    losses, windows = shown.losses, shown.windows
    assert losses.shape == (2, len(windows))
    assert trained * columns // length <= len(windows) + 1 <= columns + 1
    assert (np.abs(losses[0] - windows) <= length / columns + 1).all()
    later = seed_losses([0, 1], mean_windows, WindowAxis(first, first + length, length), columns).losses
    known = trained * columns // length if length > columns else len(windows)
    assert (np.abs(losses[:, :known] - later[:, :known]) <= 1).all(), "it moves nothing"


def test_the_strip_counts_by_column() -> None:
    none = np.zeros(5, np.float32)
    population = SeedStats(np.array([1, 10, 11, 100, 0]), none, none, np.zeros(5, np.bool_), 100, np.zeros(5, np.int64))
    assert solved_by_column(population, 0, 100, 10) == ("█▄       ▄", 2)
    assert solved_by_column(population, 50, 50, 5) == ("    █", 1)
    assert solved_by_column(population, 0, 100, 10, ascii_only=True)[0].isascii()


def test_bars_are_as_long_as_their_share_and_never_too_short_to_be_seen() -> None:
    assert bar(0.5, 10) == "█" * 5
    assert bar(1e-6, 10) == "▏"
    assert bar(0, 10) == ""
    assert bar(1e-6, 10, ascii_only=True) == "#"


def test_labels_stand_in_columns_also_of_the_largest_seed() -> None:
    config = EchoConfig(seed=2**128 - 64, replicas=64)
    labels = Labels.of(config, population_after(WINDOWS))
    assert {len(labels.line(replica)) for replica in range(64)} == {len(labels.head)}
    assert labels.line(63).split()[0] == str(2**128 - 1)


def test_what_became_of_a_network_is_read_out() -> None:
    config, population = EchoConfig(replicas=64), population_after(WINDOWS)
    solved = "seed 7: solved at 100, 1st of 43, mean loss 0.0069"
    assert read(config, population, 0) == f"{solved}; «alone»: go on with it alone"
    assert read(config, population, 1).startswith("seed 8: not solved, mean loss 0.6931")
    assert "not finite" in read(config, replace(population, diverged=np.ones(64, np.bool_)), 5)
    lost = read(config, replace(population, lost_at=np.full(64, 1042)), 0)
    assert lost == "seed 7: solved at 100, lost at 1,042, mean loss 0.0069; «alone»: go on with it alone"


def test_of_networks_that_nothing_was_trained_of_no_loss_is_told() -> None:
    none = np.zeros(64, np.int64)
    config, blank = EchoConfig(replicas=64), SeedStats.after(np.empty((0, 64), np.float32), none, 0, none)
    assert read(config, blank, 5) == "seed 12: not solved, mean loss -; «alone»: go on with it alone"
    assert Labels.of(config, blank).line(5).split() == ["12", "-", "-"]
    assert np.isnan(blank.quantiles).all()


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (13, "13th"), (22, "22nd"), (1111, "1,111th")],
)
def test_ordinals(number: int, words: str) -> None:
    assert ordinal(number) == words


@given(st.integers(1, 300), st.integers(1, 80), st.integers(20, 60))
def test_the_room_is_shared_without_overlap(width: int, height: int, labels: int) -> None:
    room = share(width, height, labels)
    assert room.lines >= 1
    assert HEAD + room.lines + room.strip <= max(height, HEAD + 1)
    assert room.losses.width == 0 or room.losses.x == labels
    assert not (room.strip and room.histogram)
    if room.histogram is not None:
        assert room.losses.right < room.histogram.x
        assert room.histogram.right == width


def test_one_network_is_told_nothing_of_windows_that_bring_nothing_here() -> None:
    view = SeedsView()
    view._message = "press . to train a window"
    assert not any("train a window" in line for line in drawn(frame_of(1), 78, 11, view=view))


@pytest.mark.parametrize("size", [(20, 3), (78, 5), (198, 40)])
def test_a_picture_for_another_size_is_drawn_until_the_next_look(size: tuple[int, int]) -> None:
    view, frame = SeedsView(), frame_of()
    view._picture, view._frame = look(frame, view.rows(frame, 78, 11)), frame
    cells = Cells(*size, view.STYLES)
    view.draw(cells)
    assert cells.text(0).startswith("seeds: ")
