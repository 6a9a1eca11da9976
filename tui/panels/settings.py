"""The settings panel: all fields of the configuration, and the presets."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key, Paste

from echornn.config import EchoConfig, fields_text
from echornn.session.commands import Edit
from echornn.session.pictures.frame import Frame
from tui.panels.form import PRESET, PRESETS, WHY, Form, help_of, live_rows, structural_rows
from tui.views.canvas import Cells, CellWidget, Press
from tui.views.keymap import key_name

COLUMN_WIDTH, GAP = 37, 2
"""The columns of a field in a panel below the curve, and between two fields; as many as fit are side by side."""

MOST_FOOT = 5
"""The most lines of explanation. A low panel uses a quarter of its lines for a field, and half of them for a preset."""

LIVE, STRUCTURAL = "live: the network goes on", "these start the network over"
"""The headings of fields."""

BINDINGS = [
    Binding("up", "move(-1)", "Up", show=False, tooltip="The field above", id="up"),
    Binding("down", "move(1)", "Down", show=False, tooltip="The field below", id="down"),
    Binding("home", "move(-99)", "First", show=False, id="first"),
    Binding("end", "move(99)", "Last", show=False, id="last"),
    Binding(
        "plus,equals_sign,right",
        "nudge(True)",
        "Nudge",
        key_display="+/-",
        tooltip="The next value: live fields change at once, others become drafts",
        id="settings.more",
    ),
    Binding("minus,left", "nudge(False)", "Back", show=False, id="settings.less"),
    Binding("enter", "enter", "Apply", show=False, tooltip="Apply all drafts as one edit", id="settings.apply"),
    Binding("backspace", "erase(False)", "Erase", show=False, id="settings.erase"),
    Binding("ctrl+u", "erase(True)", "Clear", show=False, id="settings.clear"),
    Binding("escape", "escape", "Close", show=False, tooltip="Drop the drafts; if there are none, close", id="close"),
    Binding("s", "close", "Close", show=False, tooltip="Close", id="settings"),
]

NUDGES_FIRST = "«settings.more»/«settings.less»"

HINTS = f"{NUDGES_FIRST} nudge, «settings.apply», «close» closes"

HINTS_OF_DRAFTS = f"{NUDGES_FIRST} nudge, «settings.apply» applies, «close» drops"
"""The keys while there are drafts. Those that nudge stay in their place, so that a second click nudges again."""

SHORT_HINTS = f"{NUDGES_FIRST}, «settings.apply», «close»"
"""The keys where the numbers of the lines leave no room for more."""

MOUSE_KEYS = ("settings.more", "settings.less", "settings.apply", "close")
"""The ids of the keys of the title, which a click presses."""

NUDGES = ("settings.more", "settings.less")
"""The ids of the keys that nudge a value; their characters do so even while a number is typed."""


@dataclass(frozen=True)
class SettingsLine:
    """A line of the panel: a field, a heading, or a line of a refusal."""

    text: str
    style: str = ""
    name: str = ""


class SettingsPanel(CellWidget, can_focus=True):
    """The panel that draws a `Form` and passes keys to it in the typed order; see `Form` for what the keys do.

    Args:
        config: the current configuration.
        send: sends a command to the session.
        close: called when a key closes the panel.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS]

    def __init__(
        self,
        config: EchoConfig,
        send: Callable[[Edit], object],
        close: Callable[[], None],
    ) -> None:
        super().__init__()
        self.form = Form(config, send)
        self.is_open = False
        self._close = close
        self._top = 0

    def open(self, frame: Frame) -> None:
        """Open the panel for the configuration of this frame."""
        self.is_open = True
        self.form.open(frame)
        self.redraw()

    def show(self, frame: Frame) -> None:
        """Take over the current configuration, and why the last edit was refused, if it was. Also call this while the
        panel is closed: a nudge that waits for the previous one is sent then.
        """
        self.form.take(frame)
        if self.is_open:
            self.redraw()

    # ---- keys

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether a key is text now, so that no other widget handles it."""
        return self.form.typing and character is not None and character.isprintable()

    def is_text(self, character: str) -> bool:
        """Whether a character can be added to the draft of the field under the cursor, or can begin a draft."""
        nudges = [key_name(key) for name in NUDGES for key in self.keymap.keys.get(name, ())]
        return character not in nudges and self.form.takes(character)

    async def on_key(self, event: Key) -> None:
        """Handle keys here rather than as bindings: typed characters would be handled before bindings."""
        if not self.is_open:
            return
        action = self.keymap.actions(BINDINGS).get(event.key)
        if action is not None and not (self.form.typing and self._is_typed(event)):
            await self.run_action(action)
        elif not (event.character and event.character.isprintable() and self.form.type(event.character)):
            return
        event.stop()
        event.prevent_default()
        self.redraw()
        self.screen.refresh_bindings()  # other keys count as text now

    def _is_typed(self, event: Key) -> bool:
        """Whether a key counts as text, or does nothing, while a number is typed."""
        is_nudge = any(event.key in self.keymap.keys[name] for name in NUDGES)
        return event.is_printable != is_nudge

    def on_paste(self, event: Paste) -> None:
        self.form.type(event.text)
        event.stop()
        self.redraw()

    def action_move(self, rows: int) -> None:
        self.form.move(rows)
        self.redraw()

    def action_nudge(self, up: bool) -> None:
        self.form.nudge(up)
        self.redraw()

    def action_enter(self) -> None:
        self.form.enter()
        self.redraw()

    def action_erase(self, whole: bool) -> None:
        self.form.erase(whole)
        self.redraw()

    def action_escape(self) -> None:
        if not self.form.escape():
            self._close()
        self.redraw()

    def action_close(self) -> None:
        self._close()

    # ---- the mouse

    def clicked(self, spot: object, again: bool) -> None:
        """Put the cursor on a field, as the arrow keys do."""
        if not isinstance(spot, SettingsLine):
            return
        if self.form.lists_presets:
            self.action_enter() if again else self.form.choose(spot.name)
            self.redraw()
        else:
            self.action_move(self.form.rows.index(spot.name) - self.form.rows.index(self.form.name))

    def on_mouse_scroll_down(self) -> None:
        self.action_move(1)

    def on_mouse_scroll_up(self) -> None:
        self.action_move(-1)

    # ---- what is drawn

    def draw(self, cells: Cells) -> None:
        columns = 1 if self.form.lists_presets else max(1, (cells.width + GAP) // (COLUMN_WIDTH + GAP))
        width = (cells.width + GAP) // columns - GAP
        foot = self._foot(cells.width)
        wanted = len(foot) if self.form.name in (PRESET, "rule") else 0
        foot_height = min(MOST_FOOT, max(1, cells.height // 4, min(wanted, cells.height // 2)))
        height = max(1, cells.height - 1 - foot_height)
        lines = self._lines(width)
        self._scroll(lines, height * columns)
        shown = lines[self._top : self._top + height * columns]
        more = "" if len(shown) == len(lines) else f"  lines {self._top + 1}-{self._top + len(shown)}"
        title = self._title(cells.width - len(more))
        cells.write(0, 0, f"{title:<{cells.width - len(more)}}{more}", "strong")
        for word, key in ((self.keymap.name(name), self.keymap.key(name)) for name in MOUSE_KEYS):
            if word in title:
                cells.mark(title.index(word), 0, len(word), 1, Press(key))
        for index, line in enumerate(shown):
            column, y = divmod(index, height)
            x = column * (width + GAP)
            cells.write(x, 1 + y, line.text, line.style)
            if line.name:
                cells.mark(x, 1 + y, width, 1, line)
        below = min(1 + height, 2 + len(lines)) if columns == 1 else 1 + height
        for y, text in enumerate(foot[:foot_height], below):
            cells.write(0, y, text, "muted")

    def _title(self, room: int) -> str:
        """The keys of the panel, which begin in the same column whether there are drafts or not."""
        both = [self.keymap.text(keys) for keys in (HINTS, HINTS_OF_DRAFTS)]
        longest, keys = max(map(len, both)), both[bool(self.form.drafts)]
        named = f"settings: {keys}"
        if longest + len(named) - len(keys) <= room:
            return named
        return keys if len(keys) <= room else self.keymap.text(SHORT_HINTS)

    def _scroll(self, lines: Sequence[SettingsLine], room: int) -> None:
        """Scroll so that the cursor, and the refusal below it, are visible."""
        here = self.form.preset if self.form.lists_presets else self.form.name
        first = next(index for index, line in enumerate(lines) if line.name == here)
        last = first
        while last + 1 < len(lines) and lines[last + 1].style == "refusal":
            last += 1
        if first <= 2:  # show the headings above the first fields too
            first = 0
        self._top = max(0, min(max(self._top, last + 1 - room), first, len(lines) - room))

    def _lines(self, width: int) -> list[SettingsLine]:
        if self.form.lists_presets:
            return [self._preset(name, width) for name in PRESETS]
        lines: list[SettingsLine] = []
        shown = self.form.shown
        groups = ("", (PRESET,)), (LIVE, live_rows(shown)), (STRUCTURAL, structural_rows(shown))
        for heading, names in groups:
            if heading:
                lines.append(SettingsLine(heading, "heading"))
            name_width = max(map(len, names))
            for name in names:
                lines.append(self._field(name, width, name_width))
                if self.form.refused == name and self.form.refusal:
                    text = f"! {self.form.refusal}"
                    wrapped = textwrap.wrap(text, width - 2, subsequent_indent="  ")
                    lines += [SettingsLine(f"  {one}", "refusal") for one in wrapped]
        return lines

    def _field(self, name: str, width: int, name_width: int) -> SettingsLine:
        form = self.form
        here = name == form.name
        value = form.text(name)
        is_draft = name in form.drafts or (name == PRESET and value != "")
        if here and form.typing:
            value += "_"
        elif is_draft:
            value += " *"
        elif form.is_underway(name):
            value += " ..."
        elif not value:
            value = "unset" if name != PRESET else "none chosen"
        style = "picked" if here and self.has_focus else "draft" if is_draft else "text"
        text = f"{'> ' if here else '  '}{name:<{name_width}}  {value}"
        return SettingsLine(f"{text:<{width}}"[:width], style, name)

    def _preset(self, name: str, width: int) -> SettingsLine:
        """The line of a preset in the list: its name, and what it changes."""
        here = name == self.form.preset
        changes = fields_text(self.form.changes_of(name)) or "nothing to change"
        text = f"{'> ' if here else '  '}{name:<{max(map(len, PRESETS))}}  {changes}"
        text = text if len(text) <= width else f"{text[: width - 3]}..."
        style = "picked" if here and self.has_focus else "text"
        return SettingsLine(f"{text:<{width}}", style, name)

    def _foot(self, width: int) -> list[str]:
        """The lines that explain the field under the cursor."""
        name = self.form.name
        if name == PRESET:
            text = self._of_the_preset()
        else:
            text = f"{'Live' if self.form.is_live(name) else 'Starts over'}: {help_of(self.form.shown, name)}"
        return textwrap.wrap(self.keymap.text(text), max(width, 1))

    def _of_the_preset(self) -> str:
        """The explanation of the selected preset."""
        preset, drafts = self.form.preset, self.form.drafts
        if not preset:
            return (
                "A change of a few fields; all others stay. «settings.more» and «settings.less» choose, "
                "«settings.apply» applies, «undo» undoes."
            )
        if not drafts:
            return f"{preset}: nothing to change."
        then = "the network goes on" if all(map(self.form.is_live, drafts)) else "the network starts over"
        why = WHY.get(preset) or f"All else stays, {then}."
        return f"{preset}: {fields_text(drafts)}. {why} «settings.apply» applies, «undo» undoes."
