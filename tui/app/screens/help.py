"""What the keys do and what is seen, on one screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.app.screens.closes_once import ClosesOnce

WHAT_IS_SEEN = """\
The network reads a random series of symbols, one at a time, and must repeat each one some steps later: \
the echo. It can only do so by keeping the last few symbols in its state.

The curve is the loss of every window ever trained: bright the mean, dim the extremes. Dotted lines mark epochs, \
double lines what you did. The strip below is the error rate; a full block is that of guessing. Chance is the loss of \
guessing, floor the least an epoch's first window can have.

Each row below is one of the series that train side by side: its input, the echo that is wanted, and the network's \
prediction. A full block is a one, a base line a zero; the prediction is shaded by how sure it is, and >< is a wrong \
one. To the left are the windows before: | a window's end, double an epoch's, dashed windows that were not kept.

Why are there spikes in the curve? Each epoch has new data, cut into rows. The first few targets of a row echo the \
end of the row above, which the network has not seen: its state is zero there."""


class HelpScreen(ClosesOnce):
    """Keys, from the bindings themselves, and what is seen.

    Args:
        groups: bindings by the heading they stand under.
        ascii_only: whether arrow keys are named in letters.
    """

    BINDINGS = [Binding("escape,question_mark,q", "dismiss", "Close")]

    def __init__(self, groups: Mapping[str, Iterable[Binding]], ascii_only: bool = False) -> None:
        super().__init__()
        self._groups = groups
        self._ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            for heading, bindings in self._groups.items():
                yield Static(Text(heading, "bold"))
                yield Static(self._keys(bindings))
            yield Static(Text("What is seen", "bold"))
            yield Static(WHAT_IS_SEEN)

    def _keys(self, bindings: Iterable[Binding]) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, min_width=8)
        table.add_column()
        shown: set[str] = set()
        for binding in bindings:
            if binding.key not in shown and binding.tooltip:
                shown.add(binding.key)
                display = self.app.get_key_display(binding).replace(",", ", ")
                if self._ascii_only and not display.isascii():
                    display = binding.key
                table.add_row(display, binding.tooltip)
        return table
