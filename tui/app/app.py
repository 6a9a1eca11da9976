"""The application: it puts the widgets together, hosts the session in a worker, and turns keys into commands."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import math
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, cast

from rich.console import RenderableType
from textual import work
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Footer

from echornn.session.frame import Frame, State
from echornn.session.pace import faster, slower
from echornn.session.session import Session
from tui.app import keys
from tui.app.save_screen import save_picture, save_text
from tui.app.screens.help import HelpScreen
from tui.app.screens.settings import SettingsScreen
from tui.app.widgets.loss_plot import LossPlot, zoomed
from tui.app.widgets.sample_rows import PANEL_HEIGHT, SampleRows, height_for
from tui.app.widgets.status import StatusLine
from tui.exit_code import ExitCode
from tui.tty import terminal
from tui.tty.backpressure import ASK, Backpressure
from tui.tty.screen_diff import ScreenDiff

LEAST_PLOT_HEIGHT = 7

ROWS_A_SECOND = 3.4
"""How often rows that keep changing are drawn: all of their cells change, and a slow line must carry them."""

LEAST_WIDTH, LEAST_HEIGHT = 60, 16
"""On a smaller screen only the status is shown."""

SWITCH_SECONDS = 1e-4
"""How long the training thread waits for Python while the screen is drawn, each time it comes out of native code.

