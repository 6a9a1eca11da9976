"""View 6: networks that differ in their seed, one a line: when each solved the task, and its loss
over the run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from textual.geometry import Region
from textual.message import Message

from echornn.config import EchoConfig
from echornn.data.levels import chance_level, ladder_of, mean_floor, solved_level
from echornn.diagnosis.loss_stats import loss_in_column, loss_text
from echornn.diagnosis.seed_stats import Order, SeedStats
from echornn.progress import Floats
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Picture, SeedRows
from tui.views.axes import window_ticks
from tui.views.canvas import Cells, Press, stamp, write_in
from tui.views.inks import NUMBER
from tui.views.text import shortened, wrapped
from tui.views.view import FOCUSED, Replica, View, hidden

ORDERS: dict[Order, str] = {"solved": "when solved", "seed": "seed", "loss": "loss"}
HEAD = 2  # lines above the networks: a summary, and the headings of the columns
SHADES, DIVERGED = "·░▒▓█", "!"  # from solved to chance
# Shares of the way from the least loss to chance at which the next shade begins
EDGES = (0.07, 0.3, 0.6, 0.9)


class SeedsView(View):
    """Only the losses of visible lines are asked for, so the cost does not grow with the number of
    networks."""

    key = "6"
    title = "seeds"
    about = (
        "Networks that differ in their seed: the loss of each over the run, and when it was solved"
    )
    reads_beside = True
    BINDINGS = [
        hidden(
            "up",
            "screen.do('replica_before')",
            "Up",
            tooltip="Show the network one line up",
            id="up",
        ),
        hidden(
            "down",
            "screen.do('replica_after')",
            "Down",
            tooltip="Show the network one line down",
            id="down",
        ),
        hidden(
            "pageup",
            "screen.do('replicas_page_up')",
            "Page up",
            tooltip="One screen of networks up",
            id="page_up",
        ),
        hidden(
            "pagedown",
            "screen.do('replicas_page_down')",
            "Page down",
            tooltip="One screen of networks down",
            id="page_down",
        ),
        hidden(
            "home",
            "screen.do('first_replica')",
            "First",
            tooltip="The first network",
            id="first",
        ),
        hidden("end", "screen.do('last_replica')", "Last", tooltip="The last network", id="last"),
        hidden(
            "enter",
            "screen.do('alone')",
            "Alone",
            tooltip="Go on with this network alone, a new branch",
            id="alone",
        ),
        hidden(
            "v", "order", "Order", tooltip="Sort by when solved, by seed, or by loss", id="swap"
        ),
    ]

    @dataclass
    class Clicked(Message):
        """A click has chosen a network; a second one, to go on with it alone."""

        replica: int
        again: bool

    @dataclass
    class Scrolled(Message):
        """The wheel wants the network so many lines below."""

        lines: int

    _by: Order = "solved"
    _first = 0  # the first visible line
    _asked: int | None = None  # the network whose choice was sent and has not been carried out

    @staticmethod
    def height_for(config: EchoConfig, width: int, most: int) -> int:
        return min(most, HEAD + config.replicas)

    @property
    def wants_arrows(self) -> bool:
        return self._frame.config.replicas > 1

    def chosen(self, frame: Frame) -> int:
        """The network that is shown, or will be as soon as the session has got so far."""
        if self._asked is None or self._asked >= frame.config.replicas:
            return frame.replica
        return self._asked

    @property
    def reading(self) -> str:
        return self.reading_of(Replica(self.chosen(self._frame))) if self.has_focus else ""

    def reading_of(self, spot: object) -> str:
        frame, seed_stats = self._frame, self._frame.seed_stats
        if not isinstance(spot, Replica) or seed_stats is None or not seed_stats.windows:
            return ""
        is_chosen = self.has_focus and spot.number == self.chosen(frame)
        return (
            read(frame.config, seed_stats, spot.number)
            + is_chosen * "; «alone»: go on with it alone"
        )

    def replica_below(self, frame: Frame, lines: int) -> int | None:
        """The network so many lines below the chosen one (negative: above); None if none is
        listed."""
        if frame.seed_stats is None:
            return None
        order: list[int] = frame.seed_stats.order(self._by).tolist()
        line = order.index(self.chosen(frame)) + lines
        return order[min(max(0, line), len(order) - 1)]

    @property
    def page_lines(self) -> int:
        return max(1, self.size.height - HEAD - 1)

    def choose(self, replica: int) -> None:
        """Mark the network that the session has been told to show."""
        self._asked = replica
        self._changed()

    def saw(self, frame: Frame) -> None:
        if self.chosen(frame) == frame.replica:
            self._asked = None

    def action_order(self) -> None:
        orders = list(ORDERS)
        self._by = orders[(orders.index(self._by) + 1) % len(orders)]
        self._changed()

    def clicked(self, spot: object, again: bool) -> None:
        if isinstance(spot, Replica):
            self.post_message(self.Clicked(spot.number, again))

    def on_mouse_scroll_down(self) -> None:
        self.post_message(self.Scrolled(1))

    def on_mouse_scroll_up(self) -> None:
        self.post_message(self.Scrolled(-1))

    def on_resize(self) -> None:
        self.post_message(self.Changed())

    def rows(self, frame: Frame, width: int, height: int) -> SeedRows | None:
        """The networks and columns that a view of this size shows; None if it shows no losses."""
        if frame.seed_stats is None or not frame.seed_stats.windows or not (width and height):
            return None
        order = frame.seed_stats.order(self._by).tolist()
        label = len(labels(frame.config, frame.seed_stats, [])[0])
        shown = max(1, height - HEAD)
        at = order.index(self.chosen(frame))
        near = min(max(self._first, at - shown + 1), at)
        self._first = max(
            0, min(near if abs(near - self._first) <= 1 else at - shown // 2, len(order) - shown)
        )
        return SeedRows(tuple(order[self._first : self._first + shown]), max(1, width - label - 2))

    def draw(self, cells: Cells) -> None:
        picture, frame = self._picture, self._frame
        if frame.seed_stats is None or picture.seeds is None:
            text = self.keymap.text(instead(frame, self._message))
            for y, line in enumerate(wrapped(text, cells.width, cells.height)):
                cells.write(0, y, line, "text")
            return
        config, seed_stats = frame.config, frame.seed_stats
        replicas = list(picture.seeds.replicas[: max(1, cells.height - HEAD)])
        head, *lines = labels(config, seed_stats, replicas)
        losses = Region(
            len(head) + 2, 1, max(0, cells.width - len(head) - 2), max(0, cells.height - 1)
        )
        edges, words = shades(config, picture.seeds.losses)
        self._draw_head(cells, seed_stats, len(replicas), words)
        draw_losses(cells, losses, picture, seed_stats, replicas, edges)
        cells.write(0, 1, f" {head}", "muted")
        for y, (replica, line) in enumerate(zip(replicas, lines, strict=False), HEAD):
            is_chosen = replica == self.chosen(frame)
            cells.write(
                0, y, f"{'►' if is_chosen else ' '}{line}", "cursor" if is_chosen else "text"
            )
            cells.mark(0, y, cells.width, 1, Replica(replica))

    def _draw_head(self, cells: Cells, seed_stats: SeedStats, shown: int, shades: str) -> None:
        title = f"{FOCUSED if self.has_focus else ''}{self.title}"
        counts = seed_stats.counts._replace(lost=0)  # there is no room for more
        words = f": {counts}"
        by = self.keymap.text(f"by {ORDERS[self._by]} («swap»)")
        part = f"{self._first + 1:,}-{self._first + shown:,} of {seed_stats.replicas:,}, "
        part = part * (shown < seed_stats.replicas) + by
        room = cells.width - len(title) - len(words) - 2
        note = next((one for one in (part, by) if len(one) <= room), "")
        end = cells.write(0, 0, title, "focused" if self.has_focus else "text")
        end = cells.write(end, 0, shortened(words, cells.width - end), "text")
        at = cells.width - len(note)
        cells.write(at, 0, note, "note")
        cells.mark(
            cells.width - len(by), 0, len(by) * bool(note), 1, Press(self.keymap.key("swap"))
        )
        if end + 2 + len(shades) + 2 <= at:
            cells.write(end + 2, 0, shades, "note")


def instead(frame: Frame, message: str) -> str:
    if frame.config.replicas > 1 or frame.state is State.LOADING:
        return message or "seeds: nothing trained yet"
    return (
        f"seeds: this is one network, with seed {frame.config.seed:,}. Was it the idea, or the "
        "seed? "
        "«seeds» trains 64 networks at once, with this seed and the next 63; «seeds» again goes "
        "back."
    )


def read(config: EchoConfig, seed_stats: SeedStats, replica: int) -> str:
    name, at, lost_at = (
        f"seed {config.seed + replica}",
        seed_stats.solved_at[replica],
        seed_stats.lost_at[replica],
    )
    if seed_stats.diverged[replica]:
        return f"{name}: its loss is not finite any more"
    mean = f"mean loss {loss_text(float(seed_stats.mean[replica]))}"
    if not seed_stats.can_be_solved:
        return f"{name}: {mean}"
    solved = f"solved at {at:,}" if at else "not solved"
    lost = f", lost at {lost_at:,}" if at and lost_at else ""
    return f"{name}: {solved}{lost}, {mean}"


def labels(config: EchoConfig, seed_stats: SeedStats, replicas: Sequence[int]) -> list[str]:
    rows = [("seed", "solved", "mean")]
    for replica in replicas:
        at, mean = int(seed_stats.solved_at[replica]), float(seed_stats.mean[replica])
        rows.append((str(config.seed + replica), f"{at:,}" if at else "-", loss_in_column(mean)))
    seeds = max(4, len(str(config.seed + seed_stats.replicas - 1)))
    windows = max(6, len(f"{seed_stats.windows:,}"))
    return [f"{seed:>{seeds}} {solved:>{windows}} {mean:>7}" for seed, solved, mean in rows]


def shades(config: EchoConfig, losses: Floats) -> tuple[list[float], str]:
    most, solved, least = chance_level(config), solved_level(config), mean_floor(config)
    name = "chance" if ladder_of(config) else "guessing"
    if not math.isfinite(most):
        most, solved, least, name = (
            float(losses[np.isfinite(losses)].max(initial=0)) or 1.0,
            -math.inf,
            0.0,
            "highest",
        )
    edges = [least + share * (most - least) for share in EDGES]
    first = solved if math.isfinite(solved) else edges[0]
    last = "solved" if math.isfinite(solved) else "near 0"
    return [first, *(max(first, edge) for edge in edges[1:])], f"█ {name} ▓▒░ · {last}"


def draw_losses(
    cells: Cells,
    box: Region,
    picture: Picture,
    seed_stats: SeedStats,
    replicas: Sequence[int],
    edges: Sequence[float],
) -> None:
    """A line of shades for each network below the axis of windows; from where it was solved on in
    another ink."""
    assert picture.seeds is not None
    for column, label in window_ticks(picture.axis.first, picture.axis.length, box.width):
        if column + len(label) <= box.width:
            write_in(cells, box, 0, f"{label} ", "muted", at=column)
    losses, windows = (
        picture.seeds.losses[: len(replicas), : box.width],
        picture.seeds.windows[: box.width],
    )
    is_finite = np.isfinite(losses)
    level = np.where(is_finite, np.digitize(np.where(is_finite, losses, 0), edges), len(SHADES))
    blocks = np.array([*SHADES, DIVERGED])[level]
    at = seed_stats.solved_at[replicas][:, np.newaxis]
    inks = np.where((at > 0) & (windows + 1 >= at), NUMBER["input"], NUMBER["loss"]).astype(
        np.int16
    )
    if picture.frame.is_past:
        later = np.flatnonzero(windows >= picture.frame.trained)
        inks[:, later] = NUMBER["muted"]
        blocks[:, later[:1]] = "║"
    stamp(cells, box.x, HEAD, blocks, inks)
