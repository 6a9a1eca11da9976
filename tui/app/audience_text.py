"""Says on the screen who else looks at the session, who steers, and that it has ended."""

from __future__ import annotations

from echornn.session.pictures.picture import Audience

STEERS_ALREADY = "you steer this session already"

ONLY_LOOKS = "this viewer only looks"

MOST_LETTERS = 24
"""The most letters of a viewer's name."""


def audience_text(audience: Audience) -> str:
    """Who steers, or how many look on; empty if this is the only viewer."""
    if audience.ended:
        return f"{audience.ended}; «quit» leaves"
    if audience.silent:
        return f"the session has not answered for {audience.silent:,} s"
    if audience.only_looks:
        return f"{audience.steering[:MOST_LETTERS]} steers: {ONLY_LOOKS}" if audience.steering else ONLY_LOOKS
    if audience.steering:
        return f"{audience.steering[:MOST_LETTERS]} steers: «take_over» takes over"
    if len(audience.others) == 1:
        return f"{audience.others[0][:MOST_LETTERS]} looks on"
    return f"{len(audience.others)} look on" if audience.others else ""
