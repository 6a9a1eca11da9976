"""The layers of the plot, each drawn by a function over those before it; the line is drawn by
plotext."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, product
from typing import Any

import numpy as np
import numpy.typing as npt

from echornn.config import EchoConfig
from echornn.data.levels import can_be_solved
from echornn.diagnosis.loss_stats import loss_text, task_loss_text
from echornn.diagnosis.seed_stats import NOTHING_COUNTS, SolvedCounts, wilson, wilson_of
from echornn.history.curve import MARKS, Band, Curve, InBuckets
from echornn.session.pictures.picture import Ghost
from tui.views.canvas import Cells, Characters
from tui.views.inks import NUMBER
from tui.views.text import shortened

GUTTER = 7  # columns left of the plot: six for a loss, one for the axis
SMOOTHED_SHARE = 40  # a drawn line is the moving mean over the plot's width divided by this
LETTER_EVERY = 24  # columns between two letters of a ghost
STARTS_SHOWN = 12  # epochs that are marked
LABEL_LINES = 4  # at the top, for the words of commands
BEYOND_EVERY = 4  # columns between two marks for losses beyond the axis
LEAST_LOG_LOSS = 1e-7  # smaller losses, and 0, are drawn here on a logarithmic axis
# An extreme loss of more than so many times the largest 90th percentile lies beyond the axis
WILD = 1.5

DASH, EPOCH, COMMAND, CROSSHAIR = "╌┊║│"
BARS = np.array(list(" ▁▂▃▄▅▆▇█"))
SAMPLES = {"mean": "⠒⠒", "median": "⠶⠶", "band": "⢕⢕", "extreme": "⠁⠈"}
SIGNS = {
    "mean": "*",
    "raw": ".",
    "ghost": "'",
    "median": "=",
    "band": ":",
    "extreme": "'",
    "held_out": "o",
}

Losses = npt.NDArray[np.floating[Any]]
Heights = npt.NDArray[np.float64]
Range = tuple[Heights, Heights]  # the lowest and the highest in each column
# [dot rows, dot columns], from the top left: whether each dot is drawn
Dots = npt.NDArray[np.bool_]


BRAILLE = 0x2800
# Of the dots in a braille character
BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])


def characters(dots: Dots) -> Characters:
    """The braille of bool [4 * lines, 2 * columns]; spaces where there are no dots."""
    lines, columns = dots.shape[0] // 4, dots.shape[1] // 2
    codes = (dots.reshape(lines, 4, columns, 2) * BITS[None, :, None, :]).sum(axis=(1, 3))
    return np.where(codes > 0, BRAILLE + codes, ord(" ")).astype(np.uint32).view("U1")


def put(cells: Cells, place: Place, drawn: Characters, ink: str) -> None:
    """Draw over what is there, but not with spaces; dots are added to dots."""
    under, over = (
        np.ascontiguousarray(one, "U1").view(np.uint32)
        for one in (cells.characters[place.inside], drawn)
    )
    both = (under >= BRAILLE) & (over >= BRAILLE)
    cells.characters[place.inside] = np.where(
        both, under | over, np.where(drawn == " ", under, over)
    ).view("U1")
    cells.styles[place.inside][drawn != " "] = NUMBER[ink]


def put_ascii(cells: Cells) -> None:
    """Put the sign of each ink in place of its braille: nothing else in the plot knows of ASCII."""
    for ink, sign in SIGNS.items():
        cells.characters[(cells.styles == NUMBER[ink]) & (cells.characters >= chr(BRAILLE))] = sign


def spans(low: Heights, high: Heights, rows: int) -> Dots:
    """A line that covers ``low`` to ``high`` (dot rows from the bottom), joined from column to
    column; NaN is a gap."""
    known = ~(np.isnan(low) | np.isnan(high))
    bottom, top = (np.clip(np.round(np.where(known, one, 0)), 0, rows - 1) for one in (low, high))
    joined, begin, end = known[1:] & known[:-1], bottom.copy(), top.copy()
    begin[1:] = np.where(joined, np.minimum(bottom[1:], top[:-1] + 1), bottom[1:])
    end[1:] = np.where(joined, np.maximum(top[1:], bottom[:-1] - 1), top[1:])
    from_bottom = rows - 1 - np.arange(rows)[:, np.newaxis]
    return np.asarray(known & (from_bottom >= begin) & (from_bottom <= end))


def texture(low: Heights, high: Heights, rows: int) -> Dots:
    """Every fourth dot from ``low`` to ``high``, so that lines stay visible."""
    row, column = np.arange(rows)[:, np.newaxis], np.arange(len(low))
    with np.errstate(invalid="ignore"):
        inside = (rows - 1 - row >= np.round(low)) & (rows - 1 - row <= np.round(high))
    return np.asarray(inside & (row % 2 == 0) & ((column + row // 2) % 2 == 0))


def line_through(place: Place, heights: Heights) -> Characters:
    """The characters of plotext's line through these dot rows, one in each dot column; NaN makes a
    gap."""
    known = np.isfinite(heights)
    if not known.any():
        return np.full((place.height, place.width), " ")
    # Imported late: the first frame has no line, and need not wait for it
    from textual_plotext.plot import Plot

    figure = Plot()
    figure._set_size(place.width, place.height)  # `plotsize` cuts it to the terminal
    figure.frame(False)
    figure.xfrequency(0)
    figure.yfrequency(0)
    figure.xlim(0, max(1, place.columns - 1))
    figure.ylim(0, max(1, place.rows - 1))
    for is_known, run in groupby(range(place.columns), key=known.__getitem__):
        if is_known:
            columns = list(run)
            figure.plot(
                columns, np.clip(heights[columns], 0, place.rows - 1).tolist(), marker="braille"
            )
    return np.array([list(line) for line in figure.uncolorize(figure.build()).splitlines()])


def smoothed(means: Losses, buckets: int) -> Losses:
    if not len(means):
        return means
    finite, window = np.isfinite(means), np.ones(min(buckets, len(means) - 1) | 1)
    total, known = (
        np.convolve(values, window, "same") for values in (np.where(finite, means, 0), finite)
    )
    return np.where(finite, total / np.maximum(known, 1), np.nan)


def bars(shares: Heights) -> str:
    return "".join(
        BARS[np.clip(np.ceil(np.nan_to_num(shares) * 8 - 1e-6), 0, 8).astype(int)].tolist()
    )


# ---- where windows and losses are


@dataclass(frozen=True)
class LossAxis:
    bottom: float
    top: float
    log: bool = False

    @classmethod
    def holding(cls, low: Losses, high: Losses, log: bool) -> LossAxis:
        """An axis that contains all finite values. It is rounded, so that it changes rarely."""
        low, high = low[np.isfinite(low) & (low > 0)], high[np.isfinite(high) & (high > 0)]
        if not log:
            return cls(0.0, round_top(float(high.max())) if high.size else 1.0)
        top = (
            10.0 ** math.ceil(math.log10(max(float(high.max()), LEAST_LOG_LOSS * 10)))
            if high.size
            else 1.0
        )
        least = max(float(low.min()), LEAST_LOG_LOSS) if low.size else top / 10
        return cls(min(10.0 ** math.floor(math.log10(least)), top / 10), top, log=True)

    def share(self, losses: Losses) -> Heights:
        """The height of losses on the axis, from 0 (bottom) to 1 (top); infinity is at the top, NaN
        stays NaN."""
        values = np.clip(losses.astype(np.float64), self.bottom, self.top)
        bottom, top = self.bottom, self.top
        if self.log:
            values, bottom, top = np.log10(values), math.log10(bottom), math.log10(top)
        return np.asarray((values - bottom) / (top - bottom))


def round_top(largest: float) -> float:
    power = 10.0 ** math.floor(math.log10(largest))
    return next(
        step * power for step in (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10, 20) if step * power >= largest
    )


def round_step(span: float, most: int) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that divides ``span`` into at most ``most``
    parts."""
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(
        step * power for step in (1, 2, 5, 10, 20) if step * power * most >= span * (1 - 1e-9)
    )


