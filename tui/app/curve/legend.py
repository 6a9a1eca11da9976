"""The legend of the curve: a line of its own below the axis, so that it covers nothing."""

from __future__ import annotations

from collections.abc import Sequence

from echornn.session.pictures.picture import Ghost
from tui.kit.fitting import shortened
from tui.kit.keymap import KeyMap


def legend(samples: Sequence[str], ghosts: Sequence[Ghost], width: int, keymap: KeyMap) -> str:
    """The line: the samples of the band, then the ghosts; if they do not all fit, the newest, and how many others."""
    words = [f"{ghost.letter}: {ghost.words}{ghost.since}" for ghost in ghosts]
    line = ""
    for left_out in range(max(1, len(words))):
        more = [f"and {left_out} more: «branches»"] if left_out else []
        line = keymap.text("  ".join([*samples, *words[left_out:], *more]))
        if len(line) <= width:
            break
    return shortened(line, width)
