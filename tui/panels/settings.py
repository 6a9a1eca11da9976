"""The panel of settings and presets."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType

from echornn.config import EchoConfig, fields_text
from echornn.session.commands import Edit
from echornn.session.pictures.picture import Picture
from tui.panels.form import PRESET, PRESETS, WHY, Form, groups_of, help_of
from tui.panels.panel import GAP, Panel, PanelLine
from tui.views.view import hidden

COLUMN_WIDTH = 37  # the least width of a column of fields
WIDE = 50  # columns from which on the title names the panel
NUDGES = "The next value: live fields change at once, others become drafts"


class SettingsPanel(Panel):
    """A row for each field; see `Form` for what the keys do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *Panel.BINDINGS,
        Binding(
            "plus,equals_sign,right",
            "nudge(True)",
            "Nudge",
            key_display="+/-",
            tooltip=NUDGES,
            id="settings.more",
        ),
        hidden("minus,left", "nudge(False)", "Back", id="settings.less"),
        hidden(
            "enter", "enter", "Apply", tooltip="Apply all drafts as one edit", id="settings.apply"
        ),
        hidden("backspace", "erase(False)", "Erase", id="settings.erase"),
        hidden("ctrl+u", "erase(True)", "Clear", id="settings.clear"),
        hidden("s", "close", "Close", tooltip="Close", id="settings"),
    ]
    LINES_OF_A_ROW = 1

    def __init__(self, config: EchoConfig, send: Callable[[Edit], object]) -> None:
        super().__init__()
        self.form = Form(config, send)

    def begin(self, picture: Picture) -> None:
        self.form.open(picture.frame)
        self.redraw()

    def show(self, picture: Picture) -> None:
        self.form.take(picture.frame)
        if self.is_open:
            self.redraw()

    @property
    def row(self) -> str:
        return self.form.preset or self.form.name

    def choose(self, row: Hashable) -> None:
        self.form.choose(str(row))

    # ---- keys

    @property
    def is_typing(self) -> bool:
        return self.form.typing

    def is_text(self, character: str) -> bool:
        return self.form.takes(character)

    def type(self, character: str) -> None:
        self.form.type(character)

    def action_nudge(self, up: bool) -> None:
        if self.form.preset:
            self.action_move(1 if up else -1)
        else:
            self.form.nudge(up)

    def action_enter(self) -> None:
        self.form.enter()

    def action_erase(self, whole: bool) -> None:
        self.form.erase(whole)

    def action_escape(self) -> None:
        if not self.form.escape():
            self.close()

    def action_close(self) -> None:
        self.close()

    # ---- what is drawn

    def columns(self, width: int) -> int:
        if self.form.preset:
            return 1
        return max(1, (width + GAP) // (COLUMN_WIDTH + GAP))

    def lines(self, width: int) -> list[PanelLine]:
        if self.form.preset:
            return self._lines_of_presets()
        lines = list(self._lines_of(PRESET, len(PRESET), width))
        for heading, names in groups_of(self.form.shown).items():
            longest = max(map(len, names))
            lines.append(PanelLine(heading, style="heading"))
            for name in names:
                lines += self._lines_of(name, longest, width)
        return lines

    def _lines_of_presets(self) -> list[PanelLine]:
        longest = max(map(len, PRESETS))
        lines = []
        for name in PRESETS:
            changes = fields_text(self.form.changes_of(name)) or "nothing to change"
            lines.append(PanelLine(f"  {name:<{longest}}  {changes}", name))
        return lines

    def _lines_of(self, name: str, longest: int, width: int) -> Iterator[PanelLine]:
        """The line of a field, and those that say why its value is refused."""
        form = self.form
        if name == PRESET:
            value = self.keymap.text("«settings.apply» lists them")
        else:
            value = form.text(name)
        is_draft = name in form.drafts
        if form.typing and name == form.name:
            value += "_"
        elif is_draft:
            value += " *"
        elif name in form.sent:
            value += " ..."
        style = "draft" if is_draft else "text"
        yield PanelLine(f"  {name:<{longest}}  {value or 'unset'}", name, style)
        field, why_not = form.refusal
        if name == field:
            refusal = f"! {why_not}"
            for line in textwrap.wrap(refusal, max(1, width - 2), subsequent_indent="  "):
                yield PanelLine(f"  {line}", name, "refusal")

    def text(self) -> tuple[str, str]:
        closing = "drop" if self.form.drafts or self.form.preset else "close"
        title = "«settings.more» more  «settings.less» less  «settings.apply» apply  «close» "
        title += closing
        if self.size.width > WIDE:
            title = f"settings  {title}"
        return title, self._explanation()

    def _explanation(self) -> str:
        form, name = self.form, self.row
        if name == PRESET:
            return "A preset changes a few fields, all others stay."
        if not form.preset:
            return f"{self._starts([name])} {help_of(form.shown, name)}"
        changes = form.changes_of(name)
        if not changes:
            return "It changes nothing."
        return f"{WHY.get(name, '')} {self._starts(changes)} {fields_text(changes)}.".strip()

    def _starts(self, fields: Iterable[str]) -> str:
        return "Live:" if all(map(self.form.is_live, fields)) else "Starts over:"
