"""Scenes of timelines that were grown by hand."""

from __future__ import annotations

from collections.abc import Sequence

from echornn.config import EchoConfig
from echornn.runs.timeline import Timeline
from echornn.session.frame import Frame, State
from echornn.session.picture import Picture
from tui.app.ghost_choice import Ghost
from tui.app.scene import Scene

NOTHING = Scene(Picture(Frame(State.LOADING, EchoConfig())))
"""Before anything is trained."""


def of_frame(frame: Frame) -> Scene:
    """Of what is drawn without losses."""
    return Scene(Picture(frame))


def scene_of(
    timeline: Timeline,
    line: int = 0,
    ghosts: Sequence[Ghost] = (),
    here: int | None = None,
    replica: int = 0,
    config: EchoConfig | None = None,
) -> Scene:
    """A branch's whole line, seen from after ``here`` of its windows, or from its end.

    Args:
        config: what the frame says is trained, where it is not what the branch says.
    """
    end = timeline.end(line).window
    here = end if here is None else here
    config = timeline.branch(line).config if config is None else config
    frame = Frame(State.PAUSED, config, trained=here, line=line, line_end=end, is_past=here < end, replica=replica)
    return Scene(Picture(frame, timeline), ghosts)
