"""The state of the settings form, without the screen: drafts, changes that were sent, changes that were refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, cast

from echornn.config import CHOICES, FRACTIONS, LIVE_FIELDS, ConfigError, EchoConfig
from echornn.session.commands import Answer, Edit
from echornn.session.frame import Frame, State
from tui.app.presets import PRESETS, differing
from tui.app.widgets.settings_fields import LIVE, STRUCTURAL, as_typed, nudged, parsed

PRESET = "preset"
ROWS = (PRESET, *LIVE, *STRUCTURAL)
"""The rows on which the cursor can be, in order."""

LONGEST_DRAFT = 32
"""The most characters of a draft; a number needs no more."""


class Form:
    """The settings form. It makes edits ``{field: value}``, which apply to the configuration at the time they are
    carried out.

    Drafts of any number of fields become one edit. Nudges of live fields are sent at once, but the next nudge of a
    field only after the previous one has taken effect, so that a held key does not store up nudges. Choosing a preset
    drafts the fields that it changes, and replaces all other drafts.

    Args:
        config: the present configuration.
        send: sends the session a command.
    """

    def __init__(self, config: EchoConfig, send: Callable[[Edit], object]) -> None:
        self.config = config
        self.name = PRESET
        """The field under the cursor."""
        self.drafts: dict[str, str] = {}
        """Values that were typed or chosen, and not entered."""
        self.typing = False
        """Whether keys are text for the field under the cursor."""
        self.sent: dict[str, Any] = {}
        """Values that were entered, and have not taken effect yet."""
        self.refusal = ""
        """Why a value cannot be used."""
        self.refused = ""
        """The field that the refusal is about."""
        self._chosen: tuple[str, dict[str, str]] = ("", {})
        self._held: dict[str, Any] = {}
        self._newest = PRESET
        self._taken: Answer | None = None
        self._to_session = send

    # ---- what is shown

    def text(self, name: str) -> str:
        """The value of a field, or the value that it will have."""
        if name == PRESET:
            return self.preset
        return self.drafts.get(name, as_typed(getattr(self._wanted(), name)))

    @property
    def preset(self) -> str:
        """The preset whose fields are the drafts; empty if none was chosen, or if the drafts have changed since."""
        name, drafts = self._chosen
        return name if drafts == self.drafts else ""

    def is_underway(self, name: str) -> bool:
        """Whether the field's value was entered, and has not taken effect yet."""
        return name in self.sent

    def _wanted(self) -> EchoConfig:
        """The configuration after everything that was sent is done."""
        try:
            return dataclasses.replace(self.config, **{**self.sent, **self._held})
        except ConfigError:  # the configuration has changed since
            self.forget()
            return self.config

    # ---- what the session says

    def open(self, frame: Frame) -> None:
        """Open with the present configuration, without old refusals. The cursor is on the first row, so that the same
        keys lead to the same field each time; if all epochs are trained, it is on their number, since more epochs train
        on.
        """
        self.config, self._taken = frame.config, frame.refused
        self.name = "num_epochs" if frame.state is State.FINISHED else PRESET
        self._drop_drafts()
        self.take(frame)

    def take(self, frame: Frame) -> None:
        """Take over the present configuration, and why an edit was refused, once for each edit."""
        self.config = frame.config
        for name, value in list(self.sent.items()):
            if getattr(frame.config, name) == value:
                del self.sent[name]
                if name in self._held:
                    self._send({name: self._held.pop(name)}, held=True)
        refused = frame.refused
        if refused is not None and refused != self._taken:
            self._taken = refused
            self._refuse(refused.field or self._newest, refused.why_not)
            self.forget()

    def forget(self) -> None:
        """Forget sent values after another command, since they may never take effect."""
        self.sent.clear()
        self._held.clear()

    # ---- what the keys do

    def move(self, rows: int) -> None:
        """Move the cursor by so many rows, at most to the end."""
        self.typing = False
        self.name = ROWS[min(max(0, ROWS.index(self.name) + rows), len(ROWS) - 1)]

    def takes(self, text: str) -> bool:
        """Whether this text can continue the field's draft, or begin one."""
        if self.typing:
            return True
        begins = "0123456789." if self.name in FRACTIONS else "0123456789"
        return self.name != PRESET and self.name not in CHOICES and bool(text) and text[0] in begins

    def type(self, text: str) -> bool:
        """Add to the field's draft, or begin one; False if the text cannot begin one."""
        if not self.takes(text):
            return False
        if not self.typing:
            self.typing = True
            self.drafts[self.name] = ""
        kept = "".join(character for character in text if character.isprintable())
        self.drafts[self.name] = (self.drafts[self.name] + kept)[:LONGEST_DRAFT]
        return True

    def erase(self, whole: bool = False) -> None:
        """Erase the last character, or all."""
        if self.name != PRESET and self.name not in CHOICES:
            self.drafts[self.name] = "" if whole else self.text(self.name)[:-1]
            self.typing = True

    def nudge(self, up: bool) -> None:
        """Go to the next value: for a live field at once, for others as a draft."""
        if self.typing and self.drafts[self.name][-1:] in ("e", "E"):
            self.type("+" if up else "-")
            return
        if self.name == PRESET:
            names = ["", *PRESETS]
            self._choose(names[(names.index(self.preset) + (1 if up else -1)) % len(names)])
        else:
            self._nudge_field(self.name, up)

    def _choose(self, preset: str) -> None:
        """Draft the changes of a preset, in place of all other drafts."""
        self._drop_drafts()
        if preset:
            changes = differing(PRESETS[preset], self._wanted())
            self.drafts = {name: as_typed(value) for name, value in changes.items()}
            self._chosen = preset, dict(self.drafts)

    def _nudge_field(self, name: str, up: bool) -> None:
        try:
            drafted = dataclasses.replace(self._wanted(), **self._typed())
        except ConfigError as error:
            self._refuse(name, str(error))
            return
        value = nudged(drafted, name, up)
        try:
            drafted = dataclasses.replace(drafted, **cast(dict[str, Any], {name: value}))
        except ConfigError as error:
            self._refuse(name, str(error))
            return
        self._refuse("", "")
        self.typing = False
        if name not in LIVE_FIELDS or name in self.drafts:
            self.drafts[name] = as_typed(value)
        elif name in self.sent:
            self._held[name] = value
        else:
            self._send({name: value}, held=True)

    def enter(self) -> None:
        """Send the drafts as one edit; values that cannot work stay drafts."""
        self.typing = False
        wanted, typed = self._wanted(), self._typed()
        changes = differing(typed, wanted)
        try:
            dataclasses.replace(wanted, **changes)
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
        something = bool(self.drafts or self.preset or self.refusal)
        self._drop_drafts()
        return something

    def _drop_drafts(self) -> None:
        self.drafts.clear()
        self._chosen = "", {}
        self.typing = False
        self._refuse("", "")

    def _typed(self) -> dict[str, Any]:
        """The drafts of all fields as values."""
        return {name: text if name in CHOICES else parsed(name, text) for name, text in self.drafts.items()}

    def _send(self, changes: dict[str, Any], held: bool = False) -> None:
        self.sent.update(changes)
        self._newest = next(iter(changes))
        self._to_session(Edit(changes, held))

    def _refuse(self, name: str, text: str) -> None:
        self.refused, self.refusal = name, text
