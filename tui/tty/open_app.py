"""Opens the app on a session, and says at the end how the run goes on."""

from __future__ import annotations

import asyncio
import sys

from echornn.config import ConfigError, EchoConfig
from echornn.runs.recorder import Recorder
from echornn.session.session import Session
from tui.app.app import EchoApp
from tui.commands import record
from tui.exit_code import ExitCode
from tui.tty import terminal
from tui.tty.driver import driver_for
from tui.tty.guardian import Guarded


def show_training(
    config: EchoConfig,
    speed: float,
    fps: float,
    ascii_only: bool,
    recorder: Recorder | None,
    guarded: Guarded,
    at: int | None = None,
) -> int:
    """Open the app until it is left, and return the exit code; the training thread may still be in native code.

    Args:
        at: see `Session`.
    """
    native_log = terminal.keep_native_stderr_off_the_screen(guarded.log)
    terminal.draw_on_the_terminal()
    session = Session(config, speed, recorder=recorder, at=at)
    app = EchoApp(session, fps, ascii_only)
    app.driver_class = driver_for(guarded, app.action_show_all)
    guarded.leave_words(record.farewell(recorder))

    def leave_without_a_terminal() -> None:
        record.end(session)
        terminal.leave_process(record.code_after_a_signal(recorder))

    terminal.when_terminal_is_gone(leave_without_a_terminal, guardian=guarded.line)

    async def run() -> int:
        code = await app.run_async(mouse=False)
        await asyncio.to_thread(record.end, session)
        return code or (ExitCode.FAILED if session.error else record.code_at_the_end(recorder))

    # The loop is not closed by asyncio.run, which would wait for the training thread, come what may.
    code = asyncio.new_event_loop().run_until_complete(run())
    if code == ExitCode.CHECKPOINTED:
        code = record.code_after_a_signal(recorder)
    elif record.forget_if_empty(recorder, session.frame.trained):
        recorder = None
    if isinstance(session.error, ConfigError):
        raise session.error
    if session.error is not None:
        print(f"echornn-tui: {session.frame.message}", native_log.tail(), sep="\n", file=sys.stderr)
    sys.stdout.write(record.farewell(recorder) + "\n" if recorder else "")
    return code
