"""The note about a run that another version began."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.files.run_error import RunError
from echornn.runs import about
from echornn.runs.run_files import RUN_FILE
from echornn.training import threads

OTHER_DIGITS = "begun with an echornn-tui that may give many networks other last digits than this one"


@pytest.mark.parametrize(("replicas", "notes"), [(1, []), (64, [OTHER_DIGITS])])
def test_many_networks_were_once_computed_in_another_order(tmp_path: Path, replicas: int, notes: list[str]) -> None:
    about.write(tmp_path, EchoConfig(replicas=replicas))
    assert about.read(tmp_path).notes == []
    fields = json.loads((tmp_path / RUN_FILE).read_text())
    del fields["side_by_side"]  # the earlier version did not write this field
    (tmp_path / RUN_FILE).write_text(json.dumps(fields))
    assert about.read(tmp_path).notes == notes


LARGE = EchoConfig(state_size=256, batch_size=256)


@pytest.fixture
def _six_processors_and_no_threads_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tensorflow.python.eager.context", raising=False)
    monkeypatch.delenv(threads.VARIABLE, raising=False)
    monkeypatch.setattr(threads, "usable_processors", lambda: 6)


@pytest.mark.usefixtures("_six_processors_and_no_threads_chosen")
def test_a_run_says_with_how_many_threads_it_was_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about.write(tmp_path, EchoConfig())
    assert about.read(tmp_path).threads == 1
    about.write(tmp_path, LARGE)
    assert about.read(tmp_path).threads == 6
    monkeypatch.setattr(threads, "usable_processors", lambda: 2)
    assert (about.read(tmp_path).threads, about.read(tmp_path).notes) == (6, []), "it goes on with as many"
    monkeypatch.setenv(threads.VARIABLE, "3")
    assert about.read(tmp_path).notes == ["begun with TensorFlow's threads at 6, here 3: last digits may differ"]
    about.write(tmp_path, LARGE)
    assert about.read(tmp_path).threads == 3, "the user's own"


@pytest.mark.usefixtures("_six_processors_and_no_threads_chosen")
def test_all_runs_once_had_one_thread(tmp_path: Path) -> None:
    about.write(tmp_path, LARGE)
    fields = json.loads((tmp_path / RUN_FILE).read_text())
    del fields["threads"]
    (tmp_path / RUN_FILE).write_text(json.dumps(fields))
    assert (about.read(tmp_path).threads, about.read(tmp_path).notes) == (1, [])


def test_no_threads_are_none(tmp_path: Path) -> None:
    about.write(tmp_path, LARGE)
    fields = json.loads((tmp_path / RUN_FILE).read_text())
    (tmp_path / RUN_FILE).write_text(json.dumps({**fields, "threads": 0}))
    with pytest.raises(RunError, match="threads"):
        about.read(tmp_path)
