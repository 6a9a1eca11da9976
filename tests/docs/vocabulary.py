"""Lists the names that the documentation can use: subcommands, flags, keys, files."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from textual.app import App
from textual.binding import Binding
from textual.keys import _character_to_key

from echornn.config import EchoConfig
from echornn.files.lock import LOCK_FILE
from echornn.runs import events, run_files
from echornn.tasks.settings import settings_of
from echornn.tasks.table import TASKS
from tui.app import keys as app_keys
from tui.app.curve.loss_plot import LossPlot
from tui.app.views.table import VIEWS
from tui.app.widgets.branch_list import BranchList
from tui.app.widgets.list_panel import ListPanel
from tui.app.widgets.run_list import RunList
from tui.app.widgets.settings_panel import SettingsPanel
from tui.cli.parser import command
from tui.cli.subcommands.table import SUBCOMMANDS
from tui.kit.back_key import BACK
from tui.kit.help_screen import HelpScreen
from tui.map import keys as map_keys

MAIN = "echornn-tui"
"""The name of the command without a subcommand."""

EVERYWHERE = frozenset({"--help", "--version"})

FIELDS = frozenset(field.name for field in dataclasses.fields(EchoConfig))

FIELD_FLAGS = frozenset(f"--{name.replace('_', '-')}" for name in FIELDS)

RUN_FILES = frozenset({*run_files.NAMES, LOCK_FILE, f"{events.FOLDER}/"})


def flags_of(name: str) -> frozenset[str]:
    """The flags of a subcommand, or of `MAIN`."""
    app = command if name == MAIN else command[name]
    return frozenset(one.names[0] for one in app.assemble_argument_collection() if one.names[0].startswith("--"))


def choices_of(name: str) -> dict[str, tuple[str, ...]]:
    """The values that each flag of a subcommand accepts, for flags that accept only some words."""
    app = command if name == MAIN else command[name]
    arguments = [one for one in app.assemble_argument_collection() if one.names[0].startswith("--")]
    return {one.names[0]: choices for one in arguments if (choices := one.get_choices())}


FLAGS = {name: flags_of(name) for name in (MAIN, *SUBCOMMANDS)}

TASK_FLAGS = frozenset(f"--{known.name.replace('_', '-')}" for kind in TASKS.values() for known in settings_of(kind))
"""The settings of all tasks, which a command line has only with that task."""

ALL_FLAGS = EVERYWHERE.union(TASK_FLAGS, *FLAGS.values())


def keys_of(bindings: Iterable[object]) -> set[str]:
    """The keys of these bindings, by Textual's names."""
    keys: set[str] = set()
    for one in bindings:
        text = one.key if isinstance(one, Binding) else one[0] if isinstance(one, tuple) else ""
        keys.update(key.strip() for key in text.split(","))
    return keys - {""}


APP_KEYS = keys_of(app_keys.BINDINGS)
"""The keys that work everywhere in the app."""

MAP_KEYS = keys_of(map_keys.BINDINGS)

OTHER_KEYS = keys_of(
    [
        *App.BINDINGS,
        BACK,
        *(one for view in VIEWS for one in view.BINDINGS),
        *(
            one
            for part in (LossPlot, BranchList, RunList, ListPanel, SettingsPanel, HelpScreen)
            for one in part.BINDINGS
        ),
    ]
) | {App.COMMAND_PALETTE_BINDING}
"""The keys of a view, a list or a screen, and those that Textual gives every app."""

KEYS = APP_KEYS | MAP_KEYS | OTHER_KEYS


def textual_name(key: str) -> str:
    """Textual's name of a key: ``+`` is ``plus``."""
    return _character_to_key(key) if len(key) == 1 else key
