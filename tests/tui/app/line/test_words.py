"""Everything that has a key has a name, and names lead to the same."""

from __future__ import annotations

import pytest
from textual.actions import parse
from textual.binding import Binding

from echornn.config import EchoConfig
from echornn.session.command_words import WORDS, WordError
from echornn.session.commands import COMMANDS, Ask, Save, Step
from tui.app import keys
from tui.app.app import EchoApp
from tui.app.line.completion import Known, about, completions
from tui.app.line.words import APP_WORDS, FIGURES, letters_of, line_of, lines_of, named, no_person
from tui.app.views.table import VIEWS
from tui.figures.kinds import KINDS

KNOWN = Known(EchoConfig(), branches=3)


@pytest.mark.parametrize("binding", [one for one in keys.BINDINGS if one.id != "line"], ids=lambda one: one.key)
def test_everything_that_has_a_key_has_a_name(binding: Binding) -> None:
    (line,) = lines_of(line_of(binding.action, keys.SENT))
    is_sent = binding.action.startswith("send")
    assert line.what == (keys.meaning(binding.action) if is_sent else binding.action)


def test_every_command_has_a_name() -> None:
    lines = [f"{name} {'' if name == 'save' else EXAMPLES.get(name, '')}" for name in WORDS]
    assert {type(lines_of(line)[0].what) for line in lines} == {*COMMANDS} - {Ask}


IDS = sorted({str(one.id) for one in keys.BINDINGS} - {"line", "zoom"})


@pytest.mark.parametrize("name", IDS)
def test_the_id_of_a_key_is_a_name_too(name: str) -> None:
    """All but ``zoom``, which needs to know the direction."""
    lines = [line_of(one.action, keys.SENT) for one in keys.BINDINGS if one.id == name]
    assert lines_of(name)[0].what in [lines_of(line)[0].what for line in lines]


EXAMPLES = {
    "speed": "max",
    "edit": "seed=8",
    "go": "3",
    "branch": "a",
    "move": "-1",
    "move_epochs": "1",
    "replica": "0",
    "crosshair": "3",
    "seed": "7",
    "cursor": "left 3",
    "name": "b wide",
    "pin": "b",
    "hide": "b",
    "show": "b",
    "compare": "newest",
    "save": "a.svg",
    "figure": "curve a.svg",
}


def test_fingers_used_to_vim_find_what_they_want() -> None:
    assert [line.what for line in lines_of("w; w a.svg; q; wq; h")] == [
        Save(),
        "save_screen('a.svg')",
        "quit",
        "quit",
        "help",
    ]


def test_figures_of_a_run_have_names() -> None:
    assert {*FIGURES} == KINDS.keys() - {"runs", "map"}
    (line,) = lines_of("figure curve -o a.svg")
    assert line.what == "figure('curve', 'a.svg')"


def test_letters_of_views_have_names() -> None:
    names = {named(key) for view in VIEWS for key in letters_of(view)}
    assert names <= APP_WORDS.keys()
    assert {"flip", "part", "part_before", "swap", "order", "derivative"} <= names


@pytest.mark.parametrize("word", APP_WORDS.values(), ids=APP_WORDS)
def test_a_name_of_the_app_is_an_action_of_it(word: object) -> None:
    name, values = getattr(word, "name", ""), getattr(word, "values", ())
    for given in (EXAMPLES[name],) if name in EXAMPLES else values or ("",):
        (line,) = lines_of(f"{name} {given}")
        assert isinstance(line.what, str)
        _, action, _ = parse(line.what)
        assert hasattr(EchoApp, f"action_{action}")


@pytest.mark.parametrize("word", APP_WORDS.values(), ids=APP_WORDS)
def test_what_an_action_does_fits_a_line(word: object) -> None:
    name, usage, what = (getattr(word, one) for one in ("name", "usage", "about"))
    assert len(f"{name} {usage}: {what}") <= 78


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("vieew 3", "'vieew' is no command: did you mean view?"),
        ("set", "'set' is no command: did you mean settings?"),
        ("view 9", "view = '9' cannot be used: one of rows, data,"),
        ("zoom", "'zoom' cannot be used: zoom takes in|out"),
        ("help me", "'help me' cannot be used: help takes nothing more"),
        ("save a.png", "save = 'a.png' cannot be used: a file that ends in .svg or .txt"),
        ("seed x", "seed = 'x' cannot be used: a whole number, 0 or more"),
        ("name B wide", "name = 'B' cannot be used: the letter of a branch"),
        ("step 1; pauze; step 2", "'pauze' is no command: did you mean pause?"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(line: str, said: str) -> None:
    with pytest.raises(WordError) as raised:
        lines_of(line)
    assert str(raised.value).startswith(said)


def test_a_name_may_be_written_as_two_words_and_two_commands_may_share_one() -> None:
    assert [line.what for line in lines_of("take over; save; save 'my file.svg'; step 3")] == [
        "take_over",
        Save(),
        "save_screen('my file.svg')",
        Step(3),
    ]


@pytest.mark.parametrize("word", ["help", "quit", "tree", "settings", "take_over", "detach", "copy", "focus"])
def test_a_script_has_no_person(word: str) -> None:
    no_person(lines_of("step; view memory; save a.svg"))
    with pytest.raises(WordError, match=f"'{word}' cannot be used in a script"):
        no_person(lines_of(f"step; {word}"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("st", ["step"]),
        ("spe", ["speed "]),
        ("speed ", ["speed max"]),
        ("edit learning", ["edit learning_rate="]),
        ("edit optimizer=a", ["edit optimizer=adagrad", "edit optimizer=adam"]),
        ("edit task=two", ["edit task=two_coins"]),
        ("edit seed=8 cell=l", ["edit seed=8 cell=lstm", "edit seed=8 cell=lru"]),
        ("view me", ["view memory"]),
        ("branch ", ["branch a", "branch b", "branch c"]),
        ("branch a ", []),
        ("step; zoom o", ["step; zoom out"]),
        ("go e", ["go end"]),
        ("xyz", []),
        ("pause ", []),
    ],
)
def test_what_a_beginning_can_be_completed_to(text: str, found: list[str]) -> None:
    assert completions(text, KNOWN) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a command by name: tab completes"),
        ("re", "redo  redraw  regenerate  replica  replicas  reset  restart  resume"),
        ("xyz", "no command begins so"),
        ("wq", "quit: quit; the run is kept"),
        ("x", "quit: quit; the run is kept"),
        ("w", "save [FILE.svg|FILE.txt]: save"),
        ("step 3", "step [WINDOWS]: train so many windows, then pause"),
        ("edit learning_rate=", "learning_rate is 0.3: Step size of the optimizer"),
        ("step; theme ", "theme dark|light: the background"),
    ],
)
def test_what_is_typed_is_explained(text: str, said: str) -> None:
    assert about(text, completions(text, KNOWN), KNOWN.config).startswith(said)
