"""The application: it puts the widgets together, hosts the session in a worker, and turns keys into commands."""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Iterable
from typing import ClassVar

from textual import work
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Footer

from echornn.config import ConfigError, EchoConfig
from echornn.frame import Frame, State
from echornn.pace import faster, slower
from echornn.recorder import Recorder
from echornn.session import Session
from tui import record, terminal
from tui.exit_code import ExitCode
from tui.screens.help import HelpScreen
from tui.widgets.loss_plot import LossPlot
from tui.widgets.sample_rows import SampleRows, lines_needed
from tui.widgets.status import StatusLine

LEAST_PLOT_HEIGHT = 7


class EchoApp(App[int]):
    """Shows a session, at most ``fps`` times a second, and commands it."""

    CSS_PATH = "app.tcss"
    TITLE = "echornn-tui"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,p", "pause", "Pause", tooltip="Pause after the windows under way", id="pause"),
        Binding("space,p", "resume", "Resume", tooltip="Pause, or train on", id="resume"),
        Binding("full_stop", "step", "Step", key_display=".", tooltip="Train one window, then pause", id="step"),
        Binding("e", "finish_epoch", "Epoch", tooltip="Train to the end of the epoch, then pause", id="epoch"),
        Binding("plus,equals_sign", "faster", "Speed", key_display="+/-", tooltip="Turn the speed up", id="faster"),
        Binding("minus", "slower", "Slower", key_display="-", tooltip="Turn the speed down", id="slower", show=False),
        Binding("m", "full_speed", "Max", tooltip="Full speed", id="max"),
        Binding("r", "reset", "Reset", tooltip="Start over with the weights that this run began with", id="reset"),
        Binding("R", "redraw", "Redraw", tooltip="Start over with new random weights", id="redraw", show=False),
        Binding("g", "regenerate", "Data", tooltip="New data; the epoch starts again with it", id="regenerate"),
        Binding("question_mark", "help", "Help", key_display="?", tooltip="This help", id="help"),
        Binding("q", "quit", "Quit", tooltip="End the program", id="quit"),
    ]

    def __init__(
        self,
        session: Session,
        fps: float = 10.0,
        ascii_only: bool = False,
        native_log: terminal.NativeLog | None = None,
    ) -> None:
        super().__init__()
        self.session = session
        self._fps = fps
        self._ascii_only = ascii_only
        self._native_log = native_log or terminal.NativeLog()
        self._frame: Frame = session.frame

    # ---- the screen is a function of the newest frame

    def compose(self) -> ComposeResult:
        yield StatusLine(self._frame, self._ascii_only)
        yield LossPlot(self._ascii_only)
        yield SampleRows(self._ascii_only)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.theme = "textual-dark"
        terminal.call_on_signals(lambda: self._leave(ExitCode.CHECKPOINTED), self.session.save)
        self._lay_out(self.size)
        self._show()
        self.set_interval(1 / self._fps, self.show_newest_frame)
        self.call_after_refresh(self._train)

    def on_unmount(self) -> None:
        self.session.stop()

    @work(thread=True, name="training", exit_on_error=False)
    def _train(self) -> None:
        self.session.run()

    def show_newest_frame(self) -> None:
        """Draw the newest frame, where there is one."""
        if self.session.frame is not self._frame:
            before, self._frame = self._frame, self.session.frame
            self._show()
            if before.state is not self._frame.state:
                self.refresh_bindings()

    def _show(self) -> None:
        frame = self._frame
        self.query_one(StatusLine).show(frame)
        plot = self.query_one(LossPlot)
        plot.show(self.session.curve(plot.buckets))
        self.query_one(SampleRows).show(frame.progress, self._instead_of_rows(frame))

    def _instead_of_rows(self, frame: Frame) -> str:
        match frame.state:
            case State.LOADING:
                return frame.message
            case State.FAILED:
                return frame.message
            case State.PAUSED:
                return "press . to train a window"
            case _:
                return ""

    def on_resize(self, event: Resize) -> None:
        self._lay_out(event.size)

    def _lay_out(self, size: Size) -> None:
        """Give the rows the lines they need, as far as the plot can spare them."""
        config = self.session.config
        shape = (config.batch_size, config.truncated_backprop_length)
        spare = size.height - 3 - LEAST_PLOT_HEIGHT
        rows = self.query_one(SampleRows)
        rows.styles.height = max(4, min(lines_needed(shape, size.width - 2), spare))

    # ---- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what makes sense in this state."""
        state = self._frame.state
        match action:
            case "pause":
                return state in (State.RUNNING, State.LOADING)
            case "resume":
                return state is State.PAUSED
            case "step" | "finish_epoch":
                return state in (State.RUNNING, State.PAUSED)
            case "reset" | "redraw" | "regenerate":
                return state in (State.RUNNING, State.PAUSED, State.FINISHED)
            case "faster" | "slower" | "full_speed":
                return state is not State.FAILED
            case _:
                return True

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
        self.session.set_speed(slower(self.session.speed))

    def action_full_speed(self) -> None:
        self.session.set_speed(math.inf)

    def action_reset(self) -> None:
        self.session.reset()

    def action_redraw(self) -> None:
        self.session.redraw()

    def action_regenerate(self) -> None:
        self.session.regenerate()

    def action_help(self) -> None:
        self.push_screen(HelpScreen(binding for binding in self.BINDINGS if isinstance(binding, Binding)))

    async def action_quit(self) -> None:
        self._leave(0)

    def _leave(self, code: int) -> None:
        self.session.stop()
        self.exit(code)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key's action, in the command palette too."""
        for binding in self.BINDINGS:
            if isinstance(binding, Binding) and self.check_action(binding.action, ()):
                action = binding.action
                yield SystemCommand(
                    binding.description,
                    f"{binding.tooltip} ({self.get_key_display(binding)})",
                    lambda action=action: self.call_later(self.run_action, action),
                )


def show_training(
    config: EchoConfig, speed: float, fps: float, ascii_only: bool, recorder: Recorder | None = None
) -> int:
    """Open the app until it is left, and return the exit code; the training thread may still be in native code."""
    native_log = terminal.keep_native_stderr_off_the_screen()
    terminal.draw_on_the_terminal()
    session = Session(config, speed, recorder=recorder)
    app = EchoApp(session, fps, ascii_only, native_log)

    def leave_without_a_terminal() -> None:
        record.end(session)
        terminal.leave_process(record.code_after_a_signal(recorder))

    terminal.when_terminal_is_gone(leave_without_a_terminal)

    async def run() -> int:
        code = await app.run_async(mouse=False)
        await asyncio.to_thread(record.end, session)
        return code or (ExitCode.FAILED if session.error else ExitCode.DONE)

    # The loop is not closed by asyncio.run, which would wait for the training thread, come what may.
    code = asyncio.new_event_loop().run_until_complete(run())
    if code == ExitCode.CHECKPOINTED:
        code = record.code_after_a_signal(recorder)
    elif record.forget_if_empty(recorder, session.frame.trained):
        recorder = None
    if isinstance(session.error, ConfigError):
        raise session.error
    sys.stdout.write(record.farewell(recorder) + "\n" if recorder else "")
    return code
