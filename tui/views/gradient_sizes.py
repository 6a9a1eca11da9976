"""The histogram of |dL/dh| in the view of the gradient: how large the errors are that reach the
states."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from textual.geometry import Region

from echornn.readings import BINS_A_DECADE, NOTHING_LEARNED, GradientSizes
from tui.text.lines import percent
from tui.views.canvas import Cells, stamp, write_in
from tui.views.inks import NUMBER
from tui.views.lags import GUTTER, MOST_PITCH, HeightAxis, Number, write_apart

BINS_OF_A_BAR = 1, 2, 4, 8, 20, 40  # up to ten decades; a bar begins where a decade does
PERCENTS = 1, 2, 5, 10, 20, 25, 50  # from a label of the axis to the next one
MOST_LABELS = 4  # above the lowest one
DECADES = 1, 2, 5, 10, 20, 50  # from a number below the bars to the next one


class SizeBins(NamedTuple):
    """What a bar shows: some bins of `GradientSizes`."""

    first: int
    bins: int


def bins_of_a_bar(sizes: GradientSizes, width: int) -> int:
    for bins in BINS_OF_A_BAR:
        if len(sizes.counts) <= bins * (width - GUTTER):
            return bins
    return BINS_OF_A_BAR[-1]


def most_frequent(sizes: GradientSizes) -> int:
    return int(sizes.counts.argmax()) if len(sizes.counts) else 0


def edge_text(sizes: GradientSizes, number: int) -> str:
    """The lower edge of a bin, such as 1e-3 or 1.8e-3."""
    decades, quarters = divmod(number, BINS_A_DECADE)
    factor = f"{10 ** (quarters / BINS_A_DECADE):.2g}"
    return f"{factor}e{sizes.first + decades}"


def read_sizes(sizes: GradientSizes, bar: SizeBins) -> str:
    if not len(sizes.counts):
        return ""
    end = min(bar.first + bar.bins, len(sizes.counts))
    count = int(sizes.counts[bar.first : end].sum())
    edges = f"{edge_text(sizes, bar.first)} to {edge_text(sizes, end)}"
    return f"|dL/dh| from {edges}: {count:,} of {sizes.total:,}, {percent(count / sizes.total)}"


def draw_sizes(cells: Cells, box: Region, sizes: GradientSizes, cursor: int | None) -> None:
    """From the top: a bar for each range of sizes, as high as its share of all numbers; the sizes
    in powers of ten; how many numbers these are."""
    if box.height < 3 or box.width <= GUTTER or not sizes.total:
        return
    foot = box._replace(y=box.bottom - 1, height=1)
    for text in foot_texts(sizes):
        if len(text) <= box.width:
            write_in(cells, foot, 0, text, "muted")
            break
    if not len(sizes.counts):
        return
    bins = bins_of_a_bar(sizes, box.width)
    firsts = np.arange(0, len(sizes.counts), bins)
    shares = 100 * np.add.reduceat(sizes.counts, firsts) / sizes.total
    step = PERCENTS[-1]
    for percents in reversed(PERCENTS):
        if shares.max() <= MOST_LABELS * percents:
            step = percents
    labels = [f"{number * step}%" for number in range(math.ceil(shares.max() / step) + 1)]
    axis = HeightAxis.fitted(box, len(labels) - 1)
    axis.draw(cells, box, labels)
    area = axis.area
    pitch = max(1, min(MOST_PITCH, area.width // len(firsts)))
    learned = sizes.first + firsts / BINS_A_DECADE >= math.log10(NOTHING_LEARNED)
    inks = np.where(learned, NUMBER["input"], NUMBER["beyond"])
    bars = axis.signs(shares / step).repeat(pitch, axis=1)
    stamp(cells, area.x, area.y, bars, np.broadcast_to(inks.repeat(pitch), bars.shape))
    for bar, first in enumerate(firsts.tolist()):
        x = area.x + bar * pitch
        cells.mark(x, box.y, pitch, box.height - 1, SizeBins(first, bins))
    cells.write(box.x, box.bottom - 2, "size", "muted")
    numbers = numbers_below(sizes, bins, pitch)
    if cursor is not None:
        text = edge_text(sizes, cursor // bins * bins)
        left = min(cursor // bins * pitch, area.width - len(text))
        numbers.insert(0, Number(max(0, left), text, "cursor"))
    write_apart(cells, area._replace(y=box.bottom - 2, height=1), numbers)


def numbers_below(sizes: GradientSizes, bins: int, pitch: int) -> list[Number]:
    """Powers of ten, as many as do not touch."""
    columns = pitch * BINS_A_DECADE / bins  # of a decade
    decades = len(sizes.counts) // BINS_A_DECADE
    widest = 1 + max(len(edge_text(sizes, 0)), len(edge_text(sizes, len(sizes.counts))))
    every = DECADES[-1]
    for apart in reversed(DECADES):
        if apart * columns >= widest:
            every = apart
    numbers = []
    for decade in range(-sizes.first % every, decades, every):
        text = edge_text(sizes, decade * BINS_A_DECADE)
        numbers.append(Number(int(decade * columns), text, "muted"))
    return numbers


def foot_texts(sizes: GradientSizes) -> list[str]:
    """What is counted, the longest first."""
    short = f"|dL/dh| of {sizes.total:,}"
    text = f"{short} numbers"
    if sizes.zeros:
        text += f", {sizes.zeros:,} are 0"
    if sizes.unknown:
        text += f", {sizes.unknown:,} not finite"
    return [f"{text}: rows, steps, units", text, f"{short} numbers", short]
