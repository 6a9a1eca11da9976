"""The line that is typed, without a screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.app.line.editor import MOST_CHARACTERS, LineEditor
from tui.app.line.history import MOST_LINES, history_file, remember_line, remembered_lines

NAMES = ("step", "speed ", "speed max", "pause")


def editor(text: str = "", earlier: tuple[str, ...] = ()) -> LineEditor:
    made = LineEditor(earlier, lambda begun: [name for name in NAMES if name.startswith(begun) and name != begun])
    made.insert(text)
    return made


def test_text_is_typed_and_erased_at_the_cursor() -> None:
    line = editor("stop 3")
    line.move(2)
    line.insert("e")
    line.erase(line.at + 1)
    assert (line.text, line.at) == ("step 3", 3)
    line.erase(line.at - 1)
    assert (line.text, line.at) == ("stp 3", 2)
    line.move(99)
    line.erase(line.word_before)
    assert (line.text, line.at) == ("stp ", 4)
    line.move(-5)
    line.erase(-1)
    assert (line.text, line.at) == ("stp ", 0)


def test_pasted_lines_are_one_line_and_what_cannot_be_printed_is_left_out() -> None:
    line = editor("step 3\npause\x1b\t")
    assert line.text == "step 3; pause "
    line.insert("x" * 9000)
    assert len(line.text) == MOST_CHARACTERS


def test_tab_completes_as_far_as_it_is_clear_and_then_goes_through_the_names() -> None:
    line = editor("s")
    seen = []
    for _ in range(4):
        line.tab()
        seen.append(line.text)
    assert seen == ["step", "speed ", "speed max", "step"]
    line = editor("sp")
    line.tab()
    assert line.text == "speed "
    line = editor("xyz")
    line.tab()
    assert line.text == "xyz"


def test_the_suggestion_is_the_newest_line_that_begins_so_then_a_name() -> None:
    line = editor("st", ("step 5", "step 7", "pause"))
    assert line.suggestion == "ep 7"
    assert line.accept()
    assert (line.text, line.at) == ("step 7", 6)
    assert not line.accept()
    assert editor("pa").suggestion == "use"
    assert editor("").suggestion == ""


def test_up_and_down_go_through_earlier_lines_and_back_to_what_was_typed() -> None:
    line = editor("st", ("one", "two"))
    seen = []
    for step in (-1, -1, -1, 1, 1, 1):
        line.earlier(step)
        seen.append(line.text)
    assert seen == ["two", "one", "one", "two", "st", "st"]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def test_lines_are_kept_for_the_next_session_for_the_user_alone(state: Path) -> None:
    assert remembered_lines() == []
    for line in ("step 1", "pause", "step 1"):
        remember_line(line)
    assert remembered_lines() == ["pause", "step 1"]
    assert history_file().stat().st_mode & 0o777 == 0o600
    assert [file.name for file in history_file().parent.iterdir()] == [history_file().name]


def test_only_the_newest_lines_are_kept(state: Path) -> None:
    history_file().parent.mkdir(parents=True)
    history_file().write_text("".join(f"step {number}\n" for number in range(2 * MOST_LINES)))
    remember_line("pause")
    lines = remembered_lines()
    assert len(lines) == MOST_LINES
    assert lines[-2:] == [f"step {2 * MOST_LINES - 1}", "pause"]


def test_a_file_that_is_none_is_left_alone(state: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("secret\n")
    history_file().parent.mkdir(parents=True)
    history_file().symlink_to(other)
    assert remembered_lines() == []
    remember_line("pause")
    assert (remembered_lines(), other.read_text()) == (["pause"], "secret\n")
    history_file().write_bytes(b"\xff\x00step\n\n  \nreset\n")
    assert remembered_lines() == ["reset"]


def test_a_folder_that_cannot_be_made_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null")
    remember_line("pause")
    assert remembered_lines() == []
