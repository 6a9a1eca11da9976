"""The keys for several seeds: they go from one network to many and back, and choose the network to show."""

from __future__ import annotations

from echornn.config import EchoConfig
from echornn.session.commands import ToggleReplicas
from echornn.session.frame import Frame, State
from tui.app.part import AppPart
from tui.app.views.seeds import SeedsView
from tui.app.views.view import View


def where_it_led(config: EchoConfig, begun: bool) -> str:
    """A message that says where a turn from one network to many, or back, led, and how to come back.

    Args:
        config: the configuration after the turn.
        begun: whether its networks began then, from the start.
    """
    if config.replicas > 1:
        many = f"{config.replicas:,} networks of seeds {config.seed} to {config.seed + config.replicas - 1}"
        return f"{many}{', from the start' if begun else ''}: 6 shows each, L goes back"
    if begun:
        return f"seed {config.seed} alone, from the start: L goes back, and enter in 6 goes on there"
    return f"seed {config.seed} alone, where you left it: L goes back to the seeds"


class SeedsKeys(AppPart):
    """The part of the app for one or many networks."""

    _turned_at: tuple[Frame, int, int] | None = None
    """The frame before a turn, the number of branches then, and the number of the command."""

    @property
    def _seeds_view(self) -> SeedsView:
        return self._main.query_one(SeedsView)

    def _show_rows(self) -> None:
        """Show the replicas that the view has come to show."""
        raise NotImplementedError

    def _offer_arrows(self, view: View) -> None:
        """Let the arrow keys act in a view, if it is shown and neither a panel nor the crosshair has them."""
        raise NotImplementedError

    def _connect_the_seeds(self) -> None:
        """Its view commands the session, and looks again where it comes to show other replicas."""
        self._seeds_view.send = self._send
        self._seeds_view.on_rows = self._show_rows

    def _toggle_replicas(self, command: ToggleReplicas) -> None:
        """Send the command; when it is carried out, the screen says where it led."""
        self._turned_at = self._frame, self._picture.branch_count, self._send(command)

    def _say_the_turn(self, frame: Frame) -> None:
        """Show the message about a turn as soon as the session has arrived."""
        if self._turned_at is None or frame.state is State.LOADING or frame.message:
            return
        before, branches, number = self._turned_at
        if before.config.replicas != frame.config.replicas:
            self._hint(where_it_led(frame.config, begun=frame.branch >= branches))
            if frame.config.replicas > 1:
                self._offer_arrows(self._seeds_view)
        if number <= frame.answered:
            self._turned_at = None

    def action_replica(self, lines: int) -> None:
        """Show the next or the previous network, in the order of the seeds view."""
        if not self._says_why_not("replica"):
            self._seeds_view.choose(self._frame, lines)
