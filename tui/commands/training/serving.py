"""Lets viewers in other processes look at the session of this program."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from echornn.session.session import Session
from tui.term.printed import quoted

if TYPE_CHECKING:
    from echornn.remote.server import Server


MOST_OF_A_WARNING = 200
"""The most characters of a warning that the viewers are told at the end."""


class Serving:
    """The server of a session, if it is wanted and the run is kept; `begin` and `end` may be called in any case.

    Args:
        folder: the folder of the run; None if it is not kept, or if no viewers are wanted.
    """

    def __init__(self, session: Session, folder: Path | None) -> None:
        self._session = session
        self._folder = folder
        self._server: Server | None = None
        self.trouble = ""
        """Why nobody can attach, if that was wanted."""

    def begin(self) -> None:
        """Start serving."""
        if self._folder is None:
            return
        from echornn.remote.server import Server  # imported late: the first frame does not need it

        try:
            self._server = Server(self._session, self._folder)
        except OSError as error:
            self.trouble = f"nobody can attach: {error.strerror or error}"

    def begin_soon(self) -> None:
        """Start serving on a thread of its own, since the disk may be slow."""
        threading.Thread(target=self.begin, name="begin serving", daemon=True).start()

    def end(self, reason: str, command: str = "go on with echornn-tui --resume") -> None:
        """Tell the viewers why the session ends, and how to continue, wherever their current folder is."""
        server, self._server = self._server, None
        if server is not None and self._folder is not None:
            recorder = self._session.recorder
            trouble = "" if recorder.saved else recorder.warning[:MOST_OF_A_WARNING] or "the disk was too slow"
            reason = f"{reason} ({trouble})" if trouble else reason
            server.close(f"{reason}: {command} {quoted(self._folder.absolute())}", trouble)
