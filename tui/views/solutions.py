"""View 8: the networks of a population in the plane, by how differently their states move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from textual.geometry import Region

from echornn.diagnosis.loss_stats import loss_text
from echornn.progress import Floats
from echornn.readings import Question, Readings
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture
from echornn.solutions import DISTANCES, Distance, Solutions, turned_onto
from tui.views.canvas import Cells
from tui.views.plane_scene import draw_legend
from tui.views.seeds import SeedsView, words_without_seeds
from tui.views.seeds_picture import seed_words
from tui.views.solutions_scene import SolutionsMap, draw_map, groupings, legend
from tui.views.view import ProbeView, Replica, cursor_keys, hidden

TWO_LINES_FROM = 12  # of the view: then the legend has two; chosen by eye


class SolutionsView(ProbeView):
    key = "8"
    title = "solutions"
    about = (
        "Networks that differ in their seed, as points: the farther apart, the more differently "
        "their states move on the same data"
    )
    kinds = frozenset({"solutions"})
    needs = "solutions"
    reads_beside = True
    BINDINGS = [
        *cursor_keys(
            "Show the nearest network to the left, or the one before",
            "Show the nearest network to the right, or the one after",
            "Show the nearest network above, or the one before",
            "Show the nearest network below, or the one after",
        ),
        hidden(
            "v",
            "distance",
            "Distance",
            tooltip="Distances by the angle of Procrustes, or by 1 - CKA",
            id="swap",
        ),
        hidden(
            "C",
            "colour",
            "Colour",
            tooltip="The signs of networks by what they solved, by their loss at twice the length, "
            "by their resting states, or by cluster, in turn",
            id="colour",
        ),
        hidden(
            "M",
            "mark",
            "Mark",
            tooltip="Mark the shown network, or no longer; the next one is compared with it",
            id="mark",
        ),
        hidden(
            "B",
            "screen.open_beside",
            "Beside",
            tooltip="The shown network and the marked one side by side",
            id="beside",
        ),
    ]

    _marked: int | None = None  # a network
    _distance: Distance = DISTANCES[0]
    _colour = 0  # among those that can be told apart
    _solutions: Solutions | None = None  # whose places, as they are drawn, are these
    _places: Floats | None = None

    def __init__(self, picture: Picture, seeds: SeedsView) -> None:
        super().__init__(picture)
        self._seeds = seeds  # which knows which network is chosen

    @property
    def unasked(self) -> str:
        if self._frame.config.replicas > 1:
            return ""
        return words_without_seeds(self._frame, self._message)

    @property
    def question(self) -> Question | None:
        return None if self.unasked else Question(self.kinds, distance=self._distance)

    @property
    def wants_arrows(self) -> bool:
        return self._frame.config.replicas > 1

    def is_waiting(self, frame: Frame) -> bool:
        return frame.config.replicas > 1 and super().is_waiting(frame)

    def answered(self, readings: Readings) -> bool:
        solutions = readings.solutions
        if solutions is None or len(solutions.seeds) != self._frame.config.replicas:
            return False
        return solutions.distance == self._distance

    def show(self, picture: Picture, message: str = "") -> None:
        readings = picture.frame.readings
        solutions = None if readings is None else readings.solutions
        if solutions is not None and solutions is not self._solutions:
            before, self._solutions = self._places, solutions
            self._places = solutions.places
            if before is not None and before.shape == solutions.places.shape:
                self._places = turned_onto(solutions.places, before)
        super().show(picture, message)

    # ---- the chosen network, and the marked one

    @property
    def _chosen(self) -> int:
        return self._seeds.chosen(self._frame)

    @property
    def marked(self) -> int | None:
        """None also if there are fewer networks now."""
        marked, count = self._marked, self._frame.config.replicas
        return marked if marked is not None and marked < count else None

    async def action_move(self, right: int, down: int) -> None:
        """Choose the network nearest to the chosen one in this direction; if there is none, the
        next or the one before."""
        chosen, count = self._chosen, self._frame.config.replicas
        network = (chosen + right + down) % count
        if self._places is not None and len(self._places) == count:
            offsets = self._places - self._places[chosen]
            along, across = offsets @ [right, -down], np.abs(offsets @ [down, right])
            is_there = (along > 0) & (along >= across)  # not if anything is NaN
            if is_there.any():
                network = int(np.where(is_there, np.hypot(along, across), np.inf).argmin())
        await self.run_action(f"screen.choose({network})")

    def action_mark(self) -> None:
        self._marked = None if self.marked == self._chosen else self._chosen
        self._changed()

    def action_distance(self) -> None:
        self._distance = DISTANCES[(DISTANCES.index(self._distance) + 1) % len(DISTANCES)]
        self._changed()

    def action_colour(self) -> None:
        self._colour += 1
        self._changed()

    def clicked(self, spot: object, again: bool) -> None:
        if isinstance(spot, Replica):
            self.post_message(SeedsView.Clicked(spot.number, again=False))

    @property
    def reading(self) -> str:
        return self.reading_of(Replica(self._chosen)) if self.has_focus else ""

    def reading_of(self, spot: object) -> str:
        readings, stats = self._readings, self._frame.seed_stats
        if not isinstance(spot, Replica) or readings is None or stats is None:
            return ""
        assert readings.solutions is not None
        words = seed_words(self._frame.config, stats, spot.number)
        return f"{words}, {solution_words(readings.solutions, spot.number, self.marked)}"

    # ---- what is shown

    def paint(self, cells: Cells, readings: Readings) -> None:
        solutions, places, stats = readings.solutions, self._places, self._frame.seed_stats
        if solutions is None or places is None:
            return
        of_all = replace(readings, config=self._frame.own_config)  # not of one seed
        self.draw_head(cells, of_all, summary(solutions))
        choices = groupings(self._frame.config, solutions, stats)
        groups = choices[self._colour % len(choices)]
        shown = SolutionsMap(solutions, places, groups, self._chosen, self.marked)
        lines = 2 if cells.height >= TWO_LINES_FROM else 1
        body = Region(1, 1, cells.width - 1, cells.height - 1 - lines)
        if body.width >= 2 and body.height >= 2:
            unit = draw_map(cells, body, shown)
            place = Region(0, cells.height - lines, cells.width, lines)
            draw_legend(cells, place, legend(shown, unit))


# ---- in words


def summary(solutions: Solutions) -> str:
    text = f"{len(solutions.seeds):,} seeds, {solutions.shown:.0%} shown"
    lost = int((~np.isfinite(solutions.places).all(axis=1)).sum())
    if lost:
        text += f", {lost:,} not finite"
    count = len(solutions.medoids)
    if count < 2:
        return f"{text}, no clusters seen"
    by_chance = f"by chance {solutions.silhouette_by_chance:.2f}"
    return f"{text}, {count} clusters (silhouette {solutions.silhouette:.2f}, {by_chance})"


def solution_words(solutions: Solutions, network: int, marked: int | None) -> str:
    """How a network does on longer data, where it comes to rest, and which is nearest to it; or how
    far the marked one is."""
    loss = loss_text(float(solutions.longer_losses[network]))
    states = int(solutions.resting_states[network])
    rest = f"{states} resting state{'s' if states != 1 else ''}"
    text = f"at twice the length {loss}; {rest}"
    distances = solutions.distances[network]
    other, name = marked, "the marked"
    if other is None or other == network:
        others = np.where(np.arange(len(distances)) == network, np.nan, distances)
        if np.isnan(others).all():
            return text
        other, name = int(np.nanargmin(others)), "the nearest"
    return f"{text}; {name}, seed {solutions.seeds[other]}, is {distances[other]:.2f} away"