Python's own 5 ms take some 4 % of full speed; at 0.5 ms nothing is gained.
"""

EXPORT_SECONDS = 0.3
"""How long an export waits for the command palette to leave the screen."""


class EchoApp(App[int]):
    """Shows a session, at most ``fps`` times a second, and commands it."""

    CSS_PATH = "app.tcss"
    TITLE = "echornn-tui"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.BINDINGS]

    def __init__(
        self,
        session: Session,
        fps: float = 10.0,
        ascii_only: bool = False,
    ) -> None:
        super().__init__()
        self.session = session
        self._fps = fps
        self._ascii_only = ascii_only
        self.set_class(ascii_only, "-ascii")
        self._frame: Frame = session.frame
        self._frame_of_rows: Frame | None = None
        self._ticks = 0
        self._diff = ScreenDiff()
        self._line = Backpressure()
        self._ask_with_next = False
        self._leaving: asyncio.Task[None] | None = None

    # ---- the screen is a function of the newest frame

    def compose(self) -> ComposeResult:
        yield StatusLine(self._frame, self._ascii_only)
        yield LossPlot(self.session.curve, self._frame.config, self._ascii_only)
        yield SampleRows(self._ascii_only)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.theme = "textual-dark"
        terminal.call_on_signals(lambda: self._leave(ExitCode.CHECKPOINTED), self.session.save)
        self._plot.on_view = self._rows.on_view = self._show_status
        self._plot.focus()
        self._lay_out(self.size)
        self._show()
        self._show_rows()
        self.set_interval(1 / self._fps, self.show_newest_frame)
        self.call_after_refresh(self._train)

    def on_unmount(self) -> None:
        self.session.stop()

    @work(thread=True, name="training", exit_on_error=False)
    def _train(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self.session.run()

    @property
    def _plot(self) -> LossPlot:
        return self._main.query_one(LossPlot)

    @property
    def _rows(self) -> SampleRows:
        return self._main.query_one(SampleRows)

    @property
    def _main(self) -> Screen[object]:
        return self.screen_stack[0]

    def show_newest_frame(self) -> None:
        """Draw the newest frame, where there is one; its rows in some of the calls, while they keep changing."""
        if not self._line.is_clear:
            return
        self._ask_with_next = True
        self._ticks += 1
        before = self._frame
        if self.session.frame is not before:
            self._frame = self.session.frame
            if before.config != self._frame.config:
                self._lay_out(self.size)
            if before.state is State.LOADING:
                gc.freeze()  # else the collector holds the screen up for 0.2 s, to look through all that was loaded
            if before.state is not self._frame.state or self._frame.state.stands_still:
                self._show_rows()  # first: the status reads out what their cursor is on
            self._show()
            if self._frame.refusal not in ("", before.refusal) and not isinstance(self.screen, SettingsScreen):
                self.notify(self._frame.refusal, severity="error", markup=False)
            if before.state is not self._frame.state or (before.undoable > 0) != (self._frame.undoable > 0):
                self.refresh_bindings()
        every = max(1, round(self._fps / ROWS_A_SECOND))
        if self._frame is not self._frame_of_rows and self._ticks % every == 0:
            self._show_rows()

    def _show(self) -> None:
        frame = self._frame
        self._plot.show(frame.trained, frame.config)
        self._show_status()
        if isinstance(self.screen, SettingsScreen):
            self.screen.show(frame.config, frame.refusal)

    def _show_rows(self) -> None:
        self._frame_of_rows = self._frame
        self._rows.show(self._frame, self._instead_of_rows(self._frame))

    def _show_status(self) -> None:
        readings = [self._rows.reading, self._plot.reading]
        if self._main.focused is self._plot:
            readings.reverse()
        reading = next((text for text in readings if text), "")
        self._main.query_one(StatusLine).show(self._frame, reading)

    def _instead_of_rows(self, frame: Frame) -> str:
        match frame.state:
            case State.LOADING if not frame.trained:
                return f"{frame.message}; space pauses, ? explains the keys"
            case State.LOADING | State.FAILED:
                return frame.message
            case State.PAUSED:
                return "press . to train a window"
            case State.FINISHED:
                return "finished: s gives it more epochs, r starts over"
            case _:
                return ""

    def on_resize(self, event: Resize) -> None:
        self._lay_out(event.size)
        self._show_status()

    def _lay_out(self, size: Size) -> None:
        """Share the lines between curve and rows; where there are too few, say so below the status."""
        config = self._frame.config
        small = size.width < LEAST_WIDTH or size.height < LEAST_HEIGHT
        self._main.set_class(small, "small")
        needed = f"too small: the curve needs {LEAST_WIDTH}x{LEAST_HEIGHT}"
        self._main.query_one(StatusLine).too_small = needed if small else ""
        most = max(PANEL_HEIGHT, min(size.height - 4 - LEAST_PLOT_HEIGHT, int(0.6 * (size.height - 4))))
        lines = height_for(config.batch_size, config.truncated_backprop_length, size.width - 2, most)
        self._rows.styles.height = lines

    # ---- the line to the terminal

    def _display(self, screen: Screen[Any], renderable: object) -> None:
        super()._display(screen, cast(RenderableType, self._diff.saving(renderable)))
        if self._ask_with_next and self._driver is not None and not (self.is_headless or self._leaving):
            self._driver.write(ASK)
            self._line.asked()
            self._ask_with_next = False

    def action_show_all(self) -> None:
        """Draw every cell, whatever the terminal shows."""
        self.screen.refresh()

    def on_cursor_position(self) -> None:
        """The terminal's answer: it has drawn a frame."""
        self._line.answered()

    # ---- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what makes sense in this state."""
        return keys.makes_sense(action, self._frame)

    def action_pause(self) -> None:
        self.session.toggle()

    def action_resume(self) -> None:
        self.session.toggle()

    def action_step(self) -> None:
        self.session.step()

    def action_finish_epoch(self) -> None:
        self.session.finish_epoch()

    def action_faster(self) -> None:
        self.session.set_speed(faster(self.session.speed))

    def action_slower(self) -> None:
        """The next notch; from full speed the one below what is reached, so that a slow network feels it too."""
        speed = self.session.speed
        reached = self._frame.rate if math.isinf(speed) else 0.0
        self.session.set_speed(slower(reached or speed))

    def action_full_speed(self) -> None:
        self.session.set_speed(math.inf)

    def action_settings(self) -> None:
        self.push_screen(SettingsScreen(self._frame.config, self.session.edit, self.session.start_with))

    def action_reset(self) -> None:
        self.session.reset()

    def action_redraw(self) -> None:
        self.session.redraw()

    def action_regenerate(self) -> None:
        self.session.regenerate()

    def action_undo(self) -> None:
        self.session.undo()

    def action_log(self) -> None:
        view = self._plot.view
        self._plot.change_view(dataclasses.replace(view, log=not view.log))

    def action_zoom(self, closer: bool) -> None:
        self._plot.change_view(zoomed(self._plot.view, self._frame.trained, closer))

    def action_help(self) -> None:
        groups = {
            "Keys": keys.BINDINGS,
            "On the curve": [one for one in LossPlot.BINDINGS if isinstance(one, Binding)],
            "On the rows": [one for one in SampleRows.BINDINGS if isinstance(one, Binding)],
        }
        self.push_screen(HelpScreen(groups, self._ascii_only))

    def action_other_theme(self) -> None:
        self.theme = "textual-dark" if self.theme == "textual-light" else "textual-light"

    def action_export(self, save: Callable[[App[int], Path], Path]) -> None:
        """Save the screen in the folder the program was started in, and say where it went."""
        try:
            self.notify(f"saved {save(self, Path.cwd())}", markup=False)
        except OSError as error:
            self.notify(f"could not be saved: {error}", severity="error", markup=False)

    def action_help_quit(self) -> None:
        """Ctrl+C: a key that may be meant for something else."""
        self.notify("q ends the program; the run is kept")

    async def action_quit(self) -> None:
        self._leave(0)

    def _leave(self, code: int) -> None:
        self.session.stop()
        if self._line.is_settled:
            self.exit(code)
        elif self._leaving is None:
            self._leaving = asyncio.get_running_loop().create_task(self._leave_when_settled(code))

    async def _leave_when_settled(self, code: int) -> None:
        await self._line.settle()
        self.exit(code)

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder="Search for a command", id="--command-palette"))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key's action, in the command palette too, and what needs no key."""
        for binding in keys.BINDINGS:
            if self.check_action(binding.action, ()):
                action = binding.action
                yield SystemCommand(
                    binding.description,
                    f"{binding.tooltip} ({self.get_key_display(binding)})".strip(),
                    lambda action=action: self.call_later(self.run_action, action),
                )
        yield SystemCommand("Theme", "Light background, or dark", self.action_other_theme)
        for name, save in (("picture", save_picture), ("text", save_text)):
            later = partial(self.set_timer, EXPORT_SECONDS, partial(self.action_export, save))
            yield SystemCommand(f"Export {name}", f"Save the screen as {name} in the current folder", later)
