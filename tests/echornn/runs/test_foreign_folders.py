"""Folders with any contents: reading gives a run or a clear refusal, and changes nothing."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echornn.files.run_error import RunError
from echornn.runs import about, run_dir
from echornn.runs.run_dir import COMMAND_FILE, LOSS_FILE, RUN_FILE
from echornn.runs.run_recorder import RunRecorder
from tests.echornn.runs.test_recorder import contents, recorded
from tests.examples import examples

T = TypeVar("T")

FILES = (RUN_FILE, LOSS_FILE, COMMAND_FILE, "checkpoint-0", "checkpoint-1", "lock", "tensorboard", "stranger")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    recorded(folder, 4, "save", "reset", 5)
    return folder


def attempted(what: Callable[[], T]) -> tuple[T | None, str]:
    """The result of a call, or the message of its refusal."""
    try:
        return what(), ""
    except RunError as error:
        return None, str(error)


def assert_a_run_or_a_refusal(folder: Path) -> None:
    before = contents(folder)
    run, words = attempted(lambda: run_dir.read(folder))
    if run is None:
        assert str(folder) in words
        with pytest.raises(RunError):
            RunRecorder.go_on(folder)
        assert contents(folder) == before
        return
    assert contents(folder) == before
    assert run.trained >= 0
    recorder, words = attempted(lambda: RunRecorder.go_on(folder))
    if recorder is None:
        assert str(folder) in words
    else:
        recorder.close()


def changed(whole: Path, change: Callable[[Path], object]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "copy"
        shutil.copytree(whole, folder)
        change(folder)
        assert_a_run_or_a_refusal(folder)


FUZZ = examples(60)


@FUZZ
@given(st.dictionaries(st.sampled_from(FILES), st.one_of(st.none(), st.just("folder"), st.binary()), min_size=1))
def test_any_file_may_be_gone_or_a_folder_or_hold_anything(whole: Path, put: dict[str, bytes | str | None]) -> None:
    def change(folder: Path) -> None:
        for name, what in put.items():
            there = folder / name
            if there.is_dir():
                shutil.rmtree(there)
            there.unlink(missing_ok=True)
            if isinstance(what, bytes):
                there.write_bytes(what)
            elif what is not None:
                there.mkdir()

    changed(whole, change)


@FUZZ
@given(st.sampled_from(["format", "begun", "config", "versions", "more"]), JSON)
def test_any_field_of_the_description_may_be_anything(whole: Path, field: str, value: Any) -> None:
    def change(folder: Path) -> None:
        about = json.loads((folder / RUN_FILE).read_text()) | {field: value}
        (folder / RUN_FILE).write_text(json.dumps(about))

    changed(whole, change)


@FUZZ
@given(st.data())
def test_any_field_of_the_configuration_may_be_anything(whole: Path, data: st.DataObject) -> None:
    def change(folder: Path) -> None:
        about = json.loads((folder / RUN_FILE).read_text())
        about["config"][data.draw(st.sampled_from(sorted(about["config"])))] = data.draw(JSON)
        (folder / RUN_FILE).write_text(json.dumps(about))

    changed(whole, change)


@FUZZ
@given(st.lists(st.one_of(JSON.map(json.dumps), st.text(max_size=20)), max_size=5))
def test_any_lines_may_stand_in_the_command_log(whole: Path, lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines).encode(errors="replace")
    changed(whole, lambda folder: (folder / COMMAND_FILE).write_bytes(text))


@FUZZ
@given(st.one_of(JSON.map(json.dumps), st.text()))
def test_any_text_may_be_the_description(whole: Path, text: str) -> None:
    changed(whole, lambda folder: (folder / RUN_FILE).write_bytes(text.encode(errors="replace")))


@FUZZ
@given(number=st.integers(0, 1 << 40).filter(lambda number: number != about.FORMAT))
def test_every_other_format_is_refused_by_its_number(whole: Path, number: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "copy"
        shutil.copytree(whole, folder)
        fields = json.loads((folder / RUN_FILE).read_text()) | {"format": number}
        (folder / RUN_FILE).write_text(json.dumps(fields))
        with pytest.raises(RunError, match=f"holds a run of format {number}: this version reads 1"):
            run_dir.read(folder)
        assert_a_run_or_a_refusal(folder)


@pytest.mark.parametrize("name", [RUN_FILE, COMMAND_FILE])
def test_lists_in_lists_in_lists_are_only_damage(whole: Path, name: str) -> None:
    changed(whole, lambda folder: (folder / name).write_text("[" * 100_000))
