"""Which fonts Matplotlib finds on this machine."""

from __future__ import annotations

from matplotlib import font_manager

MOST_NAMED = 8


def is_there(name: str) -> bool:
    """Whether a font, or a family such as ``serif``, is there."""
    return name in names() or name in font_manager.font_family_aliases


def some() -> str:
    """A few of the fonts, as text."""
    return ", ".join(sorted(names())[:MOST_NAMED])


def names() -> set[str]:
    """The names of the fonts."""
    return {font.name for font in font_manager.fontManager.ttflist}
