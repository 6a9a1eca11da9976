"""The help: one page of tables from the keys, the fields and the words, and the search in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from textwrap import wrap
from typing import NamedTuple

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.geometry import Size
from textual.widgets import Input, Static

from echornn.cells.table import CELLS
from echornn.config import RULES, EchoConfig
from echornn.data.levels import deciding_windows, ladder_of, solved_level
from echornn.diagnosis.loss_stats import loss_text
from echornn.session.pictures.frame import Frame, State
from echornn.session.pictures.picture import Audience
from tui.app.base import ClosesOnce
from tui.term.printed import printable
from tui.views.keymap import key_name, keymap_of, keys_of

Rows = Sequence[tuple[str, str]]
"""A key or word, and its text, each; a paragraph if the key is empty."""

KEY_WIDTH = 22  # the most columns for keys
SEVERAL = ", "  # between several keys of a row
NOTHING = "nothing is found; «close» shows all again"


class Chapter(NamedTuple):
    heading: str
    rows: Rows = ()
    bindings: Sequence[Binding] = ()  # keys listed below the rows, with their tooltips


def _plain(text: str) -> str:
    return text.casefold().replace("-", "")


def found(chapters: Sequence[Chapter], sought: str) -> list[Chapter]:
    """The rows that have all words in them or in their heading, first those whose key has one; of a letter, its key."""
    words = _plain(sought).split()
    if not words:
        return list(chapters)
    rows = [(chapter.heading, row) for chapter in chapters for row in chapter.rows]
    if len(sought.strip()) == 1:
        fitting = [(True, one) for one in rows if sought.strip() in one[1][0].replace(",", " ").split()]
    else:
        fitting = [
            (any(word in _plain(row[0]) for word in words), (heading, row))
            for heading, row in rows
            if all(word in _plain(f"{heading} {row[0]} {row[1]}") for word in words)
        ]
    fitting.sort(key=lambda one: not one[0])
    groups = groupby(fitting, key=lambda one: (one[0], one[1][0]))
    return [Chapter(heading, [row for _, (_, row) in group]) for (_, heading), group in groups]


def drawn(chapters: Sequence[Chapter], words: Sequence[str], width: int) -> Text:
    """The chapters, with these words marked, and with keys that can be clicked."""
    page = Text(no_wrap=True)
    for heading, rows, _ in chapters:
        page.append(f"{heading}\n", "bold")
        margin = min(KEY_WIDTH, max((len(key) for key, _ in rows), default=0))
        for key, text in rows:
            indent = margin + 2 if key else 0
            for number, name in enumerate(key.split(SEVERAL) if key else ()):
                page.append(SEVERAL if number else "")
                page.append(name, Style(meta={"@click": ("screen.press", (name,))}))
            page.append("\n" + " " * indent if len(key) > margin else " " * (indent - len(key)))
            page.append(f"\n{' ' * indent}".join(wrap(text, max(1, width - indent))) + "\n")
        page.append("\n")
    if words:  # no word is everywhere
        page.highlight_words(words, "reverse", case_sensitive=False)
    return page


class Page(Static):
    """Chapters, laid out for the width that there is."""

    def __init__(self) -> None:
        super().__init__()
        self._chapters: Sequence[Chapter] = ()
        self._words: Sequence[str] = ()
        self._drawn = 0, Text()  # for this width

    def show(self, chapters: Sequence[Chapter], words: Sequence[str]) -> None:
        self._chapters, self._words, self._drawn = chapters, words, (0, Text())
        self.refresh(layout=True)

    def _of_width(self, width: int) -> Text:
        if self._drawn[0] != width:
            self._drawn = width, drawn(self._chapters, self._words, width)
        return self._drawn[1]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._of_width(width).plain.count("\n")

    def render(self) -> Text:
        return self._of_width(self.size.width)


class HelpScreen(ClosesOnce):
    """Chapters to scroll through and to search."""

    BINDINGS = [
        # With priority, so that the search has the focus even before a key that follows quickly.
        Binding("slash", "search", "Search", priority=True, id="help.search"),
        Binding("escape", "back", "Back", id="close"),
        Binding("question_mark,q", "dismiss", "Close", id="help.close"),
        Binding("up", "scroll('up')", "A line up", show=False, id="up"),
        Binding("down", "scroll('down')", "A line down", show=False, id="down"),
        Binding("pageup", "scroll('page_up')", "A page up", show=False, id="page_up"),
        Binding("pagedown", "scroll('page_down')", "A page down", show=False, id="page_down"),
        Binding("space", "scroll('page_down')", "A page down", show=False, id="help.on"),
        Binding("home", "scroll('home')", "To the top", show=False, id="first"),
        Binding("end", "scroll('end')", "To the end", show=False, id="last"),
    ]

    def __init__(self, chapters: Sequence[Chapter]) -> None:
        super().__init__()
        self._chapters = list(chapters)
        self._keys: dict[str, str] = {}  # that a click presses, by how the rows call them; of a range the first
        self._page = Page()
        self._text = VerticalScroll(self._page)
        self._search = Input(placeholder="words, or a key", compact=True)

    def compose(self) -> ComposeResult:
        with Vertical(id="help") as frame:
            frame.border_title = "Help"
            frame.border_subtitle = Text.assemble(
                (self._say("«help.search»"), Style(meta={"@click": "screen.search"})),
                self._say(" searches, «arrows» scroll, "),
                (self._say("«close»"), Style(meta={"@click": "screen.back"})),
                " closes",
            )
            yield self._text
            yield self._search

    def on_mount(self) -> None:
        for at, (heading, rows, bindings) in enumerate(self._chapters):
            said = [(self._say(key), self._say(text)) for key, text in (*rows, *self._rows(bindings))]
            self._chapters[at] = Chapter(self._say(heading), said)
        self._show("")
        self._leave_search()

    def _say(self, text: str) -> str:
        return keymap_of(self.app).text(text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action is available; while the search is typed, a slash is text."""
        return action != "search" or self.focused is not self._search

    def action_search(self) -> None:
        self._search.display = True
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

    async def action_press(self, shown: str) -> None:
        """Press a key of a row on the screen below."""
        if key := self._keys.get(shown) or keymap_of(self.app).named(shown):
            await self.action_dismiss()
            self.app.simulate_key(key)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._show(event.value)

    def on_input_submitted(self) -> None:
        self.set_focus(self._text)

    def _leave_search(self) -> None:
        self._search.display = False
        self.set_focus(self._text)

    def _show(self, sought: str) -> None:
        shown = found(self._chapters, sought) or [Chapter(self._say(NOTHING))]
        self._page.show(shown, [word for word in sought.split() if len(word) > 1])
        self._text.scroll_home(animate=False)

    def _rows(self, bindings: Iterable[Binding]) -> list[tuple[str, str]]:
        """The keys as they are displayed, with their tooltips; if several actions share a key, the first.

        A binding that is shown together with another one describes both; the second has no row of its own.
        """
        rows: dict[str, tuple[str, str]] = {}
        keymap = keymap_of(self.app)
        seconds = {one for first, group in keymap.together.items() for one in group if one != first}
        for binding in bindings:
            if not binding.tooltip or binding.key in rows or binding.id in seconds:
                continue
            group = keymap.together.get(binding.id or "", ())
            if len(group) == 2:  # a pair, such as [ and ]
                display = SEVERAL.join(map(keymap.name, group))
            elif not group and (moved := keymap.moved.get(binding.id or "")):
                display = SEVERAL.join(map(key_name, moved))
            else:
                display = self.app.get_key_display(binding).replace(",", SEVERAL)
            rows[binding.key] = (display, binding.tooltip)
            own = keymap.keys.get(binding.id or "", keys_of(binding))
            self._keys |= {key_name(key): key for key in (*map(keymap.key, group), *own)}
            self._keys.setdefault(display, own[0])
        return list(rows.values())


