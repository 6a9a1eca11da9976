"""The panels beside the curve: settings, branches, other runs; at most one is open."""

from __future__ import annotations

from textual import work
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from echornn.runtime.background import report
from tui.app.kept_list import kept_runs_beside
from tui.app.parts.part import LARGER
from tui.app.parts.status_messages import StatusMessages
from tui.app.widgets.branch_list import BranchList
from tui.app.widgets.run_list import RunList
from tui.app.widgets.settings_panel import SettingsPanel

PANELS = ("settings", "branches", "runs")
"""The actions that open a panel beside the curve."""


class Panels(StatusMessages):
    """The part of the app that opens and closes panels."""

    _watched_before: Widget | None = None
    """The widget that had the keyboard focus before a panel was opened."""

    @property
    def _settings(self) -> SettingsPanel:
        return self._main.query_one(SettingsPanel)

    @property
    def _branches(self) -> BranchList:
        return self._main.query_one(BranchList)

    @property
    def _runs(self) -> RunList:
        return self._main.query_one(RunList)

    @property
    def _panel(self) -> SettingsPanel | BranchList | RunList | None:
        """The open panel; None if all are closed."""
        return next((one for one in (self._settings, self._branches, self._runs) if one.is_open), None)

    def _forget_drafts(self) -> None:
        """Drop typed changes that were not entered."""
        self._settings.form.forget()

    def action_settings(self) -> None:
        """Open the settings panel, or close it. A focused panel handles this key itself, in the order of all typed
        keys.
        """
        if not self._says_why_not("settings") and self._may_open(self._settings, "settings"):
            self._settings.open(self._frame)
            self._panel_opened(self._settings)

    def action_branches(self) -> None:
        """Open the list of branches, or close it."""
        if not self._says_why_not("branches") and self._may_open(self._branches, "branches"):
            self._branches.is_open = True
            self._look_again()
            self._branches.open(self._picture)
            self._panel_opened(self._branches)

    def action_runs(self) -> None:
        """Open the list of other runs, or close it."""
        if self._may_use_files() and self._may_open(self._runs, "other runs"):
            self._runs.open()
            self._read_runs()
            self._panel_opened(self._runs)

    @work(thread=True, group="runs", exclusive=True, exit_on_error=False)
    def _read_runs(self) -> None:
        under = list(self.futures.others)
        runs = kept_runs_beside(self._frame.config, self._folder, under)
        self.call_from_thread(self._runs.take, runs)

    def _look_at_other_runs(self) -> None:
        self.futures.follow()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Report an exception of a worker thread in the same way as an exception of any other thread."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            report(event.worker.error)

    def _complain(self, text: str) -> None:
        self.notify(text, severity="error", markup=False)

    def _may_open(self, panel: Widget, name: str) -> bool:
        """Close the panel that is open, if any. Returns whether ``panel`` should be opened: it is another panel, and
        the screen is large enough.
        """
        if self._main.has_class("small"):
            self._refuse(LARGER.format(name))
            return False
        was_open = self._panel
        if was_open is not None:
            self._panel_closed()
        return was_open is not panel

    def _panel_opened(self, panel: Widget) -> None:
        self._watched_before = self._main.focused
        self._lay_out(self.size)
        self._focus(panel)

    def _panel_closed(self) -> None:
        panel = self._panel
        if panel is not None:
            panel.is_open = False
        self._watch_again()
        self._lay_out(self.size)
        before, self._watched_before = self._watched_before, None
        if before is not None and before.display:
            self._focus(before)
