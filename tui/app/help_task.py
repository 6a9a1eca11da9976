"""The help's texts about a task other than the echo, in place of those that are about the echo."""

from __future__ import annotations

from echornn.config import EchoConfig
from echornn.data.levels import ladder_of
from echornn.tasks.task import Numbers, Symbols
from tui.app.help_text import OF_THE_ECHO, THE_SCREEN
from tui.app.views.before import data_text, first_sentence
from tui.kit.help_sections import Rows

THE_LADDER = (
    "The dotted lines on the curve are levels of the loss that are known beforehand: what a network gets that knows so "
    "much of the inputs, and no more. The highest is chance. The sentence above the curve says where the loss is."
)

NO_LADDER = "No levels of the loss are known for this task, so the curve has none, and nothing is called chance."


def the_screen(config: EchoConfig) -> Rows:
    """The paragraphs about the screen, each with its heading."""
    if config.is_echo:
        return THE_SCREEN
    kept = tuple((heading, text) for heading, text in THE_SCREEN if heading not in OF_THE_ECHO)
    ladder = THE_LADDER if ladder_of(config) else NO_LADDER
    return (("The task", _about(config)), *kept, ("The ladder", ladder))


def _about(config: EchoConfig) -> str:
    task, sentence = config.the_task, first_sentence(config)
    goes_in, comes_out = _form_words(task.inputs), _form_words(task.outputs)
    counts = "Each step counts" if task.scores_every_step else "In the rows a dash is a target that does not count"
    return (
        f"{sentence[:1].upper()}{sentence[1:]}. At each step {goes_in} goes in, and {comes_out} has to come out. "
        f"{counts}. The data: {data_text(config)}."
    )


def _form_words(form: Symbols | Numbers) -> str:
    if isinstance(form, Numbers):
        return "a number" if form.count == 1 else f"a list of {form.count} numbers"
    return f"one of {form.count} symbols"
