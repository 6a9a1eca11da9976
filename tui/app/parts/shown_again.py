"""The key that copies a command line that shows the same screen again."""

from __future__ import annotations

from echornn.session.pictures.queries import Query
from tui.app.parts.part import AppPart
from tui.kit.command_text import command_again, command_of
from tui.term.printed import printable


class ShownAgain(AppPart):
    """The part of the app that copies the command line for the shown position."""

    def action_copy(self) -> None:
        """Copy the command line to the clipboard, if the terminal supports this, and show it."""
        frame, path = self._frame, self.session.look_again(Query(path=True), self._picture).path
        again = command_again(path, frame.trained, frame.is_past, self._folder) if path else command_of(frame.config)
        self.copy_to_clipboard(printable(again))
        self.notify(again, title="copied", markup=False)
