"""Lessons: Markdown with lines to do after ``:``, step by step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from echornn.data import source_lags
from echornn.diagnosis.loss_stats import loss_text
from echornn.diagnosis.seed_stats import NOTHING_COUNTS
from echornn.levels import can_be_solved, chance_level
from echornn.session.pictures.frame import Frame
from tui.app.screen_commands import Until, What
from tui.app.words import Line, WordError, lines_at

LESSON = Path(__file__).with_name("lesson.md")
NAMES = ("clipping", "solutions", "automaton")
OTHER_LESSONS = {name: Path(__file__).with_name(f"{name}.md") for name in NAMES}

NAME_IN_BRACES = re.compile(r"\{(\w+)\}")
UNKNOWN = "..."  # in place of a number that has not come yet


@dataclass(frozen=True)
class LessonStep:
    """What a lesson says, and the lines that lead on: somebody does the first, and the others
    follow."""

    title: str
    text: str
    does: str  # what the lines do, in words
    lines: Sequence[Line]  # none at a question, and at the end of the lesson
    question: str = ""  # that somebody answers in words

    @property
    def until(self) -> Until | None:
        """What the step waits for, if it is over by itself when something has come."""
        what = self.lines[0].what if self.lines else None
        return what if isinstance(what, Until) else None

    @property
    def awaits(self) -> What | None:
        """What somebody has to do, if the step is not over by itself."""
        if not self.lines or self.until is not None:
            return None
        return self.lines[0].what


def lesson_of(text: str) -> list[LessonStep]:
    """The steps of a lesson: one for each line after ``:``, and each question after ``?``, with its
    heading and the text above it."""
    steps: list[LessonStep] = []
    title = paragraph = ""
    paragraph_is_done = False
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        if line.startswith("?"):
            question = line.strip("? ") + "?"
            steps.append(LessonStep(title, paragraph, f"answer: {question}", [], question))
            paragraph_is_done = True
        elif line.startswith(":"):
            words, _, does = line[1:].partition(" # ")
            does = does.strip() or words.strip()
            steps.append(LessonStep(title, paragraph, does, lines_at(number, words)))
            paragraph_is_done = True
        elif line.startswith("#"):
            title, paragraph = line.strip("# "), ""
        elif line and paragraph_is_done:
            paragraph, paragraph_is_done = line, False
        elif line:
            paragraph = f"{paragraph} {line}".strip()
    if not steps or not all(step.lines or step.question for step in steps):
        raise WordError("a lesson has lines after :, such as : step 100")
    last_text = "" if paragraph_is_done else paragraph
    return [*steps, LessonStep(title, last_text, "", [])]


def filled(text: str, frame: Frame) -> str:
    """A text with its names in braces filled in: fields of the configuration, and numbers of the
    frame."""

    config = frame.coming or frame.own_config  # what a line has set counts before it is compiled
    fields = config.fields()

    def value(name: re.Match[str]) -> str:
        number = _number(name[1], frame)
        if number is not None:
            return number
        return str(fields.get(name[1], name[0]))

    return NAME_IN_BRACES.sub(value, text)


def _number(name: str, frame: Frame) -> str | None:
    """A number that lessons may name, as text; None if the name is none of theirs."""
    match name:
        case "chance":
            return loss_text(chance_level(frame.own_config), 3)
        case "loss":
            return loss_text(frame.loss, 3)
        case "mean":
            return loss_text(frame.loss_stats.mean, 3)
        case "memory":
            return _memory_text(frame)
        case "solved":
            return _solved_text(frame)
        case "windows":
            stats = frame.seed_stats or frame.loss_stats
            return f"{stats.windows:,}"
        case _:
            return None


def _memory_text(frame: Frame) -> str:
    """How well the input that the last target depends on can be read from the state."""
    memory = None if frame.readings is None else frame.readings.memory
    lag = max(source_lags(frame.own_config), default=0)
    if memory is None or lag >= len(memory.by_lag):
        return UNKNOWN
    return f"{max(0.0, float(memory.by_lag[lag])):.2f}"


def _solved_text(frame: Frame) -> str:
    if not can_be_solved(frame.own_config):
        return NOTHING_COUNTS
    if frame.seed_stats is not None:
        return f"{frame.seed_stats.solved:,} of {frame.seed_stats.replicas:,} have solved it"
    solved_at = frame.loss_stats.solved_at
    return "not solved" if solved_at is None else f"solved at window {solved_at:,}"
