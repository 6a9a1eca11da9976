"""Who looks at a session: one viewer steers, all others watch."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass

from echornn.readings import Question
from echornn.session.probing import union

LOCAL = 0
"""The number of the viewer in the session's own process."""


@dataclass(frozen=True)
class Audience:
    """Who looks at a session, as told to one of the viewers.

    Attributes:
        others: the names of the other viewers.
        steering: the name of the viewer that may send commands; empty if it is this viewer, or if there is none.
        silent: for how many seconds the session has not answered; 0 if it answers.
        ended: why no more pictures come, and how to continue; empty while the session can be reached.
        only_looks: whether this viewer can never steer.
    """

    others: tuple[str, ...] = ()
    steering: str = ""
    silent: int = 0
    ended: str = ""
    only_looks: bool = False

    @property
    def is_connected(self) -> bool:
        """Whether the session answers; otherwise it is not known what it is doing now."""
        return not (self.silent or self.ended)

    @property
    def may_steer(self) -> bool:
        """Whether this viewer's commands are carried out."""
        return self.may_note and not self.steering

    @property
    def may_note(self) -> bool:
        """Whether this viewer's names and pins of branches are taken: also while another viewer steers."""
        return not (self.ended or self.only_looks)


ALONE = Audience()


class Viewers:
    """The viewers of a session. The first one steers, until it leaves or another takes over; those that only look never
    do. Any thread may call.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[int, str] = {}
        self._only_look: set[int] = set()
        self._questions: dict[int, Question | None] = {}
        self._steering: int | None = None
        self._next = LOCAL + 1

    def join(self, name: str, number: int | None = None, only_looks: bool = False) -> int:
        """Add a viewer; returns its number. If another has its name, it gets the name with ``(2)``, ``(3)``, ...

        Args:
            number: `LOCAL` for the viewer in the session's own process; by default a new number.
            only_looks: whether it can never steer.
        """
        with self._lock:
            if number is None:
                number, self._next = self._next, self._next + 1
            others = {other for one, other in self._names.items() if one != number}
            numbered = (f"{name} ({count})" for count in itertools.count(2))
            self._names[number] = name if name not in others else next(one for one in numbered if one not in others)
            if only_looks:
                self._only_look.add(number)
            elif self._steering is None:
                self._steering = number
            return number

    def leave(self, number: int) -> Question | None:
        """Remove a viewer; returns the probe readings that the remaining viewers need. If it steered, the viewer that
        joined first steers now.
        """
        with self._lock:
            self._names.pop(number, None)
            self._questions.pop(number, None)
            self._only_look.discard(number)
            if self._steering == number:
                self._steering = next((one for one in self._names if one not in self._only_look), None)
            return union(*self._questions.values())

    def take_over(self, number: int) -> None:
        """Let this viewer steer, unless it only looks."""
        with self._lock:
            if number in self._names and number not in self._only_look:
                self._steering = number

    def asks(self, number: int, question: Question | None) -> Question | None:
        """Note which probe readings a viewer needs; returns those that all viewers need together."""
        with self._lock:
            questions = {**self._questions, number: question}
            needed = union(*questions.values())
            self._questions = questions  # only now: a question that cannot be joined concerns nobody else
            return needed

    def may_steer(self, number: int) -> bool:
        """Whether a viewer's commands are carried out."""
        with self._lock:
            return number not in self._only_look and self._steering in (number, None)

    def audience(self, number: int) -> Audience:
        """Who looks at the session, as told to this viewer."""
        with self._lock:
            only_looks = number in self._only_look
            if len(self._names) < 2 and self._steering in (number, None) and not only_looks:
                return ALONE
            others = tuple(name for one, name in self._names.items() if one != number)
            steering = "" if self._steering in (number, None) else self._names[self._steering]
            return Audience(others, steering, only_looks=only_looks)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all viewers, in the order in which they joined."""
        with self._lock:
            return tuple(self._names.values())

    @property
    def steering(self) -> str:
        """The name of the viewer that steers; empty if there is none."""
        with self._lock:
            return "" if self._steering is None else self._names[self._steering]
