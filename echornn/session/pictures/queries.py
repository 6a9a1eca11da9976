"""Queries: a viewer's requests for pictures, as values; a session answers a query with a picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """A range of windows of the line, relative to its end, which moves while training runs.

    Attributes:
        windows: the number of windows; None for all.
        end: the window after the last; None to follow the newest.
    """

    windows: int | None = None
    end: int | None = None

    def limits(self, trained: int) -> tuple[int, int]:
        """The first window, and the window after the last, on a line of ``trained`` windows."""
        if self.windows is None:
            return 0, trained
        end = trained if self.end is None else max(min(self.end, trained), min(self.windows, trained))
        return max(0, end - self.windows), end


@dataclass(frozen=True)
class SeedRows:
    """The replicas whose losses are drawn, one row each.

    Attributes:
        replicas: indices from 0, in the order of the rows.
        columns: the columns of the axis of windows.
    """

    replicas: tuple[int, ...]
    columns: int


@dataclass(frozen=True)
class Query:
    """A viewer's request for a picture. Parts that are not requested are empty in the picture.

    Attributes:
        span: the windows that the curve shows.
        columns: the columns of the axis of windows; 0 for no curve.
        beside: the number of windows of the longest curve that the viewer itself adds under the curve.
        ghosts: the largest number of other branches under the curve; the newest, unless others are pinned or hidden.
        branches: whether to list the branches.
        seeds: the replicas whose losses are drawn over the same windows; None for none.
        falls: the columns of the curve in which falls of the loss are searched; 0 for no search.
        path: whether to return the branches on the path to the position.
    """

    span: Span = Span()
    columns: int = 0
    beside: int = 0
    ghosts: int = 0
    branches: bool = False
    seeds: SeedRows | None = None
    falls: int = 0
    path: bool = False