# ---- the chapters of the app's help


def chapters(frame: Frame, audience: Audience, first: Sequence[Binding]) -> list[Chapter]:
    """The help for the state of this frame, with these keys before those of single places."""
    from tui.app.keys import IN_THE_APP, IN_THE_TOUR, PLACES  # late: they have the keys of this screen
    from tui.app.words import WORDS

    words = [(f"{one.name} {one.usage}".strip(), one.about) for one in WORDS.values()]
    bindings = {place: [one for one in all_ if isinstance(one, Binding)] for place, all_ in PLACES.items()}
    return [
        _now(frame, audience),
        Chapter("The screen", [*_task(frame.own_config), *SCREEN]),
        Chapter("The views", list(OF_VIEWS.items())),
        Chapter("All keys", bindings=first),
        *(Chapter(f"Keys {place}", (), bindings[place]) for place in PLACES if place not in (IN_THE_APP, IN_THE_TOUR)),
        Chapter("By name, after :", words),
        Chapter("Settings", [(name, _help_of(frame.own_config, name)) for name in frame.own_config.fields()]),
        Chapter("Words", GLOSSARY),
        Chapter("Words: cells", [(name, cell.about) for name, cell in CELLS.items()]),
        Chapter("Words: learning rules", [(name, rule.about) for name, rule in RULES.items()]),
    ]


