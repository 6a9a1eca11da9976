from __future__ import annotations

import io

import numpy as np
import pytest

from echornn.files.records import read_records

RECORD = np.dtype([("branch", "<u4"), ("window", "<u8")])
THREE = np.array([(1, 20), (2, 40), (3, 60)], RECORD)


@pytest.mark.parametrize(
    ("most", "bytes_missing", "branches"),
    [(3, 0, [1, 2, 3]), (2, 0, [1, 2]), (9, 0, [1, 2, 3]), (3, 1, [1, 2]), (3, 12, [1, 2]), (3, 36, []), (0, 0, [])],
)
def test_whole_records_are_read_and_a_torn_one_is_left(most: int, bytes_missing: int, branches: list[int]) -> None:
    written = THREE.tobytes()
    read = read_records(io.BytesIO(written[: len(written) - bytes_missing]), RECORD, most)
    assert read["branch"].tolist() == branches
    np.testing.assert_array_equal(read, THREE[: len(branches)])


def test_the_next_call_reads_the_next_records() -> None:
    file = io.BytesIO(THREE.tobytes())
    assert read_records(file, RECORD, 1)["window"].tolist() == [20]
    assert read_records(file, RECORD, 2)["window"].tolist() == [40, 60]
