"""Presets: named changes of a few fields. All other fields keep their values."""

from __future__ import annotations

import ast
import contextlib
import inspect
import math
import textwrap
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from echornn.cells.table import named as cell_named
from echornn.config import CELL, FIELDS, TASK, ConfigError, EchoConfig
from echornn.own import OwnFile
from echornn.session.commands import Answer, Edit
from echornn.session.pictures.frame import Frame, State
from echornn.tasks.table import TASKS, defaults_of, named
from echornn.tasks.task import Setting, settings_of

Changes = Mapping[str, Any]
"""Names of fields of `EchoConfig`, and their new values."""

NOT_OF_THE_TUTORIAL = frozenset({"seed", "replicas", "device", "num_epochs"})
"""Fields that say how long, where and how often to train rather than what to train; the tutorial preset keeps them."""

TUTORIAL = {name: value for name, value in EchoConfig().fields().items() if name not in NOT_OF_THE_TUTORIAL}

FAST: Changes = {"init": "glorot", "optimizer": "adagrad", "learning_rate": 0.3}
CAREFUL: Changes = {"init": "glorot", "optimizer": "adam", "learning_rate": 0.003}
GATED: Changes = {**CAREFUL, "learning_rate": 0.01}
"""The settings with which the presets learn: fast for easy tasks, careful for others, and those for GRUs and parity."""


def of(task: str, **settings: object) -> Changes:
    """The task with these settings; all other settings have their defaults."""
    return {TASK: task, **defaults_of(task), **settings}


def sizes(state: int, window: int, batch: int = 50, cell: str = "rnn") -> Changes:
    """One layer of this size, with windows that do not overlap."""
    network = {"cell": cell, "num_layers": 1, "dropout": 0.0, "state_size": state, "batch_size": batch}
    return {**network, "truncated_backprop_length": window, "stride": None}


WITH_ROOM = {"truncated_backprop_length": 15, "state_size": 16, "init": "glorot"}

PRESETS: Mapping[str, Changes] = MappingProxyType(
    {
        "glorot": {"init": "glorot"},
        "echo 14, within T 15": {"task": "echo", "echo_step": 14, **WITH_ROOM},
        "echo 15, beyond T 15": {"task": "echo", "echo_step": 15, "rule": "tbptt", **WITH_ROOM},
        "echo 15, by rtrl": {**CAREFUL, "task": "echo", "echo_step": 15, "rule": "rtrl", **WITH_ROOM},
        "LSTM": {"cell": "lstm", "init": "glorot"},
        "three LSTM layers": {"cell": "lstm", "num_layers": 3, "init": "glorot"},
        "three layers, dropout 0.5": {"cell": "lstm", "num_layers": 3, "dropout": 0.5, "init": "glorot"},
        "two coins": {**of("two_coins"), **FAST, **sizes(16, window=16, batch=50)},
        "two coins, 4 units": {**of("two_coins"), **FAST, **sizes(4, window=5, batch=200), "learning_rate": 0.1},
        "delayed xor": {**of("delayed_xor"), **FAST, **sizes(8, window=10, batch=20)},
        "delayed xor, T 1": {"rule": "tbptt", **of("delayed_xor"), **FAST, **sizes(8, window=1, batch=20)},
        "flip-flop": {**of("flip_flop"), **CAREFUL, **sizes(16, window=20)},
        "flip-flop, 2 units": {**of("flip_flop"), **CAREFUL, **sizes(2, window=20)},
        "temporal order": {**of("temporal_order", length=20), **GATED, **sizes(16, window=20, batch=20, cell="gru")},
        "temporal order, 100 steps": {**of("temporal_order", length=100), **CAREFUL, **sizes(32, window=100)},
        "copy memory": {**of("copy_memory", blank=5, items=3, symbols=4), **CAREFUL, **sizes(48, window=11)},
        "copy memory, 100 blanks": {**of("copy_memory"), **CAREFUL, **sizes(48, window=120)},
        "adding": {**of("adding", length=20), **GATED, **sizes(16, window=20, batch=20, cell="gru")},
        "adding, 100 steps, no gates": {**of("adding", length=100), **CAREFUL, **sizes(32, window=100)},
        "parity": {**of("parity"), **GATED, **sizes(8, window=10)},
        "parity, mingru": {**of("parity"), **GATED, **sizes(8, window=10, cell="mingru")},
        "as in the tutorial": TUTORIAL,
    }
)
"""The changes of each preset.

Presets whose name is only that of a task solve the task within a minute on two cores: of seeds 0 to 7, two coins all by
window 535, delayed xor all by 179, flip-flop all by 871, copy memory all by 223, temporal order all by 152 and adding
all by 254, and parity all by 693. Echo 15 by rtrl is solved by all within 4 000 windows (median 2 082). The others
fail, see `WHY`.
"""

