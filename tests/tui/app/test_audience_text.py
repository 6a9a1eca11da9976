"""What a screen says about the other viewers of its session."""

from __future__ import annotations

import pytest

from echornn.session.audience import ALONE, Audience
from tui.app.audience_text import audience_text


@pytest.mark.parametrize(
    ("audience", "text"),
    [
        (ALONE, ""),
        (Audience(("pts/1",)), "pts/1 looks on"),
        (Audience(("pts/1", "pts/2")), "2 look on"),
        (Audience(("pts/1",), "pts/1 (10.0.0.7)"), "pts/1 (10.0.0.7) steers: «take_over» takes over"),
        (Audience(("x" * 99,), "x" * 99), f"{'x' * 24} steers: «take_over» takes over"),
        (Audience(only_looks=True), "this viewer only looks"),
        (Audience(("pts/1",), "pts/1", only_looks=True), "pts/1 steers: this viewer only looks"),
        (Audience(("pts/1",), "pts/1", silent=1200), "the session has not answered for 1,200 s"),
        (Audience(silent=9, ended="the session was ended"), "the session was ended; «quit» leaves"),
    ],
)
def test_who_looks_and_who_steers(audience: Audience, text: str) -> None:
    assert audience_text(audience) == text
