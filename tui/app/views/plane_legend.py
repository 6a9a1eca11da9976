"""The legend of the plane view: what its signs mean, on a line or two."""

from __future__ import annotations

from collections.abc import Sequence

from tui.app.drawings.state_plane import MIXED, PlaneScene
from tui.kit.cells import Cells
from tui.kit.paint import Box, write_in

Item = list[tuple[str, str]]
"""A sign and what it means: texts, each with its style; the last ends with the blanks after it."""


def legend_of(
    scene: PlaneScene, kinds: Sequence[tuple[str, str, str]], hint: str, width: int, most: int
) -> list[list[Item]]:
    """The lines of the legend, at most so many. If they are too short for everything, the signs of targets and of fixed
    points stay, and other texts are left out.

    Args:
        kinds: the marks of fixed points, with their styles and names.
        hint: a key that shows more, if there is room left on these lines.
    """
    others: list[Item] = []
    if len(scene.plane.targets):
        others.append([(f" {MIXED} several  ", "view--beyond")])
    if len(scene.plane.readout):
        others.append([("dense: prediction changes  ", "view--wall")])
    if len(scene.plane.rows):
        others.append([(f"dotted: row {scene.row + 1}  ", "view--way")])
    forms = (_signs(scene, kinds, has_title, gap) for has_title, gap in ((True, "  "), (False, "  "), (False, " ")))
    *wider, narrowest = forms
    items = next((signs for signs in wider if len(_in_lines(signs, width)) <= most), narrowest)
    for item in others:
        if len(_in_lines([*items, item], width)) <= most:
            items = [*items, item]
    lines = _in_lines(items, width)
    with_hint = _in_lines([*items, [(hint, "view--note")]], width)
    return with_hint if len(with_hint) == len(lines) else lines[:most]


def _signs(scene: PlaneScene, kinds: Sequence[tuple[str, str, str]], has_title: bool, gap: str) -> list[Item]:
    """The signs of fixed points and of groups of targets."""
    items = [[(mark, style), (f" {kind}{gap}", "view--words")] for mark, style, kind in kinds]
    if not len(scene.plane.targets):
        return items
    title: Item = [(f"{scene.groups.of}: ", "view--axis")] if has_title else []
    for (sign, style), name in zip(scene.signs, scene.groups.names, strict=True):
        items.append([*title, (f"{sign} ", style), *([(f"{name}{gap}", "view--words")] if name != sign else [])])
        title = []
    return items


def draw_legend(cells: Cells, box: Box, lines: Sequence[Sequence[Item]]) -> None:
    """Draw the lines of the legend at the lower end of the box."""
    for number, line in enumerate(lines):
        at = 0
        for item in line:
            for text, style in item:
                at = write_in(cells, box, box.height - len(lines) + number, text, style, at=at) - box.x


def _in_lines(items: Sequence[Item], width: int) -> list[list[Item]]:
    """As many items on each line as fit."""
    lines: list[list[Item]] = [[]]
    at = 0
    for item in items:
        text = "".join(text for text, _ in item)
        if lines[-1] and at + len(text.rstrip()) > width:
            lines.append([])
            at = 0
        lines[-1].append(item)
        at += len(text)
    return lines
