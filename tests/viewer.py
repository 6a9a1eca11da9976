"""A session that has nothing but pictures: what an app draws of it is drawn of them alone."""

from __future__ import annotations

from typing import Any

from echornn.session.pictures.picture import Picture
from echornn.session.pictures.queries import Query
from tests.scripted import ScriptedSession

FOR_VIEWERS = ("look", "look_again", "send", "not_done", "run", "stop", "stopped")
"""What a viewer may use of a session."""


class PictureSession(ScriptedSession):
    """Answers every query with the picture that a test sets, whatever is asked; it has no run, and obeys no command."""

    def __init__(self, picture: Picture) -> None:
        super().__init__(picture.frame.config)
        self.picture = picture

    def look(self, query: Query, before: Picture | None = None) -> Picture:
        return self.picture

    def look_again(self, query: Query, picture: Picture) -> Picture:
        return self.picture


class OnlyForViewers:
    """A session of which nothing can be used but what every viewer may use."""

    def __init__(self, session: PictureSession) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        assert name in FOR_VIEWERS, f"a viewer reads pictures, not {name}"
        return getattr(self._session, name)
