"""The axes and grids of sweeps, and the values that they refuse."""

from __future__ import annotations

import pytest

from echornn.config import ConfigError, EchoConfig
from echornn.sweeps.axis import Axis, Value
from echornn.sweeps.grid import Grid, with_seeds_from


@pytest.mark.parametrize(
    ("text", "field", "values"),
    [
        ("echo_step=1..4", "echo_step", (1, 2, 3, 4)),
        ("echo-step = 0,3,3,5", "echo_step", (0, 3, 5)),
        ("cell=rnn, gru,lstm", "cell", ("rnn", "gru", "lstm")),
        ("learning_rate=0.01..1@5", "learning_rate", (0.01, 0.0316, 0.1, 0.316, 1.0)),
        ("learning_rate=1e-3,1", "learning_rate", (0.001, 1.0)),
        ("state_size=4..256@7", "state_size", (4, 8, 16, 32, 64, 128, 256)),
        ("state_size=1..4@10", "state_size", (1, 2, 3, 4)),
        ("dropout=0..0.5@6", "dropout", (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)),
        ("stride=5,15", "stride", (5, 15)),
    ],
)
def test_an_axis_is_read(text: str, field: str, values: tuple[Value, ...]) -> None:
    assert Axis.parse(text) == Axis(field, values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("echo_step", "grid = 'echo_step' cannot be used: FIELD=VALUES"),
        ("=3", "grid = '=3' cannot be used: FIELD=VALUES"),
        ("echo=3", "grid = 'echo' cannot be used: one of total_series_length, "),
        ("windows_per_epoch=3", "grid = 'windows_per_epoch' cannot be used: one of"),
        ("seed=1..3", "grid = 'seed' cannot be used: --seeds says how many"),
        ("replicas=1..3", "grid = 'replicas' cannot be used: --seeds says how many"),
        ("device=cpu,gpu", "grid = 'device' cannot be used: the device affects where"),
        ("num_epochs=1,2", "grid = 'num_epochs' cannot be used: results with fewer epochs"),
        ("echo_step=", "echo_step = '' cannot be used: a whole number"),
        ("echo_step=1.5", "echo_step = '1.5' cannot be used: a whole number"),
        ("echo_step=5..1", "echo_step = '5..1' cannot be used: the first value must not exceed the last"),
        ("echo_step=1..2..3", "echo_step = '2..3' cannot be used: a whole number"),
        ("echo_step=0..20@4", "echo_step = '0..20@4' cannot be used: above 0 in a range with @"),
        ("echo_step=1..20@1", "echo_step = '1..20@1' cannot be used: 2 values or more"),
        ("echo_step=1..20@x", "echo_step = 'x' cannot be used: a whole number"),
        ("echo_step=1..1000000000000", "grid = 'echo_step' cannot be used: 1 to 1000 values, not 1000000000000"),
        (f"state_size=1..{'9' * 400}@3", f"state_size = {'9' * 60}... (400 characters) cannot be used: at most"),
        (f"state_size={'9' * 300}..{'9' * 400}@3", f"state_size = {'9' * 60}... (300 characters) cannot be used: at"),
        ("learning_rate=1e-320..1@4", "learning_rate = 1e-320 cannot be used: 1e-37 to"),
        (f"echo_step=1..{'9' * 400}", f"grid = 'echo_step' cannot be used: 1 to 1000 values, not {'9' * 200}..."),
        (f"echo_step=1..9@{'9' * 400}", f"grid = 'echo_step' cannot be used: 1 to 1000 values, not {'9' * 200}..."),
        ("echo_step=-1", "echo_step = -1 cannot be used: 0 to"),
        ("cell=rnn,foo", "cell = 'foo' cannot be used: one of rnn, gru, lstm"),
        ("learning_rate=0.1..1", "learning_rate = '0.1..1' cannot be used: 0.1..1@N with the number N of fractions"),
        ("learning_rate=nan", "learning_rate = 'nan' cannot be used: a finite number above 0"),
        ("learning_rate=0", "learning_rate = 0.0 cannot be used: a finite number above 0"),
        ("num_layers=1..9", "num_layers = 9 cannot be used: 1 to 8"),
        ("num_classes=1", "num_classes = 1 cannot be used: 2 to 256"),
    ],
)
def test_what_is_no_axis_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=r".") as refused:
        Axis.parse(text)
    assert str(refused.value).startswith(message)


def test_points_are_the_combinations_the_first_axis_slowest() -> None:
    grid = Grid((Axis("echo_step", (1, 2)), Axis("cell", ("rnn", "gru"))), {"state_size": 8}, seeds=2)
    assert grid.points.possible == tuple(
        EchoConfig(state_size=8, echo_step=echo, cell=cell) for echo in (1, 2) for cell in ("rnn", "gru")
    )
    assert [one.seed for one in with_seeds_from(grid.points.possible[0], 3)] == [7, 8, 9]


def test_impossible_points_are_left_out_by_name() -> None:
    points = Grid((Axis("echo_step", (5, 9, 10)),), {"total_series_length": 50, "truncated_backprop_length": 5}).points
    assert [point.echo_step for point in points.possible] == [5, 9]
    left_out = [str(one) for one in points.impossible]
    assert left_out == ["echo_step 10: echo_step = 10 cannot be used: 0 to 9, less than the row's length"]


def test_a_field_that_only_works_with_a_value_of_an_axis_can_be_given() -> None:
    points = Grid((Axis("num_layers", (1, 2)),), {"dropout": 0.5}).points
    assert [point.num_layers for point in points.possible] == [2]


@pytest.mark.parametrize(
    ("axes", "fields", "seeds", "until", "message"),
    [
        ((), {}, 1, "solved", "grid = '' cannot be used: at least one"),
        (("cell=gru", "cell=rnn"), {}, 1, "solved", "grid = 'cell' cannot be used: each field may be given only once"),
        (("cell=gru",), {"cell": "rnn"}, 1, "solved", "cell = 'rnn' cannot be used: it is already an axis of the grid"),
        (("cell=gru",), {"replicas": 4}, 1, "solved", "replicas = 4 cannot be used: use --seeds"),
        (("cell=gru",), {}, 0, "solved", "seeds = 0 cannot be used: 1 or more"),
        (("cell=gru",), {}, 1, "never", "until = 'never' cannot be used: one of solved, all"),
        (("cell=gru",), {}, 10**9, "solved", "grid = '1,000,000,000 networks' cannot be used: at most 100,000"),
        (("cell=gru",), {"seed": 2**128 - 1}, 2, "solved", f"seed = {2**128 - 1} cannot be used: at most"),
        (("cell=gru",), {"state_size": 0}, 1, "solved", "state_size = 0 cannot be used: 1 or more"),
        (("echo_step=20000",), {}, 1, "solved", "echo_step = 20000 cannot be used: 0 to 9999"),
    ],
)
def test_what_is_no_grid_is_refused_by_name(
    axes: tuple[str, ...], fields: dict[str, object], seeds: int, until: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=r".") as refused:
        Grid(tuple(map(Axis.parse, axes)), fields, seeds, until)  # type: ignore[arg-type]
    assert str(refused.value).startswith(message)
