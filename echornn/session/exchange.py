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

ANSWERS_KEPT = 1_000  # more than any viewer sends before it reads the answers

COMPILING = "compiling the training loop"

LOCAL = 0  # the number of the viewer in the session's own process

Notice = Callable[[], object]
"""A function that another thread asks the training thread to call."""

Request = Sent | Notice


class Exchange:
    """Requests for the training thread: commands and notices; its answers and its newest frame.

    Sending never waits.
    """

    def __init__(self, frame: Frame, clock: Callable[[], float]) -> None:
        self.frame = frame
        self.stopping = False
        self._clock = clock
        self._message_since = clock()
        # Guards everything here, and wakes whoever waits for a change of it. A thread that holds it
        # may enter again: a signal handler sends commands at any time
        self._changed = threading.Condition()
        self._requests: deque[Request] = deque()
        self._underway: Sent | None = None
        self._answers: deque[Answer] = deque(maxlen=ANSWERS_KEPT)
        self._commands_sent = 0
        self._requests_sent = 0
        self._requests_done = -1  # of those sent; below 0 until the session was idle once
        self._ended = False

    # ---- for any thread

    def send(self, command: Command) -> int:
        with self._changed:
            self._commands_sent += 1
            number = self._commands_sent
            self._add(Sent(number, command))
            return number

    def notify(self, notice: Notice) -> None:
        with self._changed:
            self._add(notice)

    def _add(self, request: Request) -> None:
        self._requests.append(request)
        self._requests_sent += 1
        self._changed.notify_all()

    @property
    def waiting(self) -> tuple[Sent, ...]:
        with self._changed:
            requests = list(self._requests)  # a copy, since a signal handler may send more
            return tuple(request for request in requests if isinstance(request, Sent))

    @property
    def answered(self) -> int:
        """The number of the newest command before which all are answered."""
        with self._changed:
            unanswered = [sent.number for sent in self.waiting]
            if self._underway is not None:
                unanswered.append(self._underway.number)
            return min(unanswered, default=self._commands_sent + 1) - 1

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
            sent = self._requests_sent
            self._changed.wait_for(lambda: self._requests_done >= sent or self._ended, seconds)
            return self._requests_done >= sent

    def wait_for(self, shows: Callable[[Frame], bool], seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: shows(self.frame), seconds)

    @property
    def seconds(self) -> float:
        """The seconds since the frame's state or message has changed."""
        return self._clock() - self._message_since

    # ---- for the training thread

    def change(self, **changes: Any) -> None:
        self.show(replace(self.frame, **changes))

    def show(self, frame: Frame) -> None:
        with self._changed:
            before = self.frame
            self.frame = frame
            if (frame.state, frame.message) != (before.state, before.message):
                self._message_since = self._clock()
            self._changed.notify_all()

    def show_compiling(self, config: EchoConfig) -> None:
        """Show that another network is being made, or another learning rule, and what is new in
        it."""
        before = self.frame.config
        if config.replicas == before.replicas:
            what = changes_text(before, config)
        elif config.replicas == 1:
            what = "one network alone"
        else:
            what = f"{config.replicas:,} networks"
        message = f"{COMPILING} of {what}" if what else COMPILING
        self.change(state=State.LOADING, message=message, rate=0.0, coming=config)

    def wait(self, seconds: float | None, idle: bool) -> bool:
        """Wait for a request; False if the thread should stop. ``idle``: whether those before are
        done."""
        with self._changed:
            if idle and not self._requests:
                self._requests_done = self._requests_sent
                self._changed.notify_all()
            has_work = self.stopping or self._requests
            if not has_work and (seconds is None or seconds > 0):
                self._changed.wait(seconds)
            return not self.stopping

    def take(self, arrived: bool) -> Request | None:
        """The next request whose turn has come.

        Until the session has ``arrived``, only `AT_ONCE` and notices overtake one of `ON_ARRIVAL`.
        """
        with self._changed:
            request = None if self.stopping else self._next(arrived)
            if request is None:
                return None
            self._requests.remove(request)
            self._underway = request if isinstance(request, Sent) else None
            return request

    def _next(self, arrived: bool) -> Request | None:
        is_held_up = False  # by a command that waits until the session has arrived
        for request in list(self._requests):  # a copy, as above
            if not isinstance(request, Sent):
                return request
            must_wait = isinstance(request.command, ON_ARRIVAL) and not arrived
            is_held_up = is_held_up or must_wait
            if not is_held_up or isinstance(request.command, AT_ONCE):
                return request
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
            if getattr(joined, field.name) in (None, "", ()):
                joined = replace(joined, **{field.name: getattr(question, field.name)})
    return replace(joined, kinds=frozenset[Kind]().union(*(question.kinds for question in asked)))


class Viewers:
    """The viewers of a session. The first that does not only look steers; any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards everything below: the server has many threads
        self._names: dict[int, str] = {}  # by number, in the order in which they joined
        self._only_look: set[int] = set()
        self._questions: dict[int, Question | None] = {}
        self._steering: int | None = None
        self._numbers = itertools.count(LOCAL + 1)

    def join(self, name: str, number: int | None = None, only_looks: bool = False) -> int:
        """Add a viewer; returns its number, by default a new one.

        A name that is taken gets ``(2)``, ``(3)``, ...
        """
        with self._lock:
            if number is None:
                number = next(self._numbers)
            free_name, count = name, 1
            while free_name in self._names.values():
                count += 1
                free_name = f"{name} ({count})"
            self._names[number] = free_name
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
                others = [viewer for viewer in self._names if viewer not in self._only_look]
                self._steering = others[0] if others else None

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
            others = tuple(name for viewer, name in self._names.items() if viewer != number)
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
