"""The timeline of random trees, compared with a model that keeps each path as a plain list."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import LossStats
from echornn.history.loss_history import ReplicaHistory
from echornn.timeline.branch import Branch, Position
from echornn.timeline.timeline import Timeline
from tests.examples import examples
from tests.losses_seen import after
from tests.scripted import SMALL
from tests.trees import grow

OTHER_RATE = replace(SMALL, learning_rate=0.1)
OTHER_TASK = replace(SMALL, echo_step=5)


def begun(number: int, cause: Any, parent: Position | None, config: EchoConfig = SMALL) -> Branch:
    before = None if parent is None else Position(0, 0)
    return Branch(number, cause, parent, before, 0, 0, 0, 0, config)


@dataclass
class Line:
    """A path in the model: the loss of each window, and the branch that trained it."""

    config: EchoConfig
    losses: list[float]
    trained_by: list[int]
    task_since: int = 0


class Model:
    """A timeline, and every path as a plain list."""

    def __init__(self) -> None:
        self.timeline = Timeline()
        self.lines: list[Line] = []
        self.begin("start", None, SMALL)

    def begin(self, cause: str, parent: Position | None, config: EchoConfig) -> None:
        self.timeline.begin(begun(len(self.lines), cause, parent, config))
        if parent is None or parent.window == 0:
            self.lines.append(Line(config, [], []))
            return
        line = self.lines[parent.branch]
        trained_by = line.trained_by[: parent.window]
        owner = parent.branch
        while self.timeline.branch(owner).start > parent.window:
            before = self.timeline.branch(owner).parent
            assert before is not None
            owner = before.branch
        old = self.lines[owner]
        since = old.task_since if old.config.same_task(config) else parent.window
        self.lines.append(Line(config, line.losses[: parent.window], trained_by, since))

    def train(self, number: int, losses: list[float]) -> None:
        grow(self.timeline, number, losses, 0.5)
        self.lines[number].losses += [float(np.float32(loss)) for loss in losses]
        self.lines[number].trained_by += [number] * len(losses)


loss_lists = st.lists(st.floats(0, 2, width=32) | st.just(math.nan), min_size=1, max_size=40)

steps: st.SearchStrategy[tuple[str, Any, Any]] = st.one_of(
    st.tuples(st.just("train"), st.integers(0, 99), loss_lists),
    st.tuples(st.just("solve"), st.integers(0, 99), st.integers(1, 120)),
    st.tuples(
        st.sampled_from(["back", "edit", "reset"]),
        st.tuples(st.integers(0, 99), st.integers(0, 999)),
        st.sampled_from([SMALL, OTHER_RATE, OTHER_TASK]),
    ),
)


@st.composite
def grown(draw: st.DrawFn) -> Model:
    model = Model()
    for what, where, much in draw(st.lists(steps, max_size=14)):
        if what == "train":
            model.train(where % len(model.lines), much)
        elif what == "solve":
            model.train(where % len(model.lines), [0.01] * much)
        else:
            number = where[0] % len(model.lines)
            window = 0 if what == "reset" else where[1] % (len(model.lines[number].losses) + 1)
            model.begin(what, Position(number, window), much)
    return model


def moment_of(model: Model, number: int, window: int) -> Position:
    number %= len(model.lines)
    return Position(number, window % (len(model.lines[number].losses) + 1))


@examples(150)
@given(grown(), st.integers(0, 99), st.integers(0, 999), st.integers(0, 999))
def test_path_spans_owner_and_losses_of_any_moment(model: Model, number: int, window: int, first: int) -> None:
    timeline = model.timeline
    position = moment_of(model, number, window)
    line = model.lines[position.branch]
    by_span = [span.branch.number for span in timeline.spans(position) for _ in range(span.first, span.last)]
    assert by_span == line.trained_by[: position.window]
    edges = [span.first for span in timeline.spans(position)] + [position.window]
    assert edges == [0] + [span.last for span in timeline.spans(position)]
    path = timeline.path(position)
    assert path[0].starts_over
    assert [one.parent and one.parent.branch for one in path[1:]] == [one.number for one in path[:-1]]
    assert timeline.owner(position) == path[-1]
    assert path[-1].start <= position.window
    assert timeline.has(position)
    assert not timeline.has(Position(position.branch, len(line.losses) + 1))
    losses = timeline.losses(position, first)
    np.testing.assert_array_equal(losses, np.array(line.losses[first : position.window], np.float32))
    assert timeline.trained == sum(timeline.windows_of(one) for one in range(len(timeline)))
    assert timeline.end(position.branch) == Position(position.branch, len(line.losses))


@examples(150)
@given(grown(), st.integers(0, 99), st.integers(0, 999))
def test_the_evidence_at_any_moment_is_that_of_one_who_saw_its_path_alone(
    model: Model, number: int, window: int
) -> None:
    position = moment_of(model, number, window)
    line = model.lines[position.branch]
    path = model.timeline.path(position)
    loss_stats = LossStats()
    for before, branch, end in zip(
        [None, *path], path, [*(one.start for one in path[1:]), position.window], strict=False
    ):
        if before is not None:
            loss_stats = loss_stats.under(branch.config, before.config, branch.start)
        for at in range(branch.start, end):
            loss, wrong = np.array([line.losses[at]], np.float32), np.array([0.5], np.float32)
            loss_stats = after(loss_stats, loss, branch.config, at, wrong)
    told = model.timeline.loss_stats(position)
    assert told.windows == position.window - model.lines[path[-1].number].task_since
    assert (told.windows, told.solved_at, told.before) == (loss_stats.windows, loss_stats.solved_at, loss_stats.before)
    assert told.lost_at == loss_stats.lost_at
    np.testing.assert_array_equal(told.recent, loss_stats.recent)
    assert (told.block_means.begun, told.block_means.windows) == (
        loss_stats.block_means.begun,
        loss_stats.block_means.windows,
    )
    assert told.block_means.under_way == loss_stats.block_means.under_way
    for array in ("ends", "losses", "errors"):
        np.testing.assert_array_equal(getattr(told.block_means, array), getattr(loss_stats.block_means, array))


def test_the_evidence_of_long_ago_is_there_where_its_single_losses_are_forgotten() -> None:
    timeline = Timeline()
    timeline.begin(begun(0, "start", None))
    losses = np.concatenate([np.full(count, loss, np.float32) for count, loss in ((9999, 0.5), (3_000_000, 0.01))])
    for piece in np.array_split(losses, 5):
        grow(timeline, 0, piece, 0.5)
    then, alone = timeline.loss_stats(Position(0, 5000)), after(LossStats(), losses[:5000], SMALL)
    assert (then.windows, then.recent.size, then.solved_at) == (5000, 0, None)
    np.testing.assert_array_equal(then.block_means.losses, alone.block_means.losses)
    np.testing.assert_array_equal(then.block_means.ends, alone.block_means.ends)
    assert then.block_means.windows == 5000
    timeline.begin(begun(1, "back", Position(0, 5000)))
    grow(timeline, 1, np.full(200, 0.25), 0.5)
    assert timeline.loss_stats(Position(1, 5200)).block_means.losses[-1] == 0.25


@examples(150)
@given(grown(), st.integers(0, 99), st.integers(1, 30), st.integers(0, 500), st.integers(0, 500))
def test_a_curve_along_any_path_keeps_its_extremes(
    model: Model, number: int, columns: int, first: int, length: int
) -> None:
    number %= len(model.lines)
    losses = np.array(model.lines[number].losses, np.float32)
    curve = model.timeline.curve(number, columns, first, first + length)
    assert (curve.first, curve.last) == (min(first, len(losses)), min(first + length, len(losses)))
    shown = losses[curve.first : curve.last]
    edges = [*curve.starts.tolist(), curve.last][: len(curve.starts) + 1]
    assert edges == [curve.first, *curve.ends.tolist()]
    for start, end, low, high in zip(curve.starts, curve.ends, curve.low, curve.high, strict=True):
        windows = losses[start:end]
        if np.isnan(windows).all():
            assert math.isnan(low)
        else:
            assert (low, high) == (np.nanmin(windows), np.nanmax(windows))
    if shown.size and not np.isnan(shown).all():
        assert (np.nanmin(curve.low), np.nanmax(curve.high)) == (np.nanmin(shown), np.nanmax(shown))
    pieces = len(model.timeline.path(model.timeline.end(number)))
    assert len(curve.starts) <= columns + 2 * pieces
    begins = {one.start for one in model.timeline.path(model.timeline.end(number))}
    assert {segment.at for segment in curve.segments} <= begins


@pytest.mark.parametrize(
    "branch",
    [
        begun(1, "edit", None),
        begun(2, "edit", Position(0, 3)),
        begun(0, "edit", Position(0, 3)),
        begun(1, "edit", Position(0, 6)),
        begun(1, "edit", Position(1, 0)),
        begun(1, "edit", Position(-1, 0)),
    ],
)
def test_a_branch_that_begins_nowhere_is_refused(branch: Branch) -> None:
    timeline = Timeline()
    timeline.begin(begun(0, "start", None))
    grow(timeline, 0, np.zeros(5), 0.0)
    with pytest.raises(ValueError, match="a branch cannot"):
        timeline.begin(branch)
    assert len(timeline) == 1


def test_a_branch_of_a_moment_before_the_one_named_began_is_of_the_branch_that_trained_it() -> None:
    timeline = Timeline()
    timeline.begin(begun(0, "start", None))
    grow(timeline, 0, np.zeros(5), 0.0)
    timeline.begin(begun(1, "edit", Position(0, 5), OTHER_RATE))
    timeline.begin(begun(2, "back", Position(1, 3), SMALL))
    assert timeline.branch(2).parent == Position(0, 3)
    assert [one.number for one in timeline.path(Position(2, 3))] == [0, 2]
    assert [one.number for one in timeline.path(Position(2, 2))] == [0]


def test_what_is_said_of_a_branch() -> None:
    timeline = Timeline()
    timeline.begin(begun(0, "start", None))
    timeline.begin(begun(1, "edit", Position(0, 0), OTHER_RATE))
    timeline.begin(replace(begun(2, "reset", Position(1, 0), OTHER_RATE), before=Position(1, 0)))
    assert [timeline.differs(number) for number in range(3)] == ["the start", "learning_rate 0.1", "started over"]
    assert math.isnan(timeline.newest_loss(0))
    grow(timeline, 0, [0.25], 0.0)
    assert timeline.newest_loss(0) == 0.25
    assert timeline.solved_at(0) is None


def test_a_curve_of_many_edits_asks_no_more_histories_than_it_has_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline, columns = Timeline(), 50
    timeline.begin(begun(0, "start", None))
    losses = np.random.default_rng(3).uniform(0, 1, (1200, 11)).astype(np.float32)
    for number, some in enumerate(losses):
        if number:
            timeline.begin(begun(number, "edit", Position(number - 1, 11 * number)))
        grow(timeline, number, some, 0.5)
    timeline.curve(1199, columns)
    asked: list[int] = []
    buckets = ReplicaHistory.buckets

    def counting(history: ReplicaHistory, width: int, first: int, last: int) -> object:
        asked.append(width)
        return buckets(history, width, first, last)

    monkeypatch.setattr(ReplicaHistory, "buckets", counting)
    whole = losses.ravel()
    for first, last in ((0, len(whole)), (1000, 5000), (7, 13_190), (300, 330), (0, 11), (13_188, 13_200)):
        asked.clear()
        curve = timeline.curve(1199, columns, first, last)
        assert len(asked) <= columns
        assert len(curve.starts) <= 2 * columns
        assert [*curve.starts.tolist(), last] == [first, *curve.ends.tolist()]
        for start, end, low, high, mean in zip(
            curve.starts, curve.ends, curve.low, curve.high, curve.mean, strict=True
        ):
            windows = whole[start:end]
            assert (low, high) == (windows.min(), windows.max())
            assert mean == pytest.approx(windows.mean(), rel=1e-5)
