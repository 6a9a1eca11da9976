"""Texts of the seeds view."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
from textual.actions import SkipAction
from textual.binding import Binding
from textual.events import MouseScrollDown, MouseScrollUp, Resize

from echornn.config import EchoConfig
from echornn.data.levels import chance_level, ladder_of, mean_floor, solved_level
from echornn.diagnosis.loss_stats import loss_text
from echornn.diagnosis.seed_stats import Indices, Order, SeedStats
from echornn.progress import Floats
from echornn.session.commands import Alone, Choose
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Picture, SeedRows
from tui.views.canvas import Box, Cells, Characters, Press, stamp, write_in
from tui.views.inks import NUMBER
from tui.views.plot_axes import count, window_ticks
from tui.views.text import shortened
from tui.views.view import FOCUSED, HOW_TO_FOCUS, Replica, View

NOTHING = "-"
"""The text for a loss that is not known."""


def instead(frame: Frame | None, message: str) -> list[str]:
    """The text shown in place of replicas: what the view is for, and which key trains several seeds."""
    coming = frame.coming if frame is not None and frame.state is State.LOADING else None
    if coming is not None and coming.replicas > 1:
        last = coming.seed + coming.replicas - 1
        return [
            f"seeds: {coming.replicas:,} networks are being prepared, with seeds {coming.seed:,} to {last:,}.",
            "Each gets a line here as soon as they train; «seeds» again goes back to one.",
        ]
    if frame is None or frame.config.replicas > 1:
        return [message or "seeds: nothing trained yet"]
    return [
        f"seeds: this is one network, with seed {frame.config.seed:,}. Was it the idea, or the seed?",
        "«seeds» trains 64 networks at once, with this seed and the next 63; «seeds» again goes back.",
    ]


def read(config: EchoConfig, seed_stats: SeedStats, replica: int, is_chosen: bool = True) -> str:
    """A text about a replica: when it was solved, its mean loss, and what enter does, if it is selected."""
    at, mean = int(seed_stats.solved_at[replica]), mean_of(seed_stats, replica)
    name = f"seed {config.seed + replica}"
    if seed_stats.diverged[replica]:
        return f"{name}: its loss is not finite any more"
    lost_at = int(seed_stats.lost_at[replica])
    if not at:
        text = f"{name}: not solved, mean loss {mean}"
    elif lost_at:
        text = f"{name}: solved at {at:,}, lost at {lost_at:,}, mean loss {mean}"
    else:
        text = f"{name}: solved at {at:,}, mean loss {mean}"
    return f"{text}; «alone»: go on with it alone" if is_chosen else text


def mean_of(seed_stats: SeedStats, replica: int) -> str:
    """A replica's mean loss as text; a dash before the first window."""
    return NOTHING if seed_stats.is_blank else loss_text(float(seed_stats.mean[replica]))


LOSS_WIDTH = 7

NOT_YET = "-"


@dataclass(frozen=True, eq=False)
class Labels:
    """The labels of all replicas, in columns of equal width.

    Attributes:
        seed: the seed of the first replica; the following replicas have the following seeds.
        seed_stats: the results of the replicas.
        seeds, windows: the widths of the columns for seeds and for windows, in characters.
    """

    seed: int
    seed_stats: SeedStats
    seeds: int
    windows: int

    @classmethod
    def of(cls, config: EchoConfig, seed_stats: SeedStats) -> Labels:
        """The labels of all replicas. The widths depend only on the number of digits, so that columns do not jump."""
        seeds = len(str(config.seed + seed_stats.replicas - 1))
        return cls(config.seed, seed_stats, max(4, seeds), max(6, len(f"{seed_stats.windows:,}")))

    @property
    def width(self) -> int:
        """The width of a label in columns, including the mark before it and the space after it."""
        return 1 + len(self.head) + 1

    @property
    def head(self) -> str:
        """The headings of the columns."""
        return f"{'seed':>{self.seeds}} {'solved':>{self.windows}} {'mean':>{LOSS_WIDTH}}"

    def line(self, replica: int) -> str:
        """The label of a replica (index from 0)."""
        at = int(self.seed_stats.solved_at[replica])
        solved = f"{at:,}" if at else NOT_YET
        loss = mean_of(self.seed_stats, replica)
        return f"{self.seed + replica:>{self.seeds}} {solved:>{self.windows}} {loss:>{LOSS_WIDTH}}"