WHY: Mapping[str, str] = MappingProxyType(
    {
        "echo 15, beyond T 15": "tbptt takes no error back so far: none of 16 seeds learned it.",
        "two coins, 4 units": "It stays near knows t-3, at T 16 too; with 16 units all of 8 seeds learn it.",
        "delayed xor, T 1": "tbptt takes no error back: most seeds leave chance for a while, and none learns it.",
        "flip-flop, 2 units": "It stays near 0.334: a read-out of two units cannot say three bits.",
        "temporal order, 100 steps": "It stays at chance for long: the symbols are up to 90 steps back.",
        "copy memory, 100 blanks": "It learns when to answer, and none of the symbols.",
        "adding, 100 steps, no gates": "An rnn stays at chance for long; a gru of 16 units learned this.",
        "parity, mingru": "It learns about the first two steps. No mingru solves parity at every length.",
    }
)
"""The measured results of presets that fail, and the reasons.

Seeds 0 to 7 ended two coins at 0.513 to 0.523 after 19,600 windows; with T 16 and 4 units they ended at 0.511 to 0.521
after 5,100, and with T 5 and 16 units all solved it, half of them by 1,309. Of seeds 0 to 15, 13 had a mean loss of
delayed xor below 0.66 over 500 of 20,000 windows, and all ended at 0.672 to 0.696; with 32 units, two of eight solved
it. Seeds 0 to 7 ended flip-flop at 0.334 after 3,400, and adding at 0.163 to 0.173 after 1,000, where a GRU with 16
units, batch 20 and a rate of 0.01 solved it with all of these seeds by 519. They ended temporal order at 1.387 to 1.393
(and GRUs with 16 units at 1.384 to 1.389), and copy memory at 0.1736 to 0.1740, after 2,000 windows. Seed 7 ended copy
memory at 0.1735 after 2,600, and adding at 0.165 after 5,400. Seeds 0 to 7 ended parity with a minGRU at 0.517 to 0.534
after 2,000.
"""


def under_task(config: EchoConfig, task: object) -> EchoConfig:
    """The configuration with another task. If the task has trials, which cannot overlap, overlapping windows are
    switched off.

    Raises:
        ConfigError: the other fields do not allow this task.
    """
    try:
        return config.with_fields({TASK: task})
    except ConfigError:
        return config.with_fields({TASK: task, "stride": None})


def differing(changes: Changes, config: EchoConfig) -> dict[str, Any]:
    """The changes that would alter the configuration: field name to new value, without fields that already have it, or
    that the new task brings with it.
    """
    values = config.fields()
    task = changes.get(TASK, values[TASK])
    if task != values[TASK]:
        with contextlib.suppress(ConfigError):
            values = {**under_task(config, task).fields(), TASK: values[TASK], "stride": values["stride"]}
    return {name: value for name, value in changes.items() if values.get(name, NOTHING) != value}


NOTHING = object()
"""A placeholder for the value of a missing field."""


PARTS = 20
"""A nudge changes a number with a range by the range divided by this."""

RUNGS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
"""The learning rates that nudging goes through, within each power of ten."""


def settings_in(config: EchoConfig) -> dict[str, Setting]:
    """The settings of the configuration's task, by name."""
    return {known.name: known for known in settings_of(config.the_task)}


def live_rows(config: EchoConfig) -> tuple[str, ...]:
    """Names whose values can change while training goes on, the most useful first."""
    live = config.live_fields
    return "learning_rate", *(name for name in config.fields() if name in live and name != "learning_rate")


def structural_rows(config: EchoConfig) -> tuple[str, ...]:
    """Names whose change starts a new network: the task, its settings, and fields."""
    starts = [name for name in config.fields() if name not in config.live_fields and name != TASK]
    names = config.names()
    return TASK, *(name for name in starts if name not in names), *(name for name in starts if name in names)


def choices_of(config: EchoConfig, name: str, own: OwnFile | None = None) -> tuple[str, ...]:
    """The allowed values of a field that is chosen from a list; empty if it is typed.

    Args:
        own: the user's own file that can be chosen too; by default the one in the configuration.
    """
    own = own or own_file(config, name)
    files = () if own is None else (str(own),)
    if name == TASK:
        return (*TASKS, *files)
    known = settings_in(config).get(name) or FIELDS.get(name)
    return (*known.choices, *files) if known else files


