"""What a viewer looks at, as values: a session answers a query with a picture."""

from __future__ import annotations

from dataclasses import dataclass

from echornn.config import EchoConfig


@dataclass(frozen=True)
class Span:
    """The windows of the line that are looked at, relative to its end, which moves while the run is trained.

    Attributes:
        windows: how many; None for all.
        end: window of the line after the last; None to follow the newest.
    """

    windows: int | None = None
    end: int | None = None

    def limits(self, trained: int) -> tuple[int, int]:
        """The first window, and the one after the last, on a line of so many windows."""
        if self.windows is None:
            return 0, trained
        end = trained if self.end is None else max(min(self.end, trained), min(self.windows, trained))
        return max(0, end - self.windows), end


@dataclass(frozen=True)
class GhostChoice:
    """Which other branches lie under the curve.

    Attributes:
        most: how many at most; the newest, unless others are pinned.
        pinned: branches that come first, in this order.
        hidden: branches that are left out.
        names: the number and the name of each branch that a user has named.
    """

    most: int = 0
    pinned: tuple[int, ...] = ()
    hidden: frozenset[int] = frozenset()
    names: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class SeedRows:
    """Replicas whose losses are drawn, a row each.

    Attributes:
        replicas: counted from 0, in the order of the rows.
        columns: of the axis of windows.
    """

    replicas: tuple[int, ...]
    columns: int


@dataclass(frozen=True)
class Tried:
    """An edit, of which a viewer asks whether a branch has it already; see `echornn.timeline.going_back.tried_from`."""

    config: EchoConfig
    anew: bool = False


@dataclass(frozen=True)
class Query:
    """What a viewer looks at. Whatever is not asked for is empty in the picture.

    Attributes:
        span: the windows that the curve shows.
        columns: how many fit on the whole axis of windows; 0 for no curve.
        beside: windows of the longest curve that the viewer itself lays under this one.
        ghosts: the branches that lie under the curve.
        branches: whether the list of branches is wanted.
        seeds: the replicas whose losses are drawn over the same windows; None for none.
        falls: columns of the curve in which the loss is searched for where it falls; 0 for no search.
        path: whether the branches are wanted that lead to the position.
        tried: an edit that may have been tried before; None for none.
        digests: whether the digests of all branches are wanted.
    """

    span: Span = Span()
    columns: int = 0
    beside: int = 0
    ghosts: GhostChoice = GhostChoice()
    branches: bool = False
    seeds: SeedRows | None = None
    falls: int = 0
    path: bool = False
    tried: Tried | None = None
    digests: bool = False
