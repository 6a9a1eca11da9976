"""Screens on top of others that two keys in one packet cannot close twice."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

Result = TypeVar("Result")


class LeftOnce(ModalScreen[Result]):
    """A screen that is closed only while it is on top.

    Textual closes whatever is on top, whoever asks, and fails where nothing is left: a second ``escape`` that was on
    its way already closes the screen below, or ends the app.
    """

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close this screen; nothing where it is closed, or another lies on it."""
        if self.app.screen is self:
            return super().dismiss(result)
        done: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]
        return done