def own_file(config: EchoConfig, name: str) -> OwnFile | None:
    """The user's own file that is the value of a field, if it is one."""
    value = config.fields().get(name)
    return value if isinstance(value, OwnFile) else None


def is_fraction(config: EchoConfig, name: str) -> bool:
    """Whether a field's value may be a fraction."""
    known = settings_in(config).get(name) or FIELDS.get(name)
    return known is not None and isinstance(known.default, float)


def may_be_negative(config: EchoConfig, name: str) -> bool:
    """Whether a field's value may be below zero."""
    known = settings_in(config).get(name)
    return known is not None and known.least < 0


def as_typed(value: object) -> str:
    """A field's value as text to edit; empty if it is None."""
    return "" if value is None else f"{value}"


def nudged(config: EchoConfig, name: str, up: bool, own: OwnFile | None = None) -> object:
    """The next value of a field, up or down: for a learning rate the next of `RUNGS`, for a whole number 1 more or
    less.

    The value may be invalid; the configuration then refuses it. For ``own`` see `choices_of`.
    """
    value = config.value(name)
    words = choices_of(config, name, own)
    if words:
        return words[(words.index(as_typed(value)) + (1 if up else -1)) % len(words)]
    if name == "learning_rate":
        return next_rung(value, up)
    if is_fraction(config, name):
        part = _range_of(config, name) / PARTS
        return round((round(value / part) + (1 if up else -1)) * part, 9)
    if name == "stride":
        value = config.window_stride
    return value + 1 if up else value - 1


def _range_of(config: EchoConfig, name: str) -> float:
    """The difference between the largest and the smallest value of a number, at most `PARTS`."""
    known = settings_in(config).get(name)
    return 1.0 if known is None else min(known.most - known.least, float(PARTS))


def next_rung(value: float, up: bool) -> float:
    """The next larger or smaller of `RUNGS` times a power of ten, for a value above 0; the value itself if there is
    none.
    """
    power = math.floor(math.log10(value))
    rungs = [float(f"{rung}e{one}") for one in range(power - 1, power + 2) for rung in RUNGS]
    if up:
        return min((rung for rung in rungs if value * (1 + 1e-9) < rung < math.inf), default=value)
    return max((rung for rung in rungs if 0 < rung < value * (1 - 1e-9)), default=value)


def help_of(config: EchoConfig, name: str) -> str:
    """The meaning of a field, and the values that it allows."""
    known = settings_in(config).get(name)
    if known is not None:
        return f"{known.help} {known.allowed}."
    if name == TASK:
        task = config.the_task
        settings = ", ".join(setting.name for setting in settings_of(task))
        about = " ".join((type(task).__doc__ or "").split()).partition(". ")[0].rstrip(".")
        return f"{about}. Settings: {settings or 'none'}."
    return field_help()[name]


