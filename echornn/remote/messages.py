"""The messages between a viewer and a session in another process.

After the greetings, the viewer sends a `Request`, the session answers it by a `Reply`, and so on in
turn, so that a slow viewer gets fewer pictures, and never old ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from echornn.session.commands import Answer, Command
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Picture, Query

FRAMES_KEPT = 4  # so that a viewer can look again at those it was shown last; chosen by eye


@dataclass(frozen=True)
class TakeControl:
    """Steer from now on."""


@dataclass(frozen=True)
class Request:
    """What a viewer sends each time: commands to carry out, and the picture that it wants then."""

    todo: tuple[Command | TakeControl, ...]
    query: Query
    again: int | None = None  # which of the kept frames to look at again; None for the newest frame


@dataclass(frozen=True, eq=False)
class Reply:
    """What the session answers."""

    # None if it is the one before; its frame counts this viewer's commands only
    picture: Picture | None = None
    # To those of its commands that were not carried out, since the last reply
    not_done: tuple[Answer, ...] = ()
    ended: str = ""  # why the session ends, if it does; then nothing follows


def keeping(frames: tuple[Frame, ...], frame: Frame) -> tuple[Frame, ...]:
    """The frames that both sides keep once a picture of this one was sent: the last, in order."""
    if frame in frames:
        return frames
    return (*frames, frame)[-FRAMES_KEPT:]


def kept_parts(frames: Sequence[Frame]) -> list[object]:
    """What need not be sent again: the frames kept, and the windows and readings of the newest."""
    parts: list[object] = [*frames]
    if frames:
        newest = frames[-1]
        parts += [*newest.recent, newest.progress, newest.readings]
    return parts
