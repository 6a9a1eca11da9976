"""Lines of words, done one after the other: each begins when the one before is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.session.commands import Answer, Command, Edit, FinishEpoch, Step
from echornn.session.pictures.frame import Frame, State
from tui.app.screen_commands import Until
from tui.app.words import Line, lines_at, lines_of


def script_of(text: str, name: str = "") -> list[Line]:
    """The lines of a file that `do` does: those after ``:`` of a lesson, otherwise all."""
    numbered = list(enumerate(map(str.strip, text.splitlines()), start=1))
    marked = [(number, line[1:]) for number, line in numbered if line.startswith(":")]
    if marked or name.endswith(".md"):
        numbered = marked
    elif len(numbered) == 1:
        return lines_of(text)
    return [line for number, words in numbered for line in lines_at(number, words)]


def has_come(until: Until, frame: Frame) -> bool:
    """Whether the task is solved, or so many windows are trained; of seeds, by all of them."""
    seeds = frame.seed_stats
    if seeds is None:
        windows = frame.loss_stats.windows
        is_solved = frame.loss_stats.solved_at is not None
    else:
        windows = seeds.windows
        is_solved = seeds.solved == seeds.replicas
    if until.windows is not None and windows >= until.windows:
        return True
    return until.solved and is_solved


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
    number: int = 0  # of its command to the session
    trained: int = 0  # windows in all
    config: EchoConfig | None = None
    # Of what the screen does itself: what became of it, or None as long as it is not done
    outcome: Callable[[], Outcome | None] | None = None


def outcome_of(begun: Begun, frame: Frame, not_done: Answer | None) -> Outcome | None:
    """What became of a line; None as long as it is not done.

    ``not_done`` is the answer to a command that failed.
    """
    line = begun.line
    if frame.state is State.FAILED:
        return Outcome(line, frame.message, has_failed=True)
    if isinstance(line.what, Until):
        return _outcome_of_until(line, line.what, frame)
    if begun.outcome is not None:
        return begun.outcome()
    if not_done is not None:
        return Outcome(line, not_done.why_not, not_done.was_refused)
    is_carried_out = frame.answered >= begun.number and not frame.message
    if not is_carried_out or frame.state is State.LOADING:
        return None
    if isinstance(line.what, Step | FinishEpoch):
        return _outcome_of_training(begun, line.what, frame)
    if isinstance(line.what, Edit):
        return Outcome(line, note=_note_of_edit(begun, frame))
    return Outcome(line)


def _outcome_of_until(line: Line, until: Until, frame: Frame) -> Outcome | None:
    if has_come(until, frame):
        return Outcome(line)
    if frame.state in (State.PAUSED, State.FINISHED):
        why_not = f"it has not come, and training is {frame.state}"
        return Outcome(line, why_not, is_refused=True)
    return None


def _outcome_of_training(begun: Begun, command: Step | FinishEpoch, frame: Frame) -> Outcome | None:
    line = begun.line
    trained = frame.trained_in_all - begun.trained
    if frame.state is State.RUNNING:
        return None
    if frame.has_diverged:
        why_not = f"the loss diverged; {trained:,} windows were trained"
        return Outcome(line, why_not, has_failed=True)
    if isinstance(command, FinishEpoch) or trained >= command.windows:
        return Outcome(line)
    if frame.state is State.PAUSED:
        why_not = f"{trained:,} windows were trained, then it was paused"
        return Outcome(line, why_not, is_refused=True)
    return Outcome(line, note=f"{trained:,} windows were trained: the run ends there")


def _note_of_edit(begun: Begun, frame: Frame) -> str:
    before = begun.config
    if before is None or before.differs_only_live(frame.config):
        return ""
    changed = list(before.changes_to(frame.config))
    fields = [name for name in changed if name not in before.live_fields] or changed
    return f"started over at window 0: another {' and '.join(fields)} needs a new network"


Begin = Callable[[Line], Awaitable[Begun]]
Look = Callable[[int], tuple[Frame, Answer | None]]
Tell = Callable[[Outcome], None]


class Script:
    """Lines to be done in order, until one is refused."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._waiting = deque(lines)
        self.begun: Begun | None = None  # the line that is being done

    @property
    def is_over(self) -> bool:
        return self.begun is None and not self._waiting

    def take_next(self) -> Line:
        return self._waiting.popleft()

    def stop(self) -> None:
        """Leave out the lines that have not begun."""
        self._waiting.clear()


class Scripts:
    """The scripts that are being done.

    Args:
        begin: begins a line.
        look: returns the newest frame, and the answer to the command with a number if it was not
            carried out.
        tell: is called with what became of each line.
    """

    def __init__(self, begin: Begin, look: Look, tell: Tell) -> None:
        self._begin, self._look, self._tell = begin, look, tell
        self._scripts: list[Script] = []
        self._is_beginning = False

    def __bool__(self) -> bool:
        return bool(self._scripts)

    def do(self, lines: Sequence[Line]) -> Script:
        script = Script(lines)
        self._scripts.append(script)
        return script

    def await_answer_to(self, command: Command) -> bool:
        """Whether the line that is being done sent this command, and says what became of it."""
        begun = [script.begun for script in self._scripts]
        return any(line is not None and line.line.what == command for line in begun)

    async def go_on(self) -> None:
        """Begin each line whose turn has come."""
        for script in list(self._scripts):
            await self._go_on_with(script)
        self._scripts = [script for script in self._scripts if not script.is_over]

    async def _go_on_with(self, script: Script) -> None:
        # While a line begins, keys and frames come here too
        while not (script.is_over or self._is_beginning):
            if script.begun is None:
                self._is_beginning = True
                try:
                    script.begun = await self._begin(script.take_next())
                finally:
                    self._is_beginning = False
            outcome = outcome_of(script.begun, *self._look(script.begun.number))
            if outcome is None:
                return
            script.begun = None
            if outcome.is_last:
                script.stop()
            self._tell(outcome)