@cache
def field_help() -> dict[str, str]:
    """The docstring of each field of `EchoConfig`, by field name; empty texts if the source is not available."""
    texts = dict.fromkeys((*EchoConfig.names(), TASK), "")
    body = ast.parse(textwrap.dedent(inspect.getsource(EchoConfig))).body[0]
    assert isinstance(body, ast.ClassDef)
    for statement, following in zip(body.body, body.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            match following:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    texts[statement.target.id] = " ".join(text.split())
    return texts


PRESET = "preset"

LONGEST_DRAFT = 32
"""The most characters of a draft; numbers need no more."""


class Form:
    """The settings form. It turns typed values into edits ``{field: value}`` and sends them to the session; an edit
    applies to the configuration at the time when it is carried out.

    The drafts of all fields are sent as one edit. A nudge of a live field is sent at once, but the next nudge of the
    field only after the previous one has taken effect, so that nudges of a held key do not pile up. Choosing a preset
    in the list of presets replaces all drafts by its changes; the list closes when they are applied or dropped.

    Args:
        config: the current configuration.
        send: sends a command to the session.
    """

    def __init__(self, config: EchoConfig, send: Callable[[Edit], object]) -> None:
        self.config = config
        self.name = PRESET
        """The field under the cursor."""
        self.drafts: dict[str, str] = {}
        """Values by field that were typed or chosen, but not entered."""
        self.lists_presets = False
        """Whether the list of presets is open, and has the keys."""
        self.typing = False
        """Whether characters are added to the draft of the field under the cursor."""
        self.sent: dict[str, Any] = {}
        """Values by field that were entered, but have not taken effect yet."""
        self.refusal = ""
        """Why a value is refused; empty if none is."""
        self.refused = ""
        """The field whose value is refused."""
        self._chosen: tuple[str, dict[str, str]] = ("", {})
        self._held: dict[str, Any] = {}
        self._newest = PRESET
        self._taken: Answer | None = None
        self._to_session = send

    # ---- what is shown

    def text(self, name: str) -> str:
        """The text of a field's value; of the new value if it was typed or entered."""
        if name == PRESET:
            return self.preset
        return self.drafts.get(name, as_typed(self.shown.value(name)))

    @property
    def shown(self) -> EchoConfig:
        """The configuration whose fields are the rows of the form: that of the drafted task, if it can be used."""
        wanted = self._wanted()
        if TASK not in self.drafts:
            return wanted
        try:
            return under_task(wanted, self._named(TASK, self.drafts[TASK]))
        except ConfigError:
            return wanted

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows of the form, in order."""
        shown = self.shown
        return PRESET, *live_rows(shown), *structural_rows(shown)

    def is_live(self, name: str) -> bool:
        """Whether a change of the field does not start a new network."""
        wanted = self._wanted()
        return name in wanted.live_fields and not (TASK in self.drafts and name in settings_in(self.shown))

    @property
    def preset(self) -> str:
        """The selected preset; empty if none is selected, or if the drafts have been changed since."""
        name, drafts = self._chosen
        return name if drafts == self.drafts else ""

    def is_underway(self, name: str) -> bool:
        """Whether a new value of the field was entered but has not taken effect yet."""
        return name in self.sent

    def _wanted(self) -> EchoConfig:
        """The configuration after all entered values have taken effect."""
        try:
            return self.config.with_fields({**self.sent, **self._held})
        except ConfigError:  # the configuration has changed in the meantime
            self.forget()
            return self.config

    # ---- what the session says

    def open(self, frame: Frame) -> None:
        """Open the form for the current configuration, without old refusals. The cursor is on the first row, so that
        the same keys always lead to the same field; but after the last epoch it is on the number of epochs, since
        raising that continues the training.
        """
        self.config, self._taken = frame.config, frame.refused
        self.name = "num_epochs" if frame.state is State.FINISHED else PRESET
        self._drop_drafts()
        self.take(frame)

    def take(self, frame: Frame) -> None:
        """Take over the current configuration; and why an edit was refused, once for each refused edit."""
        self.config = frame.config
        for name, value in list(self.sent.items()):
            if frame.config.fields().get(name) == value:
                del self.sent[name]
                if name in self._held:
                    self._send({name: self._held.pop(name)}, held=True)
        refused = frame.refused
        if refused is not None and refused != self._taken:
            self._taken = refused
            self._refuse(refused.field or self._newest, refused.why_not)
            self.forget()

    def forget(self) -> None:
        """Forget the sent values after another command, since they may never take effect."""
        self.sent.clear()
        self._held.clear()

    # ---- what the keys do

    def move(self, rows: int) -> None:
        """Move the cursor by ``rows`` rows, at most to the first or last row."""
        self.typing = False
        if self.lists_presets:
            presets = list(PRESETS)
            at = presets.index(self.preset) if self.preset in presets else 0
            self.choose(presets[min(max(0, at + rows), len(presets) - 1)])
            return
        names = self.rows
        at = names.index(self.name) if self.name in names else 0
        self.name = names[min(max(0, at + rows), len(names) - 1)]

    def takes(self, text: str) -> bool:
        """Whether this text can be added to the field's draft, or can begin a draft."""
        if self.typing:
            return True
        begins = "0123456789." if is_fraction(self.shown, self.name) else "0123456789"
        return self._is_typed and bool(text) and text[0] in begins

    @property
    def _is_typed(self) -> bool:
        """Whether the value under the cursor is typed rather than chosen."""
        return self.name != PRESET and not choices_of(self.shown, self.name)

    def type(self, text: str) -> bool:
        """Add text to the field's draft, or begin a draft; False if the text cannot begin one."""
        if not self.takes(text):
            return False
        if not self.typing:
            self.typing = True
            self.drafts[self.name] = ""
        kept = "".join(character for character in text if character.isprintable())
        self.drafts[self.name] = (self.drafts[self.name] + kept)[:LONGEST_DRAFT]
        return True

    def erase(self, whole: bool = False) -> None:
        """Erase the last character of the draft, or the whole draft."""
        if self._is_typed:
            self.drafts[self.name] = "" if whole else self.text(self.name)[:-1]
            self.typing = True

    def nudge(self, up: bool) -> None:
        """Go to the next value: a live field changes at once, another field gets a draft; of the presets, the list."""
        draft = self.drafts[self.name] if self.typing else "."
        if draft[-1:] in ("e", "E") or (not draft and not up and may_be_negative(self.shown, self.name)):
            self.type("+" if up else "-")
            return
        if self.name == PRESET:
            self.list_presets() if not self.lists_presets else self.move(1 if up else -1)
        else:
            self._nudge_field(self.name, up)

    def list_presets(self) -> None:
        """Open the list of presets, on the one that is drafted, otherwise on the first."""
        self.lists_presets = True
        self.choose(self.preset or next(iter(PRESETS)))

    def choose(self, preset: str) -> None:
        """Replace all drafts by the changes of a preset."""
        self.drafts = {name: as_typed(value) for name, value in self.changes_of(preset).items()}
        self._chosen = preset, dict(self.drafts)
        self._refuse("", "")

    def changes_of(self, preset: str) -> dict[str, Any]:
        """What a preset would change."""
        return differing(PRESETS[preset], self._wanted())

    def _nudge_field(self, name: str, up: bool) -> None:
        try:
            drafted = self._wanted().with_fields(self._typed())
        except ConfigError as error:
            self._refuse(name, str(error))
            return
        value = nudged(drafted, name, up, own_file(self.config, name))
        try:
            drafted = drafted.with_fields({name: self._named(name, value)})
        except ConfigError as error:
            self._refuse(name, str(error))
            return
        self._refuse("", "")
        self.typing = False
        if not self.is_live(name) or name in self.drafts:
            self.drafts[name] = as_typed(value)
            if name == TASK:
                self._keep_only_drafts_of(drafted)
        elif name in self.sent:
            self._held[name] = value
        else:
            self._send({name: value}, held=True)

    def enter(self) -> None:
        """Send the drafts as one edit. If the values are invalid, they stay drafts, with the reason."""
        if self.name == PRESET and not self.drafts and not self.lists_presets:
            self.list_presets()
            return
        self.typing = self.lists_presets = False
        wanted, typed = self._wanted(), self._typed()
        changes = differing(typed, wanted)
        try:
            wanted.with_fields(changes)
        except ConfigError as error:
            self._refuse(error.field if error.field in changes else self.name, str(error))
            return
        self._drop_drafts()
        if changes:
            for name in changes:
                self._held.pop(name, None)
            self._send(changes)

    def escape(self) -> bool:
        """Drop the drafts and the refusal; False if there was nothing to drop."""
        something = bool(self.drafts or self.preset or self.refusal or self.lists_presets)
        self._drop_drafts()
        return something

    def _drop_drafts(self) -> None:
        self.drafts.clear()
        self._chosen = "", {}
        self.typing = self.lists_presets = False
        self._refuse("", "")

    def _typed(self) -> dict[str, Any]:
        """The drafts of all fields, converted to values."""
        values: dict[str, Any] = {}
        if TASK in self.drafts:
            values[TASK] = self._named(TASK, self.drafts[TASK])
        shown = self.shown
        for name, text in self.drafts.items():
            if name != TASK:
                values[name] = self._named(name, text) if choices_of(shown, name) else field_value(name, text)
        return values

    def _named(self, name: str, text: object) -> object:
        """The value that a text names; for the user's own task or cell, its file."""
        own = own_file(self.config, name)
        return own if own is not None and text == str(own) else text

    def _keep_only_drafts_of(self, config: EchoConfig) -> None:
        """Drop the drafts of settings that this configuration does not have."""
        self.drafts = {name: text for name, text in self.drafts.items() if name in config.fields()}

    def _send(self, changes: dict[str, Any], held: bool = False) -> None:
        self.sent.update(changes)
        self._newest = next(iter(changes))
        self._to_session(Edit(changes, held))

    def _refuse(self, name: str, text: str) -> None:
        self.refused, self.refusal = name, text


def field_value(name: str, text: str) -> object:
    """The value of a field that was typed: a number if the text is one; a task or a cell (or a ConfigError); a text."""
    text = text.strip()
    if name in (TASK, CELL):
        return named(text) if name == TASK else cell_named(text)
    text = text.replace("_", "") if text[:1].isdigit() else text
    if name == "stride" and text in ("", "unset"):
        return None
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