SHADES = "·░▒▓█"
"""The blocks, from solved to chance."""

EDGES = (0.07, 0.3, 0.6, 0.9)
"""Shares of the way from the least possible loss to chance at which the next block begins. If the task has a solved
level, it takes the place of the first.
"""

DIVERGED = "!"


@dataclass(frozen=True)
class LossScale:
    """The losses that the blocks stand for.

    Attributes:
        chance: the loss of guessing, or another large loss if that is not known.
        floor: the least possible loss, or 0.
        solved: the loss below which the task counts as solved; None if there is no such level.
        top: the name of ``chance`` for the user.
    """

    chance: float
    floor: float = 0.0
    solved: float | None = None
    top: str = "chance"

    @classmethod
    def of(cls, config: EchoConfig, losses: Floats) -> LossScale:
        """The scale of a task: from its solved level to chance. If chance is not known, up to the largest of the
        losses.
        """
        chance, solved = chance_level(config), solved_level(config)
        if math.isfinite(chance):
            top = "chance" if ladder_of(config) else "guessing"
            return cls(chance, mean_floor(config), solved if math.isfinite(solved) else None, top)
        known = losses[np.isfinite(losses)]
        return cls(float(known.max(initial=0)) or 1.0, top="highest")

    @property
    def edges(self) -> list[float]:
        """The loss at which each block but the first begins, in increasing order."""
        shares = [self.floor + share * (self.chance - self.floor) for share in EDGES]
        first = shares[0] if self.solved is None else self.solved
        return [first, *(max(first, edge) for edge in shares[1:])]

    def words(self) -> str:
        """The meaning of the blocks, in words."""
        last = "near 0" if self.solved is None else "solved"
        return f"{SHADES[-1]} {self.top} {SHADES[-2:0:-1]} {SHADES[0]} {last}"


def shaded(losses: Floats, scale: LossScale) -> Characters:
    """A block for each loss; NaN and infinite losses are marked as diverged.

    Args:
        losses: float32 [...], in the unit of the scale.

    Returns:
        str [...], one character each.
    """
    ramp = np.array([*SHADES, DIVERGED])
    finite = np.isfinite(losses)
    level = np.digitize(np.where(finite, losses, 0), scale.edges)
    blocks: Characters = ramp[np.where(finite, level, len(ramp) - 1)]
    return blocks


LEAST_WIDTH = 30
"""The fewest columns of the histogram."""

MOST_BINS = 15
"""The most bins; with a few dozen networks, more bins would show nothing more."""

BARS = " ▁▂▃▄▅▆▇█"
"""The blocks of a line, by height in eighths."""

PARTS = " ▏▎▍▌▋▊▉█"
"""The ends of a horizontal bar, by length in eighths."""


def draw_histogram(cells: Cells, box: Box, seed_stats: SeedStats) -> None:
    """Draw a bar for each range of windows, with the number of replicas solved in it; and one for the unsolved."""
    write_in(cells, box, 0, "solved within windows", "muted")
    width, bins = seed_stats.histogram(min(MOST_BINS, max(1, box.height - 2)))
    rows = [(f"{count(at * width, width)}-{count((at + 1) * width, width)}", n) for at, n in enumerate(bins.tolist())]
    rows.append(("not yet", seed_stats.replicas - seed_stats.solved))
    label = max(len(name) for name, _ in rows)
    number = len(f"{seed_stats.replicas:,}")
    room, most = box.width - label - number - 2, max(1, *(n for _, n in rows))
    for line, (name, n) in enumerate(rows, 1):
        style = "loss" if name == "not yet" else "input"
        write_in(cells, box, line, f"{name:>{label}}", "muted")
        write_in(cells, box, line, bar(n / most, room), style, at=label + 1)
        write_in(cells, box, line, f"{n:>{number},}", "muted", at=box.width - number)


def bar(share: float, width: int) -> str:
    """A horizontal bar over a share (0 to 1) of ``width`` columns; any share above zero is visible."""
    eighths = max(round(share * width * 8), 1 if share else 0)
    full, part = divmod(eighths, 8)
    return "█" * full + (PARTS[part] if part else "")


