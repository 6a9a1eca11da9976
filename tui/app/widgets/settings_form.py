"""The state of the settings form, without its drawing: drafts, and values that were sent or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from echornn.config import TASK, ConfigError, EchoConfig
from echornn.session.commands import Answer, Edit
from echornn.session.pictures.frame import Frame, State
from tui.app.line.command_words import field_value
from tui.app.presets import PRESETS, differing, under_task
from tui.app.widgets.settings_fields import (
    as_typed,
    choices_of,
    is_fraction,
    live_rows,
    may_be_negative,
    nudged,
    own_file,
    settings_in,
    structural_rows,
)

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
