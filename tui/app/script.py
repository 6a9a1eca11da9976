"""Does lines one after the other: each begins when the one before is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.session.commands import Answer, Edit, FinishEpoch, Go, Move, MoveEpochs, Step
from echornn.session.pictures.frame import Frame, State
from echornn.timeline.branch import letter_of
from tui.app.words import Line


@dataclass(frozen=True)
class Outcome:
    """What became of a line.

    Attributes:
        line: the line.
        why_not: why nothing was done, or not everything; empty if it was done.
        is_refused: whether it failed, so that later lines are not done; False if there was nothing to do.
        has_failed: whether training has failed.
        note: what was done besides, such as the file that was written.
    """

    line: Line
    why_not: str = ""
    is_refused: bool = False
    has_failed: bool = False
    note: str = ""

    @property
    def is_last(self) -> bool:
        """Whether later lines are not done."""
        return self.is_refused or self.has_failed


@dataclass(frozen=True)
class Begun:
    """A line that has begun.

    Attributes:
        line: the line.
        number: the number of its command, or 0 for an action of the app.
        trained: the windows trained in all before it.
        was_sound: whether the newest loss was finite before it.
        outcome: returns what became of an action of the app; None as long as it is not done.
        config: the configuration before it; None if it changes nothing.
    """

    line: Line
    number: int = 0
    trained: int = 0
    was_sound: bool = True
    outcome: Callable[[], Outcome | None] = lambda: None
    config: EchoConfig | None = None


def outcome_of(begun: Begun, frame: Frame, not_done: Answer | None) -> Outcome | None:
    """What became of a line, in this frame; None as long as it is not done.

    Args:
        not_done: the answer to its command, if that was not carried out.
    """
    line, command = begun.line, begun.line.what
    if frame.state is State.FAILED:
        return Outcome(line, frame.message, has_failed=True)
    if not begun.number:
        return begun.outcome()
    if not_done is not None:
        return Outcome(line, not_done.why_not, not_done.was_refused)
    if frame.answered < begun.number or frame.state is State.LOADING or frame.message:
        return None
    if isinstance(command, Go) and frame.trained < (command.window or 0):
        return Outcome(line, note=f"branch {letter_of(frame.line)} ends at window {frame.trained:,}, which is shown")
    if isinstance(command, Move | MoveEpochs):
        return Outcome(line, note=where_it_stopped(command, frame))
    if isinstance(command, Edit) and begun.config is not None:
        return Outcome(line, note=why_anew(begun.config, frame.config))
    if not isinstance(command, Step | FinishEpoch):
        return Outcome(line)
    if frame.state is State.RUNNING:
        return None
    trained = frame.trained_in_all - begun.trained
    if begun.was_sound and frame.has_diverged:
        return Outcome(line, f"the loss diverged; {trained:,} windows were trained", has_failed=True)
    if isinstance(command, Step) and trained < command.windows and frame.state is State.PAUSED:
        return Outcome(line, f"{trained:,} windows were trained, then it was paused", is_refused=True)
    if isinstance(command, Step) and trained < command.windows:
        return Outcome(line, note=f"{trained:,} windows were trained: the run ends there")
    return Outcome(line)


def where_it_stopped(command: Move | MoveEpochs, frame: Frame) -> str:
    """The message that the line goes no further than the shown window; empty if it may not have stopped there."""
    far = command.windows if isinstance(command, Move) else command.epochs
    if abs(far) == 1 or frame.trained != (frame.line_end if far > 0 else 0):
        return ""
    return f"window {frame.trained:,} is shown: the line {'ends' if far > 0 else 'begins'} there"


def why_anew(before: EchoConfig, after: EchoConfig) -> str:
    """The message that a change started a new network, with the fields that need one; empty if training goes on."""
    if before.differs_only_live(after):
        return ""
    changed = before.changes_to(after)
    fields = [name for name in changed if name not in before.live_fields] or [*changed]
    return f"started over at window 0: another {' and '.join(fields)} needs a new network"


class Script:
    """Lines to be done in order, until one is refused.

    Args:
        lines: the lines.
        begin: begins a line.
        look: returns the newest frame, and the answer to a command if it was not carried out.
        tell: is called with what became of each line.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        begin: Callable[[Line], Awaitable[Begun]],
        look: Callable[[int], tuple[Frame, Answer | None]],
        tell: Callable[[Outcome], None],
    ) -> None:
        self._waiting = deque(lines)
        self._begin = begin
        self._look = look
        self._tell = tell
        self._is_beginning = False
        self.begun: Begun | None = None
        """The line that is being done."""

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.begun is None and not self._waiting

    def stop(self) -> None:
        """Begin no more lines."""
        self._waiting.clear()

    async def go_on(self) -> None:
        """Begin the next lines, as far as those before are done."""
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
