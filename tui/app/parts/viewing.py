"""The part of the app that shows views, requests the probe readings that they need, and draws them."""

from __future__ import annotations

from dataclasses import replace

from echornn.config import EchoConfig
from echornn.readings import Question
from echornn.session.commands import Ask, ToggleReplicas
from echornn.session.exchange import union
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Picture, Query
from tui.app import key_effects
from tui.app.curve.loss_plot import LossPlot
from tui.app.futures import Futures
from tui.app.parts.part import LARGER, AppPart
from tui.app.views.choice import ViewChoice
from tui.app.views.seeds import SeedsView
from tui.app.views.table import VIEWS
from tui.app.views.view import View
from tui.kit.key_line import KeyLine


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


class Viewing(AppPart):
    """The part of the app that manages the views below the curve."""

    futures: Futures
    _choice = ViewChoice()
    _picture_of_views: Picture | None = None
    _asked: Question | None = None
    _turned_at: tuple[Frame, int, int] | None = None
    """State before the latest switch: the frame and the number of branches; then the number of the switch command."""

    @property
    def _query(self) -> Query:
        """The query for the next picture, without the rows of the seeds view."""
        raise NotImplementedError

    @property
    def _plot(self) -> LossPlot:
        return self._main.query_one(LossPlot)

    @property
    def _all_views(self) -> list[View]:
        return [self._main.query_one(view) for view in VIEWS]

    @property
    def _views(self) -> list[View]:
        """The views that are visible."""
        return [view for view in self._all_views if view.display]

    def action_view(self, key: str) -> None:
        """Show the view with this number key, or, if the screen is too small, as soon as it is larger. If the view that
        it replaces had the arrow keys, the new view gets them.
        """
        self._choice = self._choice.pressed(key)
        if self._main.has_class("small"):
            title = next(view.title for view in VIEWS if view.key == key)
            self._hint(LARGER.format(title))
            return
        had_the_arrows = isinstance(self._main.focused, View)
        self._lay_out(self.size)
        self._show_views()
        view = next(view for view in self._all_views if view.key == key)
        left_without = had_the_arrows and not isinstance(self._main.focused, View)
        if left_without:
            self._focus(view)
        elif view.wants_arrows:
            self._offer_arrows(view)
        self._show_status()

    def _offer_arrows(self, view: View) -> None:
        """Give a view the arrow keys, if it is shown and neither a panel nor the crosshair uses them."""
        crosshair = self._plot.viewport.cursor
        if view.display and self._watching and crosshair is None:
            self._focus(view)

    @property
    def _watching(self) -> bool:
        """Whether the curve or a view has the keyboard focus."""
        return len(self.screen_stack) == 1 and isinstance(self._main.focused, LossPlot | View | None)

    @property
    def _has_cursor(self) -> bool:
        """Whether escape has something to do on the curve or a view: a cursor to remove, or the newest to follow."""
        viewport = self._plot.viewport
        return viewport != viewport.following() or any(view.reading and not view.reads_beside for view in self._views)

    async def action_on_a_view(self, name: str) -> None:
        """Handle a view's key while the curve or another view has the focus: the view takes the focus.

        Args:
            name: the id of the view's binding.
        """
        for view in self._views:
            action = view.own_actions().get(name)
            if action is not None:
                self._focus(view)
                await view.run_action(action)
                return
        self._hint(key_effects.views_of(name))

    def action_no_view(self, digit: str) -> None:
        """Say that no view has this digit as its key."""
        self._hint(key_effects.no_view_of(digit))

    def action_no_rows(self) -> None:
        """Say that the curve has no rows to choose among, if it has the arrow keys."""
        if not isinstance(self._main.focused, View):
            self._hint(key_effects.NO_ROWS)

    def action_no_curve(self) -> None:
        """Say that the curve, whose key this is, is not shown."""
        self._refuse(LARGER.format("curve"))

    @property
    def _shows_no_curve(self) -> bool:
        """Whether the screen is too small for the curve, whose keys can do nothing then; if so, the screen says it."""
        is_small = self._main.has_class("small")
        if is_small:
            self.action_no_curve()
        return is_small

    async def action_on_the_curve(self, action: str) -> None:
        """Handle a key of the curve while a view has the focus: the curve takes the focus if its crosshair moves."""
        if self._shows_no_curve:
            return
        plot = self._plot
        if action == "go_there" and plot.viewport.cursor is None:
            self._hint(key_effects.NO_CROSSHAIR)
            return
        self._focus(plot)
        await plot.run_action(action)

    def _place_views(self, shown: tuple[type[View], ...], lines: int) -> None:
        """Show these views on ``lines`` lines, and hide all others. If a hidden view had the focus, the curve gets
        it.
        """
        self._main.query_one("#views").styles.height = lines
        for view in self._all_views:
            view.display = type(view) in shown
            if not view.display and view is self._main.focused:
                self._watch_again()
        self._main.query_one(KeyLine).redraw()  # it marks the views that are shown
        self._ask()

    def _show_views(self) -> None:
        self._picture = self._picture_of_views = self._with_rows(self._picture)
        for view in self._views:
            view.show(self._picture, self._instead_of(view))
        self._ask()  # the readings that a view needs may depend on the picture that it shows

    def _with_rows(self, picture: Picture) -> Picture:
        """The picture, with the losses of the replicas that the seeds view shows, if it is visible."""
        view = self._seeds_view
        rows = view.rows(picture.frame, view.size.width, view.size.height) if view.display else None
        return self.futures.look_again(replace(self._query, seeds=rows), picture)

    def _show_rows(self) -> None:
        """Get a new picture after the seeds view has scrolled to other replicas, or shows other windows."""
        view = self._seeds_view
        before = self._picture_of_views
        if view.display and before is not None:
            self._picture_of_views = self._with_rows(before)
            if before.frame is self._frame:
                self._picture = self._picture_of_views
            view.show(self._picture_of_views, self._instead_of(view))

    def _view_changed(self) -> None:
        """Draw again after a key has changed what a view shows, or which readings it needs."""
        self._ask()
        self._show_status()

    def _ask(self) -> None:
        """Request the probe readings that the visible views need."""
        question = union(*(view.question for view in self._views))
        if question != self._asked:
            self._asked = question
            self._send(Ask(question))

    def _instead_of(self, view: View) -> str:
        """The message that a view shows when it has nothing to draw."""
        frame = self._frame
        match frame.state:
            case State.LOADING if frame.is_new:
                return f"{frame.message}; {key_effects.MEANWHILE}"
            case State.LOADING:
                return f"{view.title}: shown when the network is there"
            case State.FAILED:
                return frame.message
            case _ if view.question is not None:
                return frame.unread
            case State.PAUSED:
                return "press «step» to train a window" if view is self._views[0] else ""
            case State.FINISHED:
                return key_effects.FINISHED
            case _:
                return ""

    # ---- one network and many

    @property
    def _seeds_view(self) -> SeedsView:
        return self._main.query_one(SeedsView)

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