def loss_ticks(axis: LossAxis, lines: int) -> list[tuple[int, str]]:
    """The ticks of the loss axis, as (line from the top, label): at most ten, and at most one per
    two lines."""
    most = max(1, min(10, lines // 2))
    if axis.log:
        exponents = range(round(math.log10(axis.bottom)), round(math.log10(axis.top)) + 1)
        losses, decimals = (
            [10.0**exponent for exponent in exponents[:: -(-len(exponents) // max(2, most))]],
            6,
        )
    else:
        step = round_step(axis.top - axis.bottom, most)
        losses = [step * index for index in range(math.floor(axis.top / step * (1 + 1e-9)) + 1)]
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    shares = axis.share(np.array(losses)).tolist()
    lines_of = (lines - 1 - min(lines - 1, int(share * lines)) for share in shares)
    return [(line, loss_label(loss, decimals)) for line, loss in zip(lines_of, losses, strict=True)]


def loss_label(loss: float, decimals: int) -> str:
    text = f"{loss:.{decimals}f}"
    if len(text) <= 6:
        return text
    parts = (f"{loss:.{digits}e}".split("e") for digits in (1, 0))
    texts = (f"{number.removesuffix('.0')}e{int(power)}" for number, power in parts)
    return next(text for text in texts if len(text) <= 6)


def window_ticks(first: int, length: int, columns: int) -> list[tuple[int, str]]:
    """The ticks of an axis of ``length`` windows after window ``first``, as (column, label)."""
    step = max(1, int(round_step(length, max(3, min(8, columns // 14)))))
    numbers = range(-(-first // step) * step, first + length + 1, step)
    return [(round((number - first) / length * columns), count(number, step)) for number in numbers]


def count(windows: int, step: int = 1) -> str:
    """A number of windows as a short text: 1,505, 12.5k, 3M.

    It still differs from that of ``windows + step``.
    """
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if windows >= size and windows % (size // 10) == 0 and step % (size // 10) == 0:
            return f"{windows / size:,.1f}".removesuffix(".0") + letter
    return f"{windows:,}"


def per_column(
    data: InBuckets, low: Losses, high: Losses, columns: int, first: int, length: int
) -> Range:
    """The lowest and the highest value in each column of an axis of ``length`` windows from
    ``first`` on; NaN if none. Between buckets it is interpolated; the extremes of a bucket are kept
    in the column of its middle.
    """
    if not len(low):
        return np.full(columns, np.nan), np.full(columns, np.nan)
    middle = data.middles + data.first - first
    at = (np.arange(columns) + 0.5) / columns * length - 0.5
    lowest, highest = (
        np.interp(at, middle, values, left=np.nan, right=np.nan) for values in (low, high)
    )
    column = np.clip((middle + 0.5) / length * columns, 0, columns - 1).astype(int)
    np.fmin.at(lowest, column, low)
    np.fmax.at(highest, column, high)
    return lowest, highest


@dataclass(frozen=True)
class Place:
    """A box of the grid: its columns are windows, its lines losses.

    The plot is at the top, strips are below.
    """

    x: int
    y: int
    width: int
    height: int
    first: int  # window of the first column
    length: int  # windows from edge to edge
    axis: LossAxis

    @property
    def inside(self) -> tuple[slice, slice]:
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)

    @property
    def rows(self) -> int:  # of dots
        return 4 * self.height

    @property
    def columns(self) -> int:  # of dots
        return 2 * self.width

    def column(self, window: float) -> int:
        return self.x + min(
            self.width - 1, max(0, int((window - self.first) / self.length * self.width))
        )

    def line(self, loss: float) -> int:
        share = float(self.axis.share(np.array([loss], np.float32))[0])
        return self.y + self.height - 1 - min(self.height - 1, int(share * self.height))

    def windows(self, x: int, end: int) -> range:
        """The windows before ``end`` in a column of the grid, or else in the nearest; at least one,
        if there are."""
        column = min(max(0, x - self.x), self.width - 1)
        begin = self.first + column * self.length // self.width
        return range(
            begin, min(max(begin + 1, self.first + (column + 1) * self.length // self.width), end)
        )

    def dots(self, data: InBuckets, low: Losses, high: Losses | None = None) -> Range:
        """The lowest and the highest dot row, from the bottom, in each dot column."""
        bottom, top = (
            self.axis.share(losses) * self.rows - 0.5
            for losses in (low, low if high is None else high)
        )
        return per_column(data, bottom, top, self.columns, self.first, self.length)

    def most(self, data: InBuckets, values: npt.NDArray[Any]) -> Heights:
        return per_column(data, values, values, self.width, self.first, self.length)[1]

    def free(self, cells: Cells) -> npt.NDArray[np.bool_]:
        """Where nothing is drawn but dashes of a level, bool [height, width]; the blanks in a label
        are not free."""
        signs, inks = cells.characters[self.inside], cells.styles[self.inside]
        return np.asarray((signs == DASH) | (signs == " ") & (inks == 0))


# ---- axes and strips


def axis_of(curve: Curve, band: Band, levels: Sequence[float], log: bool) -> LossAxis:
    """An axis for the curve, for a band and its extremes if not wild; before the first loss, for
    the levels."""
    low, high = curve.low, curve.high
    if len(band):
        middle = np.concatenate([band.tenth, band.ninetieth, curve.mean]).astype(np.float64)
        finite = middle[np.isfinite(middle)]
        most = WILD * finite.max() if finite.size else np.inf
        low = np.concatenate([band.low, curve.mean])
        high = np.concatenate(
            [np.where(band.high.astype(np.float64) > most, np.nan, band.high), middle]
        )
        if log and (finite > 0).any():
            low = np.maximum(low, finite[finite > 0].min() / 10)
    elif not np.isfinite(high).any():
        low = high = np.array(levels)
    return LossAxis.holding(low, high, log)


def norm_axis(norms: Curve, clip_norm: float | None) -> LossAxis:
    limit = np.array([clip_norm or np.nan])
    return LossAxis.holding(np.append(norms.low, limit), np.append(norms.high, limit), log=True)


def draw_axes(cells: Cells, places: Sequence[Place], bottom: int, has_focus: bool) -> None:
    place = places[0]
    edge, tick = "┃┫" if has_focus else "│┤"
    for line in range(bottom):
        cells.write(GUTTER - 1, line, edge, "muted")
    for one in places:
        for line, label in loss_ticks(one.axis, one.height):
            cells.write(0, one.y + line, f"{label:>{GUTTER - 1}}{tick}", "muted")
    cells.write(0, bottom, "window└".ljust(cells.width, "─"), "muted")
    free = GUTTER
    for column, label in window_ticks(place.first, place.length, place.width):
        begin = min(max(GUTTER, GUTTER + column - len(label) // 2), cells.width - len(label))
        if begin >= free:
            cells.write(begin - 1, bottom, f" {label} ", "muted")
            free = begin + len(label) + 3


def draw_errors(cells: Cells, strip: Place, curve: Curve, guessing: float) -> None:
    cells.write(0, strip.y, "errors", "muted")
    most = 1.0 if np.isnan(guessing) else guessing
    cells.write(strip.x, strip.y, bars(strip.most(curve, curve.error_rate) / most), "errors")


def draw_solved(cells: Cells, strip: Place, band: Band, can_be_solved: bool) -> None:
    """The share of replicas that have solved the task, with its confidence interval; their number
    at the right."""
    share, middle = band.solved / np.maximum(band.replicas, 1), strip.y + strip.height // 2
    cells.write(0, middle, "solved", "muted")
    if not can_be_solved:
        cells.write(strip.x, middle, NOTHING_COUNTS[: strip.width], "muted")
        return
    if strip.height == 1:
        cells.write(strip.x, middle, bars(strip.most(band, share)), "solved")
    else:
        low, high = (strip.dots(band, end)[0] for end in wilson_of(band.solved, band.replicas))
        put(cells, strip, characters(texture(low, high, strip.rows)), "interval")
        put(cells, strip, characters(spans(*strip.dots(band, share), strip.rows)), "solved")
    solved, replicas = int(band.solved[-1]), int(band.replicas[-1])
    low_end, high_end = (round(100 * end) for end in wilson(solved, replicas))
    words = f" {solved:,}/{replicas:,} ({low_end}-{high_end} %)"
    begin = min(strip.column(int(band.ends[-1])) + 1, strip.x + strip.width - len(words))
    if begin >= strip.x:
        cells.write(begin, middle, words, "solved")


# ---- losses


@lru_cache(32)
def ghost_line(place: Place, curve: Curve) -> tuple[Characters, Heights]:
    """The characters of a ghost, and the line of its mean in each column (NaN without one)."""
    mean = mean_of(place, curve)
    rows = (*place.dots(curve, curve.low, curve.high), mean)
    dots = np.logical_or.reduce([spans(row, row, place.rows) for row in rows])
    return characters(dots), place.height - 1 - mean[::2] / 4


def mean_of(place: Place, curve: Curve) -> Heights:
    return place.dots(curve, smoothed(curve.mean, place.columns // SMOOTHED_SHARE))[0]


def draw_letters(
    cells: Cells, place: Place, ghosts: Sequence[tuple[str, Characters, Heights]]
) -> None:
    """The letter of each ghost, now and then and at its end; if the curve hides all of it, once on
    the curve."""
    visible = cells.styles[place.inside] == NUMBER["ghost"]
    for index, (letter, line, course) in enumerate(ghosts):
        drawn, due = (line != " ") & np.isfinite(course), index * 5 % LETTER_EVERY + 2
        seen = drawn & visible
        columns = np.flatnonzero(seen.any(axis=0)).tolist()
        if not columns:
            seen, columns = drawn, np.flatnonzero(drawn.any(axis=0)).tolist()[-due:][:1]
        for x in columns:
            if due <= x < columns[-1] - 2 or x == columns[-1]:
                nearest = np.where(
                    seen[:, x], np.abs(np.arange(place.height) - course[x]), np.inf
                ).argmin()
                cells.write(place.x + x, int(nearest), letter, "letter")
                due = x + LETTER_EVERY


def draw_band(cells: Cells, place: Place, band: Band) -> None:
    """Of several networks 10th to 90th percentile, median and extremes; marks where a loss is
    beyond the axis."""
    quantiles = (band.low, band.tenth, band.median, band.ninetieth, band.high)
    low, tenth, median, ninetieth, high = (
        np.add(*place.dots(band, losses)) / 2 for losses in quantiles
    )
    extremes = (spans(low, low, place.rows) | spans(high, high, place.rows)) & (
        np.arange(place.columns) % 4 == 0
    )
    put(cells, place, characters(extremes), "extreme")
    put(cells, place, characters(texture(tenth, ninetieth, place.rows)), "band")
    put(cells, place, characters(spans(median - 0.5, median + 0.5, place.rows)), "median")
    beyond = np.nan_to_num(place.most(band, band.high > place.axis.top)) > 0
    beyond[1:] &= ~beyond[:-1] | (np.arange(1, place.width) % BEYOND_EVERY == 0)
    for column in np.flatnonzero(beyond).tolist():
        cells.write(place.x + column, 0, "^", "extreme")


def draw_curve(cells: Cells, place: Place, curve: Curve, alone_from: int) -> None:
    """The mean loss; the range of losses from the window on from which a single network was
    trained."""
    low, high = (
        np.where(curve.starts >= alone_from, losses, np.nan) for losses in (curve.low, curve.high)
    )
    put(cells, place, characters(spans(*place.dots(curve, low, high), place.rows)), "raw")
    put(cells, place, line_through(place, mean_of(place, curve)), "mean")


def draw_not_finite(cells: Cells, place: Place, curve: Curve) -> None:
    for middle in curve.middles[~(np.isfinite(curve.low) & np.isfinite(curve.high))].tolist():
        cells.write(place.column(curve.first + middle + 0.5), 0, "!", "mark")


# ---- levels, marks, crosshair


def draw_levels(cells: Cells, place: Place, levels: Sequence[tuple[str, float]]) -> None:
    """A line behind the curve for each level; its name on the line or beside it, as far right as is
    free."""
    levels = [(name, loss) for name, loss in levels if place.axis.bottom <= loss <= place.axis.top]
    lines = [place.line(loss) - place.y for _, loss in levels]
    has_level = np.isin(np.arange(place.height), lines)[:, np.newaxis]
    put(cells, place, np.where(place.free(cells) & has_level, DASH, " "), "faint")
    for name, loss in (*levels[:1], *levels[:0:-1]):  # the first and the last matter most
        line, free = place.line(loss) - place.y, place.free(cells)
        names = shortened(name, 24), name.removeprefix("least at ")
        beside = [at for at in (line - 1, line + 1) if at not in lines and 0 <= at < place.height]
        for known, at in product(dict.fromkeys(names), (line, *beside)):
            text = f" {shortened(known, 24)} {loss_text(loss, 3)} "
            begin = "".join(np.where(free[at, :-1], " ", "x")).rfind(" " * len(text))
            if begin >= 0:
                cells.write(place.x + begin, place.y + at, text, "faint")
                break


def draw_marks(cells: Cells, place: Place, curve: Curve) -> None:
    commands: dict[int, list[str]] = {}
    epochs: dict[int, str] = {}
    ends = [*(segment.at for segment in curve.segments[1:]), curve.last]
    for segment, end in zip(curve.segments, ends, strict=False):
        if segment.cause in MARKS and segment.at >= curve.first:
            commands.setdefault(place.column(segment.at), []).append(MARKS[segment.cause])
        starts = segment.epoch_starts(curve.first, end, STARTS_SHOWN)
        epochs |= {
            place.column(at): f"e{epoch + 1}"
            for at, epoch in starts
            if at > max(segment.at, curve.first)
        }
    words = {x: ",".join(dict.fromkeys(given)) for x, given in sorted(commands.items())}
    epochs = {x: word for x, word in epochs.items() if x not in words}
    for sign, ink, marks, lines in (
        (COMMAND, "mark", words, LABEL_LINES),
        (EPOCH, "faint", epochs, 1),
    ):
        is_marked = np.isin(place.x + np.arange(place.width), [*marks])
        put(cells, place, np.where(place.free(cells) & is_marked, sign, " "), ink)
        for x, text in marks.items():
            draw_label(cells, place, x, text, lines, ink)


def draw_rule(cells: Cells, x: int, height: int, sign: str, ink: str) -> None:
    """A vertical line before the levels and marks, and through the curve."""
    column = cells.characters[:height, x]
    column[np.isin(column, [" ", DASH, EPOCH, COMMAND])] = sign
    cells.styles[:height, x] = NUMBER[ink]


def draw_label(cells: Cells, place: Place, x: int, text: str, lines: int, ink: str) -> None:
    free, right, left = place.free(cells), x + 1 - place.x, x - place.x - len(text)
    for line, (begin, apart) in product(range(min(lines, place.height)), ((right, 0), (left, 1))):
        room = free[line, max(0, begin - apart) : begin + len(text) + 1 - apart]
        if 0 <= begin <= place.width - len(text) and room.all():
            cells.write(place.x + begin, place.y + line, text, ink)
            return


def draw_norm_words(cells: Cells, place: Place, norms: Curve, clip_norm: float | None) -> None:
    cells.write(0, place.y, f"{'norm':>{GUTTER - 1}}", "muted")
    if norms.starts.size and np.isnan(norms.high).all():
        draw_label(cells, place, place.x, " not recorded", 1, "muted")
    clipped = round(float(np.nansum(norms.error_rate * (norms.ends - norms.starts))))
    draw_levels(cells, place, [(f"{clipped:,} clipped above", clip_norm)] if clip_norm else [])


def draw_legend(
    cells: Cells, y: int, band: Band, held_out: Curve, config: EchoConfig, ghosts: Sequence[Ghost]
) -> bool:
    """How several networks, held-out data and ghosts are drawn, of too many the newest; whether
    there are any."""
    x = 0
    if len(band):
        names = (
            f"seed {config.seed}",
            f"median of {int(band.replicas[-1]):,}",
            "10 to 90 %",
            "best, worst",
        )
        for (ink, sample), name in zip(SAMPLES.items(), names, strict=True):
            x = cells.write(cells.write(x, y, sample, ink), y, f" {name}  ", "words")
    if len(held_out.mean):
        said = f" held out {task_loss_text(config, float(held_out.mean[-1]))}  "
        x = cells.write(cells.write(x, y, "⠒⠒", "held_out"), y, said, "words")
    words = [f"{ghost.letter}: {ghost.words}{ghost.since}" for ghost in ghosts]
    for left_out in range(max(1, len(words))):
        more = [f"and {left_out} more: «branches»"] if left_out else []
        line = cells.keymap.text("  ".join([*words[left_out:], *more]))
        if x + len(line) <= cells.width:
            break
    cells.write(x, y, shortened(line, cells.width - x), "words")
    return x > 0 or bool(words)


def read(curve: Curve, band: Band, norms: Curve, window: int, config: EchoConfig) -> str:
    """What is known of a window, or of those that share its bucket; with several networks of all of
    them first."""
    bucket = int(np.searchsorted(curve.starts, window, side="right")) - 1
    begin, end = int(curve.starts[bucket]), int(curve.ends[bucket])
    place = f"window {begin + 1:,}" if end - begin == 1 else f"windows {begin + 1:,} to {end:,}"
    for segment in [one for one in curve.segments if one.at <= window][-1:]:
        epoch, in_epoch = segment.epoch_and_window(max(begin, segment.at))
        place += f" · epoch {epoch + 1}" + (f", window {in_epoch + 1}" if end - begin == 1 else "")
    low, high = (loss_text(float(values[bucket])) for values in (curve.low, curve.high))
    mean = task_loss_text(config, float(curve.mean[bucket]))
    others = [f"{float(curve.error_rate[bucket]):.1%} wrong"] if config.has_classes else []
    if norms.starts.size and not math.isnan(norm := float(norms.mean[bucket])):
        others.append(f"norm {loss_text(norm)}")
        others += (
            [f"{float(norms.error_rate[bucket]):.1%} clipped"] if norms.error_rate[bucket] else []
        )
    if len(band) and band.starts[0] <= window < band.ends[-1]:
        at = int(np.searchsorted(band.starts, window, side="right")) - 1
        tenth, median, ninetieth = (
            loss_text(float(one[at])) for one in (band.tenth, band.median, band.ninetieth)
        )
        of_all = f"median loss {median} (10 to 90 %: {tenth} to {ninetieth})"
        replicas, solved = int(band.replicas[at]), int(band.solved[at])
        counts = SolvedCounts(replicas, solved, lost=0, can_be_solved=can_be_solved(config))
        return ", ".join([f"{place} · {of_all} · {counts} · seed {config.seed}: {mean}", *others])
    loss = f"loss {mean}" if end - begin == 1 else f"average loss {mean} ({low} to {high})"
    return " · ".join([place, loss, *others])
