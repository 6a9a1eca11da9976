"""What figures show in one to three sentences, with their main numbers, for those who do not see
them: read by screen readers, and a draft of a caption. All numbers are of the figures' tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tui.figures.data import FigureData
from tui.text.lines import point_count

Columns = Mapping[str, Any]

MOVES = ("state", "letter", "next")
MOST_LISTED = 8  # lines, groups or moves that are named one by one; chosen by eye


def alt_text(kind: str, data: FigureData) -> str:
    text = TEXTS[kind](data.columns)
    return " ".join(filter(None, (text, data.alt)))


# ---- words


def _number(value: Any) -> str:
    return f"{float(value):.3g}"


def _way(values: Any) -> str:
    """How values go on from the first that is known to the last."""
    numbers = np.array([np.nan if value is None else value for value in values], float)
    known = [_number(number) for number in numbers[np.isfinite(numbers)]]
    if not known:
        return "is unknown"
    first, last = known[0], known[-1]
    if first == last:
        return f"is {first} at both ends"
    verb = "falls" if float(last) < float(first) else "rises"
    return f"{verb} from {first} to {last}"


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(_shown(texts))


def _shown(texts: Sequence[str]) -> Sequence[str]:
    if len(texts) <= MOST_LISTED:
        return texts
    return [*texts[:MOST_LISTED], f"and {len(texts) - MOST_LISTED} more"]


def _windows(columns: Columns) -> str:
    return f"windows {min(columns['first_window']):,} to {max(columns['last_window']):,}"


def _rows(columns: Columns, name: str, value: Any) -> dict[str, list[Any]]:
    """The rows that have this value in a column."""
    is_row = [cell == value for cell in columns[name]]
    chosen = {}
    for key, cells in columns.items():
        chosen[key] = [cell for cell, shown in zip(cells, is_row, strict=True) if shown]
    return chosen


# ---- losses


def curve(columns: Columns) -> str:
    text = f"The loss over {_windows(columns)}"
    name = columns["line"][0]
    line = _rows(columns, "line", name)
    if name != "all networks":
        text += f": the mean {_way(line['mean'])}, the least is {_number(min(line['low']))}"
    else:
        text += f" of {_count(line['networks'][0], 'network')}: the median {_way(line['median'])}"
        ends = _number(line["q10"][-1]), _number(line["q90"][-1])
        text += f"; the middle 80 % end between {ends[0]} and {ends[1]}"
    return f"{text}.{_levels(columns)}"


def _levels(columns: Columns) -> str:
    levels = [name for name in columns if name.startswith("level ")]
    texts = [f"{name.removeprefix('level ')} {_number(columns[name][0])}" for name in levels]
    return f" Levels: {_listed(texts)}." if texts else ""


def norms(columns: Columns) -> str:
    windows = np.subtract(columns["last_window"], columns["first_window"]) + 1
    text = f"The norm of the gradient over {_windows(columns)}: the mean {_way(columns['mean'])}"
    text += f", the largest is {_number(np.max(columns['high']))}"
    clipped = np.sum(windows * columns["clipped"]) / np.sum(windows)
    return f"{text}; {clipped:.1%} of the windows were clipped."


def compared(columns: Columns) -> str:
    """Of branches, or of runs."""
    noun = next(iter(columns))
    names = [*dict.fromkeys(columns[noun])]
    texts = []
    for name in names:
        line = _rows(columns, noun, name)
        texts.append(f"{name} {_way(line['loss'])} over {_windows(line)}")
    plural = noun if len(names) == 1 else {"branch": "branches", "run": "runs"}[noun]
    return f"The loss of {len(names)} {plural}: {_listed(texts)}."


# ---- counts


def seeds(columns: Columns) -> str:
    solved = sorted(window for window in columns["solved_at"] if window is not None)
    losses = np.array(columns["final_loss"], float)
    text = f"{len(solved):,} of {_count(len(losses), 'network')} solved the task"
    if solved:
        text += f", the first by window {solved[0]:,} and the last by window {solved[-1]:,}"
    ends = _number(losses.min()), _number(np.median(losses)), _number(losses.max())
    return f"{text}. Final losses are {ends[0]} to {ends[2]}, their median {ends[1]}."


def sweep_map(columns: Columns) -> str:
    fields = [*columns][: [*columns].index("points")]
    texts = []
    for row, value in enumerate(columns["text"]):
        place = ", ".join(f"{field} {columns[field][row]}" for field in fields)
        texts.append(f"{value or 'unknown'} at {place}")
    squares = _count(len(texts), "square")
    return f"A map of {squares} by {' and '.join(fields)}: {'; '.join(_shown(texts))}."


def lengths(columns: Columns) -> str:
    setting = next(iter(columns))
    what = "accuracy" if "accuracy" in columns else "loss"
    texts = []
    for size in dict.fromkeys(columns[setting]):
        scores = _rows(columns, setting, size)[what]
        texts.append(f"{_number(np.mean(scores))} at {setting} {size}")
    networks = len({*columns["replica"]})
    return f"The mean {what} of {_count(networks, 'network')}: {_listed(texts)}."


# ---- probes


def memory(columns: Columns) -> str:
    if "window" in columns:
        return _by_lag(columns, "The memory")
    r2 = np.array(columns["r2"], float)
    best = int(r2.argmax())
    text = f"r2 of a linear read-out of the input at lags 0 to {len(r2) - 1}"
    text += f": the highest is {_number(r2[best])}, at lag {best}"
    return f"{text}; {_at_sources(columns, r2)}"


def gradient(columns: Columns) -> str:
    if "window" in columns:
        return _by_lag(columns, "The gradient")
    sizes, bias = columns["gradient"], np.array(columns["bias"], float)
    text = f"The gradient {_way(sizes)} from lag 0 to lag {len(sizes) - 1}"
    text += f"; {_at_sources(columns, sizes)}"
    known = np.flatnonzero(np.isfinite(bias))
    if not len(known):
        return text
    steps = f"{columns['steps'][known[0]]} to {columns['steps'][known[-1]]} steps"
    return f"{text} Its relative bias {_way(bias[known])}, followed back {steps}."


def _at_sources(columns: Columns, values: Any) -> str:
    lags = np.flatnonzero(columns["source"])
    if not len(lags):
        return "no single lag is that of the target."
    texts = [f"{_number(values[lag])} at lag {lag}" for lag in lags]
    return f"where the target comes from, {_listed(texts)}."


def _by_lag(columns: Columns, what: str) -> str:
    windows, *lags = columns.values()
    newest = np.array([values[-1] for values in lags], float)
    best = int(np.nanargmax(newest)) if np.isfinite(newest).any() else 0
    text = f"{what} by lag at {len(windows)} windows from {windows[0]:,} to {windows[-1]:,}"
    return f"{text}: in the last one the largest is {_number(newest[best])}, at lag {best}."


def along(columns: Columns) -> str:
    windows = columns["window"]
    texts = []
    for name, values in columns.items():
        if name != "window":
            texts.append(f"{name.replace('_', ' ')} {_way(values)}")
    ends = f"{len(windows)} windows from {windows[0]:,} to {windows[-1]:,}"
    return f"What probes measure at {ends}: {_listed(texts)}."


def weights(columns: Columns) -> str:
    matrices = _rows(columns, "part", "weight")
    texts = []
    for name in dict.fromkeys(matrices["matrix"]):
        values = _rows(matrices, "matrix", name)["value"]
        texts.append(f"{name} from {_number(min(values))} to {_number(max(values))}")
    text = f"{_count(len(matrices['value']), 'weight')}: {_listed(texts)}."
    eigenvalues = _rows(columns, "part", "eigenvalue")
    if not eigenvalues["value"]:
        return text
    sizes = np.hypot(eigenvalues["value"], eigenvalues["imaginary"])
    return f"{text} The largest of {len(sizes)} eigenvalues has size {_number(sizes.max())}."


def plane(columns: Columns) -> str:
    across, up = (name.removeprefix("z") for name in [*columns][2:4])
    states, places = _rows(columns, "part", "state"), _rows(columns, "part", "fixed point")
    text = f"{_count(len(states['group']), 'state')} on components {across} and {up}"
    groups = sorted(Counter(filter(None, states["group"])).items())
    if groups:
        text += f", by target: {_listed([f'{name} ({count:,})' for name, count in groups])}"
    kinds = [point_count(count, kind) for kind, count in Counter(places["group"]).items()]
    return f"{text}. Fixed points: {_listed(kinds) or 'none found'}."


def automaton(columns: Columns) -> str:
    states = dict(zip(columns["state"], columns["says"], strict=True))
    moves = []
    for state, letter, target in zip(*(columns[name] for name in MOVES), strict=True):
        if target >= 0:
            moves.append(f"{state} by {letter} to {target}")
    said = _listed([f"{state} says {says}" for state, says in states.items()])
    return f"An automaton of {_count(len(states), 'state')}: {said}. Moves: {_listed(moves)}."


def solutions(columns: Columns) -> str:
    if "mean_distance" in columns:
        windows = columns["window"]
        text = f"The mean angle between networks {_way(columns['mean_distance'])} radians"
        solved = _way(columns["mean_distance_solved"])
        text += f" over windows {windows[0]:,} to {windows[-1]:,}"
        return f"{text}; between those that solved the task it {solved}."
    count = sum(window is not None for window in columns["solved_at"])
    clusters = len({*columns["cluster"]} - {-1})
    text = f"{_count(len(columns['seed']), 'network')} on a plane, as far apart as they move"
    return f"{text} differently: {count:,} solved the task; {_count(clusters, 'cluster')}."


TEXTS: dict[str, Callable[[Columns], str]] = {
    "curve": curve,
    "norms": norms,
    "branches": compared,
    "runs": compared,
    "seeds": seeds,
    "map": sweep_map,
    "lengths": lengths,
    "memory": memory,
    "gradient": gradient,
    "along": along,
    "weights": weights,
    "plane": plane,
    "automaton": automaton,
    "solutions": solutions,
}
"""By the kind of figure, in `tui.figures.make.KINDS`."""
