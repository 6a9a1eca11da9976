"""A session that has only pictures, so that an app can draw only these."""

from __future__ import annotations

from echornn.session.frame import Frame
from echornn.session.picture import Picture
from echornn.session.queries import Query
from tests.scripted import ScriptedSession


class PictureSession(ScriptedSession):
    """Answers every query with the picture that a test sets; it has no run, and carries out no command."""

    def __init__(self, picture: Picture) -> None:
        super().__init__(picture.frame.config)
        self.picture = picture

    @property
    def frame(self) -> Frame:
        return self.picture.frame

    def look(self, query: Query, before: Picture | None = None) -> Picture:
        return self.picture

    def look_again(self, query: Query, picture: Picture) -> Picture:
        return self.picture
