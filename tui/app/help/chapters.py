"""The whole help of the app, in order: useful keys now, the screen, the views, the words, all keys."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from echornn.session.pictures.frame import Frame
from echornn.session.pictures.picture import Audience
from tui.app.curve.loss_plot import LossPlot
from tui.app.help.now import now
from tui.app.help.task import of_view, the_screen
from tui.app.help.words import WORDS as EXPLAINED
from tui.app.keys import key_of
from tui.app.line.command_words import WORDS, Word
from tui.app.line.words import APP_WORDS, AppWord
from tui.app.views.table import VIEWS
from tui.app.views.view import View
from tui.app.widgets.branch_list import BranchList
from tui.app.widgets.run_list import RunList
from tui.app.widgets.settings_panel import BINDINGS as SETTINGS_KEYS
from tui.kit.help_screen import Chapter
from tui.kit.help_sections import Section, paragraphs
from tui.kit.palette import OPENS


def chapters(frame: Frame, audience: Audience, keys: Sequence[Binding]) -> list[Chapter]:
    """The help for the state of this frame.

    Args:
        audience: who looks, and whether the session answers.
        keys: the keys that work both on the curve and on the views.
    """
    config = frame.own_config
    views = [
        Chapter(
            Section(f"View {key_of(view)}: {view.title}", (("", of_view(config, view.title)),)),
            _of(view),
        )
        for view in VIEWS
    ]
    others = [
        ("All keys", (*keys, OPENS)),
        ("On the curve", _of(LossPlot)),
        ("In the settings", SETTINGS_KEYS),
        ("In the list of branches", _of(BranchList)),
        ("In the list of runs", _of(RunList)),
    ]
    return [
        Chapter(now(frame, audience)),
        *map(Chapter, paragraphs(the_screen(config))),
        *views,
        *map(Chapter, EXPLAINED),
        Chapter(Section("By name, after :", names())),
        *(Chapter(Section(heading), tuple(bindings)) for heading, bindings in others),
    ]


def names() -> tuple[tuple[str, str], ...]:
    """The names of all commands and actions, with their arguments, and what they do."""
    words: dict[str, Word | AppWord] = {**APP_WORDS, **WORDS}
    return tuple((f"{name} {words[name].usage}".strip(), words[name].about) for name in words)


def _of(widget: type[LossPlot | BranchList | RunList | View]) -> Sequence[Binding]:
    return [one for one in widget.BINDINGS if isinstance(one, Binding)]
