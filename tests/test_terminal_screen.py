"""The screen of the tests' terminal: the same text, wherever the program's bytes are cut into reads."""

from __future__ import annotations

from tests.program import Program
from tests.terminal_screen import ALTERNATE_SCREEN_ON, TerminalScreen

SEQUENCES = b"\x1b[H\x1b[>25u\x1b[?2026$p\x1b[31mred\x1b[0m \xe2\xa3\xbf\x1b[<u\x1b[3;2Hend\x1b[6n"
BYTES = b"shell" + ALTERNATE_SCREEN_ON + SEQUENCES


def test_a_sequence_may_be_cut_anywhere() -> None:
    def shown(*reads: bytes) -> tuple[str, list[str]]:
        answers: list[str] = []
        screen = TerminalScreen(12, 3, answers.append)
        for read in reads:
            screen.feed(read)
        return screen.text, answers

    whole = shown(BYTES)
    assert whole[0].split() == ["red", "⣿", "end"]
    assert len(whole[1]) == 1
    assert all(shown(BYTES[:cut], BYTES[cut:]) == whole for cut in range(len(BYTES)))
    assert shown(*(bytes([byte]) for byte in BYTES)) == whole


def test_the_text_is_what_the_screen_shows() -> None:
    screen = TerminalScreen(12, 3, lambda _: None)
    screen.feed("wide 漢字\x1b[3;3He\u0301 end".encode())
    assert screen.text == "\n".join(screen.display) == f"wide 漢字   \n{'':12}\n  é end     "


def test_a_read_without_text_is_not_the_end() -> None:
    """A loaded system often runs the test between two writes of the program."""
    program = Program([], 80, 24, {}, False, "stty -echo; printf '\\033[>25u'; read -r _; echo on; read -r _", "tui")
    try:
        program.until(lambda _: program.output.endswith(b"u"))
        program.press("\n")
        program.until(lambda text: "on" in text)
        program.press("\n")
        assert program.ended() == 0
    finally:
        program.end()
