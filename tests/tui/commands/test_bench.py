"""The measurements of `echornn-tui bench`."""

from __future__ import annotations

from dataclasses import replace

import pytest

import echornn
from tests.scripted import SMALL, ScriptedTrainer
from tui.commands.bench import ours


@pytest.mark.parametrize(
    ("replicas", "programs"),
    [
        (1, [("echornn", size, 1) for size in (1, 10, 100, 1000, 4096)]),
        (3, [("echornn", 4096, 1), *(("echornn x 3", size, 3) for size in (1, 10, 100, 1000, 4096))]),
        (5000, [("echornn", 4096, 1), *(("echornn x 5,000", size, 5000) for size in (1, 10, 100))]),
        (10**6, [("echornn", 4096, 1), ("echornn x 1,000,000", 1, 10**6)]),
    ],
)
def test_a_network_alone_and_all_of_them_side_by_side(
    replicas: int, programs: list[tuple[str, int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vars(echornn), "Trainer", ScriptedTrainer)
    monkeypatch.setitem(vars(echornn), "Population", ScriptedTrainer)
    found = list(ours(replace(SMALL, num_epochs=10**9, replicas=replicas)))
    assert [(name, size, networks) for name, size, networks, _ in found] == programs
    assert len(found[0][3](5).losses) == 5  # type: ignore[attr-defined]
