"""The first line of a view with readings: it names their window at any width, whatever else is left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.door.views.by_hand import drawn, frame_of, shift_register
from tests.key_words import in_words
from tui.app.views.gradient import GradientView
from tui.app.views.memory import MemoryView
from tui.app.views.probe_view import ProbeView
from tui.app.views.view import HOW_TO_FOCUS
from tui.app.views.weights import WeightsView

SOLVED = shift_register()
VIEWS: list[type[ProbeView]] = [MemoryView, GradientView, WeightsView]


def test_the_moment_is_said_where_it_is_not_the_frames() -> None:
    assert drawn(MemoryView(), frame_of(SOLVED), 78, 12)[0].rstrip().endswith(in_words(HOW_TO_FOCUS))
    assert drawn(MemoryView(), frame_of(SOLVED, trained=1_234), 78, 12)[0].endswith("  of window 999")


def test_another_branch_is_named_by_its_letter_as_elsewhere_on_the_screen() -> None:
    of_another = replace(frame_of(SOLVED), branch=2)
    assert drawn(MemoryView(), of_another, 90, 12)[0].endswith("  of window 999, branch a")


def test_of_a_population_the_network_is_named_by_its_seed_until_the_chosen_one_is_read() -> None:
    many = replace(SOLVED.config, replicas=8)
    chosen = replace(frame_of(SOLVED), config=many, replica=2)
    assert drawn(MemoryView(), chosen, 78, 12)[0].endswith("  of seed 7")
    assert drawn(MemoryView(), replace(chosen, trained=1_234), 90, 12)[0].endswith("  of window 999, seed 7")
    own = replace(SOLVED, config=many.of(2))
    assert drawn(MemoryView(), replace(chosen, readings=own), 78, 12)[0].rstrip().endswith(in_words(HOW_TO_FOCUS))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("width", [40, 58, 78, 81, 118])
@pytest.mark.parametrize(("branch", "note"), [(0, "65,000"), (30, "65,000, branch ae")])
def test_the_moment_is_said_at_any_width(view: type[ProbeView], width: int, branch: int, note: str) -> None:
    behind = frame_of(replace(SOLVED, window=65_000, branch=branch), trained=66_600)
    head = drawn(view(), behind, width, 12)[0]
    assert head.startswith(view.title)
    assert head.endswith((f"  of window {note}", f"  at {note}"))


@pytest.mark.parametrize("width", range(1, 24))
def test_where_there_is_hardly_any_width_no_part_of_a_number_stands_for_it(width: int) -> None:
    head = drawn(WeightsView(), frame_of(SOLVED, trained=66_600), width, 12)[0]
    assert width < len("at 999") or head.endswith("at 999")
    assert width > len("at 999") or "9" not in head.replace("at 999", "")


def test_the_sentence_is_shortened_between_its_clauses() -> None:
    behind = frame_of(SOLVED, trained=66_600)
    whole = "weights: spectral radius 0.94 of W; Lyapunov -0.40: differences fade"
    assert drawn(WeightsView(), behind, 90, 12)[0] == f"{whole:<77}of window 999"
    assert drawn(WeightsView(), behind, 78, 12)[0] == f"{whole:<72}at 999"
    assert drawn(WeightsView(), behind, 70, 12)[0] == f"{whole.removesuffix(': differences fade') + '...':<64}at 999"
