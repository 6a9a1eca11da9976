"""The panels beside the curve, or below it: the settings, the branches of the run, other runs."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.events import Key

from echornn.config import EchoConfig, fields_text
from echornn.session.commands import Command, Edit, Go, Name, Pin
from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import BranchRow, Picture
from tui.panels.form import PRESET, PRESETS, WHY, Form, groups_of, help_of
from tui.panels.runs import KeptRun, UnderCurve, show_or_hide, standing
from tui.views.canvas import Cells, CellWidget, Press

COLUMN_WIDTH, GAP = 37, 2  # the least width of a column of fields, and between two
MOST_FOOT = 5  # the most lines below the rows
MOST_TYPED = 40
FIXED = {"enter": "enter", "escape": "escape", "backspace": "erase(False)", "ctrl+u": "erase(True)"}
"""The actions of keys wherever text is typed, whatever keys the user has chosen."""

Send = Callable[[Command], object]


class PanelLine(NamedTuple):
    """A line of a panel.

    Those of the row under the cursor have the same ``row``; a heading has none.
    """

    text: str
    row: Hashable = None
    style: str = "text"


class Panel(CellWidget, can_focus=True):
    """Rows with a cursor, between a title and an explanation; while it has the focus, it gets all
    keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, tooltip="The row above", id="up"),
        Binding("down", "move(1)", "Down", show=False, tooltip="The row below", id="down"),
        Binding("pageup", "move(-10)", "Up", show=False, id="page_up"),
        Binding("pagedown", "move(10)", "Down", show=False, id="page_down"),
        Binding("home", "move(-999999)", "First", show=False, id="first"),
        Binding("end", "move(999999)", "Last", show=False, id="last"),
        Binding(
            "escape",
            "escape",
            "Close",
            show=False,
            tooltip="Drop what is typed; else close",
            id="close",
        ),
    ]
    LINES_OF_A_ROW: ClassVar[int] = 2

    is_open = False
    typed: str | None = None  # the text that is typed; None while characters are keys
    _here: Hashable = None
    _top = 0

    def __init__(self, close: Callable[[], None]) -> None:
        super().__init__()
        self.action_close = close

    def text(self) -> tuple[str, str]:
        """The title, and the explanation."""
        raise NotImplementedError

    def lines(self, width: int) -> list[PanelLine]:
        raise NotImplementedError

    def columns(self, width: int) -> int:
        return 1

    @property
    def rows(self) -> list[Hashable]:
        return list(
            dict.fromkeys(line.row for line in self.lines(self.size.width) if line.row is not None)
        )

    @property
    def here(self) -> Hashable:
        """The row under the cursor; None if there is none."""
        rows = self.rows
        return self._here if self._here in rows else next(iter(rows), None)

    def choose(self, row: Hashable) -> None:
        self._here = row

    # ---- keys and the mouse

    @property
    def is_typing(self) -> bool:
        return self.typed is not None

    def is_text(self, character: str) -> bool:
        """Whether a character is now text rather than a key."""
        return self.is_typing

    def type(self, character: str) -> None:
        self.typed = f"{self.typed or ''}{character}"[:MOST_TYPED]

    async def press(self, key: Key) -> bool:
        actions = {**self.keymap.actions(self.BINDINGS), **(FIXED if self.is_typing else {})}
        if key.is_printable and key.character and self.is_text(key.character):
            self.type(key.character)
        elif key.key in actions:
            await self.run_action(actions[key.key])
        else:
            return False
        self.redraw()
        self.screen.refresh_bindings()  # other keys count as text now
        return True

    def action_move(self, by: int) -> None:
        if rows := self.rows:
            self.choose(rows[max(0, min(rows.index(self.here) + by, len(rows) - 1))])
        self.redraw()

    def action_enter(self) -> None:
        raise NotImplementedError

    def action_erase(self, whole: bool) -> None:
        self.typed = "" if whole else (self.typed or "")[:-1]

    def action_escape(self) -> None:
        self.action_close()

    def clicked(self, spot: object, again: bool) -> None:
        """Put the cursor on a row, as the arrow keys do; the second time enter it."""
        if again:
            self.action_enter()
        elif spot in self.rows:
            self.choose(spot)
        self.redraw()

    def on_mouse_scroll_down(self) -> None:
        self.action_move(1)

    def on_mouse_scroll_up(self) -> None:
        self.action_move(-1)

    # ---- what is drawn

    def draw(self, cells: Cells) -> None:
        title, said = map(self.keymap.text, self.text())
        columns = self.columns(cells.width)
        width = (cells.width + GAP) // columns - GAP
        foot_height = max(1, min(MOST_FOOT, cells.height // 4))
        height = (
            max(1, (cells.height - 1 - foot_height) // self.LINES_OF_A_ROW) * self.LINES_OF_A_ROW
        )
        room, lines, row = height * columns, self.lines(width), self.here
        of_row = [number for number, line in enumerate(lines) if line.row == row is not None] or [0]
        first = of_row[0] if of_row[0] > 2 else 0  # with the headings above the first fields
        self._top = max(0, min(max(self._top, of_row[-1] + 1 - room), first, len(lines) - room))
        shown = lines[self._top : self._top + room]
        more = f"lines {self._top + 1}-{self._top + len(shown)}" if len(shown) < len(lines) else ""
        self._mark_keys(cells, 0, title)
        if cells.write(0, 0, title, "strong") + len(more) < cells.width:
            cells.write(cells.width - len(more), 0, more, "strong")
        for number, line in enumerate(shown):
            x, y = number // height * (width + GAP), 1 + number % height
            text, style = line.text, line.style
            if line.row is not None:
                cells.mark(x, y, width, 1, line.row)
                if self._top + number == of_row[0]:
                    text, style = f">{text[1:]}", "picked" if self.has_focus else style
            cells.write(
                x, y, (text if len(text) <= width else f"{text[: width - 1]}…").ljust(width), style
            )
        foot = textwrap.wrap(said, max(1, cells.width), break_on_hyphens=False)
        below = 1 + (height if columns > 1 else min(height, len(lines) + 1))
        for y, text in enumerate(foot[:foot_height], below):
            cells.write(0, y, text, "muted")
            if "  " in said:
                self._mark_keys(cells, y, text)

    def _mark_keys(self, cells: Cells, y: int, text: str) -> None:
        """Let a click on a part of a line, between two spaces each, press the key that it begins
        with."""
        for part in text.split("  "):
            if key := self.keymap.named(part.partition(" ")[0]):
                cells.mark(text.index(part), y, len(part), 1, Press(key))


NUDGES = "The next value: live fields change at once, others become drafts"


class SettingsPanel(Panel):
    """The settings and the presets; see `Form` for what the keys do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *Panel.BINDINGS,
        Binding(
            "plus,equals_sign,right",
            "nudge(True)",
            "Nudge",
            True,
            "+/-",
            False,
            NUDGES,
            "settings.more",
        ),
        Binding("minus,left", "nudge(False)", "Back", show=False, id="settings.less"),
        Binding(
            "enter",
            "enter",
            "Apply",
            show=False,
            tooltip="Apply all drafts as one edit",
            id="settings.apply",
        ),
        Binding("backspace", "erase(False)", "Erase", show=False, id="settings.erase"),
        Binding("ctrl+u", "erase(True)", "Clear", show=False, id="settings.clear"),
        Binding("s", "close", "Close", show=False, tooltip="Close", id="settings"),
    ]
    LINES_OF_A_ROW = 1

    def __init__(
        self, config: EchoConfig, send: Callable[[Edit], object], close: Callable[[], None]
    ) -> None:
        super().__init__(close)
        self.form = Form(config, send)

    def open(self, frame: Frame) -> None:
        self.is_open = True
        self.form.open(frame)
        self.redraw()

    def show(self, frame: Frame) -> None:
        self.form.take(frame)
        if self.is_open:
            self.redraw()

    @property
    def here(self) -> str:
        return self.form.preset or self.form.name

    def choose(self, row: Hashable) -> None:
        self.form.choose(str(row))

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
            self.action_close()

    def columns(self, width: int) -> int:
        return 1 if self.form.preset else max(1, (width + GAP) // (COLUMN_WIDTH + GAP))

    def lines(self, width: int) -> list[PanelLine]:
        form, longest = self.form, max(map(len, PRESETS))
        if form.preset:
            changes = {
                name: fields_text(form.changes_of(name)) or "nothing to change" for name in PRESETS
            }
            return [PanelLine(f"  {name:<{longest}}  {changes[name]}", name) for name in PRESETS]
        lines = [*self._field(PRESET, len(PRESET), width)]
        for heading, names in groups_of(form.shown).items():
            lines.append(PanelLine(heading, style="heading"))
            lines += [
                line for name in names for line in self._field(name, max(map(len, names)), width)
            ]
        return lines

    def _field(self, name: str, longest: int, width: int) -> Iterator[PanelLine]:
        """The line of a field, and those that say why its value is refused."""
        form, is_draft = self.form, name in self.form.drafts
        value = (
            self.keymap.text("«settings.apply» lists them") if name == PRESET else form.text(name)
        )
        if form.typing and name == form.name:
            value += "_"
        elif is_draft or name in form.sent:
            value += " *" if is_draft else " ..."
        yield PanelLine(
            f"  {name:<{longest}}  {value or 'unset'}", name, "draft" if is_draft else "text"
        )
        if name == form.refusal[0]:
            for line in textwrap.wrap(
                f"! {form.refusal[1]}", max(1, width - 2), subsequent_indent="  "
            ):
                yield PanelLine(f"  {line}", name, "refusal")

    def text(self) -> tuple[str, str]:
        form, name = self.form, self.here
        keys = "«settings.more» more  «settings.less» less  «settings.apply» apply  «close» "
        name_of_panel = "settings  " if self.size.width > 50 else ""
        closing = "drop" if form.drafts or form.preset else "close"
        title = f"{name_of_panel}{keys}{closing}"
        if name == PRESET:
            return title, "A preset changes a few fields, all others stay."
        changes = form.changes_of(name) if form.preset else {name: ""}
        starts = "Live:" if all(map(form.is_live, changes)) else "Starts over:"
        said = (
            f"{WHY.get(name, '')} {starts} {fields_text(changes)}.".strip()
            if changes
            else "It changes nothing."
        )
        return title, said if form.preset else f"{starts} {help_of(form.shown, name)}"


class BranchList(Panel):
    """The branches of the run: go to one, draw it under the curve, name it, pin it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *Panel.BINDINGS,
        Binding(
            "enter", "enter", "Go", show=False, tooltip="Go to the branch's end", id="branches.go"
        ),
        Binding(
            "space",
            "mark",
            "Show",
            show=False,
            tooltip="Draw it under the curve, or not",
            id="branches.mark",
        ),
        Binding("n", "name", "Name", show=False, tooltip="Give it a name", id="branches.name"),
        Binding(
            "x",
            "pin",
            "Pin",
            show=False,
            tooltip="Pin it: it stays under the curve",
            id="branches.pin",
        ),
        Binding("b", "escape", "Close", show=False, id="branches"),
    ]

    def __init__(
        self, picture: Picture, send: Send, say: Callable[[str], None], close: Callable[[], None]
    ) -> None:
        super().__init__(close)
        self._picture, self._send, self._say = picture, send, say

    def open(self, picture: Picture) -> None:
        """Open the panel with the cursor on the branch that the curve shows, so that ``enter`` goes
        to its end."""
        self.is_open, self.typed = True, None
        self._here = next((one.number for one in picture.branches if one.is_line), None)
        self.look(picture)

    def look(self, picture: Picture) -> None:
        self._picture = picture
        if self.is_open:
            self.redraw()

    @property
    def _branch(self) -> BranchRow | None:
        here = self.here
        return next((one for one in self._picture.branches if one.number == here), None)

    def text(self) -> tuple[str, str]:
        if self.typed is not None:
            return f"name: {self.typed}_", "enter keeps the name  escape drops it"
        keys = (
            "«branches.go» goes  «branches.mark» shows  «branches.name» names  «branches.pin» pins"
        )
        return "branches: * shown, + under it, x pinned", f"{keys}  «close» closes"

    def lines(self, width: int) -> list[PanelLine]:
        lines = []
        for one in self._picture.branches:
            sign = "*" if one.is_line else "x" if one.is_pinned else "+" if one.is_shown else " "
            end, of = f"{one.windows:,} on its path", f" of {one.windows:,}"
            how = standing(one.mean, one.solved_at, one.lost_at, one.seed_stats, end, of)
            lines.append(PanelLine(f" {sign}{one.letter} {one.words}", one.number))
            lines.append(PanelLine(f"   {how}", one.number, "muted"))
        return lines or [PanelLine("nothing is trained yet", style="muted")]

    def action_enter(self) -> None:
        if self._branch is not None and self.typed is not None:
            self._send(Name(self._branch.number, self.typed))
        elif self._branch is not None:
            self._send(Go(self._branch.number))
            self.action_close()
        self.typed = None

    def action_escape(self) -> None:
        if self.typed is None:
            self.action_close()
        self.typed = None

    def action_mark(self) -> None:
        branch = self._branch
        if branch is not None and branch.is_line:
            self._say("the curve shows this branch: it cannot lie under itself")
        elif branch is not None:
            self._send(show_or_hide(branch.number, self._picture))

    def action_name(self) -> None:
        if self._branch is not None:
            self.typed = self._picture.frame.notes.names.get(self._branch.number, "")

    def action_pin(self) -> None:
        if self._branch is not None:
            self._send(Pin(self._branch.number))


class RunList(Panel):
    BINDINGS: ClassVar[list[BindingType]] = [
        *Panel.BINDINGS,
        Binding(
            "enter,space",
            "enter",
            "Show",
            show=False,
            tooltip="Draw it under the curve, or not",
            id="runs.show",
        ),
    ]

    def __init__(
        self, under_curve: UnderCurve, say: Callable[[str], None], close: Callable[[], None]
    ) -> None:
        super().__init__(close)
        self._under_curve, self._say = under_curve, say
        self._runs: Sequence[KeptRun] | None = None  # None while they are read

    def open(self) -> None:
        """Open the panel, without a filter."""
        self.is_open, self.typed, self._runs = True, "", None
        self.redraw()

    def take(self, runs: Sequence[KeptRun]) -> None:
        self._runs = runs
        self.redraw()

    def is_text(self, character: str) -> bool:
        return character != " " or bool(self.typed)

    def text(self) -> tuple[str, str]:
        return (
            f"other runs: {self.typed}_",
            "enter shows or hides it  type to filter  escape closes",
        )

    def lines(self, width: int) -> list[PanelLine]:
        lines, letters, words = [], self._under_curve.letters, (self.typed or "").lower().split()
        for folder, differs, how in self._runs or ():
            if not all(word in f"{folder.name} {differs} {how}".lower() for word in words):
                continue
            first = (
                f" {f'+{letters[folder]} ' if folder in letters else ' '}{differs or folder.name}"
            )
            second = f"   {how} · {folder.name}" if differs else f"   {how}"
            lines += [PanelLine(first, folder), PanelLine(second, folder, "muted")]
        nothing = (
            "reading ..."
            if self._runs is None
            else "none matches"
            if self._runs
            else "there are no other runs"
        )
        return lines or [PanelLine(nothing, style="muted")]

    def action_enter(self) -> None:
        if isinstance(self.here, Path) and (trouble := self._under_curve.lay_under(self.here)):
            self._say(trouble)
