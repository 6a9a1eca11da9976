"""Why a command would have no effect: for the answer to the command, and for the key that sends it."""

from __future__ import annotations

from echornn.session.commands import Alone, Command, Edit, Redo, Reset, ToggleReplicas, Undo
from echornn.session.pictures.frame import Frame, State

AT_THE_START = "this is the start: nothing was trained before it"

NOTHING_ON_THIS_PATH = "nothing to undo on this path: «seeds» and «branches» lead to the rest of the run"

ONE_NETWORK = "this is one network"


def why_nothing(command: Command, frame: Frame) -> str:
    """The reason why a command would have no effect in this frame; empty if it would have one, or if that is unknown
    while the network loads.

    Raises:
        ConfigError: the command changes a field to an invalid value.
    """
    is_known = frame.state is not State.LOADING
    match command:
        case Reset() if is_known and frame.trained == 0:
            return AT_THE_START
        case Undo() if is_known and frame.undoable == 0:
            return NOTHING_ON_THIS_PATH if frame.trained_in_all > frame.line_end else "nothing to undo"
        case Redo() if not frame.redoable:
            return "nothing to redo"
        case Alone() if frame.config.replicas == 1:
            return ONE_NETWORK
        case ToggleReplicas(int()) if frame.config.replicas > 1:
            return f"{frame.config.replicas} seeds are trained already: «seeds» goes to one network"
        case Edit(changes) if frame.config.with_fields(changes) == frame.config:
            return "this is what is trained"
        case _:
            return ""
