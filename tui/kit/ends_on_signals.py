"""An app that ends at once on a signal, and ignores all later keys."""

from __future__ import annotations

from typing import Generic, TypeVar

from rich.console import RenderableType
from textual.app import App
from textual.events import Event, InputEvent, Paste

from tui.term.exit_code import ExitCode
from tui.term.loop_signals import LoopSignals, call_on_signals

Result = TypeVar("Result")


class EndsOnSignals(App[Result], Generic[Result]):
    """The base class of apps that end on signals. Keys that are still waiting are ignored: each might draw, and there
    may be thousands.
    """

    _is_leaving = False
    _signals: LoopSignals | None = None

    def on_mount(self) -> None:
        self._signals = call_on_signals(lambda: self._leave(ExitCode.CHECKPOINTED), self._save)

    def on_unmount(self) -> None:
        if self._signals is not None:
            self._signals.end()

    def _leave(self, code: ExitCode) -> None:
        """End with this exit code."""
        raise NotImplementedError

    def _save(self) -> None:
        """Save to disk."""

    def exit(self, result: Result | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """End the app, and ignore all later keys."""
        self._is_leaving = True
        super().exit(result, return_code, message)

    async def on_event(self, event: Event) -> None:
        """Handle an event, unless the app is ending and the event is input."""
        if not (self._is_leaving and isinstance(event, InputEvent | Paste)):
            await super().on_event(event)
