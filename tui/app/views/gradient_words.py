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
    if not followed:
        return "there is none", ""
    if not np.isfinite(gradient.by_lag).all():
        return f"it grows on its way back, too large to tell what T {steps} cuts off", ""
    if math.isnan(gradient.bias_of_windows):
        if steps >= followed:
            return f"errors were followed through {followed} steps; T is {steps}", ""
        return "too little of it to tell what windows leave out: no more than chance", ""
    windows = f"windows of {steps} {left_out(gradient.bias_of_windows)}"
    if echo >= steps:
        return f"no error gets to the echo, {echo} steps back: that needs T above {echo}", f"{windows} as it is now"
    if not reaches_the_echo(echo, gradient):
        return (
            f"{windows} as it is now",
            f"few errors get {echo} steps back, to the echo, yet: too early to judge T by it",
        )
    first = f"{windows}: errors stop at window starts"
    if steps >= followed:
        return first, f"errors were followed through {followed} steps; T is {steps}"
    bias, spread = gradient.through(steps)
    share = f"at most {percent(bias + spread)}" if spread >= bias and spread > 0 else percent(bias)
    second = f"each error followed {steps} steps: {share} left out"
    least = gradient.enough(ACCEPTED_BIAS)
    if least is None:
        return first, f"{second}; {percent(ACCEPTED_BIAS)} takes {followed} or more"
    return first, second if least == steps else f"{second}; {least} steps: at most {percent(ACCEPTED_BIAS)}"


def reaches_the_echo(echo: int, gradient: Gradient) -> bool:
    """Whether something would be missing if errors were followed just short of the echo."""
    return not echo or echo > len(gradient.bias) or bool(gradient.bias[echo - 1] > ACCEPTED_BIAS)


def left_out(share: float) -> str:
    """How far the gradient is from the whole, which can be farther than the whole is long."""
    return f"leave out {percent(share)} of it" if not share >= 1 else f"put it {percent(share)} off"
