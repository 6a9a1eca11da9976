"""Every field of the configuration, with its help; what cannot work is refused where it was typed."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import inspect
import textwrap
from collections.abc import Callable
from typing import Any, cast

from textual.app import ComposeResult
from textual.binding import Binding, NoBinding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Key
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Select, Static

from echornn.config import CHOICES, LIVE_FIELDS, ConfigError, EchoConfig
from tui.app.presets import presets

FIELDS = tuple(field.name for field in dataclasses.fields(EchoConfig))
PRESET = "preset"


class Field(Input):
    """An input whose keys act in the order typed: in Textual's own, characters overtake the keys that are bindings."""

    async def _on_key(self, event: Key) -> None:
        with contextlib.suppress(NoBinding):
            binding, *_ = self._bindings.get_bindings_for_key(event.key)
            event.stop()
            event.prevent_default()
            await self.run_action(binding.action)


class SettingsScreen(ModalScreen[None]):
    """Edits a configuration; ``enter`` applies what was typed, and a chosen word applies at once.

    Args:
        config: what is trained now.
        edit: called with the fields that are to change.
        start_with: called with a preset's configuration, which is to begin anew.
    """

    BINDINGS = [
        Binding("escape", "close", "Close", tooltip="Back to the run"),
        # With priority the focus has moved when the next key comes, however fast it comes.
        Binding("tab", "app.focus_next", "Next", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", "Previous", show=False, priority=True),
    ]

    class Closing(Message):
        """Asks to close; it takes the way of what was typed before, and cannot overtake it."""

    def __init__(self, config: EchoConfig, edit: Callable[..., None], start_with: Callable[[EchoConfig], None]) -> None:
        super().__init__()
        self.config = config
        self._edit_session = edit
        self._start_with = start_with

    def compose(self) -> ComposeResult:
        help_texts = field_help()
        with Vertical(id="settings"):
            yield Static("enter applies a field, tab goes to the next, escape closes; u undoes afterwards", id="manual")
            yield Static("", id="refusal", markup=False)
            with VerticalScroll():
                with Horizontal(classes="field"):
                    yield Label(PRESET)
                    yield Select([(name, name) for name in presets()], prompt="choose", id=PRESET, compact=True)
                yield Static("A whole experiment at once.", classes="help", markup=False)
                for name in FIELDS:
                    with Horizontal(classes="field"):
                        yield Label(name)
                        if name in CHOICES:
                            options = [(word, word) for word in CHOICES[name]]
                            value = getattr(self.config, name)
                            yield Select(options, value=value, allow_blank=False, id=name, compact=True)
                        else:
                            yield Field(text_of(self.config, name), id=name, compact=True)
                    live = "Live. " if name in LIVE_FIELDS else ""
                    yield Static(live + help_texts[name], classes="help", markup=False)

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#learning_rate", Input))

    def show(self, config: EchoConfig, refusal: str) -> None:
        """Take over what is trained now, and why the last edit could not be made, if so."""
        if refusal:
            self.refuse(refusal)
        if config != self.config:
            self.config = config
            self._fill(config)

    def refuse(self, text: str) -> None:
        """Say why a value cannot be used."""
        self.query_one("#refusal", Static).update(f"! {text}" if text else "")

    def _fill(self, config: EchoConfig) -> None:
        for name in FIELDS:
            if name in CHOICES:
                select: Select[str] = self.query_one(f"#{name}", Select)
                with select.prevent(Select.Changed):
                    select.value = getattr(config, name)
            elif (field := self.query_one(f"#{name}", Input)) is not self.focused:
                field.value = text_of(config, name)

    def action_close(self) -> None:
        (self.focused or self).post_message(self.Closing())

    def on_settings_screen_closing(self) -> None:
        self.dismiss()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.input.select_all()  # what is typed next takes its place
        self._edit(event.input.id or "", parsed(event.input.id or "", event.value))

    def on_select_changed(self, event: Select.Changed) -> None:
        name, value = event.select.id or "", event.value
        if not isinstance(value, str):
            return
        if name == PRESET:
            self.refuse("")
            self._start_with(presets()[value])
        elif value != getattr(self.config, name):
            self._edit(name, value)

    def _edit(self, name: str, value: object) -> None:
        try:
            dataclasses.replace(self.config, **cast(dict[str, Any], {name: value}))
        except ConfigError as error:
            self.refuse(str(error))
            return
        self.refuse("")
        self._edit_session(**{name: value})


def text_of(config: EchoConfig, name: str) -> str:
    """A field's value as it is typed; an unset one is empty."""
    value = getattr(config, name)
    return "" if value is None else f"{value}"


def parsed(name: str, text: str) -> object:
    """What was typed as a number where it is one; the configuration itself refuses the rest."""
    text = text.strip().replace("_", "")
    if name == "stride" and not text:
        return None
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def field_help() -> dict[str, str]:
    """The docstring under each field of `EchoConfig`, by the field's name; empty where there is no source."""
    texts = dict.fromkeys(FIELDS, "")
    body = ast.parse(textwrap.dedent(inspect.getsource(EchoConfig))).body[0]
    assert isinstance(body, ast.ClassDef)
    for statement, following in zip(body.body, body.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            match following:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    texts[statement.target.id] = " ".join(text.split())
    return texts
