"""The table of actions: each with its keys, its word after ``:``, and what it does.

Keys, the last line, the help, the palette, the words of lines and of scripts, and lessons come from
here: a new action is one more entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual.binding import Binding, BindingType

from echornn.config import MAX_REPLICAS
from echornn.session import commands
from tui.app import screen_commands as screen
from tui.app.screen_commands import What
from tui.views.table import VIEWS
from tui.views.view import View

FIGURES = (
    *("curve", "norms", "memory", "gradient", "weights", "plane"),
    *("automaton", "solutions", "along", "seeds", "branches"),
)
"""The kinds of figures of a run; `tui.figures.make.KINDS` has more, which need more than a run."""


@dataclass(frozen=True)
class Action:
    """Something that a person can have done."""

    name: str  # also the id of its keys, and its word after ":"
    does: What | Callable[..., What]  # or what makes it of the word's arguments
    help: str
    keys: str = ""  # by Textual's names, with commas between
    label: str = ""  # in the palette, and on the last line
    in_key_line: bool = False
    key_display: str | None = None
    # The word's arguments: [] may be left out, ... repeats, a|b is a choice, capitals are in
    # `tui.app.words.ARGUMENTS`; None if there is no such word
    usage: str | None = ""
    word_help: str = ""  # where a word says more than a key
    id: str = ""  # of its keys, if several actions share them
    is_for_persons: bool = False  # a script cannot use it

    @property
    def command(self) -> What:
        """What it does by a key; a TypeError if it needs arguments."""
        return self.does() if callable(self.does) else self.does

    @property
    def binding(self) -> Binding:
        return Binding(
            self.keys,
            f"do('{self.name}')",
            self.label,
            self.in_key_line,
            self.key_display,
            tooltip=self.help,
            id=self.id or self.name,
        )


# ---- training

PAUSE_KEYS = "space,p"  # or go on

TRAINING = (
    Action(
        "pause",
        commands.Pause,
        "Pause; windows that have begun are finished",
        keys=PAUSE_KEYS,
        label="Pause",
        in_key_line=True,
    ),
    Action(
        "resume",
        commands.Resume,
        "Train on",
        keys=PAUSE_KEYS,
        label="Resume",
        in_key_line=True,
        id="pause",
    ),
    Action("toggle", commands.Toggle, "Pause, or train on"),
    Action(
        "step",
        commands.Step,
        "Train one window, then pause",
        keys="full_stop",
        label="Step",
        in_key_line=True,
        usage="[WINDOWS]",
        word_help="train so many windows, then pause",
    ),
    Action(
        "epoch",
        commands.FinishEpoch,
        "Train to the end of the epoch, then pause",
        keys="e",
        label="Epoch",
    ),
    Action(
        "until",
        lambda *what: screen.Until("solved" in what, _least(what)),
        "Wait until it is solved, or so many windows are trained",
        usage="solved|WINDOWS...",
    ),
    Action(
        "faster",
        commands.Faster,
        "Turn the speed up; «slower» turns it down",
        keys="plus,equals_sign",
        label="Speed",
        in_key_line=True,
        key_display="+/-",
    ),
    Action("slower", commands.Slower, "Turn the speed down", keys="minus", label="Slower"),
    Action("max", commands.SetSpeed(math.inf), "Full speed", keys="m", label="Max"),
    Action(
        "speed",
        lambda speed: commands.SetSpeed(math.inf if speed == "max" else speed),
        "Windows a second",
        usage="max|SPEED",
    ),
)

# ---- what is trained

CHANGES = (
    Action(
        "settings",
        screen.OpenPanel("settings"),
        "Settings and presets beside the curve: change anything, many fields while it trains",
        keys="s",
        label="Set",
        in_key_line=True,
        is_for_persons=True,
    ),
    Action(
        "advice",
        screen.FollowAdvice,
        "Make the change that the advice above the curve names; «undo» undoes it",
        keys="a",
        label="Advice",
        in_key_line=True,
    ),
    Action(
        "edit",
        lambda *changes: commands.Edit(dict(changes)),
        "Change settings",
        usage="FIELD=VALUE...",
    ),
    Action(
        "reset",
        commands.Reset,
        "Start over with the weights that this run began with",
        keys="r",
        label="Reset",
    ),
    Action("redraw", commands.Redraw, "Start over with new random weights", "R", "Redraw"),
    Action(
        "restart",
        lambda *changes: commands.StartOver(dict(changes)),
        "Start over, also changed",
        usage="[FIELD=VALUE...]",
    ),
    Action(
        "regenerate",
        commands.Regenerate,
        "New data; the epoch starts again with it",
        keys="g",
        label="Data",
    ),
    Action(
        "undo",
        commands.Undo,
        "Undo: go to before the last change or divergence",
        keys="u",
        label="Undo",
        in_key_line=True,
    ),
    Action(
        "redo",
        commands.Redo,
        "Redo: go back to where the last undo came from",
        keys="U",
        label="Redo",
    ),
)

# ---- going to other windows and branches

GOING = (
    Action(
        "window_back",
        commands.Move(-1),
        "Show the window before, as it was; «window_on» the one after",
        keys="left_square_bracket",
        label="Back",
        in_key_line=True,
        key_display="[]",
    ),
    Action(
        "window_on",
        commands.Move(1),
        "Show the window after, as it was",
        keys="right_square_bracket",
        label="On",
    ),
    Action(
        "epoch_back",
        commands.MoveEpochs(-1),
        "Show the end of the epoch before; «epoch_on» of the one after",
        keys="left_curly_bracket",
        label="Epoch back",
        key_display="{}",
    ),
    Action(
        "epoch_on",
        commands.MoveEpochs(1),
        "Show the end of the epoch after",
        keys="right_curly_bracket",
        label="Epoch on",
    ),
    Action(
        "go",
        lambda window: commands.Go(None, None if window == "end" else window),
        "This window, as it was",
        usage="WINDOW|end",
    ),
    Action("move", commands.Move, "Show so many windows later; -1: the one before", usage="BY"),
    Action(
        "move_epochs",
        commands.MoveEpochs,
        "The end of the next epoch; -1: of the one before",
        usage="BY",
    ),
    Action(
        "branches",
        screen.OpenPanel("branches"),
        "The branches of this run: go to one, show it, name it",
        keys="b",
        label="Tree",
        in_key_line=True,
        is_for_persons=True,
    ),
    Action(
        "branch",
        commands.Go,
        "Show a branch's end, or a window of it",
        usage="LETTER [WINDOW]",
    ),
    Action(
        "name",
        lambda branch, *name: commands.Name(branch, " ".join(name)),
        "Name a branch",
        usage="LETTER [NAME...]",
    ),
    Action(
        "pin",
        commands.Pin,
        "Keep a branch under the curve, or no longer",
        usage="LETTER",
    ),
    Action("hide", commands.Hide, "Take a branch away from under the curve", usage="LETTER"),
    Action(
        "show",
        screen.ShowBranch,
        "Draw a branch under the curve, or take it away",
        usage="LETTER",
    ),
)

# ---- the views below the curve

SHOWS = f"Below the curve: {', '.join(f'«view.{view.title}» {view.title}' for view in VIEWS)}"
NUMBERED = {f"view.{view.title}": view.title for view in VIEWS if view.key.isdigit()}
"""The views that the last line lists, by the id of their key."""


def _view_action(view: type[View]) -> Action:
    name = f"view.{view.title}"
    is_first = view is VIEWS[0]  # which stands for all of them on the last line
    return Action(
        name,
        screen.ShowView(view.key),
        SHOWS if is_first else view.about,
        keys=view.key,
        label=f"View: {view.title}",
        in_key_line=is_first,
        key_display=f"1-{len(NUMBERED)}" if is_first else None,
        usage=None,
    )


SHOWING = (
    *(_view_action(view) for view in VIEWS),
    Action(
        "view",
        screen.ShowView,
        f"{', '.join(view.title for view in VIEWS)} or their numbers",
        usage="VIEW",
    ),
)

# ---- several seeds

SEEDS = (
    Action(
        "seeds",
        commands.ToggleReplicas,
        "From one network to 64 seeds side by side, and back",
        keys="L",
        label="Seeds",
        in_key_line=True,
    ),
    Action(
        "replicas",
        commands.ToggleReplicas,
        "From one network to many seeds, and back",
        usage="[NETWORKS]",
    ),
    Action(
        "replica_before",
        screen.MoveSeed(-1),
        "With several seeds: show the network one line up in view «view.seeds»; «replica_after» "
        "down",
        keys="less_than_sign",
        label="Seed before",
        key_display="<>",
    ),
    Action(
        "replica_after",
        screen.MoveSeed(1),
        "With several seeds: show the network one line down in view «view.seeds»",
        keys="greater_than_sign",
        label="Seed after",
    ),
    Action("seed", screen.ShowSeed, "Show the network of this seed", usage="NUMBER"),
    Action("alone", commands.Alone, "Go on with the shown one of several networks"),
)

# ---- the curve

CURVE = (
    Action(
        "runs",
        screen.OpenPanel("runs"),
        "Draw other runs under the curve",
        keys="o",
        label="Other runs",
        is_for_persons=True,
    ),
    Action(
        "compare",
        screen.Compare,
        "Draw another run under the curve, or take it away",
        usage="RUN",
    ),
    Action(
        "log",
        screen.Draw("log"),
        "Losses on a logarithmic axis, or a linear one",
        keys="l",
        label="Log",
    ),
    Action(
        "norms",
        screen.Draw("norms"),
        "Under the curve the norms of gradients, and clip_norm; or not",
        keys="c",
        label="Norms",
    ),
    Action(
        "held_out",
        screen.Draw("held_out"),
        "The loss on data that no training saw, on the curve",
        keys="h",
        label="Held out",
    ),
    Action(
        "evaluate",
        screen.Evaluate,
        "Loss and accuracy on data that no training saw; after «line» also of several sizes: "
        "evaluate length=50,100",
        keys="E",
        label="Evaluate",
        usage="[SETTING=VALUES]",
    ),
    Action(
        "zoom",
        screen.Zoom(True),
        "Zoom in: half as many windows",
        keys="z",
        label="Zoom",
    ),
    Action(
        "wider",
        screen.Zoom(False),
        "Zoom out: twice as many windows",
        keys="Z",
        label="Wider",
    ),
    Action(
        "crosshair",
        screen.Crosshair,
        "The crosshair to a window, or where the loss fell",
        usage="WINDOW|fall|off",
    ),
    Action(
        "along",
        screen.OpenAlong,
        "What the probes say at windows along the run so far: radius, saturation, gradient and "
        "memory by lag",
        keys="P",
        label="Probes along",
    ),
)

# ---- the program

PROGRAM = (
    Action(
        "copy",
        screen.CopyCommand,
        "Copy the command that shows this again",
        keys="y",
        label="Copy",
        is_for_persons=True,
    ),
    Action(
        "focus",
        screen.MoveFocus,
        "Give the arrow keys to the curve or to a view; > marks the view that has them",
        keys="tab",
        label="Focus",
        is_for_persons=True,
    ),
    Action(
        "show_all",
        screen.DrawAnew,
        "Draw the whole screen again",
        keys="ctrl+l",
        label="Redraw screen",
        is_for_persons=True,
    ),
    Action("theme", screen.UseTheme, "The background, also the next time", usage="dark|light"),
    Action(
        "line",
        screen.OpenLine,
        "Type a command by name: step 100, edit learning_rate=0.1, view memory",
        keys="colon",
        label="Command",
        usage=None,
    ),
    Action(
        "save",
        lambda file="": screen.SaveScreen(file) if file else commands.Save(),
        "Save the run now, or the screen as a picture or text",
        usage="[FILE.svg|FILE.txt]",
    ),
    Action(
        "figure",
        screen.MakeFigure,
        f"A figure for a paper, and a CSV file: {', '.join(FIGURES)}",
        usage="KIND FILE",
    ),
    Action(
        "help",
        screen.OpenHelp,
        "This help",
        keys="question_mark",
        label="Help",
        in_key_line=True,
        is_for_persons=True,
    ),
    Action(
        "take_over",
        screen.TakeOver,
        "With several viewers of one session: steer it from here",
        keys="W",
        label="Take over",
        is_for_persons=True,
    ),
    Action(
        "detach",
        screen.Leave(detach=True),
        "Leave the screen; the training goes on in the background",
        keys="D",
        label="Detach",
        is_for_persons=True,
    ),
    Action(
        "quit",
        screen.Leave(),
        "Quit; ctrl+q too, also while you type",
        keys="q",
        label="Quit",
        in_key_line=True,
        is_for_persons=True,
    ),
)

# ---- keys that are no word and not in the palette

ON_THE_CURVE = (
    Action("go_there", screen.GoThere, "Crosshair: go to this window, as it was", "enter", id="go"),
    Action(
        "fall",
        screen.Crosshair("fall"),
        "Crosshair to where the loss falls, then to where it is lost",
        keys="d",
    ),
)
IN_THE_SEEDS = (  # their keys stand in that view
    Action("replicas_page_up", screen.MoveSeedPage(-1), ""),
    Action("replicas_page_down", screen.MoveSeedPage(1), ""),
    Action("first_replica", screen.MoveSeed(-MAX_REPLICAS), ""),
    Action("last_replica", screen.MoveSeed(MAX_REPLICAS), ""),
)
FOCUS_BEFORE = Action("focus_before", screen.MoveFocus(-1), "", "shift+tab")


def letters_of(view: type[View]) -> list[Binding]:
    """The keys of a view that are letters: they also work while the curve or another view has the
    arrow keys."""
    return [
        binding
        for binding in view.BINDINGS
        if isinstance(binding, Binding) and binding.id is not None and len(binding.key) == 1
    ]


def word_of(letter: Binding) -> str:
    """The word after ``:`` for a letter of a view."""
    return letter.description.lower().replace(" ", "_")


def has_letter(view: View, id: str, word: str) -> bool:
    """Whether a view has the letter with this id; with ``word``, whether it means this there."""
    return any(
        letter.id == id and word in ("", word_of(letter)) for letter in letters_of(type(view))
    )


KEYS_OF_LETTERS = {str(letter.id): letter.key for view in VIEWS for letter in letters_of(view)}
OF_VIEWS = tuple(
    Action(f"in_a_view.{id}", screen.KeyOfView(id), "", key, id=id)
    for id, key in KEYS_OF_LETTERS.items()
)

# ---- the table

LISTED = (*TRAINING, *CHANGES, *GOING, *SHOWING, *SEEDS, *CURVE, *PROGRAM)
"""The actions of the help, and their order; first in the palette are those with keys."""

_ALL = (*LISTED, *ON_THE_CURVE, *IN_THE_SEEDS, FOCUS_BEFORE, *OF_VIEWS)
ACTIONS: Mapping[str, Action] = {action.name: action for action in _ALL}
KEYED = tuple(action for action in LISTED if action.keys)
_BY_BINDING = {action.binding.action: action for action in KEYED}


def action_of(binding: Binding) -> Action | None:
    """The action of a key; None if it is a key of a view or a panel."""
    return _BY_BINDING.get(binding.action)


def bindings_of(actions: Iterable[Action]) -> list[BindingType]:
    return [action.binding for action in actions if action.keys]


def _least(what: Sequence[Any]) -> int | None:
    """The smallest number of windows that an ``until`` names."""
    return min((windows for windows in what if isinstance(windows, int)), default=None)