def _now(frame: Frame, audience: Audience) -> Chapter:
    """What matters in this state, in four sentences, and the keys that the last line shows."""
    from tui.app.key_line import MOST
    from tui.app.keys import BINDINGS, is_offered, left_out
    from tui.app.status import audience_text

    is_past = frame.is_past and frame.state is State.PAUSED
    offered = {one.action: one for one in BINDINGS if one.show and is_offered(one.action, frame)}
    for action in left_out(frame):
        if len(offered) > MOST:
            offered.pop(action, None)
    where = f"at window {frame.trained:,}" if frame.trained else "before the first window"
    sentences = [
        *[f"{audience_text(audience)}: the screen shows the last that came."] * (not audience.is_connected),
        "You see a network learn: the curve is its loss, the sentence above it says how that goes, and below lies one "
        "of seven views of what it does and holds.",
        "The keys below matter now, and none loses anything: «undo» undoes, and all that was trained stays in the run.",
        "«palette» finds every command by its name, «line» takes one as a line, and «help.search» searches this page, "
        "which has all keys, settings and words.",
        "«quit» quits, and echornn-tui --resume goes on from here.",
    ]
    heading = f"Now: {'in the past' if is_past else frame.state}, {where}"
    return Chapter(heading, [("", sentence) for sentence in sentences], list(offered.values()))


def _help_of(config: EchoConfig, name: str) -> str:
    from tui.panels.form import help_of

    return printable(help_of(config, name))


def _task(config: EchoConfig) -> Rows:
    """What is trained, and the levels of its loss that are known beforehand."""
    from tui.views.rows import data_text, first_sentence

    sentence = first_sentence(config)
    rows = [("task", printable(f"{sentence[:1].upper()}{sentence[1:]}. The data: {data_text(config)}."))]
    levels = "; ".join(f"{loss_text(one.loss, 3)} {one.name} ({one.knows})" for one in ladder_of(config))
    level, count = solved_level(config), deciding_windows(config)
    solved = f" Below {loss_text(level, 3)}, the mean of {count:,} windows, it counts as solved." if level > 0 else ""
    return [*rows, ("ladder", f"Dotted lines, losses known beforehand: {levels}.{solved}")] if levels else rows


SCREEN = (
    ("lines above", "State, position and loss; speed and settings; then what is seen, and the key that helps."),
    (
        "curve",
        "The loss of each window: bright the mean, dim the extremes. Dotted lines mark epochs, double lines what you "
        "did. Below it the error rate: a full block is as wrong as guessing.",
    ),
    ("letters", "Other branches of this run, drawn dimmer; capital letters are other runs."),
)

