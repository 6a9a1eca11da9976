"""What became of each of several networks: told apart by marker and dashes, not by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from echornn.arrays.facts import NetworkFacts
from echornn.config import EchoConfig
from echornn.levels import AT_CHANCE_SHARE, can_be_solved, chance_level, chance_width
from tui.figures.style import BLUE, COLOURS, ORANGE, points

# By fate its colour, dashes and marker, in the order of a legend; chosen by eye
LOOKS: dict[str, tuple[str, Any, str]] = {
    "solved": (BLUE, "-", "o"),
    "trained": (BLUE, "-", "o"),  # where nothing counts as solved
    "lost again": (COLOURS[3], (0, (5, 1.5, 1, 1.5)), "v"),
    "not solved": (COLOURS[2], (0, (5, 1.5)), "x"),
    "at chance": (ORANGE, (0, (1, 1)), "s"),
}


def fates_of(config: EchoConfig, networks: Sequence[NetworkFacts]) -> list[str]:
    """A key of `LOOKS` for each network of this configuration."""
    chance = chance_level(config)
    near = AT_CHANCE_SHARE * chance_width(config) * chance
    fates = []
    for network in networks:
        if network.solved_at and not network.lost_at:
            fate = "solved"
        elif abs(network.final_loss - chance) <= near:
            fate = "at chance"
        elif network.lost_at:
            fate = "lost again"
        elif can_be_solved(config):
            fate = "not solved"
        else:
            fate = "trained"
        fates.append(fate)
    return fates


def numbers_by_fate(fates: Sequence[str]) -> dict[str, list[int]]:
    """The indices of the networks of each fate that there is, in the order of `LOOKS`."""
    numbers: dict[str, list[int]] = {fate: [] for fate in LOOKS if fate in fates}
    for number, fate in enumerate(fates):
        numbers[fate].append(number)
    return numbers


def draw_networks(
    axes: Any, fates: Sequence[str], lines: Sequence[tuple[Any, Any]], **more: Any
) -> None:
    """Draw a thin line for each network, of which there are places and values."""
    for fate, numbers in numbers_by_fate(fates).items():
        colour, dashes, _ = LOOKS[fate]
        label = f"{len(numbers)} {fate}"
        for number in numbers:
            look = {"color": colour, "linestyle": dashes, "linewidth": points(0.7)}
            axes.plot(*lines[number], label=label, **look, **more)
