"""The command palette: the actions of all keys, and some that have no key; and what some of these do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from textual.app import App, SystemCommand
from textual.screen import Screen

from echornn.session.pictures.picture import Query
from tui.app import key_effects, keys
from tui.app.parts.part import AppPart
from tui.app.save_screen import save_picture, save_text
from tui.app.views.table import VIEWS
from tui.kit.command_text import command_again, command_of
from tui.kit.palette import Palette
from tui.kit.theme import Theme, remember
from tui.term.printed import printable

EXPORT_SECONDS = 0.3
"""Seconds that an export waits for the command palette to disappear from the screen."""


class PaletteCommands(AppPart):
    """The part of the app with the command palette."""

    def action_copy(self) -> None:
        """Copy the command line to the clipboard, if the terminal supports this, and show it."""
        frame, path = self._frame, self.session.look_again(Query(path=True), self._picture).path
        again = command_again(path, frame.trained, frame.is_past, self._folder) if path else command_of(frame.config)
        self.copy_to_clipboard(printable(again))
        self.notify(again, title="copied", markup=False)

    def action_other_theme(self) -> None:
        self.theme = f"textual-{self._other_theme}"
        if not self._picture.audience.only_looks:
            remember(self._shown_theme)

    @property
    def _shown_theme(self) -> Theme:
        return "light" if self.theme == "textual-light" else "dark"

    @property
    def _other_theme(self) -> Theme:
        return "dark" if self.theme == "textual-light" else "light"

    def action_export(self, save: Callable[[App[int], Path], Path]) -> None:
        """Save the screen to a file in the current folder, and show the file's path."""
        if not self._may_use_files():
            return
        try:
            self.notify(f"saved {save(self, Path.cwd())}", markup=False)
        except OSError as error:
            self.notify(f"could not be saved: {error}", severity="error", markup=False)

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(self.get_system_commands(self.screen)))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The entries of the command palette: every key's action, and actions without a key."""
        for view in VIEWS:
            showing = partial(self.call_later, self.run_action, f"view('{view.key}')")
            yield SystemCommand(f"View: {view.title}", f"{view.about} ({keys.key_of(view)})", showing)
        for binding in keys.BINDINGS:
            if binding not in keys.VIEW_KEYS and key_effects.is_offered(binding.action, self._frame):
                action = binding.action
                yield SystemCommand(
                    binding.description,
                    f"{binding.tooltip} ({self.get_key_display(binding)})".strip(),
                    lambda action=action: self.call_later(self.run_action, action),
                )
        other = self._other_theme
        yield SystemCommand(f"Theme: {other}", f"A {other} background", self.action_other_theme)
        for name, save in (("picture", save_picture), ("text", save_text)):
            later = partial(self.set_timer, EXPORT_SECONDS, partial(self.action_export, save))
            yield SystemCommand(f"Save {name}", f"Export the screen as {name} to the current folder", later)
