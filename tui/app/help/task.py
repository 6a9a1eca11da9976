"""The help's texts about the task that is trained."""

from __future__ import annotations

from inspect import cleandoc

from echornn.config import EchoConfig
from echornn.data.levels import deciding_windows, ladder_of, solved_level
from echornn.data.series import source_lags
from echornn.diagnosis.loss_stats import loss_text
from echornn.tasks.task import Numbers, Symbols
from tui.app.help.screen import DATA_OF_THE_ECHO, OF_THE_ECHO, OF_VIEWS, THE_SCREEN
from tui.app.views.before import data_text, first_sentence
from tui.kit.help_sections import Rows
from tui.term.printed import printable

LONGEST = 1000
"""The most characters of a task's description."""

THE_LADDER = (
    "The dotted lines on the curve are levels of the loss that are known beforehand: what a network gets that knows so "
    "much of the inputs, and no more. The highest is chance. The sentence above the curve says where the loss is. {}"
)
"""A paragraph; the losses of all rungs belong into the braces."""

NO_LADDER = "No levels of the loss are known for this task, so the curve has none, and nothing is called chance."


def the_screen(config: EchoConfig) -> Rows:
    """The paragraphs about the screen, each with its heading."""
    if config.value("task") == "echo":
        return THE_SCREEN
    kept = tuple((heading, text) for heading, text in THE_SCREEN if heading not in OF_THE_ECHO)
    ladder = THE_LADDER.format(_rungs_text(config)) if ladder_of(config) else NO_LADDER
    details = [("The task in its author's words", text)] if (text := _own_words(config)) else []
    return (("The task", printable(_about(config))), *details, ("The ladder", ladder), *kept)


def _rungs_text(config: EchoConfig) -> str:
    """The rungs with their losses, and the level at which the task counts as solved."""
    rungs = "; ".join(f"{loss_text(rung.loss, 3)} {rung.name} ({rung.knows})" for rung in ladder_of(config))
    level = solved_level(config)
    mean = f"the mean of {deciding_windows(config):,} windows"
    solved = f" Below {loss_text(level, 3)}, {mean}, it counts as solved." if level > 0 else ""
    return f"Its levels: {rungs}.{solved}"


def of_view(config: EchoConfig, title: str) -> str:
    """The paragraph about a view."""
    return DATA_OF_THE_ECHO if config.value("task") == "echo" and title == "data" else OF_VIEWS[title]


def _about(config: EchoConfig) -> str:
    task, sentence = config.the_task, first_sentence(config)
    goes_in, comes_out = _form_words(task.inputs), _form_words(task.outputs)
    counts = "Each step counts" if task.scores_every_step else "In the rows a dash is a target that does not count"
    return (
        f"{sentence[:1].upper()}{sentence[1:]}. At each step {goes_in} goes in, and {comes_out} has to come out. "
        f"{counts}. {_sources_text(config)}The data: {data_text(config)}."
    )


def _own_words(config: EchoConfig) -> str:
    """The description of the task after its first paragraph, which `_about` has."""
    _, _, rest = cleandoc(type(config.the_task).__doc__ or "").partition("\n\n")
    text = " ".join(rest.replace("`", "").split())
    return printable(text if len(text) <= LONGEST else f"{text[:LONGEST]} ...")


def _sources_text(config: EchoConfig) -> str:
    """The inputs that a target depends on, where they are known."""
    names = [f"t-{lag}" if lag else "t" for lag in source_lags(config)]
    return f"The last target depends on {' and '.join(names)}: its sources. " if names else ""


def _form_words(form: Symbols | Numbers) -> str:
    if isinstance(form, Numbers):
        return "a number" if form.count == 1 else f"a list of {form.count} numbers"
    names = f" ({', '.join(form.names)})" if form.names else ""
    return f"one of {form.count} symbols{names}"
