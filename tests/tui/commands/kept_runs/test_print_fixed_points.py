"""The printed fixed points of a network."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from echornn.config import EchoConfig
from echornn.fixed_point_readings import POINT_KINDS, FixedPoints, PointKind
from echornn.readings import Question, Readings
from echornn.runtime import quiet
from echornn.snapshot import Snapshot
from echornn.tasks.flip_flop import FlipFlop
from tests.recorded import record_branches
from tui.cli.program import exit_code_of
from tui.commands.kept_runs import examined
from tui.commands.kept_runs.examined import Examined
from tui.commands.kept_runs.print_fixed_points import MOST_LINES, lines, record_of

SIZES: dict[PointKind, tuple[float, float]] = {
    "stable": (0.5, 0.25),
    "marginal": (1, 0.5),
    "saddle": (1.5, 0.5),
    "unstable": (1.5, 1.25),
    "slow": (0.99, 0.5),
}


def points(*kinds: PointKind, starts: int = 7, outputs: int = 2) -> FixedPoints:
    count = len(kinds)
    return FixedPoints(
        np.full((count, 2), 0.1),
        np.full(count, 1e-16, np.float32),
        np.array([SIZES[kind] for kind in kinds], np.complex64).reshape(-1, 2) * 1j,
        kinds,
        np.full(count, starts, np.int32),
        np.full((count, outputs), 1 / outputs, np.float32),
        np.zeros(1, np.float32),
        384,
    )


def found(one: FixedPoints, config: EchoConfig | None = None) -> Examined:
    return Examined(Readings(config or EchoConfig(state_size=2), 0, 1330, fixed_points=one), replica=3)


def test_the_lines() -> None:
    assert list(lines(found(points("stable", "stable", "saddle")), "1")) == [
        "after window 1,330",
        "fixed points while the input is 1 at every step: 2 stable, 1 saddle",
        "384 searches; 21 ended at these; a search can miss points",
        "",
        "      kind      |l| > 1  largest |l|  residual  searches  likeliest output",
        "   1  stable     0 of 2       0.5000   1.0e-16         7  0 (p 0.500)",
        "   2  stable     0 of 2       0.5000   1.0e-16         7  0 (p 0.500)",
        "   3  saddle     1 of 2       1.5000   1.0e-16         7  0 (p 0.500)",
        "",
        "l: eigenvalues of a step's Jacobian; each multiplies a small disturbance",
        "stable: a small disturbance vanishes, in every direction",
        "saddle: a small disturbance vanishes along some directions, grows along others",
    ]


def test_every_kind_is_explained_within_80_columns() -> None:
    numbers = EchoConfig(task=FlipFlop(bits=30))
    printed = list(lines(found(points(*POINT_KINDS, starts=1, outputs=30), numbers), ", ".join(["-0.125"] * 30)))
    assert max(map(len, printed)) <= 80
    assert [line.partition(":")[0] for line in printed[-6:-1]] == [*POINT_KINDS]
    assert printed[-1] == "4 found by fewer than 5 searches each: there may be others"


def test_many_points_are_cut_and_none_is_said() -> None:
    many = list(lines(found(points(*POINT_KINDS[1:2] * 100)), "0"))
    assert f"and {100 - MOST_LINES} more: --json prints all" in many
    none = list(lines(found(points()), "0"))
    assert none[1:] == [
        "fixed points while the input is 0 at every step: none found",
        "384 searches; 0 ended at these; a search can miss points",
    ]


def test_the_record() -> None:
    record = record_of(found(points("saddle")), "1")
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record == {
        "window": 1330,
        "seed": 7,
        "replica": 3,
        "as_recorded": True,
        "input": "1",
        "input_numbers": [0],
        "searches": 384,
        "points": [
            {
                "kind": "saddle",
                "residual": 1e-16,
                "searches": 7,
                "outputs": [0.5, 0.5],
                "state": [0.1, 0.1],
                "eigenvalues": [[0, 1.5], [0, 0.5]],
            }
        ],
    }


def test_the_input_is_chosen_or_refused_with_what_is_allowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Question] = []

    def examine(snapshot: Snapshot, question: Question) -> Readings:
        asked.append(question)
        one = points("stable") if question.held != (0,) else None
        return replace(found(points()).readings, config=snapshot.state.config, fixed_points=one)

    monkeypatch.setattr(quiet, "import_tensorflow", lambda *_: None)
    monkeypatch.setattr(examined, "examine", examine)
    record_branches(tmp_path / "run", 5)
    command = ["probe", str(tmp_path / "run"), "--fixed-points"]
    assert exit_code_of([*command, "--input", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["input"] == "1"
    assert asked[-1] == Question(frozenset({"fixed_points"}), held=(1,))
    for words, code, said in (
        ([*command], 1, "a network that carries more than 1,024 numbers is not searched"),
        ([*command, "--input", "2"], 2, "input = '2' cannot be used: one of 0, 1, zeros"),
        ([*command[:2], "--input", "1"], 2, "input = '1' cannot be used: only --fixed-points holds the input"),
    ):
        assert exit_code_of(words) == code
        assert said in capsys.readouterr().err
