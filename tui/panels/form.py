"""The settings form and its presets: what keys do to the values of fields, and the edits that are
sent for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from echornn.cells.table import named as cell_named
from echornn.config import CELL, FIELDS, TASK, ConfigError, EchoConfig
from echornn.session.commands import Answer, Edit
from echornn.session.pictures.frame import Frame, State
from echornn.tasks.table import TASKS, defaults_of, named
from echornn.tasks.task import Setting, settings_of
from tui.views.rows import first_sentence

Changes = Mapping[str, Any]  # names of values of `EchoConfig`, and their new values

# How long, where and how often to train: no preset says it
NOT_IN_PRESETS = {"seed", "replicas", "device", "num_epochs"}
TUTORIAL = {
    name: value for name, value in EchoConfig().fields().items() if name not in NOT_IN_PRESETS
}

# The rates with which the presets learn: for easy tasks, for others, and for GRUs and parity.
FAST: Changes = {"init": "glorot", "optimizer": "adagrad", "learning_rate": 0.3}
CAREFUL: Changes = {"init": "glorot", "optimizer": "adam", "learning_rate": 0.003}
GATED: Changes = {**CAREFUL, "learning_rate": 0.01}


def one_layer(state: int, window: int, batch: int = 50, cell: str = "rnn") -> Changes:
    """One layer of this size, with windows that do not overlap."""
    return {
        "cell": cell,
        "num_layers": 1,
        "dropout": 0.0,
        "state_size": state,
        "batch_size": batch,
        "truncated_backprop_length": window,
        "stride": None,
    }


def on(task: str, rates: Changes, network: Changes, **settings: object) -> Changes:
    """The task with these settings, its others at their defaults, and what learns it."""
    return {TASK: task, **defaults_of(task), **settings, **rates, **network}


WITH_ROOM = {"truncated_backprop_length": 15, "state_size": 16, "init": "glorot"}
SMALL_GRU = one_layer(16, window=20, batch=20, cell="gru")
SMALL_LSTM = one_layer(16, window=20, cell="lstm")

PRESETS: Mapping[str, Changes] = {
    "glorot": {"init": "glorot"},
    "echo 14, within T 15": {"task": "echo", "echo_step": 14, **WITH_ROOM},
    "echo 15, beyond T 15": {"task": "echo", "echo_step": 15, "rule": "tbptt", **WITH_ROOM},
    "echo 15, by rtrl": {**CAREFUL, "task": "echo", "echo_step": 15, "rule": "rtrl", **WITH_ROOM},
    "LSTM": {"cell": "lstm", "init": "glorot"},
    "three LSTM layers": {"cell": "lstm", "num_layers": 3, "init": "glorot"},
    "three layers, dropout 0.5": {
        "cell": "lstm",
        "num_layers": 3,
        "dropout": 0.5,
        "init": "glorot",
    },
    "two coins": on("two_coins", FAST, one_layer(16, window=16)),
    "two coins, 4 units": {
        **on("two_coins", FAST, one_layer(4, window=5, batch=200)),
        "learning_rate": 0.1,
    },
    "delayed xor": on("delayed_xor", FAST, one_layer(8, window=10, batch=20)),
    "delayed xor, T 1": {
        "rule": "tbptt",
        **on("delayed_xor", FAST, one_layer(8, window=1, batch=20)),
    },
    "flip-flop": on("flip_flop", CAREFUL, one_layer(16, window=20)),
    "flip-flop, 2 units": on("flip_flop", CAREFUL, one_layer(2, window=20)),
    "temporal order": on("temporal_order", GATED, SMALL_GRU, length=20),
    "temporal order, 100 steps": on(
        "temporal_order", CAREFUL, one_layer(32, window=100), length=100
    ),
    "copy memory": on(
        "copy_memory", CAREFUL, one_layer(48, window=11), blank=5, items=3, symbols=4
    ),
    "copy memory, 100 blanks": on("copy_memory", CAREFUL, one_layer(48, window=120)),
    "adding": on("adding", GATED, SMALL_GRU, length=20),
    "adding, 100 steps, no gates": on("adding", CAREFUL, one_layer(32, window=100), length=100),
    "parity": on("parity", GATED, one_layer(8, window=10)),
    "parity, mingru": on("parity", GATED, one_layer(8, window=10, cell="mingru")),
    "reber": on("reber", GATED, one_layer(16, window=20)),
    "binary addition": on("binary_addition", GATED, one_layer(16, window=20)),
    "dyck-1": on("dyck_1", GATED, SMALL_LSTM),
    "a^n b^n": on("anbn", GATED, SMALL_LSTM),
    "cycle navigation": on("cycle_navigation", GATED, SMALL_LSTM, length=20),
    # Without the default settings: the text that is read may be the user's own
    "text, LSTM": {
        TASK: "text",
        **CAREFUL,
        **one_layer(128, window=25, batch=20, cell="lstm"),
    },
    "as in the tutorial": TUTORIAL,
}
"""The changes of each preset. Of seeds 0 to 7, all solve a task whose name is the preset's within
1,300 windows (a minute on two cores), and echo 15 by rtrl within 4,000. Those of `WHY` fail.
"""

WHY: Mapping[str, str] = {
    "echo 15, beyond T 15": "tbptt takes no error 15 steps back: none of 16 seeds learned it.",
    "two coins, 4 units": "It stays near the loss of knowing t-3 alone, at T 16 too; with 16 "
    "units all of 8 seeds learn it.",
    "delayed xor, T 1": "tbptt takes no error back: most seeds leave chance for a while, "
    "and none learns it.",
    "flip-flop, 2 units": "It stays near 0.334: a read-out of two units cannot say three bits.",
    "temporal order, 100 steps": "It stays at chance for long: the symbols are up to 90 steps "
    "back.",
    "copy memory, 100 blanks": "It learns when to answer, and none of the symbols.",
    "adding, 100 steps, no gates": "An rnn stays at chance for long; a gru of 16 units learned it.",
    "text, LSTM": "Words come after about 1,000 windows; no text is ever solved.",
    "parity, mingru": "It learns about the first two steps. No mingru solves parity at every "
    "length.",
}
"""What was measured of the presets that fail, and why."""

NOT_REFUSED = "", ""  # a row, and why its value cannot be used
# From unset, or 0
FIRST_VALUES = {
    "clip_norm": 1.0,
    "weight_decay": 1e-4,
    "rate_penalty": 1e-3,
    "solved_below": 0.1,
    "chrono": 100,
    "spectral_radius": 0.9,
}
PRESET = "preset"  # the row that opens the list of presets
LONGEST_DRAFT = 32
PARTS = 20  # a nudge changes a fraction by a 20th of its range: chosen by eye
# The learning rates that nudging goes through, within each power of ten, about equally far apart
RUNGS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)


def groups_of(config: EchoConfig) -> dict[str, list[str]]:
    """The values of a configuration in two groups, the most useful first."""
    live, starting_over = [], []
    for name in config.fields():
        if name in config.live_fields:
            live.append(name)
        else:
            starting_over.append(name)
    # What is as useful stays in order
    live.sort(key=lambda name: name != "learning_rate")
    starting_over.sort(key=lambda name: (name != TASK, name in config.names()))
    return {"live: the network goes on": live, "these start the network over": starting_over}


def setting_of(config: EchoConfig, name: str) -> Setting | None:
    """The default and the range of a value; None for the task."""
    for setting in settings_of(config.the_task):
        if setting.name == name:
            return setting
    return FIELDS.get(name)


def choices_of(config: EchoConfig, name: str) -> tuple[str, ...]:
    """The words of a value that is chosen from a list; none if it is typed."""
    setting = setting_of(config, name)
    if setting is None:
        return tuple(TASKS)
    if setting.choices:
        return setting.choices
    if isinstance(setting.default, str):
        return (config.value(name),)
    return ()


def as_typed(value: object) -> str:
    """A value as text to edit; empty if it is None."""
    if value is None:
        return ""
    return f"{value}"


def field_value(name: str, text: str) -> object:
    """The value of a field that was typed: a number if the text is one; a task or a cell (or a
    ConfigError); a text."""
    text = text.strip()
    if name == TASK:
        return named(text)
    if name == CELL:
        return cell_named(text)
    if text in ("", "unset") and name in FIELDS and FIELDS[name].optional:
        return None
    if text[:1].isdigit():
        text = text.replace("_", "")
    with suppress(ValueError):
        return int(text)
    with suppress(ValueError):
        return float(text)
    return text


def nudged(config: EchoConfig, name: str, up: bool) -> object:
    """The next value, up or down; of a learning rate the next of `RUNGS`.

    The configuration may refuse it.
    """
    value = config.value(name)
    step = 1 if up else -1
    words = choices_of(config, name)
    if words and value not in words:  # a file of the user's own
        return words[0 if up else -1]
    if words:
        return words[(words.index(value) + step) % len(words)]
    if name in FIRST_VALUES and not value:
        return FIRST_VALUES[name]
    if isinstance(value, float) and (name in FIRST_VALUES or name == "learning_rate"):
        return next_rung(value, up)
    if name == "stride":
        return config.window_stride + step
    setting = setting_of(config, name)
    assert setting is not None  # only the task has none, and is chosen
    if isinstance(setting.default, float):
        part = min(setting.most - setting.least, float(PARTS)) / PARTS
        return round((round(value / part) + step) * part, 9)
    return value + step


def next_rung(value: float, up: bool) -> float:
    """The next of `RUNGS` times a power of ten, for a value above 0; the value itself if there is
    none."""
    power = math.floor(math.log10(value))
    rungs = []
    for exponent in (power - 1, power, power + 1):
        rungs += [float(f"{rung}e{exponent}") for rung in RUNGS]
    if up:
        return min((rung for rung in rungs if value * (1 + 1e-9) < rung < math.inf), default=value)
    return max((rung for rung in rungs if 0 < rung < value * (1 - 1e-9)), default=value)


def help_of(config: EchoConfig, name: str) -> str:
    """The meaning of a value, and what it may be."""
    if name in FIELDS:
        return field_help()[name]
    setting = setting_of(config, name)
    if setting is None:
        return f"{first_sentence(config)}."
    return f"{setting.help} {setting.allowed}."


@cache
def field_help() -> dict[str, str]:
    """The docstring of each field of `EchoConfig`."""
    from docstring_parser import parse_from_object  # imported late: it reads the source

    fields = parse_from_object(EchoConfig).params
    return {field.arg_name: " ".join((field.description or "").split()) for field in fields}


class Form:
    """Values that were typed or chosen are drafts, until they are sent as one edit; a live one goes
    on at once."""

    def __init__(self, config: EchoConfig, send: Callable[[Edit], object]) -> None:
        self.config = config
        self.preset = ""  # the one under the cursor of the list of presets; empty if that is closed
        self.drafts: dict[str, str] = {}
        self.typing = False  # whether characters are added to the draft under the cursor
        self.sent: dict[str, Any] = {}  # what was entered, but has not taken effect yet
        self.refusal = NOT_REFUSED
        self._name = PRESET
        self._newest_refused: Answer | None = None
        self._send_edit = send

    @property
    def wanted(self) -> EchoConfig:
        """The configuration after all that was sent has taken effect."""
        if not self.sent:
            return self.config
        try:
            return self.config.with_fields(self.sent)
        except ConfigError:  # it has changed in the meantime
            self.forget()
            return self.config

    @property
    def shown(self) -> EchoConfig:
        """The configuration whose values are the rows: that of the drafted task, if it can be
        used."""
        wanted = self.wanted
        if TASK in self.drafts:
            with suppress(ConfigError):
                return wanted.with_fields({TASK: self.drafts[TASK], "stride": None})
        return wanted

    @property
    def name(self) -> str:
        """The row under the cursor, unless the task that had it is gone."""
        if self._name in self.shown.fields():
            return self._name
        return PRESET

    def text(self, name: str) -> str:
        if name in self.drafts:
            return self.drafts[name]
        return as_typed(self.shown.value(name))

    def is_live(self, name: str) -> bool:
        return name in self.wanted.live_fields and TASK not in self.drafts

    def changes_of(self, preset: str) -> Changes:
        wanted = self.wanted
        try:
            changes = wanted.changes_to(wanted.with_fields(PRESETS[preset]))
        except ConfigError:  # why not is said when it is applied
            return PRESETS[preset]
        return {name: value for name, value in PRESETS[preset].items() if name in changes}

    # ---- what the session says

    def open(self, frame: Frame) -> None:
        """Begin on the first row; after the last epoch on the number of epochs, more of which
        continue the training."""
        self._newest_refused = frame.refused
        self._name = "num_epochs" if frame.state is State.FINISHED else PRESET
        self.escape()
        self.take(frame)

    def take(self, frame: Frame) -> None:
        """Take over the configuration; and why an edit was refused, once for each refused edit."""
        self.config = frame.config
        values = frame.config.fields()
        self.sent = {name: value for name, value in self.sent.items() if values.get(name) != value}
        refused = frame.refused
        if refused is not None and refused != self._newest_refused:
            self._newest_refused = refused
            self.refusal = refused.field or self.name, refused.why_not
            self.forget()

    def forget(self) -> None:
        """Forget what was sent, since after another command it may never take effect."""
        self.sent = {}

    # ---- what the keys do

    def choose(self, row: str) -> None:
        """Put the cursor on a row, or on a preset while these are listed."""
        self.typing = False
        if self.preset:
            self.preset = row
        else:
            self._name = row

    def takes(self, character: str) -> bool:
        """Whether a character is text: it can be added to the draft, or can begin one."""
        if character in self._first_characters:
            return True
        return self.typing and self.name != PRESET and character not in "+-="

    @property
    def _first_characters(self) -> str:
        """What a typed value can begin with; nothing if the value is chosen."""
        name = self.name
        if name == PRESET or choices_of(self.shown, name):
            return ""
        setting = setting_of(self.shown, name)
        if setting is not None and isinstance(setting.default, float):
            return "0123456789."
        return "0123456789"

    def type(self, character: str) -> None:
        if self.takes(character):
            before = self.drafts[self.name] if self.typing else ""
            self.drafts[self.name] = f"{before}{character}"[:LONGEST_DRAFT]
            self.typing = True

    def erase(self, whole: bool) -> None:
        if self._first_characters:
            self.drafts[self.name] = "" if whole else self.text(self.name)[:-1]
            self.typing = True

    def nudge(self, up: bool) -> None:
        """Go to the next value: a live one changes at once, another one is a draft."""
        name = self.name
        if name == PRESET:
            self._list_presets()
            return
        if self.typing and self.drafts[name][-1:] in ("e", "E"):  # as in 1e-5
            self.drafts[name] += "+" if up else "-"
            return
        try:
            drafted = self.wanted.with_fields(self._values())
            value = nudged(drafted, name, up)
            drafted = drafted.with_fields({name: value})
        except ConfigError as error:
            self.refusal = name, str(error)
            return
        self.typing = False
        self.refusal = NOT_REFUSED
        if self.is_live(name) and name not in self.drafts:
            self._send({name: value}, held=True)
            return
        self.drafts[name] = as_typed(value)
        # Another task does not have the settings of the one before
        fields = drafted.fields()
        self.drafts = {name: text for name, text in self.drafts.items() if name in fields}

    def enter(self) -> None:
        """Send the drafts, or the preset, as one edit.

        What is refused stays a draft, and the reason is shown.
        """
        if self.name == PRESET and not self.drafts and not self.preset:
            self._list_presets()
            return
        if self.preset:
            changes = self.changes_of(self.preset)
            self.drafts = {name: as_typed(value) for name, value in changes.items()}
        self.typing = False
        self.preset = ""
        wanted = self.wanted
        try:
            changes = wanted.changes_to(wanted.with_fields(self._values()))
        except ConfigError as error:
            row = error.field if error.field in self.drafts else self.name
            self.refusal = row, str(error)
            return
        self.escape()
        if changes:
            self._send(changes)

    def escape(self) -> bool:
        """Drop the drafts and the refusal; False if there was nothing to drop."""
        has_dropped = bool(self.drafts or self.preset or self.refusal != NOT_REFUSED)
        self.drafts = {}
        self.typing = False
        self.preset = ""
        self.refusal = NOT_REFUSED
        return has_dropped

    def _list_presets(self) -> None:
        self.preset = next(iter(PRESETS))

    def _values(self) -> dict[str, object]:
        return {name: field_value(name, text) for name, text in self.drafts.items()}

    def _send(self, changes: Changes, held: bool = False) -> None:
        self.sent.update(changes)
        self._send_edit(Edit(dict(changes), held))
