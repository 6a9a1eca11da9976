"""The picture of the loss curve, layer by layer, and what is known of a window in words."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from echornn.diagnosis.loss_stats import loss_text, task_loss_text
from echornn.diagnosis.seed_stats import SolvedCounts
from echornn.history.curve import Band, Curve, InBuckets
from echornn.levels import can_be_solved, chance_level, guessing_errors, most_loss
from echornn.session.pictures.picture import Picture, Span
from tui.text.lines import levels_of
from tui.text.targets import is_echo
from tui.views import labels
from tui.views import plot_layers as layers
from tui.views.axes import GUTTER, LossAxis, Place, draw_axes
from tui.views.canvas import Cells
from tui.views.dots import put_ascii

LEAST_SPAN = 20  # windows on the axis
LEAST_WIDTH = 4  # columns of the plot
LEAST_NORMS = 3  # lines of the norms, if the curve has as many
# With these, several networks have both strips; and the upper one has an interval
SOME_LINES, MANY_LINES = 10, 18
LINES_A_STRIP, HIGHEST_STRIP = 6, 5  # the upper strip is a sixth of the lines; chosen by eye
SHARES = LossAxis(0, 1.15)  # a line at 1 is apart from the plot above it


@dataclass(frozen=True)
class Viewport:
    """What a viewer has chosen of the plot."""

    span: int | None = None  # windows; None for all
    end: int | None = None  # the window after the last; None to follow the newest
    cursor: int | None = None  # the window under the crosshair
    log: bool = False
    norms: bool = False  # whether the norms of gradients are drawn under the curve
    held_out: bool = False  # whether the loss on held-out data is drawn

    @property
    def windows(self) -> Span:
        return Span(self.span, self.end)

    def zoomed(
        self, trained: int, factor: float, about: float | None = None, share: float = 0.5
    ) -> Viewport:
        """``factor`` times as many windows: the one that it is ``about`` (by default the crosshair,
        otherwise the newest) comes to this share of the axis."""
        first, last = self.windows.limits(trained)
        span = max(LEAST_SPAN, round((self.span or last - first) * factor))
        if span >= trained:
            return replace(self, span=None, end=None)
        if about is None and self.cursor is None:
            about, share = last, 1.0
        elif about is None:
            about = self.cursor
        assert about is not None
        newest = max(span, round(about + (1 - share) * span))
        follows = self.end is None and newest >= trained
        zoomed = replace(self, span=span, end=None if follows else min(newest, trained))
        return zoomed._without_unseen_cursor(trained)

    def _without_unseen_cursor(self, trained: int) -> Viewport:
        first, last = self.windows.limits(trained)
        is_seen = self.cursor is not None and first <= self.cursor < last
        return self if is_seen else replace(self, cursor=None)

    def with_cursor(self, trained: int, window: int) -> Viewport:
        """The crosshair on this window; the plot scrolls to it, and no longer follows unless that
        was the newest."""
        if not trained:
            return self
        cursor = min(max(window, 0), trained - 1)
        _, last = self.windows.limits(trained)
        is_newest = cursor == trained - 1 and last <= cursor
        if self.span is None or is_newest:
            return replace(self, cursor=cursor, end=None)
        end = max(last, cursor + 1)
        return replace(self, cursor=cursor, end=min(end, cursor + self.span))

    def following(self) -> Viewport:
        return replace(self, end=None, cursor=None)


@dataclass(frozen=True)
class Boxes:
    """Where the parts of the picture are, from the top; what is not drawn has no lines."""

    losses: Place
    norms: Place
    solved: Place
    errors: Place
    bottom: int  # the line of the axis of windows


def draw_plot(
    cells: Cells, picture: Picture, viewport: Viewport, has_focus: bool, ascii_only: bool
) -> Place | None:
    """Draw a picture's curve, and say where it is; None if there is no room for it."""
    config = picture.frame.own_config
    highest = most_loss(config)
    picture = replace(
        picture, curve=picture.curve.below(highest), held_out=picture.held_out.below(highest)
    )
    has_legend = labels.draw_plot_legend(
        cells, cells.height - 1, picture.band, picture.held_out, config, picture.ghosts
    )
    boxes = boxes_of(cells, picture, viewport, cells.height - 1 - has_legend)
    if boxes.losses.width < LEAST_WIDTH or boxes.losses.height < 1:
        return None
    with_axis = [boxes.losses]
    if boxes.norms.height:
        with_axis.append(boxes.norms)
    draw_axes(cells, with_axis, boxes.bottom, has_focus)
    _draw_data(cells, picture, boxes)
    if ascii_only:
        put_ascii(cells)
    _draw_words(cells, picture, boxes)
    _draw_position(cells, picture, boxes.losses)
    cursor, curve = viewport.cursor, picture.curve
    if cursor is not None and curve.first <= cursor < curve.last:
        x = boxes.losses.column(cursor)
        labels.draw_rule(cells, x, boxes.bottom, labels.CROSSHAIR, "strong")
    return boxes.losses


