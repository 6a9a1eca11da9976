"""A file of a user's own that cannot be used: a good file of which something is replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import pytest

from echornn.own.errors import OwnError
from echornn.own.other_process import Limits

BUSY = "still busy after 0.2 s"


@dataclass(frozen=True)
class BadFile:
    """A bad file; there is a subclass for each good file.

    Attributes:
        name: what is wrong.
        replaced, by: the part of the good file that is replaced.
        says: the message, behind the name of the file.
    """

    good: ClassVar[str]

    name: str
    replaced: str
    by: str
    says: str

    @property
    def text(self) -> str:
        assert self.good.count(self.replaced) == 1
        return self.good.replace(self.replaced, self.by)

    def __str__(self) -> str:
        return self.name

    def require_said(self, error: type[OwnError], check: Callable[[Limits], object]) -> None:
        """Check that a check in another process, with these limits, raises the error with the message.

        On a loaded machine, a short limit may end before the file is busy; then longer ones are tried.
        """
        for seconds in (0.2, 5.0, 100.0) if BUSY in self.says else (600.0,):
            with pytest.raises(error) as raised:
                check(Limits(seconds, 1 << 28))
            said = str(raised.value).replace(f"after {seconds:g} s", "after 0.2 s")
            if said.startswith(f"mine.py{self.says}"):
                break
        assert said.startswith(f"mine.py{self.says}")
        assert "\n" not in said
