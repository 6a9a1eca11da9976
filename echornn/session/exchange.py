"""What threads exchange: commands one way, answers and the newest frame the other; and which
viewers may send them."""

from __future__ import annotations

import dataclasses
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
from echornn.session.pictures.picture import Audience

ANSWERS_KEPT = 1_000

COMPILING = "compiling the training loop"

LOCAL = 0  # the number of the viewer in the session's own process

Notice = Callable[[], object]
"""A function that another thread asks the training thread to call."""


class Exchange:
    """Commands and notices for the training thread; its answers and its newest frame.

    Sending never waits.
    """

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
        with self._changed:
            self._numbered += 1
            self._add(Sent(self._numbered, command))
            return self._numbered

    def notify(self, notice: Notice) -> None:
        with self._changed:
            self._add(notice)

    def _add(self, letter: Sent | Notice) -> None:
        self._letters.append(letter)
        self._sent += 1
        self._changed.notify_all()

    @property
    def waiting(self) -> tuple[Sent, ...]:
        with self._changed:
            letters = list(self._letters)  # a copy, since a signal handler may send more
            return tuple(one for one in letters if isinstance(one, Sent))

    @property
    def answered(self) -> int:
        """The number of the newest command before which all are answered."""
        with self._changed:
            unanswered = (*self.waiting, *([] if self._underway is None else [self._underway]))
            return min((one.number for one in unanswered), default=self._numbered + 1) - 1

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
        """Show that another network is being made, or another learning rule, and what is new in
        it."""
        before = self.frame.config
        if config.replicas == before.replicas:
            changed = changes_text(before, config)
            of = f" of {changed}" if changed else ""
        else:
            of = (
                " of one network alone"
                if config.replicas == 1
                else f" of {config.replicas:,} networks"
            )
        self.change(state=State.LOADING, message=f"{COMPILING}{of}", rate=0.0, coming=config)

    def wait(self, seconds: float | None, idle: bool) -> bool:
        """Wait for a command or notice; False if the thread should stop. ``idle``: whether those
        before are done."""
        with self._changed:
            if idle and not self._letters:
                self._done = self._sent
                self._changed.notify_all()
            if not (self.stopping or self._letters) and (seconds is None or seconds > 0):
                self._changed.wait(seconds)
            return not self.stopping

    def take(self, arrived: bool) -> Sent | Notice | None:
        """The next whose turn has come; before the session has ``arrived``, only `AT_ONCE` overtake
        who waits."""
        with self._changed:
            may_go = True
            for letter in () if self.stopping else list(self._letters):
                command = letter.command if isinstance(letter, Sent) else None
                may_go = may_go and (arrived or not isinstance(command, ON_ARRIVAL))
                if may_go or command is None or isinstance(command, AT_ONCE):
                    self._letters.remove(letter)
                    self._underway = letter if isinstance(letter, Sent) else None
                    return letter
            return None

    def answer(self, answer: Answer) -> None:
        with self._changed:
            self._underway = None
            self._answers.append(answer)

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def union(*questions: Question | None) -> Question | None:
    """One question for all of these: all kinds, and for each other setting the first that is set;
    None if empty."""
    asked = [question for question in questions if question is not None and question.kinds]
    if not asked:
        return None
    joined = asked[0]
    for question in asked[1:]:
        for field in dataclasses.fields(Question):
            if _is_unset(getattr(joined, field.name)):
                joined = replace(joined, **{field.name: getattr(question, field.name)})
    return replace(joined, kinds=frozenset[Kind]().union(*(question.kinds for question in asked)))


def _is_unset(value: object) -> bool:
    return value is None or value == "" or value == ()


class Viewers:
    """The viewers of a session. The first that does not only look steers; any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[int, str] = {}
        self._only_look: set[int] = set()
        self._questions: dict[int, Question | None] = {}
        self._steering: int | None = None
        self._numbers = itertools.count(LOCAL + 1)

    def join(self, name: str, number: int | None = None, only_looks: bool = False) -> int:
        """Add a viewer; returns its number, by default a new one.

        A name that is taken gets ``(2)``, ``(3)``, ...
        """
        with self._lock:
            number = next(self._numbers) if number is None else number
            names = itertools.chain([name], (f"{name} ({count})" for count in itertools.count(2)))
            self._names[number] = next(one for one in names if one not in self._names.values())
            if only_looks:
                self._only_look.add(number)
            elif self._steering is None:
                self._steering = number
            return number

    def leave(self, number: int) -> None:
        """Remove a viewer; the first of the others steers if it did."""
        with self._lock:
            self._names.pop(number, None)
            self._questions.pop(number, None)
            self._only_look.discard(number)
            if self._steering == number:
                self._steering = next(
                    (one for one in self._names if one not in self._only_look), None
                )

    def take_over(self, number: int) -> None:
        with self._lock:
            if number in self._names and number not in self._only_look:
                self._steering = number

    def asks(self, number: int, question: Question | None) -> None:
        """Note which readings a viewer needs."""
        with self._lock:
            questions = {**self._questions, number: question}
            union(*questions.values())
            # Only now: a question that cannot be joined concerns nobody else
            self._questions = questions

    @property
    def question(self) -> Question | None:
        """The readings that all viewers need together."""
        with self._lock:
            return union(*self._questions.values())

    def audience(self, number: int) -> Audience:
        with self._lock:
            others = tuple(name for one, name in self._names.items() if one != number)
            steering = "" if self._steering in (number, None) else self._names[self._steering]
            return Audience(others, steering, only_looks=number in self._only_look)

    @property
    def names(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._names.values())

    @property
    def steering(self) -> str:
        with self._lock:
            return "" if self._steering is None else self._names[self._steering]
