"""The subcommand ``sample``: what a run's network writes."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from echornn.readings import SAMPLE_LENGTH
from echornn.runtime import quiet
from tui.cli.rows import At, Branch, Json, Replica, RunName, Trust, emit, opened
from tui.term import terminal
from tui.term.exit_code import FailedError


def sample_run(
    run: RunName,
    /,
    *,
    temperature: Annotated[float, Parameter(validator=Number(gte=0))] = 1.0,
    prime: str = "",
    length: Annotated[int, Parameter(validator=Number(gte=1, lte=1_000_000))] = SAMPLE_LENGTH,
    at: At = None,
    branch: Branch = None,
    replica: Replica = None,
    json: Json = False,
    trust: Trust = False,
) -> int:
    """Print what a run's network writes, if it predicts the next character, as of the task text.

    Args:
        temperature: Divides the logits: below 1 the likely is likelier, and 0 takes the likeliest.
        prime: How the text begins.
        length: Characters in all.
    """
    stored = opened(run, trust)
    terminal.keep_native_stderr_off_the_screen()
    quiet.import_tensorflow(stored.run.about.threshold)
    from echornn import sample

    snapshot = stored.snapshot(at, branch, replica, retrain=True)
    if not snapshot.state.is_finite:
        raise FailedError(f"the weights are not finite after window {snapshot.window}: nothing is written")
    text = sample(snapshot, length, temperature, prime)
    record = {"window": snapshot.window, "seed": snapshot.state.config.seed, "temperature": temperature, "text": text}
    return emit([record], json, lambda _: text.split("\n"))
