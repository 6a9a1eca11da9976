"""The newest frames that a viewer was sent, and their parts: what it need not be sent again."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from echornn.progress import Progress
from echornn.readings import Readings
from echornn.remote.messages import FRAMES_KEPT, FramePart, Head
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture
from echornn.session.session import Session
from echornn.session.wire import WireError, decode, encode


class KeptFrames:
    """The newest `FRAMES_KEPT` frames, with their numbers and parts. One thread keeps frames; any may ask."""

    def __init__(self) -> None:
        self._frames: deque[tuple[int, Frame]] = deque(maxlen=FRAMES_KEPT)
        self._parts: deque[dict[int, Progress | Readings]] = deque(maxlen=FRAMES_KEPT)

    def keep(self, head: Head, frame: bytes, new: Mapping[int, Progress | Readings]) -> None:
        """Keep a frame, which is made of parts that were sent with it or before."""
        known = {**new, **{number: part for parts in self._parts for number, part in parts.items()}}
        try:
            parts = {number: known[number] for number in head.parts}
        except KeyError as error:
            raise WireError(f"part {error} of frame {head.frame} was never sent") from error
        self._frames.append((head.frame, decode(frame, Frame, [*parts.values()])))
        self._parts.append(parts)

    def shown(self, head: Head) -> Frame:
        """The frame of an answer, which says how many of this viewer's commands were carried out."""
        for index, (number, frame) in enumerate(self._frames):
            if number == head.frame:
                if frame.answered != head.answered:
                    frame = replace(frame, answered=head.answered)
                    self._frames[index] = number, frame
                return frame
        raise WireError(f"frame {head.frame} was never sent")

    def number_of(self, frame: Frame) -> int:
        """The number of a frame; 0 if it is not kept."""
        return next((number for number, one in list(self._frames) if one is frame), 0)


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