def boxes_of(cells: Cells, picture: Picture, viewport: Viewport, bottom: int) -> Boxes:
    config = picture.frame.own_config
    solved, errors = strip_lines(cells.height, len(picture.band) > 0, config.has_classes)
    height, norms = bottom - solved - errors, 0
    if viewport.norms:
        norms = min(max(LEAST_NORMS, height // 3), height // 2)
        height -= norms
    known = [loss for _, loss in levels_of(config, picture.frame.ladder)]
    axis = LossAxis.of_losses(
        picture.curve, picture.band, known or [chance_level(config)], viewport.log
    )
    first, _, length = picture.axis
    losses = Place(GUTTER, 0, cells.width - GUTTER, height, first, length, axis)
    return Boxes(
        losses,
        replace(
            losses,
            y=height,
            height=norms,
            axis=LossAxis.of_norms(picture.norms, config.clip_norm),
        ),
        replace(losses, y=height + norms, height=solved, axis=SHARES),
        replace(losses, y=bottom - errors, height=errors, axis=SHARES),
        bottom,
    )


def strip_lines(lines: int, several: bool, has_errors: bool) -> tuple[int, int]:
    """The lines of the share of networks that solved the task, and of errors, on a plot of so many
    lines."""
    if not several:
        return 0, int(has_errors)
    if lines < SOME_LINES:
        return 1, 0
    if lines < MANY_LINES:
        return 1, int(has_errors)
    return min(HIGHEST_STRIP, lines // LINES_A_STRIP), int(has_errors)


def _draw_data(cells: Cells, picture: Picture, boxes: Boxes) -> None:
    place, curve, band = boxes.losses, picture.curve, picture.band
    config, first = picture.frame.own_config, picture.axis.first
    layers.draw_ghosts(cells, place, picture.ghosts)
    if len(band):
        layers.draw_band(cells, place, band)
        layers.draw_curve(cells, place, curve, alone_from=int(band.ends[-1]))
    else:
        layers.draw_curve(cells, place, curve, alone_from=first)
    layers.draw_not_finite(cells, place, curve)
    layers.draw_held_out(cells, place, picture.held_out)
    if boxes.norms.height:
        layers.draw_curve(cells, boxes.norms, picture.norms, alone_from=first)
    if boxes.solved.height:
        layers.draw_solved(cells, boxes.solved, band, can_be_solved(config))
    if boxes.errors.height:
        layers.draw_errors(cells, boxes.errors, curve, guessing_errors(config))


def _draw_words(cells: Cells, picture: Picture, boxes: Boxes) -> None:
    """Letters, levels and marks: what was drawn before them leaves them the free places."""
    place, config = boxes.losses, picture.frame.own_config
    layers.draw_letters(cells, place, picture.ghosts)
    labels.draw_levels(cells, place, levels_of(config, picture.frame.ladder))
    if not is_echo(config):
        edge = place.x + place.width
        labels.draw_label(cells, place, edge, f"{config.loss_name} ", 2, "muted")
    labels.draw_marks(cells, place, picture.curve)
    if boxes.norms.height:
        labels.draw_norm_words(cells, boxes.norms, picture.norms, config.clip_norm)


def _draw_position(cells: Cells, picture: Picture, place: Place) -> None:
    """Where training stands, if windows behind it are shown."""
    trained = picture.frame.trained
    if trained < picture.frame.path_end and picture.axis.first <= trained <= picture.axis.last:
        x = place.column(trained)
        labels.draw_rule(cells, x, place.height, labels.COMMAND, "here")
        labels.draw_label(cells, place, x, f" window {trained:,} ", place.height, "here")


# ---- in words


def window_words(picture: Picture, window: int) -> str:
    """What is known of a window, or of those that share its bucket; with several networks of all of
    them first. Empty if the curve does not show the window."""
    curve, band, config = picture.curve, picture.band, picture.frame.own_config
    if not curve.starts.size or not curve.first <= window < curve.last:
        return ""
    bucket = bucket_of(curve, window)
    place = _place_words(curve, bucket, window)
    mean = task_loss_text(config, float(curve.mean[bucket]))
    others = []
    if config.has_classes:
        others.append(f"{float(curve.error_rate[bucket]):.1%} wrong")
    norms = picture.norms
    if norms.starts.size and not math.isnan(norms.mean[bucket]):
        others.append(f"norm {loss_text(float(norms.mean[bucket]))}")
        if norms.error_rate[bucket]:
            others.append(f"{float(norms.error_rate[bucket]):.1%} clipped")
    if len(band) and band.starts[0] <= window < band.ends[-1]:
        of_all = _band_words(band, bucket_of(band, window), can_be_solved(config))
        return ", ".join([f"{place} · {of_all} · seed {config.seed}: {mean}", *others])
    loss = f"loss {mean}"
    if curve.ends[bucket] - curve.starts[bucket] > 1:
        low, high = float(curve.low[bucket]), float(curve.high[bucket])
        loss = f"average loss {mean} ({loss_text(low)} to {loss_text(high)})"
    return " · ".join([place, loss, *others])


def bucket_of(data: InBuckets, window: int) -> int:
    return int(np.searchsorted(data.starts, window, side="right")) - 1


def _place_words(curve: Curve, bucket: int, window: int) -> str:
    begin, end = int(curve.starts[bucket]), int(curve.ends[bucket])
    is_single = end - begin == 1
    words = f"windows {begin + 1:,} to {end:,}"
    if is_single:
        words = f"window {begin + 1:,}"
    segments = [segment for segment in curve.segments if segment.at <= window]
    if not segments:
        return words
    epoch, in_epoch = segments[-1].epoch_and_window(max(begin, segments[-1].at))
    words += f" · epoch {epoch + 1}"
    if is_single:
        words += f", window {in_epoch + 1}"
    return words


def _band_words(band: Band, bucket: int, can_be_solved: bool) -> str:
    tenth, median, ninetieth = (
        loss_text(float(losses[bucket])) for losses in (band.tenth, band.median, band.ninetieth)
    )
    replicas, solved = int(band.replicas[bucket]), int(band.solved[bucket])
    counts = SolvedCounts(replicas, solved, lost=0, can_be_solved=can_be_solved)
    return f"median loss {median} (10 to 90 %: {tenth} to {ninetieth}) · {counts}"
