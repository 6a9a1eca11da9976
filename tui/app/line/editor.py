"""The text that is typed after ``:``, with its cursor, its completion and earlier lines; without drawing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile

MOST_CHARACTERS = 2000
"""The most characters of a line."""

Complete = Callable[[str], Sequence[str]]
"""Returns the lines to which the beginning of a line can be completed."""


class LineEditor:
    """A line that is typed.

    Args:
        earlier: the lines entered before, oldest first.
        complete: see `Complete`.
    """

    def __init__(self, earlier: Sequence[str], complete: Complete) -> None:
        self.text = ""
        self.at = 0
        """The cursor, in characters from the beginning."""
        self._earlier = list(earlier)
        self._complete = complete
        self._shown = len(self._earlier)
        self._draft = ""
        self._cycle: Sequence[str] = ()

    @property
    def suggestion(self) -> str:
        """What would follow the text: the rest of the newest earlier line that begins with it, or of a completion."""
        if not self.text or self.at < len(self.text):
            return ""
        begun = (one for one in (*reversed(self._earlier), *self.candidates) if one.startswith(self.text))
        return next((one[len(self.text) :] for one in begun if one != self.text), "")

    @property
    def candidates(self) -> Sequence[str]:
        """The lines to which the text before the cursor can be completed."""
        return self._complete(self.text[: self.at])

    # ---- keys

    def insert(self, text: str) -> None:
        """Type text at the cursor; characters that cannot be printed are left out."""
        plain = "".join(one for one in text.replace("\n", "; ").replace("\t", " ") if one.isprintable())
        plain = plain[: max(0, MOST_CHARACTERS - len(self.text))]
        self._set(self.text[: self.at] + plain + self.text[self.at :], self.at + len(plain))

    def erase(self, until: int) -> None:
        """Erase the text from the cursor to another position."""
        first, last = sorted((self.at, max(0, min(until, len(self.text)))))
        self._set(self.text[:first] + self.text[last:], first)

    def move(self, to: int) -> None:
        """Move the cursor."""
        self.at = max(0, min(to, len(self.text)))

    @property
    def word_before(self) -> int:
        """Where the word before the cursor begins."""
        before = self.text[: self.at].rstrip(" ")
        return len(before) - len("".join(takewhile(lambda one: one != " ", reversed(before))))

    def accept(self) -> bool:
        """Take over the suggestion; False if there is none."""
        suggestion = self.suggestion
        if suggestion:
            self._set(self.text + suggestion, len(self.text) + len(suggestion))
        return bool(suggestion)

    def tab(self) -> None:
        """Complete as far as all candidates agree; from there on, go through them."""
        if self.text not in self._cycle:
            self._cycle = self.candidates
        candidates = self._cycle
        if not candidates:
            self.accept()
            return
        common = _common(candidates)
        if len(common) > len(self.text):
            new = common
        elif self.text in candidates:
            new = candidates[(candidates.index(self.text) + 1) % len(candidates)]
        else:
            new = candidates[0]
        self._set(new, len(new), keeps_cycle=True)

    def earlier(self, lines: int) -> None:
        """Show an earlier line (-1), or a later one (1); after the newest comes what was being typed."""
        if self._shown == len(self._earlier):
            self._draft = self.text
        self._shown = max(0, min(self._shown + lines, len(self._earlier)))
        text = self._draft if self._shown == len(self._earlier) else self._earlier[self._shown]
        self.text, self.at = text, len(text)

    def _set(self, text: str, at: int, keeps_cycle: bool = False) -> None:
        self.text, self.at = text, at
        self._shown = len(self._earlier)
        if not keeps_cycle:
            self._cycle = ()


def _common(texts: Sequence[str]) -> str:
    """The longest beginning that all texts share."""
    first, last = min(texts), max(texts)
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(one for one, _ in shared)
