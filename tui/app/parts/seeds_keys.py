"""The keys for several seeds: switch between one network and many, and select the network to show."""

from __future__ import annotations

from echornn.config import EchoConfig
from echornn.session.commands import ToggleReplicas
from echornn.session.pictures.frame import Frame, State
from tui.app.parts.part import AppPart
from tui.app.views.seeds import SeedsView
from tui.app.views.view import View


def where_it_led(config: EchoConfig, begun: bool, seeds_shown: bool = False) -> str:
    """The message after a switch between one network and many: what is trained now, and how to switch back.

    Args:
        config: the configuration after the switch.
        begun: whether the switch started new networks at window 0, rather than returning to existing ones.
        seeds_shown: whether the view of the seeds is shown, so that its key need not be named.
    """
    if config.replicas > 1:
        many = f"{config.replicas:,} networks of seeds {config.seed} to {config.seed + config.replicas - 1}"
        each = "" if seeds_shown else "«view.seeds» shows each, "
        return f"{many}{', from the start' if begun else ''}: {each}«seeds» goes back"
    if begun:
        return f"seed {config.seed} alone, from the start: «seeds» goes back, and «alone» in «view.seeds» goes on there"
    return f"seed {config.seed} alone, where you left it: «seeds» goes back to the seeds"


class SeedsKeys(AppPart):
    """The part of the app that switches between one network and many."""

    _turned_at: tuple[Frame, int, int] | None = None
    """State before the latest switch: the frame and the number of branches; then the number of the switch command."""

    @property
    def _seeds_view(self) -> SeedsView:
        return self._main.query_one(SeedsView)

    def _show_rows(self) -> None:
        """Show the losses of the replicas that the seeds view has scrolled to."""
        raise NotImplementedError

    def _offer_arrows(self, view: View) -> None:
        """Give a view the arrow keys, if it is shown and neither a panel nor the crosshair uses them."""
        raise NotImplementedError

    def _connect_the_seeds(self) -> None:
        """Connect the seeds view to the session: its commands are sent, and new rows are fetched when it scrolls."""
        self._seeds_view.send = self._send
        self._seeds_view.on_rows = self._show_rows

    def _toggle_replicas(self, command: ToggleReplicas) -> None:
        """Send the command that switches between one network and many; a message follows once it is carried out."""
        self._turned_at = self._frame, self._picture.branch_count, self._send(command)

    def _say_the_turn(self, frame: Frame) -> None:
        """Show the message about a switch as soon as the session has carried it out."""
        if self._turned_at is None or frame.state is State.LOADING or frame.message:
            return
        before, branches, number = self._turned_at
        if before.config.replicas != frame.config.replicas:
            self._hint(where_it_led(frame.config, frame.branch >= branches, self._seeds_view.display))
            if frame.config.replicas > 1:
                self._offer_arrows(self._seeds_view)
        if number <= frame.answered:
            self._turned_at = None

    def action_replica(self, lines: int) -> None:
        """Show the network that is ``lines`` further down in the seeds view (negative: further up)."""
        if not self._says_why_not("replica"):
            self._seeds_view.choose(self._frame, lines)
