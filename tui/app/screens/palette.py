"""The command palette, which runs one command however many keys come at once."""

from __future__ import annotations

from textual import on
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.widgets import Input, OptionList


class Palette(CommandPalette):
    """Textual's palette; keys that come after the one that chose are not for it any more.

    Two ``enter`` in one packet choose twice: the command runs twice, or a part that has gone is asked.
    """

    _has_chosen = False

    @on(Input.Submitted)
    def _not_after_choosing(self, event: Input.Submitted) -> None:
        if self._has_chosen:
            event.stop().prevent_default()

    @on(OptionList.OptionSelected)
    def _choose_once(self, event: OptionList.OptionSelected) -> None:
        if self._has_chosen:
            event.stop().prevent_default()
        self._has_chosen = True

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close the palette; nothing where it is closed."""
        if self.app.screen is self:
            return super().dismiss(result)
        done: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]
        return done
