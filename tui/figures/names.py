"""The names of the kinds of figures, for the command line, which waits for nothing else of this room."""

from __future__ import annotations

from typing import Literal

FigureName = Literal["curve", "memory", "gradient", "weights", "plane", "seeds", "branches", "runs", "map"]
