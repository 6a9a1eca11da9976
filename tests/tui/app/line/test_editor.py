"""The line that is typed, without a screen."""

from __future__ import annotations

from tui.app.line.editor import MOST_CHARACTERS, LineEditor

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
