"""What threads exchange: commands one way, answers and the newest frame the other; and which viewers may send them."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from echornn.config import EchoConfig, changes_text
from echornn.readings import Kind, Question
from echornn.session.commands import AT_ONCE, ON_ARRIVAL, Answer, Command, Sent
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import ALONE, Audience

ANSWERS_KEPT = 1_000

COMPILING = "compiling the training loop"

LOCAL = 0
"""The number of the viewer in the session's own process."""

Notice = Callable[[], object]
"""A function that another thread asks the training thread to call."""


class Exchange:
    """What threads exchange: commands and their answers one way, the newest frame the other. Sending never waits."""

    def __init__(self, frame: Frame, clock: Callable[[], float]) -> None:
        self.frame = frame
        self.stopping = False
        self._clock = clock
        self._since = clock()
        self._changed = threading.Condition()
        self._letters: deque[Sent | Notice] = deque()
        self._underway: Sent | None = None
        self._answers: deque[Answer] = deque(maxlen=ANSWERS_KEPT)
        self._numbered = self._sent = 0
        self._done = -1
        self._ended = False

    # ---- for any thread

    def send(self, command: Command) -> int:
        """Add a command; returns its number, counted from 1."""
        with self._changed:
            self._numbered += 1
            self._add(Sent(self._numbered, command))
            return self._numbered

    def notify(self, notice: Notice) -> None:
        """Have a function called on the training thread."""
        with self._changed:
            self._add(notice)

    def _add(self, letter: Sent | Notice) -> None:
        self._letters.append(letter)
        self._sent += 1
        self._changed.notify_all()

    @property
    def waiting(self) -> tuple[Sent, ...]:
        """The commands whose turn has not come, oldest first; after the end they are lost."""
        with self._changed:
            letters = list(self._letters)  # a copy, since a signal handler may send more
            return tuple(one for one in letters if isinstance(one, Sent))

    @property
    def unanswered(self) -> tuple[Sent, ...]:
        """The command that is being carried out, and those that wait."""
        with self._changed:
            return (*([] if self._underway is None else [self._underway]), *self.waiting)

    @property
    def answered(self) -> int:
        """The number of the newest command before which all are answered."""
        with self._changed:
            return min((one.number for one in self.unanswered), default=self._numbered + 1) - 1

    @property
    def answers(self) -> tuple[Answer, ...]:
        with self._changed:
            return tuple(self._answers)

    def stop(self) -> None:
        with self._changed:
            self.stopping = True
            self._changed.notify_all()

    def when_idle(self, seconds: float | None = None) -> bool:
        self.notify(lambda: None)  # so that current work is done too
        with self._changed:
            sent = self._sent
            self._changed.wait_for(lambda: self._done >= sent or self._ended, seconds)
            return self._done >= sent

    def wait_for(self, shows: Callable[[Frame], bool], seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: shows(self.frame), seconds)

    @property
    def seconds(self) -> float:
        """For how long the frame has had this state and this message."""
        return self._clock() - self._since

    # ---- for the training thread

    def change(self, **changes: Any) -> None:
        self.show(replace(self.frame, **changes))

    def show(self, frame: Frame) -> None:
        with self._changed:
            before, self.frame = self.frame, frame
            if (frame.state, frame.message) != (before.state, before.message):
                self._since = self._clock()
            self._changed.notify_all()

    def compiling(self, config: EchoConfig) -> None:
        """Show that another network is being made, or the loop of another learning rule, and what is new in it."""
        before = self.frame.config
        if config.replicas == before.replicas:
            changed = changes_text(before, config)
            of = f" of {changed}" if changed else ""
        else:
            of = " of one network alone" if config.replicas == 1 else f" of {config.replicas:,} networks"
        self.change(state=State.LOADING, message=f"{COMPILING}{of}", rate=0.0, coming=config)

    def wait(self, seconds: float | None, idle: bool) -> bool:
        """Wait for a command or notice, at most ``seconds``; returns False if the thread should stop. ``idle`` says
        whether all commands taken before are done.
        """
        with self._changed:
            if idle and not self._letters:
                self._done = self._sent
                self._changed.notify_all()
            if not (self.stopping or self._letters) and (seconds is None or seconds > 0):
                self._changed.wait(seconds)
            return not self.stopping

    def take(self, arrived: bool) -> Sent | Notice | None:
        """The next command or notice whose turn has come, if any. A command that waits until the session has
        ``arrived`` is overtaken only by notices and commands of `AT_ONCE`.
        """
        with self._changed:
            may_go = True
            for letter in () if self.stopping else list(self._letters):
                is_at_once = not isinstance(letter, Sent) or isinstance(letter.command, AT_ONCE)
                waits = isinstance(letter, Sent) and isinstance(letter.command, ON_ARRIVAL) and not arrived
                may_go = may_go and not waits
                if may_go or is_at_once:
                    self._letters.remove(letter)
                    self._underway = letter if isinstance(letter, Sent) else None
                    return letter
            return None

    def answer(self, answer: Answer) -> None:
        with self._changed:
            self._underway = None
            self._answers.append(answer)

    def end(self) -> None:
        """No more commands will be carried out: `when_idle` stops waiting."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def union(*questions: Question | None) -> Question | None:
    """A question that covers all of these: all kinds, and for each other setting the first value that is set; None if
    nothing is requested.
    """
    asked = [one for one in questions if one is not None and one.kinds]
    if not asked:
        return None
    kinds = frozenset[Kind]().union(*(one.kinds for one in asked))
    part = next((one.part for one in asked if one.part), "")
    flip = next((one.flip for one in asked if one.flip is not None), None)
    row = next((one.row for one in asked if one.row is not None), None)
    return Question(kinds, part, flip, row, next((one.held for one in asked if one.held is not None), None))


class Viewers:
    """The viewers of a session, in the order in which they joined. The first one steers, until it leaves or another
    takes over; those that only look never do. Any thread may call.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[int, str] = {}
        self._only_look: set[int] = set()
        self._questions: dict[int, Question | None] = {}
        self._steering: int | None = None
        self._numbers = itertools.count(LOCAL + 1)

    def join(self, name: str, number: int | None = None, only_looks: bool = False) -> int:
        """Add a viewer; returns its number, by default a new one. If another has its name, it gets the name with
        ``(2)``, ``(3)``, ...
        """
        with self._lock:
            number = next(self._numbers) if number is None else number
            others = {other for one, other in self._names.items() if one != number}
            names = itertools.chain([name], (f"{name} ({count})" for count in itertools.count(2)))
            self._names[number] = next(one for one in names if one not in others)
            if only_looks:
                self._only_look.add(number)
            elif self._steering is None:
                self._steering = number
            return number

    def leave(self, number: int) -> Question | None:
        """Remove a viewer; returns the readings that the others need. If it steered, the first of them steers now."""
        with self._lock:
            self._names.pop(number, None)
            self._questions.pop(number, None)
            self._only_look.discard(number)
            if self._steering == number:
                self._steering = next((one for one in self._names if one not in self._only_look), None)
            return union(*self._questions.values())

    def take_over(self, number: int) -> None:
        with self._lock:
            if number in self._names and number not in self._only_look:
                self._steering = number

    def asks(self, number: int, question: Question | None) -> Question | None:
        """Note which readings a viewer needs; returns those that all viewers need together."""
        with self._lock:
            questions = {**self._questions, number: question}
            needed = union(*questions.values())
            self._questions = questions  # only now: a question that cannot be joined concerns nobody else
            return needed

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
        with self._lock:
            return tuple(self._names.values())

    @property
    def steering(self) -> str:
        with self._lock:
            return "" if self._steering is None else self._names[self._steering]
