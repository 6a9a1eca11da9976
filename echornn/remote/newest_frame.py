"""The newest frame of a session for viewers in other processes: encoded once for all of them."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from echornn.progress import Progress
from echornn.readings import Readings
from echornn.remote.messages import FramePart
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture
from echornn.session.session import Session
from echornn.session.wire import encode

SECONDS_OF_A_FRAME = 0.05
"""How old a frame may be that is shown to the viewer that steers, while training runs."""

SECONDS_FOR_A_WATCHER = 0.15
"""The same for viewers that only watch, so that they mostly see frames that are encoded already."""


def parts_of(frame: Frame) -> tuple[Progress | Readings, ...]:
    """The large parts of a frame, which are the same objects in many frames: its windows, and its readings."""
    parts = (*frame.tape, frame.progress, frame.readings, frame.vitals)
    return tuple(dict.fromkeys(one for one in parts if one is not None))


@dataclass(frozen=True, eq=False)
class NumberedPart:
    """A part of frames, with its number, from 1."""

    number: int
    value: Progress | Readings

    @cached_property
    def data(self) -> bytes:
        """The part as bytes."""
        return encode(FramePart(self.value))


@dataclass(eq=False)
class NumberedFrame:
    """A frame of a session, with its number, from 1, and its parts.

    Attributes:
        picture: the newest picture of this frame, for whichever viewer, from which other pictures reuse parts.
    """

    number: int
    frame: Frame
    parts: tuple[NumberedPart, ...]
    picture: Picture | None = None

    @cached_property
    def data(self) -> bytes:
        """The frame as bytes, without its parts."""
        return encode(self.frame, [part.value for part in self.parts])


class NewestFrame:
    """The newest frame of a session, numbered. Any thread may call."""

    def __init__(self, session: Session, clock: Callable[[], float] = time.monotonic) -> None:
        self._session = session
        self._clock = clock
        self._lock = threading.Lock()
        self._newest: NumberedFrame | None = None
        self._part_numbers = itertools.count(1)
        self._since = 0.0

    def get(self, seconds: float = SECONDS_OF_A_FRAME) -> NumberedFrame:
        """The newest frame, or one that was the newest less than ``seconds`` ago, unless commands were carried out
        meanwhile.
        """
        with self._lock:
            frame, newest, now = self._session.frame, self._newest, self._clock()
            if newest is not None:
                is_same_still = now < self._since + seconds and frame.answered == newest.frame.answered
                if frame is newest.frame or is_same_still:
                    return newest
            known = {} if newest is None else {part.value: part for part in newest.parts}
            parts = [known.get(one) or NumberedPart(next(self._part_numbers), one) for one in parts_of(frame)]
            self._newest = NumberedFrame(1 if newest is None else newest.number + 1, frame, tuple(parts))
            self._since = now
            return self._newest
