"""Lines of words, done one after the other: each begins when the one before is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from textual.actions import parse

from echornn.config import EchoConfig
from echornn.session.commands import Answer, Edit, FinishEpoch, Step
from echornn.session.pictures.frame import Frame, State
from tui.app.words import Line, lines_of

UNTIL = "until("


def script_of(text: str, name: str = "") -> list[Line]:
    """The lines of a file that `do` does: those after ``:`` of a lesson, otherwise all."""
    marked = [line.strip()[1:] for line in text.splitlines() if line.strip().startswith(":")]
    return lines_of("\n".join(marked) if marked or name.endswith(".md") else text)


def has_come(line: Line, frame: Frame) -> bool:
    """Whether the task is solved, or so many windows are trained, as an ``until`` says; of seeds,
    by all of them."""
    seeds, one = frame.seed_stats, frame.loss_stats
    windows = one.windows if seeds is None else seeds.windows
    solved = one.solved_at is not None if seeds is None else seeds.solved == seeds.replicas
    return any(
        windows >= what if isinstance(what, int) else solved for what in parse(str(line.what))[2]
    )


@dataclass(frozen=True)
class Outcome:
    line: Line
    why_not: str = ""  # why nothing was done, or not everything
    is_refused: bool = False  # whether later lines are not done; False if there was nothing to do
    has_failed: bool = False  # whether training has failed
    note: str = ""  # what was done besides, such as the file that was written

    @property
    def is_last(self) -> bool:
        return self.is_refused or self.has_failed


@dataclass(frozen=True)
class Begun:
    """A line that has begun, and what was before it."""

    line: Line
    number: int = 0  # of its command; 0 for an action of the app
    trained: int = 0  # windows in all
    # Of an action of the app; None as long as it is not done
    outcome: Callable[[], Outcome | None] = lambda: None
    config: EchoConfig | None = None


def outcome_of(begun: Begun, frame: Frame, not_done: Answer | None) -> Outcome | None:
    """What became of a line; None as long as it is not done.

    ``not_done`` is the answer to a command that failed.
    """
    line, command = begun.line, begun.line.what
    if frame.state is State.FAILED:
        return Outcome(line, frame.message, has_failed=True)
    if isinstance(command, str) and command.startswith(UNTIL):
        if has_come(line, frame):
            return Outcome(line)
        is_over = frame.state in (State.PAUSED, State.FINISHED)
        return (
            Outcome(line, f"it has not come, and training is {frame.state}", is_refused=True)
            if is_over
            else None
        )
    if not begun.number:
        return begun.outcome()
    if not_done is not None:
        return Outcome(line, not_done.why_not, not_done.was_refused)
    if frame.answered < begun.number or frame.state is State.LOADING or frame.message:
        return None
    trained, note = frame.trained_in_all - begun.trained, ""
    match command:
        case Edit() if begun.config is not None and not begun.config.differs_only_live(
            frame.config
        ):
            changed = begun.config.changes_to(frame.config)
            fields = [name for name in changed if name not in begun.config.live_fields] or [
                *changed
            ]
            note = f"started over at window 0: another {' and '.join(fields)} needs a new network"
        case Step() | FinishEpoch() if frame.state is State.RUNNING:
            return None
        case Step() | FinishEpoch() if frame.has_diverged:
            return Outcome(
                line, f"the loss diverged; {trained:,} windows were trained", has_failed=True
            )
        case Step(windows) if trained < windows and frame.state is State.PAUSED:
            return Outcome(
                line, f"{trained:,} windows were trained, then it was paused", is_refused=True
            )
        case Step(windows) if trained < windows:
            note = f"{trained:,} windows were trained: the run ends there"
    return Outcome(line, note=note)


class Script:
    """Lines to be done in order, until one is refused; ``tell`` is called with what became of
    each."""

    def __init__(
        self,
        lines: Sequence[Line],
        begin: Callable[[Line], Awaitable[Begun]],
        look: Callable[[int], tuple[Frame, Answer | None]],
        tell: Callable[[Outcome], None],
    ) -> None:
        self._waiting = deque(lines)
        self._begin, self._look, self._tell = begin, look, tell
        self._is_beginning = False
        self.begun: Begun | None = None  # the line that is being done

    @property
    def is_over(self) -> bool:
        return self.begun is None and not self._waiting

    def stop(self) -> None:
        self._waiting.clear()

    async def go_on(self) -> None:
        while not (self.is_over or self._is_beginning):
            if self.begun is None:
                self._is_beginning = True
                try:
                    self.begun = await self._begin(self._waiting.popleft())
                finally:
                    self._is_beginning = False
            outcome = outcome_of(self.begun, *self._look(self.begun.number))
            if outcome is None:
                return
            self.begun = None
            if outcome.is_last:
                self.stop()
            self._tell(outcome)
