"""The keys of a lottery, wherever the arrows are: one network or many, and which of them is looked at."""

from __future__ import annotations

from echornn.session.frame import State
from tui.app import keys
from tui.app.part import Part
from tui.app.views.lottery import LotteryView
from tui.app.widgets.loss_plot import LossPlot


class Lotteries(Part):
    """An app that shows one network, or one of many."""

    @property
    def _lottery(self) -> LotteryView:
        return self._main.query_one(LotteryView)

    def _connect_the_lottery(self) -> None:
        """Its view asks for what it draws alone, and commands the session."""
        view, session = self._lottery, self.session
        view.shades_of = lambda which, columns, first, last: session.shades(
            which, columns, first, last, self._frame.line
        )
        view.axis = lambda: self._main.query_one(LossPlot).axis
        view.on_choose = session.choose
        view.on_alone = session.alone

    def action_lottery(self) -> None:
        """From one network to many, or back to where it stood before it became many."""
        self.session.lottery()
        if self._frame.state is State.LOADING:
            self._hint(keys.LATER)
        elif self._frame.config.replicas == 1:
            self._hint(keys.MAKES_A_LOTTERY)

    def action_replica(self, lines: int) -> None:
        """Look at the next network, or the one before, in the order of the lottery's view."""
        self._lottery.choose(self._frame, lines)
