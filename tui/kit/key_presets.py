"""Sets of keys with a name, which the user may choose: ``--keys vim``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Moved = Mapping[str, tuple[str, ...]]
"""The keys of the actions that the user gave other keys, by the id of the action. The first one is shown."""

VIM: Moved = MappingProxyType(
    {
        "pause": ("space",),
        "redo": ("ctrl+r", "U"),
        "regenerate": ("I",),
        "settings": ("s", "i"),
        "settings.more": ("plus", "equals_sign", "right", "l"),
        "settings.less": ("minus", "left", "h"),
        "window_back": ("h", "left_square_bracket"),
        "window_on": ("l", "right_square_bracket"),
        "log": ("Y",),
        "fall": ("n",),
        "next": ("p",),
        "before": ("P",),
        "up": ("up", "k"),
        "down": ("down", "j"),
        "page_up": ("pageup", "ctrl+u"),
        "page_down": ("pagedown", "ctrl+d"),
        "first": ("home", "g"),
        "last": ("end", "G"),
        "follow": ("end", "escape", "G"),
        "map.left": ("left", "h"),
        "map.right": ("right", "l"),
        "map.up": ("up", "k"),
        "map.below": ("down", "j"),
        "map.page_up": ("pageup", "ctrl+u"),
        "map.page_down": ("pagedown", "ctrl+d"),
        "map.first": ("home", "0", "circumflex_accent"),
        "map.last": ("end", "dollar_sign"),
    }
)
"""Keys for users of vim: h l for windows, j k for rows and lists, g G for both ends, u and ctrl+r, n for the falls."""

KEY_PRESETS: Mapping[str, Moved] = MappingProxyType({"default": MappingProxyType({}), "vim": VIM})
"""The presets by name."""
