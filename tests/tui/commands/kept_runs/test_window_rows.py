"""Windows as printed lines, for one network and for many."""

from __future__ import annotations

import csv
import io
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tui.commands.kept_runs.window_rows import HEADER, REPLICA_HEADER, WindowRow, as_csv, as_json

losses = st.one_of(st.floats(0, width=32, allow_nan=False), st.just(math.nan))
accuracies = st.one_of(st.integers(0, 75).map(lambda wrong: 1 - wrong / 75), st.just(math.nan))


@examples(100)
@given(st.lists(st.tuples(losses, accuracies), min_size=1, max_size=9), st.booleans())
def test_a_line_for_each_network_from_which_each_bit_of_a_loss_is_read(
    values: list[tuple[float, float]], numbered: bool
) -> None:
    row = WindowRow(1234, 2, [loss for loss, _ in values], [accuracy for _, accuracy in values])
    header = REPLICA_HEADER if numbered else HEADER
    table = list(csv.DictReader(io.StringIO(f"{header}\n{as_csv(row, numbered)}")))
    objects = [json.loads(line) for line in as_json(row, numbered).splitlines()]
    assert len(table) == len(objects) == len(values)
    for index, ((loss, accuracy), read, told) in enumerate(zip(values, table, objects, strict=True)):
        assert (read["window"], read["epoch"], read.get("replica")) == ("1234", "2", str(index) if numbered else None)
        np.testing.assert_array_equal(np.float32(read["loss"]), np.float32(loss))
        assert float(read["accuracy"]) == pytest.approx(accuracy, rel=1e-8, nan_ok=True)
        expected = {"window": 1234, "epoch": 2, "loss": loss, "accuracy": accuracy}
        finite = {name: value if math.isfinite(value) else None for name, value in expected.items()}
        assert told == {**finite, "replica": index} if numbered else told == finite


def test_the_lines_of_one_network_are_as_they_always_were() -> None:
    row = WindowRow(7, 1, [0.6931471824645996], [0.64])
    assert as_csv(row) == "7,1,0.693147182,0.64"
    assert as_json(row) == '{"window": 7, "epoch": 1, "loss": 0.6931471824645996, "accuracy": 0.64}'
    assert as_csv(WindowRow(7, 1, [math.nan], [math.nan])) == "7,1,nan,nan"
