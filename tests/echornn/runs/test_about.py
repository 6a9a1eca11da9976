"""What is said of a run that another version began."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.runs import about
from echornn.runs.run_files import RUN_FILE

OTHER_DIGITS = "begun with an echornn-tui that may give many networks other last digits than this one"


@pytest.mark.parametrize(("replicas", "notes"), [(1, []), (64, [OTHER_DIGITS])])
def test_many_networks_were_once_computed_in_another_order(tmp_path: Path, replicas: int, notes: list[str]) -> None:
    about.write(tmp_path, EchoConfig(replicas=replicas))
    assert about.read(tmp_path).notes == []
    fields = json.loads((tmp_path / RUN_FILE).read_text())
    del fields["side_by_side"]  # as it was then
    (tmp_path / RUN_FILE).write_text(json.dumps(fields))
    assert about.read(tmp_path).notes == notes
