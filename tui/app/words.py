"""The names of the app's actions: ``view memory``, ``zoom in``, ``save curve.svg``; see also `command_words`.

To add an action, write ``action_NAME`` in a part of the app, and add a line to `APP_WORDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from textual.binding import Binding

from echornn.session.commands import Command
from tui.app import keys
from tui.app.command_words import (
    WORDS,
    Word,
    WordError,
    branch_number,
    command_of,
    commands_in,
    joined,
    reading,
    refused,
    require_count,
    text_of,
    unknown,
    whole,
)
from tui.app.theme import THEMES
from tui.views.table import VIEWS
from tui.views.view import View

FIGURES = ("curve", "memory", "gradient", "weights", "plane", "seeds", "branches")
"""The kinds of figures of a run; `tui.figures.make.KINDS` has more, which need more than a run."""

OTHER_NAMES = {"q": "quit", "q!": "quit", "wq": "quit", "x": "quit", "w": "save", "h": "help"}
"""What fingers type that are used to vim; quitting saves anyway."""

CURSOR = {**{way: way for way in ("left", "right", "up", "down")}, "off": "leave"}
"""The ways of a view's cursor, with the ids of their keys."""

MOST_ABOUT = 60

PICTURES = (".svg", ".txt")
"""The endings of files in which the screen can be saved."""


@dataclass(frozen=True)
class AppWord:
    """The name of an action of the app.

    Attributes:
        name: the first word of the line.
        about: what the action does, for a line of 80 columns.
        usage: the arguments as the help writes them; in brackets if they may be left out.
        read: makes the action from the arguments, as Textual writes it: ``zoom(True)``.
        values: the words among which the first argument is chosen, if it is.
        needs_a_person: whether the action is only for somebody at a screen, so that a script cannot use it.
    """

    name: str
    about: str
    usage: str
    read: Callable[[Sequence[str]], str]
    values: tuple[str, ...] = ()
    needs_a_person: bool = False


@dataclass(frozen=True)
class Line:
    """A line that was read.

    Attributes:
        text: the line as it was written.
        what: the command for the session, or the action of the app.
        word: its entry in the table of the app; None for a command.
    """

    text: str
    what: Command | str
    word: AppWord | None = None


def lines_of(text: str) -> list[Line]:
    """The lines of a script; a line typed after ``:`` is one, too.

    Raises:
        WordError: something in it is no command; nothing else in it may be done then.
    """
    return [_line_of(words) for words in commands_in(text)]


def _line_of(words: list[str]) -> Line:
    if len(words) > 1 and f"{words[0]}_{words[1]}" in (*APP_WORDS, *WORDS):
        words = [f"{words[0]}_{words[1]}", *words[2:]]
    words = [OTHER_NAMES.get(words[0], words[0]), *words[1:]]
    if len(words) == 1 and (line := OF_KEYS.get(words[0])) is not None:
        return _line_of(*commands_in(line))
    name = words[0]
    word = APP_WORDS.get(name)
    if word is not None and (len(words) > 1 or name not in WORDS):
        return Line(joined(words), reading(word.read, words[1:]), word)
    if name not in WORDS:
        raise unknown(name, (*WORDS, *APP_WORDS))
    return Line(joined(words), command_of(words))


def line_of(action: str, sent: Mapping[str, Command]) -> str:
    """The line that does the same as a key with this action; empty if there is none.

    Args:
        sent: the commands of actions ``send(KEY)``, by key.
    """
    name, _, parameters = action.partition("(")
    if name == "send":
        return text_of(sent[parameters.strip("')")])
    return _LINES.get(action, "")


# ---- how arguments are read


def _plain(name: str, about: str, action: str = "", needs_a_person: bool = False) -> AppWord:
    def read(words: Sequence[str]) -> str:
        require_count(name, "", words, 0, 0)
        return action or name

    return AppWord(name, about, "", read, (), needs_a_person)


def _choosing(name: str, about: str, actions: Mapping[str, str], usage: str = "") -> AppWord:
    usage = usage or "|".join(actions)

    def read(words: Sequence[str]) -> str:
        require_count(name, usage, words, 1, 1)
        if words[0] not in actions:
            raise refused(name, words[0], f"one of {', '.join(actions)}")
        return actions[words[0]]

    return AppWord(name, about, usage, read, tuple(actions))


def _show(words: Sequence[str]) -> str:
    require_count("show", "LETTER", words, 1, 1)
    return f"show_branch({branch_number('show', words[0])})"


def _seed(words: Sequence[str]) -> str:
    require_count("seed", "NUMBER|before|after", words, 1, 1)
    steps = {"before": "replica(-1)", "after": "replica(1)"}
    return steps.get(words[0]) or f"seed({whole('seed', words[0])})"


def _cursor(words: Sequence[str]) -> str:
    require_count("cursor", f"{'|'.join(CURSOR)} [CELLS]", words, 1, 2)
    if words[0] not in CURSOR:
        raise refused("cursor", words[0], f"one of {', '.join(CURSOR)}")
    return f"cursor({words[0]!r}, {whole('cursor', words[1], 1) if words[1:] else 1})"


def _crosshair(words: Sequence[str]) -> str:
    require_count("crosshair", "WINDOW|fall|off", words, 1, 1)
    word = words[0]
    return f"crosshair({word!r})" if word in ("fall", "off") else f"crosshair({whole('crosshair', word, 1)})"


