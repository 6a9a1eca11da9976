"""The newest frames that a viewer was sent, and their parts: what it need not be sent again."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace

from echornn.progress import Progress
from echornn.readings import Readings
from echornn.remote.messages import FRAMES_KEPT, Head
from echornn.session.pictures.frame import Frame
from echornn.session.wire import WireError, decode


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