OF_VIEWS = {
    "«view.rows» rows": "Rows of the window: input, target, prediction. A full block is 1, a base line 0; >< marks a "
    "wrong one, a dash a target that does not count.",
    "«view.data» data": "How the series is cut into rows and windows. A miss (×) is a target that no window holds "
    "together with the input that it depends on.",
    "«view.memory» memory": "For each lag, how well that input can be read from the state (1: exactly). Below, what "
    "each unit follows; low blocks are negative, arrows saturated.",
    "«view.gradient» gradient": "For each lag, in powers of ten, how much of the error gets so far back. The wall is "
    "T; hollow bars are cut off. Beside it, which inputs the prediction uses.",
    "«view.weights» weights": "Each matrix, low blocks negative; its eigenvalues with the unit circle: what lies "
    "outside grows, what lies inside fades. Lyapunov exponents: the same with saturation.",
    "«view.seeds» seeds": "Networks that differ only in their seed, a line each: when it solved the task, and its loss "
    "from chance (█) to solved (·).",
    "«view.plane» plane": "States as points on the two directions in which they vary most, each with the sign of its "
    "target. The dense line is where the prediction changes.",
}

GLOSSARY = (
    ("epoch", "A pass over total_series_length steps of data, new each time. In the tutorial it has 666 windows."),
    ("window", "T steps of all rows: forward, loss, gradient, one update of the weights. The state is carried on."),
    ("T", "truncated_backprop_length: tbptt follows an error back at most so many steps."),
    ("stride", "Steps from one window to the next; below T windows overlap, and fewer targets are misses."),
    ("loss", "The mean over a window's targets that count: cross-entropy in nats (ln 2 = 0.693), or squared error."),
    ("chance", "The loss of knowing nothing of the inputs. The echo's is ln(num_classes)."),
    ("floor", "The least possible loss. An epoch's first window cannot know the row above: 0.111 in the tutorial."),
    ("solved", "The mean loss of 50 windows is close to the last level of the ladder."),
    ("misses", "Targets that no window holds together with their source: tbptt takes no error from one to the other."),
    ("trial", "An example in a window of its own, which begins with a zero state."),
    ("source", "An input that a target depends on, by its lag: t-3 is 3 steps before. ▲ marks it."),
    ("gate", "Numbers from 0 (shut) to 1 (open), one for each unit: sigmoid([x, h'] W + b)."),
    ("update, reset", "Gates of the gru: z near 1 keeps the old value; r, how much of it the candidate sees."),
    ("take", "The gate of the mingru: near 1 the unit takes the candidate."),
    ("forget", "A gate of the lstm, f: how much of c is kept, and of the error passes back. Its bias starts at 1."),
    ("input, output", "Gates of the lstm: how much of the candidate is added to c; of tanh(c) becomes h."),
    ("candidate", "The new value that a gate lets in. gru: tanh([x, r h'] Wc + bc). lstm: tanh([x, h'] W + b)."),
    ("sgd", "weight -= learning_rate * gradient, nothing more."),
    ("adagrad", "Divides each step by the root of the sum of all squared gradients: steps shrink."),
    ("rmsprop, adam", "Adagrad with a moving average; adam averages the gradient too, and needs smaller rates: 0.03."),
    ("lag", "So many time steps ago: x[t-3] is the input with lag 3."),
    ("r2", "How well an input can be read from the state by a linear read-out: 0 not at all, 1 exactly."),
    ("numbers used", "The sum of r2 over all lags: if inputs are independent, at most one for each unit."),
    ("saturated", "A unit with |h| above 0.97: tanh is flat there, so little error gets through."),
    ("Lyapunov", "How fast small differences grow (above 0) or fade (below), in nats a step."),
    ("seeds", "Networks that differ only in their seed: how many solve the task tells the idea from luck."),
    ("interval", "It holds the share of all possible seeds in 95 of 100 such counts (Wilson 1927)."),
    ("branch", "Windows that began at a window of another branch, or with new weights. None is dropped."),
    ("ghost", "Another branch or run, drawn dimmer under the curve. A pinned one stays there."),
    ("crosshair", "The upright line on the curve that «left» and «right» move; «go» goes to its window."),
)
