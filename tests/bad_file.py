"""A file of a user's own that cannot be used: a good file of which something is replaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


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
