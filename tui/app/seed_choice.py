"""Which of several networks is shown: the one that was chosen last."""

from __future__ import annotations

from collections.abc import Callable

from echornn.session.commands import Choose, Command
from tui.app.shown import Shown
from tui.views.seeds import SeedsView
from tui.views.solutions import SolutionsView


class SeedChoice:
    """Chooses networks in the view of seeds, and on the map of solutions; each function returns why
    not, or nothing."""

    def __init__(
        self,
        shown: Shown,
        view: SeedsView,
        solutions: SolutionsView,
        send: Callable[[Command], str],
    ) -> None:
        self._shown = shown
        self._view = view
        self._solutions = solutions
        self._send = send

    def move(self, lines: int) -> str:
        """Choose the network so many lines below in the view."""
        replica = self._view.replica_below(self._shown.frame, lines)
        return "" if replica is None else self.choose(replica)

    def choose_seed(self, seed: int) -> str:
        first = self._shown.frame.config.seed
        last = first + self._shown.frame.config.replicas - 1
        if not first <= seed <= last:
            return f"{seed} is not trained here: {first} to {last}"
        return self.choose(seed - first)

    def choose(self, replica: int) -> str:
        """Have a network shown, unless it is the one that is shown or will be."""
        why_not = ""
        if replica != self._view.chosen(self._shown.frame):
            why_not = self._send(Choose(replica))
        if not why_not:
            self._view.mark_chosen(replica)
            self._solutions.redraw()
        return why_not
