"""The subcommands that look at a run in training; see `tui.cli.commands`."""

from __future__ import annotations

from functools import partial

from tui.commands.front_end import FrontEnd, UsageError, require_fps
from tui.kit.theme import Theme
from tui.preferences.chosen import preferences


def attach_to(
    run: str | None = None,
    /,
    *,
    once: bool = False,
    stop: bool = False,
    read_only: bool = False,
    fps: float | None = None,
    ascii: bool = False,
    theme: Theme | None = None,
    no_mouse: bool = False,
) -> FrontEnd:
    """Look at a run that another program of yours trains, in the whole app, and steer it from here.

    Parameters
    ----------
    run
        Folder or name of the run, by default the newest that can be attached to; HOST:RUN for one on another machine.
    once
        Print one picture of the screen as text, and end.
    stop
        Have everything saved, and end the training.
    read_only
        Only look: the session refuses every command from here.
    fps
        Most frames a second, 0.1 to 60; by default 10.
    ascii
        Draw with ASCII characters only.
    theme
        Background, dark or light; by default the one chosen last.
    no_mouse
        Leave the mouse to the terminal, which selects text with it.
    """
    if once and stop:
        raise UsageError("--once cannot be used with --stop: it only looks")
    if stop and read_only:
        raise UsageError("--read-only cannot be used with --stop, which ends the training")
    if fps is not None:
        require_fps(fps)
    chosen = preferences(theme=theme, fps=fps, ascii=ascii or None, mouse=False if no_mouse else None)
    from tui.cli.front_ends.attach_by_ssh import attach_by_ssh, split

    if (there := split(run)) is not None:
        flags = [
            *(["--once"] if once else []),
            *(["--stop"] if stop else []),
            *(["--read-only"] if read_only else []),
            *chosen.flags,
        ]
        return partial(attach_by_ssh, *there, flags, not (once or stop))
    from tui.cli.front_ends.open_attached import attached, end_attached, picture_once

    if stop:
        return partial(end_attached, run)
    return partial(picture_once, run, chosen) if once else attached(run, chosen, read_only)


def serve_run(
    run: str | None = None,
    /,
    *,
    port: int = 0,
    read_only: bool = False,
    json: bool = False,
    fps: float | None = None,
    ascii: bool = False,
    theme: Theme | None = None,
    no_mouse: bool = False,
) -> FrontEnd:
    """Show a run that another program of yours trains in a browser on this machine, under an address with a secret
    token.

    Parameters
    ----------
    run
        Folder or name of the run; by default the newest that can be attached to.
    port
        The port to listen on, 0 to 65535; 0 takes a free one.
    read_only
        Only look: the session refuses every command from these tabs.
    json
        Print the address as a JSON line.
    fps
        Most frames a second, 0.1 to 60; by default 10.
    ascii
        Draw with ASCII characters only.
    theme
        Background, dark or light; by default the one chosen last.
    no_mouse
        Leave the mouse to the terminal, which selects text with it.
    """
    if fps is not None:
        require_fps(fps)
    if not 0 <= port <= 65535:
        raise UsageError(f"port = {port} cannot be used: 0 to 65535")
    from tui.cli.front_ends.open_served import serve

    chosen = preferences(theme=theme, fps=fps, ascii=ascii or None, mouse=False if no_mouse else None)
    return partial(serve, run, port, read_only, chosen, json)