def _save(words: Sequence[str]) -> str:
    require_count("save", "FILE.svg|FILE.txt", words, 1, 1)
    if PurePath(words[0]).suffix not in PICTURES:
        raise refused("save", words[0], f"a file that ends in {' or '.join(PICTURES)}")
    return f"save_screen({words[0]!r})"


def _figure(words: Sequence[str]) -> str:
    words = [word for word in words if word not in ("-o", "--out")]
    require_count("figure", "KIND FILE", words, 2, 2)
    if words[0] not in FIGURES:
        raise refused("figure", words[0], f"one of {', '.join(FIGURES)}")
    return f"figure({words[0]!r}, {words[1]!r})"


def _compare(words: Sequence[str]) -> str:
    require_count("compare", "RUN", words, 1, 1)
    return f"compare({words[0]!r})"


def _of_views() -> Iterator[AppWord]:
    """The letter keys of single views, by the names of their bindings."""
    known: dict[str, list[tuple[str, str]]] = {}
    for view in VIEWS:
        for one in letters_of(view):
            known.setdefault(named(one), []).append((view.title, one.tooltip))
    for name, having in known.items():
        views = ", ".join(title for title, _ in having)
        yield _plain(name, f"{views}: {having[0][1].lower()}"[:MOST_ABOUT], f"in_a_view('{name}')")


def letters_of(view: View | type[View]) -> list[Binding]:
    """The letter keys of a view."""
    return [one for one in view.BINDINGS if isinstance(one, Binding) and len(one.key) == 1]


def named(binding: Binding) -> str:
    """The name of a view's key."""
    return binding.description.lower().replace(" ", "_")


_OF_VIEWS = {getattr(view, name): f"view('{view.key}')" for name in ("title", "key") for view in VIEWS}

APP_WORDS: dict[str, AppWord] = {
    word.name: word
    for word in (
        _choosing("view", "show this view below the curve", _OF_VIEWS, "NUMBER|NAME"),
        _choosing("zoom", "half as many windows, or twice as many", {"in": "zoom(True)", "out": "zoom(False)"}),
        _plain("log", "the losses on a logarithmic axis, or a linear one"),
        AppWord(
            "crosshair",
            "the crosshair to a window, or where the loss fell",
            "WINDOW|fall|off",
            _crosshair,
            ("fall", "off"),
        ),
        AppWord("seed", "show the network of this seed", "NUMBER|before|after", _seed, ("before", "after")),
        AppWord(
            "cursor", "the cursor of the view that is shown", f"{'|'.join(CURSOR)} [CELLS]", _cursor, tuple(CURSOR)
        ),
        *_of_views(),
        AppWord("show", "draw a branch under the curve, or take it away", "LETTER", _show),
        AppWord("compare", "draw another run under the curve, or take it away", "RUN", _compare),
        _plain("advice", "make the change that the advice names"),
        _choosing("theme", "the background, also the next time", {one: f"theme('{one}')" for one in THEMES}),
        AppWord("save", "save a picture or the text of the screen", "[FILE.svg|FILE.txt]", _save),
        AppWord("figure", "make a figure for a paper, and a CSV file beside it", "KIND FILE", _figure),
        _plain("settings", "the panel of settings and presets", needs_a_person=True),
        _plain("tree", "the panel of branches", "branches", needs_a_person=True),
        _plain("runs", "the panel of other runs", needs_a_person=True),
        _plain("copy", "copy the command that shows this again", needs_a_person=True),
        _plain("focus", "give the arrow keys to the next view, or to the curve", "app.focus_next", True),
        _plain("show_all", "draw the whole screen again", needs_a_person=True),
        _plain("help", "the help", needs_a_person=True),
        _plain("take_over", "steer the session from here", needs_a_person=True),
        _plain("detach", "leave the screen; the training goes on", needs_a_person=True),
        _plain("quit", "quit; the run is kept", needs_a_person=True),
    )
}
"""The actions of the app, by name."""

_LINES = {
    word.read(given): joined([word.name, *given])
    for word in APP_WORDS.values()
    for given in ([[value] for value in reversed(word.values)] or ([] if word.usage else [[]]))
}
"""The line of each action; of several, the first, which is the clearest."""


OF_KEYS = {
    str(one.id): line
    for one in keys.BINDINGS
    if one.id not in (None, *APP_WORDS, *WORDS) and (line := line_of(one.action, keys.SENT))
}
"""The line of each id of a key that is no name in these tables, so that ids are names too: ``branches`` is ``tree``."""


def without_a_key() -> list[tuple[str, str, str]]:
    """The names to which no key leads, with their arguments, and what they do."""
    led_to = {line_of(one.action, keys.SENT).split(" ")[0] for one in keys.BINDINGS}
    words: dict[str, Word | AppWord] = {**APP_WORDS, **WORDS}
    return [(name, word.usage, word.about) for name, word in words.items() if name not in led_to]


def no_person(lines: Sequence[Line]) -> None:
    """Check that a script can do these lines.

    Raises:
        WordError: one is only for somebody at a screen.
    """
    for line in lines:
        if line.word is not None and line.word.needs_a_person:
            raise WordError(f"{line.word.name!r} cannot be used in a script: it is for somebody at a screen")
