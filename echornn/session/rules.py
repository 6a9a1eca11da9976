"""May this command? All the rules by which a session does not carry out a command.

The session asks them once, when a command's turn comes, and its answer counts. The server asks
`may_send` before, since only it knows which viewer sends. A screen asks the same functions for the
picture that it shows, to give a hint in place of sending what would do nothing. Whether a
configuration can be trained is not decided here, but by `EchoConfig` and by the trainer.
"""

from __future__ import annotations

from echornn.run.branch import Position, letter_of
from echornn.run.tree import Tree
from echornn.session import commands
from echornn.session.commands import Command, NoteCommand
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Audience

AT_THE_START = "this is the start: nothing was trained before it"
NOTHING_ON_THIS_PATH = (
    "nothing to undo on this path: «seeds» and «branches» lead to the rest of the run"
)
ONE_NETWORK = "this is one network"


class NotThereError(Exception):
    """The branch or the window to show does not exist."""


def may_send(command: Command, audience: Audience) -> bool:
    """Whether a viewer's command is taken: what it asks always; names and pins of branches also
    while another viewer steers."""
    if isinstance(command, commands.Ask):
        return True
    if isinstance(command, NoteCommand):
        return audience.may_note
    return audience.may_steer


def why_no_effect(command: Command, frame: Frame) -> str:
    """Why a command would have no effect, or empty if it has one, or if that is not known before
    the session has loaded.

    A ConfigError if an `Edit` has a bad value.
    """
    is_loaded = frame.state is not State.LOADING
    replicas = frame.config.replicas
    match command:
        case commands.Reset() if is_loaded and frame.trained == 0:
            return AT_THE_START
        case commands.Undo() if is_loaded and frame.undoable == 0:
            if frame.trained_in_all > frame.path_end:
                return NOTHING_ON_THIS_PATH
            return "nothing to undo"
        case commands.Redo() if not frame.redoable:
            return "nothing to redo"
        case commands.Alone() if replicas == 1:
            return ONE_NETWORK
        case commands.ToggleReplicas(int()) if replicas > 1:
            return f"{replicas} seeds are trained already: «seeds» goes to one network"
        case commands.Edit(changes) if frame.config.with_fields(changes) == frame.config:
            return "this is what is trained"
        case _:
            return ""


def require_there(command: Command, position: Position, tree: Tree) -> None:
    """A NotThereError if a command at position ``position`` names a branch that does not exist, or
    exactly a window that does not."""
    match command:
        case commands.Name() | commands.Pin() | commands.Hide():
            _require_branch(command.branch, tree)
        case commands.Go(branch, window, is_exact):
            branch = position.branch if branch is None else branch
            _require_branch(branch, tree)
            if is_exact and window is not None:
                _require_window(Position(branch, window), tree)
        case commands.Move(windows, is_exact=True):
            _require_window(Position(position.branch, position.window + windows), tree)


def _require_branch(branch: int, tree: Tree) -> None:
    branches = len(tree)
    if not 0 <= branch < branches:
        name = letter_of(branch) if branch >= 0 else str(branch)
        raise NotThereError(f"{name} is no branch of this run: a to {letter_of(branches - 1)}")


def _require_window(position: Position, tree: Tree) -> None:
    last = tree.end(position.branch).window
    if not 0 <= position.window <= last:
        there = f"0 to {last:,} on branch {letter_of(position.branch)}"
        raise NotThereError(f"window = {position.window:,} cannot be shown: {there}")
