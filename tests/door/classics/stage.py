"""A small classic in a folder of its own, whose networks are trained in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from echornn.classics import classic
from echornn.classics.classic import Classic, classic_named
from echornn.sweeps.sweep import Done, News, Part
from tests.answered import Answer, answered
from tui.app.lesson import LessonStep, lesson_of
from tui.cli import computation

NAME = "small_2026"

TEXT = """
title = "A small echo"
source = "tests"
about = "Four networks."
differs = "It is small, and new."
until = "all"
lesson = "Nothing"

[[trainings]]
grid = ["echo_step=1,2"]
seeds = 4
fields = {num_epochs = 2, total_series_length = 15000, init = "glorot", state_size = 6}
quick = {num_epochs = 1}
quick_seeds = 2

[[claims]]
claim = "echo 1: solved"
reported = "all"
of = {echo_step = 1}
measure = "solved"
over = "share"
holds = "0.5 to 1"

[[claims]]
claim = "echo 1: last loss"
reported = "0"
of = {echo_step = 1}
measure = "final_loss"
holds = "< 0.6"

[[claims]]
claim = "echo 2: accuracy"
reported = "1"
of = {echo_step = 2}
measure = "accuracy"
over = "mean"
holds = ">= 1.5"

[[claims]]
claim = "echo 2: accuracy at echo 1, 5"
reported = "less"
of = {echo_step = 2}
measure = "accuracy"
sizes = {echo_step = [1, 5]}
over = "mean"
holds = "< echo 2: accuracy"

[[claims]]
claim = "echo 1: the automaton"
reported = "(ours alone)"
of = {echo_step = 1}
measure = "automaton"
over = "share"
holds = ">= 0"
"""


@contextmanager
def small_classic(folder: Path) -> Iterator[None]:
    """Meanwhile it is the only one."""
    (folder / f"{NAME}.toml").write_text(TEXT)
    classic.names.cache_clear()
    with patch.object(classic, "FOLDER", folder):
        yield
    classic.names.cache_clear()


class TrainsHere:
    """An engine without processes."""

    workers, memory_share = 1, 1.0

    def __init__(self) -> None:
        self._part: Part | None = None

    def idle(self) -> Sequence[str]:
        return [] if self._part else ["here"]

    def start(self, part: Part, worker: str) -> None:
        self._part = part

    def news(self, seconds: float) -> Sequence[tuple[int, News]]:
        from echornn.sweeps.part_trainer import PartTrainer  # which loads TensorFlow

        part, self._part = self._part, None
        if part is None:
            return []
        return [(part.number, news) for news in (*PartTrainer().train(part), Done())]

    def close(self) -> None:
        pass


def trained_in(folder: Path, *flags: object) -> Answer:
    with patch.object(computation, "engine_of", lambda _: TrainsHere()):
        return answered("classics", NAME, "--out", folder, *flags)


def all_classics() -> list[Classic]:
    return [classic_named(name) for name in classic.names()]


def steps_of(classic: Classic) -> list[LessonStep]:
    return lesson_of(classic.lesson)
