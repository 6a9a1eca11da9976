"""Draws the networks of a run: how many had solved the task by each window, and their final losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from tui.figures.drawn.paper import COLOURS, GREY, Table, level_lines, losses_axis, numbers, whole_numbers


def draw(figure: Any, table: Table, facts: dict[str, Any]) -> None:
    """Draw the share of networks that had solved the task, and below it the final losses in order."""
    upper, lower = figure.subplots(2, 1)
    solved_at, losses = numbers(table, "solved_at"), numbers(table, "final_loss")
    replicas, windows = len(losses), facts["windows"]
    solved = np.sort(solved_at[np.isfinite(solved_at)])
    edges = np.concatenate([[0.0], solved, [windows]])
    shares = np.concatenate([np.arange(len(solved) + 1), [len(solved)]]) / replicas
    upper.step(edges, shares, where="post", color=COLOURS[0])
    low, high = facts["interval"]
    middle = [[len(solved) / replicas - low], [high - len(solved) / replicas]]
    upper.errorbar([windows], [len(solved) / replicas], middle, color="black", capsize=2, linewidth=0.8, clip_on=False)
    interval = f"95 % interval (Wilson) {100 * low:.0f} to {100 * high:.0f} %"
    upper.set_title(f"{len(solved):,} of {replicas:,} solved it; {interval}", fontsize=6)
    upper.set_ylim(-0.03, 1.03)
    upper.set_xlim(0, 1.03 * max(1, windows))
    whole_numbers(upper.xaxis)
    upper.set_xlabel("window")
    upper.set_ylabel("share of networks\nthat solved the task")
    order = np.argsort(losses, kind="stable")
    ranks = np.arange(1, replicas + 1)
    done = np.isfinite(solved_at)[order]
    size = 4 if replicas <= 100 else 1.5
    losses_axis(lower, facts, losses)
    known = np.isfinite(losses[order])
    for marker, colour, which, label in (("o", COLOURS[0], done, "solved"), ("x", COLOURS[1], ~done, "not solved")):
        there = which & known
        if there.any():
            lower.plot(ranks[there], losses[order][there], marker, color=colour, markersize=size, label=label)
    if (~known).any():
        top = np.full(int((~known).sum()), 0.98)
        across = lower.get_xaxis_transform()
        lower.plot(ranks[~known], top, "+", color="black", markersize=4, transform=across, label="not finite")
    lower.set_xlabel("network, by its final loss")
    whole_numbers(lower.xaxis)
    lower.legend(loc="best", labelcolor=GREY)
    level_lines(lower, [(name, loss) for name, loss in facts["levels"]])
