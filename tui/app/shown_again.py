"""The key that copies the command line for what is on the screen."""

from __future__ import annotations

from echornn.session.queries import Query
from tui.app.part import AppPart
from tui.kit.command_text import command_again, command_of
from tui.term.printable import printable


class ShownAgain(AppPart):
    """The part of the app that copies the command line for what it shows."""

    def action_copy(self) -> None:
        """Copy the command to the terminal's clipboard, if it has one, and show the command."""
        frame, path = self._frame, self.session.look_again(Query(path=True), self._picture).path
        if path:
            command = command_again(path, frame.trained, frame.is_past, self.session.recorder.folder)
        else:
            command = command_of(frame.config)
        self.copy_to_clipboard(printable(command))
        self.notify(command, title="copied", markup=False)
