"""The picture of networks that differ in their seed, one a line, and what is known of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from textual.geometry import Region

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import loss_in_column, loss_text
from echornn.diagnosis.seed_stats import SeedStats, wilson
from echornn.levels import chance_level, ladder_of, mean_floor, solved_level
from echornn.machines import Automata
from echornn.progress import Floats
from echornn.session.pictures.picture import Picture
from tui.text.lines import shortened
from tui.views.axes import window_ticks
from tui.views.canvas import Cells, Press, stamp, write_in
from tui.views.inks import NUMBER
from tui.views.legend import GAP, Entry, draw_legend
from tui.views.view import FOCUSED, Replica

HEAD = 2  # lines above the networks: a summary, and the headings of the columns
SHADES, DIVERGED, HERE = "·░▒▓█", "!", "║"  # from solved to chance
MACHINE = "◆"  # behind the window of a network that has become the task's machine
UNSOLVED, SOLVED, LATER = "loss", "input", "muted"  # the inks of shades
# Shares of the way from the least loss to chance at which the next shade begins; chosen by eye
EDGES = (0.07, 0.3, 0.6, 0.9)


@dataclass(frozen=True)
class SeedsLook:
    """What a viewer has chosen of the networks, and the state of the view."""

    title: str
    order: str  # by what they are sorted
    first: int  # the first line that is shown
    chosen: int  # the network that the curve shows
    has_focus: bool = False
    machines: Automata | None = None  # of all networks, if they were read
    machines_at: int | None = None  # the window at which they were; None if it is the newest


@dataclass(frozen=True)
class Shades:
    """What the shades of losses mean."""

    edges: tuple[float, ...]  # the losses at which the next shade begins
    highest: str  # the name of losses above the last edge
    lowest: str  # and of those below the first

    @classmethod
    def of(cls, config: EchoConfig, losses: Floats) -> Shades:
        """From the level at which the task is solved to chance; if chance is not known, from 0 to
        the highest loss."""
        chance, solved, least = chance_level(config), solved_level(config), mean_floor(config)
        highest = "chance" if ladder_of(config) else "guessing"
        if not math.isfinite(chance):
            chance = float(losses[np.isfinite(losses)].max(initial=0)) or 1.0
            solved, least, highest = -math.inf, 0.0, "highest"
        edges = [least + share * (chance - least) for share in EDGES]
        if not math.isfinite(solved):
            return cls(tuple(edges), highest, "near 0")
        return cls((solved, *(max(solved, edge) for edge in edges[1:])), highest, "solved")

    @property
    def legend(self) -> list[Entry]:
        """What matters least is the last."""
        lowest = SOLVED if self.lowest == "solved" else UNSOLVED
        return [
            Entry(SHADES[-1], UNSOLVED, self.highest),
            Entry(SHADES[0], lowest, self.lowest),
            Entry(SHADES[1:-1], UNSOLVED, "between"),
        ]


def draw_seeds(cells: Cells, picture: Picture, look: SeedsLook) -> None:
    """The networks of a picture: how many solved the task, and for each a line."""
    config, stats, seeds = picture.frame.config, picture.frame.seed_stats, picture.seeds
    assert stats is not None
    assert seeds is not None
    replicas = list(seeds.replicas[: max(1, cells.height - HEAD)])
    head, *lines = labels(config, stats, replicas, look.machines)
    shades = Shades.of(config, seeds.losses)
    _draw_head(cells, stats, len(replicas), shades, look)
    left = len(head) + GAP
    box = Region(left, 1, max(0, cells.width - left), max(0, cells.height - 1))
    _draw_losses(cells, box, picture, replicas, shades.edges)
    cells.write(0, 1, f" {head}", "muted")
    for y, (replica, line) in enumerate(zip(replicas, lines, strict=True), HEAD):
        if replica == look.chosen:
            cells.write(0, y, f"►{line}", "cursor")
        else:
            cells.write(0, y, f" {line}", "text")
        cells.mark(0, y, cells.width, 1, Replica(replica))


def _draw_head(cells: Cells, stats: SeedStats, shown: int, shades: Shades, look: SeedsLook) -> None:
    """How many solved the task, and became its machine; at the right the order, and before it what
    the shades mean, if there is room."""
    title, ink = look.title, "text"
    if look.has_focus:
        title, ink = f"{FOCUSED}{title}", "focused"
    counts = f": {stats.counts._replace(lost=0)}"  # there is no room for more
    if look.machines is not None:
        is_right = look.machines.is_right
        right = int(np.count_nonzero(is_right))
        low, high = (round(100 * share) for share in wilson(right, len(is_right)))
        counts += f", {MACHINE} machine: {right:,} ({low} to {high} %)"
        if look.machines_at is not None:
            counts += f" at {look.machines_at:,}"
    room = cells.width - len(title) - len(counts) - GAP
    order = cells.keymap.text(f"by {look.order} («swap»)")
    note = order
    if shown < stats.replicas:
        note = f"{look.first + 1:,}-{look.first + shown:,} of {stats.replicas:,}, {order}"
    if len(note) > room:
        note = order
    end = cells.write(0, 0, title, ink)
    end = cells.write(end, 0, shortened(counts, cells.width - end), "text")
    x = cells.width
    if len(note) <= room:
        x -= len(note)
        cells.write(x, 0, note, "note")
        begin = cells.width - len(order)
        cells.mark(begin, 0, len(order), 1, Press(cells.keymap.key("swap")))
    draw_legend(cells, end + GAP, 0, x - GAP, shades.legend, "note")


def _draw_losses(
    cells: Cells,
    box: Region,
    picture: Picture,
    replicas: Sequence[int],
    edges: Sequence[float],
) -> None:
    """A line of shades for each network below the axis of windows; from where it was solved on in
    another ink."""
    assert picture.seeds is not None
    assert picture.frame.seed_stats is not None
    for column, label in window_ticks(picture.axis.first, picture.axis.length, box.width):
        write_in(cells, box, 0, f"{label} ", "muted", at=column)
    windows = picture.seeds.windows[: box.width]
    signs = signs_of(picture.seeds.losses[: len(replicas), : box.width], edges)
    solved_at = picture.frame.seed_stats.solved_at[replicas][:, np.newaxis]
    is_solved = (solved_at > 0) & (windows + 1 >= solved_at)
    inks = np.where(is_solved, NUMBER[SOLVED], NUMBER[UNSOLVED]).astype(np.int16)
    if picture.frame.is_past:
        later = np.flatnonzero(windows >= picture.frame.trained)
        inks[:, later] = NUMBER[LATER]
        signs[:, later[:1]] = HERE
    stamp(cells, box.x, HEAD, signs, inks)


def signs_of(losses: Floats, edges: Sequence[float]) -> npt.NDArray[np.str_]:
    is_finite = np.isfinite(losses)
    shade = np.digitize(np.where(is_finite, losses, 0), edges)
    return np.array([*SHADES, DIVERGED])[np.where(is_finite, shade, len(SHADES))]


# ---- in words


def labels(
    config: EchoConfig,
    stats: SeedStats,
    replicas: Sequence[int],
    machines: Automata | None = None,
) -> list[str]:
    """The headings, and for each network its seed, when it was solved, whether it is the task's
    machine, and its mean loss."""
    rows = [("seed", "solved ", "mean")]
    for replica in replicas:
        solved_at = int(stats.solved_at[replica])
        solved = f"{solved_at:,}" if solved_at else "-"
        mean = loss_in_column(float(stats.mean[replica]))
        is_machine = machines is not None and machines.is_right[replica]
        solved += MACHINE if is_machine else " "
        rows.append((str(config.seed + replica), solved, mean))
    seeds = max(4, len(str(config.seed + stats.replicas - 1)))
    windows = max(6, len(f"{stats.windows:,}")) + 1
    return [f"{seed:>{seeds}} {solved:>{windows}}{mean:>7}" for seed, solved, mean in rows]


def machine_words(automata: Automata, replica: int) -> str:
    if not automata.is_right[replica]:
        return "not the task's machine"
    return f"has become the task's machine of {automata.states[replica]} states"


def seed_words(config: EchoConfig, stats: SeedStats, replica: int) -> str:
    """What is known of one network."""
    name = f"seed {config.seed + replica}"
    if stats.diverged[replica]:
        return f"{name}: its loss is not finite any more"
    mean = f"mean loss {loss_text(float(stats.mean[replica]))}"
    if not stats.can_be_solved:
        return f"{name}: {mean}"
    solved_at, lost_at = stats.solved_at[replica], stats.lost_at[replica]
    if not solved_at:
        return f"{name}: not solved, {mean}"
    if lost_at:
        return f"{name}: solved at {solved_at:,}, lost at {lost_at:,}, {mean}"
    return f"{name}: solved at {solved_at:,}, {mean}"
