"""View 9: the finite automaton that the network has become, and a word on which it is wrong."""

from __future__ import annotations

from textual.geometry import Region

from echornn.readings import Readings
from echornn.tasks.task import has_words
from tui.text.automata import NO_LETTERS, sentences, table_lines, word_rows
from tui.text.lines import LONGEST, shortened, wrapped
from tui.views.automaton_scene import WordStep, draw_machine, draw_word
from tui.views.canvas import Cells, beside, write_in
from tui.views.view import LEAVE, ProbeView, cursor_keys

# Columns of the machine, and of the texts beside it; on the narrowest screen both are there. Chosen
# by eye
MACHINE, TEXTS = (40, 100), (48, 34, 12)


class AutomatonView(ProbeView):
    key = "9"
    title = "automaton"
    about = "The finite automaton that the network has become, beside the task's"
    kinds = frozenset({"automaton", "plane"})
    needs = "automaton"
    BINDINGS = [
        *cursor_keys("A letter of the word back", "A letter on", "The table up", "The table down"),
        LEAVE,
    ]

    _cursor: int | None = None  # among the letters of the word
    _first = 0  # the state on the first line of the table

    @property
    def unasked(self) -> str:
        return "" if has_words(self._frame.own_config.the_task) else f"automaton: {NO_LETTERS}"

    # ---- the cursor

    @property
    def _rows(self) -> dict[str, list[str]]:
        """Of the word on which the network is wrong; empty if no such word is known."""
        readings = self._readings
        if readings is None or readings.automaton is None:
            return {}
        return word_rows(readings.config.the_task, readings.automaton)

    @property
    def at_cursor(self) -> WordStep | None:
        rows = self._rows
        if self._cursor is None or not rows:
            return None
        return WordStep(min(self._cursor, len(rows["word"]) - 1))

    def clicked(self, spot: object, again: bool) -> None:
        if isinstance(spot, WordStep):
            self._cursor = spot.number
            self._changed()

    def action_move(self, steps: int, rows: int) -> None:
        last = len(self._rows.get("word", ())) - 1
        if steps:
            before = last - steps if self._cursor is None else self._cursor
            self._cursor = max(0, min(before + steps, last))
        self._first = max(0, self._first + rows)
        self._changed()

    def reading_of(self, spot: object) -> str:
        rows = self._rows
        if not isinstance(spot, WordStep) or not rows:
            return ""
        words = [f"{name} {row[spot.number]}" for name, row in rows.items()]
        place = f"letter {spot.number + 1} of {len(rows['word'])}"
        return shortened(f"{place}: {', '.join(words)}", LONGEST)

    # ---- what is drawn

    def paint(self, cells: Cells, readings: Readings) -> None:
        automaton, task = readings.automaton, readings.config.the_task
        assert automaton is not None
        verdict, *texts = sentences(task, automaton)
        self.draw_head(cells, readings, verdict)
        body = Region(0, 1, cells.width, cells.height - 1)
        machine_box, box = beside(body, *MACHINE, TEXTS) or (body, body._replace(height=0))
        rows, cursor, lit = self._rows, self.at_cursor, ""
        room = max(1, box.height - (len(rows) + 1 if rows else 0))
        for text in wrapped("; ".join(texts), box.width, room):
            write_in(cells, box, 0, text, "text")
            box = box._replace(y=box.y + 1, height=box.height - 1)
        if rows:
            draw_word(cells, box, rows, cursor and cursor.number)
        if cursor is not None and "state" in rows:
            lit = rows["state"][cursor.number]
        if automaton.machine is None or draw_machine(cells, machine_box, readings, automaton, lit):
            return
        head, *lines = table_lines(task, automaton)
        self._first = min(self._first, max(0, len(lines) + 1 - machine_box.height))
        write_in(cells, machine_box, 0, head, "muted")
        for y, line in enumerate(lines[self._first :], 1):
            ink = "cursor" if str(y + self._first - 1) == lit else "text"
            write_in(cells, machine_box, y, line, ink)
