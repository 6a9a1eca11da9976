"""The help: one page of tables from the keys, the fields and the words, and the search in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from echornn.cells.table import CELLS
from echornn.config import RULES
from echornn.data.levels import deciding_windows, solved_level
from echornn.diagnosis.loss_stats import loss_text
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Audience
from tui.app.key_line import MOST
from tui.app.modal import ClosesOnce, Field
from tui.app.status import audience_text
from tui.term.printed import printable
from tui.views.keymap import keymap_of

# A key or word, and its text, each; a paragraph if the key is empty
Texts = Sequence[tuple[str, str]]

# Columns of the page, and of its frame, padding and scrollbar, as app.tcss has them
WIDTH, FRAME = 76, 8
SEVERAL = ", "  # between several keys of a row
SCROLLS = (  # the id of each key that scrolls, the key, and where to
    *(
        ("up", "up", "up"),
        ("down", "down", "down"),
        ("first", "home", "home"),
        ("last", "end", "end"),
    ),
    *(
        ("page_up", "pageup", "page_up"),
        ("page_down", "pagedown", "page_down"),
        ("help.on", "space", "page_down"),
    ),
)


class Chapter(NamedTuple):
    heading: str
    rows: Texts = ()
    bindings: Sequence[Binding] = ()  # keys listed below the rows, with their tooltips


def _plain(text: str) -> str:
    return text.casefold().replace("-", "")


def found(chapters: Sequence[Chapter], sought: str) -> list[Chapter]:
    """The rows that have all words in them or in their heading, first those whose key has one; of a
    letter, its key."""
    words, is_letter = _plain(sought).split(), len(sought.strip()) == 1

    def names(key: str) -> bool:
        letters = key.replace(",", " ").split()
        return (
            sought.strip() in letters if is_letter else any(word in _plain(key) for word in words)
        )

    def has(heading: str, row: tuple[str, str]) -> bool:
        return is_letter or all(word in _plain(f"{heading} {row[0]} {row[1]}") for word in words)

    parts = [
        Chapter(heading, [row for row in rows if names(row[0]) == explains and has(heading, row)])
        for explains in ((True,) if is_letter else (True, False))
        for heading, rows, _ in chapters
    ]
    return [one for one in parts if one.rows] if words else list(chapters)


def drawn(chapters: Sequence[Chapter], words: Sequence[str], width: int) -> Text:
    """The chapters, with these words marked."""
    page = Text(no_wrap=True)
    for heading, rows, _ in chapters:
        page.append(f"{heading}\n", "bold")
        margin = min(22, max((len(key) for key, _ in rows), default=0))
        for key, text in rows:
            indent = margin + 2 if key else 0
            page.append(key, "bold")
            page.append("\n" + " " * indent if len(key) > margin else " " * (indent - len(key)))
            page.append(f"\n{' ' * indent}".join(wrap(text, max(1, width - indent))) + "\n")
        page.append("\n")
    if words:  # no word is everywhere
        page.highlight_words(words, "reverse", case_sensitive=False)
    return page


class HelpScreen(ClosesOnce):
    BINDINGS = [
        Binding("slash", "search", "Search", id="help.search"),
        Binding("escape", "back", "Back", id="close"),
        Binding("question_mark,q", "dismiss", "Close", id="help.close"),
        *[Binding(key, f"scroll('{way}')", show=False, id=name) for name, key, way in SCROLLS],
    ]

    def __init__(self, chapters: Sequence[Chapter]) -> None:
        super().__init__()
        self._chapters = list(chapters)
        self._page = Static()
        self._text = VerticalScroll(self._page)
        self._search = Field(placeholder="words, or a key", compact=True)

    def compose(self) -> ComposeResult:
        with Vertical(id="help") as frame:
            frame.border_title = "Help"
            search, close = (
                "[@click=screen.search]«help.search» searches[/]",
                "[@click=screen.back]«close» closes[/]",
            )
            frame.border_subtitle = self._say(f"{search}, «arrows» scroll, {close}")
            yield self._text
            yield self._search

    def on_mount(self) -> None:
        for at, (heading, rows, bindings) in enumerate(self._chapters):
            said = [
                (self._say(key), self._say(text)) for key, text in (*rows, *self._rows(bindings))
            ]
            self._chapters[at] = Chapter(self._say(heading), said)
        self._leave_search()

    def _say(self, text: str) -> str:
        return keymap_of(self.app).text(text)

    def action_search(self) -> None:
        self._search.display = True
        self._search.select_all()
        self.set_focus(self._search)

    async def action_back(self) -> None:
        """Leave the search; without a search, leave the help."""
        if self._search.display:
            self._search.value = ""
            self._leave_search()
        else:
            await self.action_dismiss()

    def action_scroll(self, way: str) -> None:
        getattr(self._text, f"scroll_{way}")(animate=False)

    def on_resize(self) -> None:
        self._show()

    def on_input_changed(self) -> None:
        self._show()

    def action_enter(self) -> None:
        self.set_focus(self._text)

    def _leave_search(self) -> None:
        self._search.display = False
        self.set_focus(self._text)
        self._show()

    def _show(self) -> None:
        sought, width = self._search.value, min(WIDTH, self.app.size.width * 95 // 100) - FRAME
        shown = found(self._chapters, sought) or [
            Chapter(self._say("nothing is found; «close» shows all again"))
        ]
        self._page.update(drawn(shown, [word for word in sought.split() if len(word) > 1], width))
        self._text.scroll_home(animate=False)

    def _rows(self, bindings: Iterable[Binding]) -> list[tuple[str, str]]:
        """The keys as displayed, with their tooltips: the first of those that share a key; a pair
        has one row."""
        rows: dict[str, tuple[str, str]] = {}
        keymap = keymap_of(self.app)
        seconds = {one for first, group in keymap.together.items() for one in group if one != first}
        for binding in bindings:
            if not binding.tooltip or binding.key in rows or binding.id in seconds:
                continue
            group = keymap.together.get(binding.id or "", ())
            if len(group) == 2:  # a pair, such as [ and ]
                display = SEVERAL.join(map(keymap.name, group))
            else:
                display = self.app.get_key_display(binding).replace(",", SEVERAL)
            rows[binding.key] = (display, binding.tooltip)
        return list(rows.values())


# ---- the chapters of the app's help


def chapters(frame: Frame, audience: Audience) -> list[Chapter]:
    from tui.app.keys import PLACES  # late: they have the keys of this screen
    from tui.app.words import WORDS, word_help
    from tui.panels.form import help_of
    from tui.views.table import VIEWS

    config = frame.own_config
    return [
        _now(frame, audience),
        Chapter("The task", _task(frame)),
        Chapter("The views", [(f"«view.{view.title}» {view.title}", view.about) for view in VIEWS]),
        Chapter("Signs", SIGNS),
        *(
            Chapter(f"Keys {place}", (), [one for one in PLACES[place] if isinstance(one, Binding)])
            for place in PLACES
        ),
        Chapter(
            "By name, after :",
            [(f"{word.name} {word.usage}".strip(), word_help(word)) for word in WORDS.values()],
        ),
        Chapter("Settings", [(name, printable(help_of(config, name))) for name in config.fields()]),
        Chapter("Words", GLOSSARY),
        Chapter("Words: cells", [(name, cell.about) for name, cell in CELLS.items()]),
        Chapter("Words: learning rules", [(name, rule.about) for name, rule in RULES.items()]),
    ]


def _now(frame: Frame, audience: Audience) -> Chapter:
    """What matters in this state, in four sentences, and the keys that the last line shows."""
    from tui.app.actions import KEYED
    from tui.app.keys import is_offered, left_out

    offered = {
        str(action.binding.id): action.binding
        for action in KEYED
        if action.in_key_line and is_offered(action, frame)
    }
    for id in left_out(frame):
        if len(offered) > MOST:
            offered.pop(id, None)
    state = "in the past" if frame.is_past and frame.state is State.PAUSED else frame.state
    where = f"at window {frame.trained:,}" if frame.trained else "before the first window"
    lost = (
        []
        if audience.is_connected
        else [f"{audience_text(audience)}: the screen shows the last that came."]
    )
    sentences = [
        "You see a network learn: the curve is its loss, the sentence above it says how that "
        "goes, and below lie one "
        "or two of its views: what it does and holds.",
        "The keys below matter now, and none loses anything: «undo» undoes, and all that was "
        "trained stays in the run.",
        "«palette» finds every command by its name, «line» takes one as a line, and «help.search» "
        "searches this page, "
        "which has all keys, settings and words.",
        "«quit» quits, and echornn-tui --resume goes on from here.",
    ]
    return Chapter(
        f"Now: {state}, {where}",
        [("", one) for one in (*lost, *sentences, "")],
        list(offered.values()),
    )


def _task(frame: Frame) -> Texts:
    from tui.views.rows import data_text, first_sentence

    config, levels = (
        frame.own_config,
        [f"{loss_text(one.loss, 3)} {one.name} ({one.knows})" for one in frame.ladder],
    )
    sentence = first_sentence(config)
    rows = [
        ("task", printable(f"{sentence[:1].upper()}{sentence[1:]}. The data: {data_text(config)}."))
    ]
    if levels:
        level, count = solved_level(config), deciding_windows(config)
        solved = (
            f" Solved is a mean of {count:,} windows below {loss_text(level, 3)}."
            if level > 0
            else ""
        )
        rows.append(
            ("ladder", f"Dotted lines, losses known beforehand: {'; '.join(levels)}.{solved}")
        )
    return rows


SIGNS = (
    (
        "█ ▁",
        "In rows, 1 and 0. Elsewhere low blocks are negative, and arrows are saturated units, |h| "
        "above 0.97.",
    ),
    ("><", "A wrong prediction; a dash is a target that does not count, ▲ a source, × a miss."),
    (
        "bright, dim",
        "On the curve the mean, and the extremes; dimmer still, other branches (a) and other runs "
        "(A).",
    ),
    ("dotted, double", "Lines at the ends of epochs, and at levels of the loss; at what you did."),
    ("errors", "Below the curve, the error rate: a full block is as wrong as guessing."),
    (
        "hollow bars",
        "How much error would get so many steps back, if it were not cut off at the wall, T.",
    ),
    ("◆ ●", "Eigenvalues outside the unit circle, which grow, and inside, which fade."),
    (
        "█ to ·",
        "A seed's loss, from chance to solved; how much the prediction changes with an input, all "
        "to nothing.",
    ),
)

GLOSSARY = (
    (
        "epoch",
        "A pass over total_series_length steps of data, new each time. In the tutorial it has 666 "
        "windows.",
    ),
    (
        "window",
        "T steps of all rows: forward, loss, gradient, one update of the weights. The state is "
        "carried on.",
    ),
    (
        "loss",
        "The mean over a window's targets that count: cross-entropy in nats (ln 2 = 0.693), or "
        "squared error.",
    ),
    ("chance", "The loss of knowing nothing of the inputs. The echo's is ln(num_classes)."),
    (
        "floor",
        "The least possible loss. An epoch's first window cannot know the row above: 0.111 in the "
        "tutorial.",
    ),
    ("solved", "The mean loss of 50 windows is close to the last level of the ladder."),
    ("source", "An input that a target depends on, by its lag: t-3 is 3 steps before."),
    (
        "misses",
        "Targets that no window holds together with their source: tbptt takes no error from one "
        "to the other.",
    ),
    ("gate", "Numbers from 0 (shut) to 1 (open), one for each unit: sigmoid([x, h'] W + b)."),
    (
        "update, reset",
        "Gates of the gru: z near 1 keeps the old value; r, how much of it the candidate sees.",
    ),
    (
        "forget",
        "A gate of the lstm, f: how much of c is kept, and of the error passes back. Its bias "
        "starts at 1.",
    ),
    (
        "input, output",
        "Gates of the lstm: how much of the candidate is added to c; of tanh(c) becomes h.",
    ),
    (
        "candidate",
        "The new value that a gate lets in. gru: tanh([x, r h'] Wc + bc). lstm: tanh([x, h'] W "
        "+ b).",
    ),
    (
        "adagrad",
        "Divides each step by the root of the sum of squared gradients; rmsprop, adam: of a "
        "moving average.",
    ),
    (
        "r2",
        "How well an input can be read from the state by a linear read-out: 0 not at all, 1 "
        "exactly.",
    ),
    ("Lyapunov", "How fast small differences grow (above 0) or fade (below), in nats a step."),
    (
        "branch",
        "Windows that began at a window of another branch, or with new weights. None is dropped.",
    ),
    ("ghost", "Another branch or run, drawn dimmer under the curve. A pinned one stays there."),
    (
        "crosshair",
        "The upright line on the curve that «left» and «right» move; «go» goes to its window.",
    ),
)