def solved_by_column(seed_stats: SeedStats, first: int, length: int, columns: int) -> tuple[str, int]:
    """For each column of an axis a block, whose height is the number of replicas solved there; and the number that a
    full block stands for: the largest of any column.

    Args:
        first: the first window of the axis, from 0.
        length: the number of windows on the axis.
    """
    at = seed_stats.solved_at[seed_stats.solved_at > 0] - 1 - first
    at = at[(at >= 0) & (at < length)]
    counts = np.bincount(at * columns // max(1, length), minlength=columns)
    most = int(counts.max(initial=0))
    eighths = -(-counts * 8 // max(1, most))
    return "".join(BARS[height] for height in eighths.tolist()), most


HEAD = 2
"""The lines above the networks: a summary, and the headings of the columns."""

LINES_FOR_STRIP = 7
"""The fewest lines with which a line below the networks shows when they were solved, if the histogram does not fit."""

LEAST_LOSSES = 44
"""The fewest columns that the losses keep when the histogram is beside them."""

GAP = 2


@dataclass(frozen=True)
class Room:
    """The sizes of the parts of the view.

    Attributes:
        lines: the number of networks shown; at least 1.
        losses: the box of their losses; the axis is on the line above. Empty if labels need all columns.
        histogram: the box of the histogram; None if it does not fit beside the losses.
        strip: whether the last line shows when networks were solved.
    """

    lines: int
    losses: Box
    histogram: Box | None
    strip: bool


def share(width: int, height: int, labels: int) -> Room:
    """The sizes of the parts for a view of ``width`` x ``height``, with labels of ``labels`` columns."""
    columns, lines = max(0, width - labels), max(0, height - 1)
    wide = columns >= LEAST_LOSSES + GAP + LEAST_WIDTH
    strip = not wide and columns > 0 and height >= LINES_FOR_STRIP
    histogram = Box(width - LEAST_WIDTH, 1, LEAST_WIDTH, lines) if wide else None
    losses = Box(labels, 1, columns - (GAP + LEAST_WIDTH) * wide, lines)
    return Room(max(1, height - HEAD - strip), losses, histogram, strip)


ORDERS: tuple[Order, ...] = ("solved", "seed", "loss")
SORTED_BY: dict[Order, str] = {"solved": "when solved", "seed": "seed", "loss": "loss"}


class SeedsView(View):
    """The seeds view: a line for each replica, with seed, window at which it was solved, mean loss, and loss over the
    windows of the curve's axis.

    Only the visible lines are requested, so the cost does not grow with the number of replicas.

    Attributes:
        send: sends a command to the session.
        on_rows: called when other replicas have become visible, so that their losses can be requested.
    """

    key = "6"
    title = "seeds"
    about = "Networks that differ in their seed: the loss of each over the run, and when it was solved"
    BINDINGS = [
        Binding("up", "choose(-1)", "Up", show=False, tooltip="Show the network one line up", id="up"),
        Binding("down", "choose(1)", "Down", show=False, tooltip="Show the network one line down", id="down"),
        Binding("pageup", "page(-1)", "Page up", show=False, tooltip="One screen of networks up", id="page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, tooltip="One screen of networks down", id="page_down"),
        Binding("home", "end(-1)", "First", show=False, tooltip="The first network", id="first"),
        Binding("end", "end(1)", "Last", show=False, tooltip="The last network", id="last"),
        Binding(
            "enter",
            "alone",
            "Alone",
            show=False,
            tooltip="Go on from here with the chosen network alone, as a new branch",
            id="alone",
        ),
        Binding(
            "v",
            "order",
            "Order",
            show=False,
            tooltip="Sort by when they were solved, by seed, or by loss",
            id="swap",
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.send: Callable[[Choose | Alone], object] = lambda _: None
        self.on_rows: Callable[[], None] = lambda: None
        self._picture: Picture | None = None
        self._by: Order = ORDERS[0]
        self._first, self._shown = 0, 1
        self._follows = True
        self._asked: int | None = None
        self._stood: tuple[int, int] = (0, 0)

    @property
    def reading(self) -> str:
        """The text about the selected replica: when it was solved, and what enter does."""
        frame = self._frame
        if frame is None or frame.seed_stats is None or not self.has_focus:
            return ""
        return self.reading_of(Replica(self.chosen(frame)))

    def reading_of(self, spot: object) -> str:
        frame = self._frame
        if not isinstance(spot, Replica) or frame is None or frame.seed_stats is None:
            return ""
        if spot.number >= frame.seed_stats.replicas:
            return ""
        is_chosen = self.has_focus and spot.number == self.chosen(frame)
        return read(frame.config, frame.seed_stats, spot.number, is_chosen)

    @property
    def reads_beside(self) -> bool:
        return True

    @property
    def wants_arrows(self) -> bool:
        return self._frame is not None and self._frame.config.replicas > 1

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.on_view()

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        """Lines for all replicas; few if there is only one network."""
        return min(most, HEAD + config.replicas + 1)

    def chosen(self, frame: Frame) -> int:
        """The replica that is selected. A selection that the session has not carried out yet counts."""
        return frame.replica if self._asked is None or self._asked >= frame.config.replicas else self._asked

    def saw(self, frame: Frame) -> None:
        """Take note of a new frame: forget the requested selection once it was carried out or has become impossible."""
        if self.chosen(frame) == frame.replica:
            self._asked = None

    def choose(self, frame: Frame, lines: int) -> None:
        """Select the replica that is ``lines`` lines further down (negative: up)."""
        if frame.seed_stats is None or frame.state is State.FAILED:
            return
        order = frame.seed_stats.order(self._by)
        at = int(np.flatnonzero(order == self.chosen(frame))[0])
        self._choose(frame, int(order[min(max(0, at + lines), len(order) - 1)]))

    def _choose(self, frame: Frame, replica: int) -> None:
        self._follows = True
        if replica != self.chosen(frame):
            self._asked = replica
            self.send(Choose(replica))
        self._look_again()
        self.on_view()

    def action_choose(self, lines: int) -> None:
        if self._frame is not None:
            self.choose(self._frame, lines)

    def action_page(self, pages: int) -> None:
        self.action_choose(pages * max(1, self._shown - 1))

    def action_end(self, way: int) -> None:
        if self._frame is not None:
            self.choose(self._frame, way * self._frame.config.replicas)

    def action_alone(self) -> None:
        """Continue the selected replica alone. With a single network, the curve handles this key instead."""
        frame = self._frame
        if frame is None or frame.config.replicas == 1:
            raise SkipAction
        if frame.seed_stats is not None and frame.state is not State.FAILED:
            self.send(Alone())

    def action_order(self) -> None:
        self._by = next(islice(cycle(ORDERS), ORDERS.index(self._by) + 1, None))
        self._follows = True
        self._look_again()
        self.on_view()

    def clicked(self, spot: object, again: bool) -> None:
        """Select the replica of a line; again: go on with it alone, as ``enter`` does."""
        frame = self._frame
        if again:
            self.app.simulate_key(self.keymap.key("alone"))
        elif isinstance(spot, Replica) and frame is not None and frame.seed_stats is not None:
            self._choose(frame, spot.number)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self._scroll(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self._scroll(-1)

    def _scroll(self, lines: int) -> None:
        """Scroll without changing the selection; the next selection scrolls to the selected replica again."""
        last = self._frame.config.replicas - self._shown if self._frame is not None else 0
        self._first = max(0, min(self._first + lines, last))
        self._follows = False
        self._look_again()

    def on_resize(self, event: Resize) -> None:
        """Request the rows for the new size. Textual calls the handler of `CellWidget` too."""
        self.on_rows()

    def _look_again(self) -> None:
        self.redraw()
        self.on_rows()

    def show(self, picture: Picture, message: str = "") -> None:
        """Draw this picture, with the losses that it contains."""
        self._picture = picture
        super().show(picture, message)

    def rows(self, frame: Frame, width: int, height: int) -> SeedRows | None:
        """The replicas and windows that a view of this size shows; None if it shows no losses."""
        if frame.seed_stats is None or not frame.seed_stats.windows or not (width and height):
            return None
        order = frame.seed_stats.order(self._by)
        room = share(width, height, Labels.of(frame.config, frame.seed_stats).width)
        self._shown = room.lines
        self._first = self._scrolled(order, self.chosen(frame))
        replicas = order[self._first : self._first + self._shown].tolist()
        return SeedRows(tuple(replicas), max(1, room.losses.width))

    def draw(self, cells: Cells) -> None:
        picture, frame = self._picture, self._frame
        if picture is None or frame is None or frame.seed_stats is None or picture.seeds is None:
            for y, text in enumerate(instead(frame, self._message)):
                cells.write(0, y, shortened(self.keymap.text(text), cells.width), "text")
            return
        seed_stats, labels = frame.seed_stats, Labels.of(frame.config, frame.seed_stats)
        room = share(cells.width, cells.height, labels.width)
        replicas = list(picture.seeds.replicas[: room.lines])
        scale = LossScale.of(frame.config, picture.seeds.losses)
        self._draw_head(cells, seed_stats, len(replicas), scale)
        if room.losses.width:
            self._draw_losses(cells, room, picture, seed_stats, replicas, scale)
        for y, replica in enumerate(replicas, HEAD):
            chosen = replica == self.chosen(frame)
            sign = "►" if chosen else " "
            cells.mark(0, y, cells.width, 1, Replica(replica))
            cells.write(0, y, sign + labels.line(replica), "cursor" if chosen else "text")
        cells.write(0, 1, f" {labels.head}", "muted")
        if room.histogram is not None:
            draw_histogram(cells, room.histogram, seed_stats)

    def _scrolled(self, order: Indices, chosen: int) -> int:
        """The index of the first visible line. The selected replica is kept visible, unless the user has scrolled away.

        If the selected replica has moved because it was solved, it is placed in the middle.
        """
        first, shown = self._first, self._shown
        at = int(np.flatnonzero(order == chosen)[0])
        if self._follows:
            moved = self._stood[0] == chosen and self._stood[1] != at
            first = at - shown // 2 if moved else min(max(first, at - shown + 1), at)
        self._stood = (chosen, at)
        return max(0, min(first, len(order) - shown))

    def _draw_head(self, cells: Cells, seed_stats: SeedStats, shown: int, scale: LossScale) -> None:
        title = f"{FOCUSED if self.has_focus else ''}{self.title}"
        end = cells.write(0, 0, title, "focused" if self.has_focus else "text")
        words = f": {seed_stats.solved:,} of {seed_stats.replicas:,} solved"
        first, last, by = (
            self._first + 1,
            self._first + shown,
            self.keymap.text(f"by {SORTED_BY[self._by]} («swap»)"),
        )
        of = f"{first:,}-{last:,} of {seed_stats.replicas:,}, " if shown < seed_stats.replicas else ""
        keys = "" if self.has_focus else self.keymap.text(f"{HOW_TO_FOCUS}; ")
        for note in (f"{keys}{of}{by}", f"{keys}{by}", by, ""):
            if end + len(words) + 2 + len(note) <= cells.width:
                break
        end = cells.write(end, 0, shortened(words, cells.width - end), "text")
        cells.write(cells.width - len(note), 0, note, "note")
        cells.mark(cells.width - len(by), 0, len(by) if note else 0, 1, Press(self.keymap.key("swap")))
        shades = scale.words()
        if end + 2 + len(shades) + 2 + len(note) <= cells.width:
            cells.write(end + 2, 0, shades, "note")

    def _draw_losses(
        self, cells: Cells, room: Room, picture: Picture, seed_stats: SeedStats, replicas: list[int], scale: LossScale
    ) -> None:
        """Draw the losses as blocks, their axis above, and below, if there is room, the windows at which replicas were
        solved.
        """
        (first, _, length), box, frame = picture.axis, room.losses, picture.frame
        for column, label in window_ticks(first, length, box.width):
            if column + len(label) <= box.width:
                write_in(cells, box, 0, f"{label} ", "muted", at=column)
        assert picture.seeds is not None
        losses, windows = picture.seeds.losses[: len(replicas), : box.width], picture.seeds.windows[: box.width]
        blocks: Characters = shaded(losses, scale)
        at = seed_stats.solved_at[replicas][:, np.newaxis]
        unsolved, solved, later = (NUMBER[name] for name in ("loss", "input", "muted"))
        styles = np.where((at > 0) & (windows + 1 >= at), solved, unsolved).astype(np.int16)
        if frame.is_past:
            not_yet = np.flatnonzero(windows >= frame.trained)
            styles[:, not_yet] = later
            blocks[:, not_yet[:1]] = "║"
        stamp(cells, box.x, HEAD, blocks, styles)
        if room.strip:
            strip, most = solved_by_column(seed_stats, first, length, box.width)
            full = BARS[-1]
            text = f"solved here, {full} {most:,} " if most else "solved here "
            cells.write(box.x - len(text), cells.height - 1, text, "muted")
            cells.write(box.x, cells.height - 1, strip, "input")
