"""A line on standard error that says what a user waits for, in place, and is gone at the end."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator

from tui.term import printed

# Of silence before it is shown: what is quicker needs no word. Chosen by eye
SILENT_SECONDS = 1.0
LOOK_SECONDS = 0.5  # between two pictures of the line, whose seconds count up
PLAIN_SECONDS = 10.0  # between two lines where none can be erased: a file, a pipe
ERASE = "\r\x1b[K"
COLUMNS = 80  # of a terminal that does not say how many it has


class WaitingLine:
    """What is done, and how much is left, while nothing is printed.

    On a terminal it is rewritten in place. Elsewhere it is a plain line each ten seconds, if it
    says something new.
    """

    def __init__(self) -> None:
        self.is_rewritten = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._text = ""
        self._text_since = self._quiet_since = time.monotonic()
        self._plain = ""  # the last plain line
        self._is_shown = False
        # Guards all of these, and the terminal: rows may be printed by another thread
        self._lock = threading.Lock()
        self._has_ended = threading.Event()

    def __enter__(self) -> WaitingLine:
        threading.Thread(target=self._keep_shown, name="waiting line", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._has_ended.set()
        self.say("")

    def say(self, text: str) -> None:
        """Show this from now on; an empty text is nothing."""
        with self._lock:
            if text != self._text:
                self._text, self._text_since = text, time.monotonic()
            if not text:
                self._erase()

    @contextlib.contextmanager
    def hidden(self) -> Iterator[None]:
        """While something else is printed."""
        with self._lock:
            self._erase()
            yield
            self._quiet_since = time.monotonic()

    def between(self, rows: Iterable[str]) -> Iterator[str]:
        """These rows, each of which is printed while the line is hidden."""
        for row in rows:
            with self.hidden():
                yield row

    def _keep_shown(self) -> None:
        seconds = LOOK_SECONDS if self.is_rewritten else PLAIN_SECONDS
        while not self._has_ended.wait(seconds):
            with self._lock:
                if not self._text or time.monotonic() - self._quiet_since < SILENT_SECONDS:
                    continue
                if self.is_rewritten:
                    self._rewrite()
                elif self._text != self._plain:
                    self._plain = self._text
                    printed.complain(f"echornn-tui: {self._text}")

    def _rewrite(self) -> None:
        seconds = time.monotonic() - self._text_since
        text = self._text if seconds < 1 else f"{self._text} ({seconds:.0f} s)"
        with contextlib.suppress(OSError):
            columns = os.get_terminal_size(sys.stderr.fileno()).columns or COLUMNS
            sys.stderr.write(f"{ERASE}{printed.printable(text)[: columns - 1]}")
            sys.stderr.flush()
            self._is_shown = True

    def _erase(self) -> None:
        if self._is_shown:
            self._is_shown = False
            with contextlib.suppress(OSError):
                sys.stderr.write(ERASE)
                sys.stderr.flush()
