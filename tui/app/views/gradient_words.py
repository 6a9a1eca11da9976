"""What the windows of T steps leave out of the gradient, in two lines."""

from __future__ import annotations

import math

import numpy as np

from echornn.config import EchoConfig
from echornn.readings import Gradient

ACCEPTED_BIAS = 0.1
"""What may be left out of the gradient where it is said how many steps are enough."""


def percent(share: float) -> str:
    """A share as people read it: 21 %, 0.3 %, under 0.1 %."""
    if not math.isfinite(share):
        return "? %"
    if share <= 0:
        return "0 %"
    if share < 0.0005:
        return "under 0.1 %"
    return f"{share * 100:.1f} %" if share < 0.0095 else f"{share:.0%}".replace("%", " %")


def enough_steps(steps: int, gradient: Gradient, accepted: float = ACCEPTED_BIAS) -> int | None:
    """The least number of steps that would do: from there to T, or from beyond T on, the bias is accepted.

    None where only following errors through all steps would do.
    """
    with np.errstate(invalid="ignore"):
        accepted_at = gradient.bias <= accepted
    end = steps if accepted_at[steps - 1] else len(accepted_at)
    too_much = np.flatnonzero(~accepted_at[:end])
    least = int(too_much[-1]) + 2 if len(too_much) else 1
    return least if least < len(accepted_at) else None


def words_of(config: EchoConfig, gradient: Gradient) -> tuple[str, str]:
    """What the windows leave out of the gradient, and whether that is their early errors, or T.

    The gradient is that of the network as it is: of an echo that is not learned, nothing is in it. So how many steps
    are enough is said only where errors reach the echo.
    """
    steps, echo, followed = config.truncated_backprop_length, config.echo_step, len(gradient.bias)
    if not gradient.travels:
        return (
            "no error travels: nothing of it is left one step back",
            "each step makes it 0, as saturated units do: lower the rate (s), then R",
        )
    if not followed or not np.isfinite(gradient.bias).any():
        return "there is none", ""
    windows = f"windows of {steps} {left_out(gradient.bias_of_windows)}"
    if echo >= steps:
        return f"no error gets to the echo, {echo} steps back: that needs T above {echo}", f"{windows} as it is now"
    if not reaches_the_echo(echo, gradient):
        return (
            f"{windows} as it is now",
            f"few errors get {echo} steps back, to the echo, yet: too early to judge T by it",
        )
    first = f"{windows}: errors stop at window starts"
    if steps > followed:
        return first, f"errors were followed through {followed} steps; T is {steps}"
    second = f"each error followed {steps} steps: {percent(float(gradient.bias[steps - 1]))} left out"
    least = enough_steps(steps, gradient)
    if least is None:
        return first, f"{second}; {percent(ACCEPTED_BIAS)} takes {followed} or more"
    return first, second if least == steps else f"{second}; {least} steps: at most {percent(ACCEPTED_BIAS)}"


def reaches_the_echo(echo: int, gradient: Gradient) -> bool:
    """Whether something would be missing if errors were followed just short of the echo."""
    return not echo or echo > len(gradient.bias) or bool(gradient.bias[echo - 1] > ACCEPTED_BIAS)


def left_out(share: float) -> str:
    """How far the gradient is from the whole, which can be farther than the whole is long."""
    return f"leave out {percent(share)} of it" if not share >= 1 else f"put it {percent(share)} off"
