"""What is sent to the terminal: fewer bytes for the same screen, and no more frames than a slow
connection takes."""

from __future__ import annotations

from io import StringIO

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tests.patience import Clock
from tui.term.output import MOST_UNDERWAY, PATIENCE_SECONDS, Backpressure, ScreenDiff

WIDTH, HEIGHT = 12, 3
Pieces = list[tuple[str, int]]


def styles() -> list[Style | None]:
    """New styles each time: a style caches the codes of its first drawing, whatever the colours."""
    return [
        None,
        Style(),
        Style(color="#56b4e9", bgcolor="#1e1e1e"),
        Style(color="#e8602c", bgcolor="#1e1e1e"),
        Style(color="#e8602c", bgcolor="#f0e442", bold=True),
        Style(color="default", bgcolor="default", reverse=True),
        Style(underline=True, italic=True),
    ]


def line_of(pieces: Pieces) -> Strip:
    fresh = styles()
    return Strip([Segment(text, fresh[style]) for text, style in pieces]).adjust_cell_length(
        WIDTH, fresh[2]
    )


lines = st.lists(
    st.tuples(st.text("ab▁█░ ⣿日", min_size=1, max_size=6), st.integers(0, len(styles()) - 1)),
    max_size=4,
)
screens = st.lists(lines, min_size=HEIGHT, max_size=HEIGHT)


def whole(screen: list[Pieces]) -> LayoutUpdate:
    return LayoutUpdate([[line_of(pieces)] for pieces in screen], Region(0, 0, WIDTH, HEIGHT))


def part(screen: list[Pieces], dirty: list[int]) -> ChopsUpdate:
    spans = [(y, 0, WIDTH) for y in dirty]
    return ChopsUpdate(
        [{0: line_of(pieces) if y in dirty else None} for y, pieces in enumerate(screen)],
        spans,
        [[WIDTH]] * HEIGHT,
    )


@given(
    before=screens,
    behind=screens,
    begin=st.integers(0, WIDTH - 1),
    length=st.integers(1, WIDTH),
    cut=st.integers(1, WIDTH - 1),
)
def test_what_lies_outside_the_span_is_not_touched(
    before: list[Pieces], behind: list[Pieces], begin: int, length: int, cut: int
) -> None:
    """Textual draws only the widgets that overlap the span; elsewhere on the line, cells may be
    those of hidden widgets.
    """
    end = min(begin + length, WIDTH)
    terminal, diff = Terminal(), ScreenDiff()
    terminal.feed(diff.send(whole(before), console("truecolor")))
    shown = terminal.shown
    left, right = line_of(behind[1]).divide([cut, WIDTH])
    chops: list[dict[int, Strip | None]] = [{0: None}, {0: left, cut: right}, {0: None}]
    update = ChopsUpdate(chops, [(1, begin, end)], [[WIDTH], [cut, WIDTH], [WIDTH]])
    terminal.feed(diff.send(update, console("truecolor")))
    assert terminal.shown[0] == shown[0]
    assert terminal.shown[2] == shown[2]
    # changing half of a wide character changes the other half too
    if not any("日" in text for text, _ in [*before[1], *behind[1]]):
        assert terminal.shown[1][:begin] == shown[1][:begin]
        assert terminal.shown[1][end:] == shown[1][end:]
        expected = Terminal()
        expected.feed(whole(behind).render_segments(console("truecolor")))
        assert terminal.shown[1][begin:end] == expected.shown[1][begin:end]


def console(colours: str) -> Console:
    return Console(file=StringIO(), force_terminal=True, color_system=colours)  # type: ignore[arg-type]


class Terminal:
    def __init__(self) -> None:
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.Stream(self.screen)
        self.bytes = 0

    def feed(self, text: str) -> None:
        self.bytes += len(text.encode())
        # Textual's own updates go to the next line with a plain line feed, in a terminal that
        # scrolls at the bottom.
        self._stream.feed(text.replace("\n", ""))

    @property
    def shown(self) -> list[list[tuple[object, ...]]]:
        return [[tuple(self.screen.buffer[y][x]) for x in range(WIDTH)] for y in range(HEIGHT)]


@pytest.mark.parametrize("colours", ["truecolor", "256", "standard"])
@given(
    first=screens,
    others=st.lists(st.tuples(screens, st.sets(st.integers(0, HEIGHT - 1))), max_size=4),
)
def test_the_terminal_shows_the_same_as_if_whole_lines_had_been_sent(
    colours: str, first: list[Pieces], others: list[tuple[list[Pieces], set[int]]]
) -> None:
    expected, actual, diff = Terminal(), Terminal(), ScreenDiff()
    screens = [(first, set[int]()), *((screen, dirty) for screen, dirty in others if dirty)]
    for screen, dirty in screens:
        one, other = (part(screen, sorted(dirty)) if dirty else whole(screen) for _ in range(2))
        expected.feed(one.render_segments(console(colours)))
        actual.feed(diff.saving(other).render_segments(console(colours)))  # type: ignore[attr-defined]
        assert actual.shown == expected.shown


@given(screens)
def test_what_is_shown_already_is_not_sent_again(screen: list[Pieces]) -> None:
    diff = ScreenDiff()
    diff.send(whole(screen), console("truecolor"))
    assert diff.send(part(screen, [0, 1, 2]), console("truecolor")) == ""


def test_a_change_is_a_move_a_pen_and_a_character() -> None:
    diff = ScreenDiff()
    diff.send(whole([[("a" * WIDTH, 1)]] * HEIGHT), console("truecolor"))
    after: list[Pieces] = [[("aabaaaaabaaa", 1)]] * HEIGHT
    assert diff.send(part(after, [1]), console("truecolor")) == "\x1b[2;3H\x1b[0mb\x1b[5Cb\x1b[0m"


def test_so_many_frames_are_under_way_and_a_lost_answer_is_not_waited_for_for_ever() -> None:
    clock = Clock()
    line = Backpressure(clock)
    line.asked()
    line.answered()
    for _ in range(MOST_UNDERWAY):
        assert line.is_clear
        line.asked()
    assert not line.is_clear
    line.answered()
    assert (line.is_clear, line.is_settled) == (True, False)
    line.asked()
    assert not line.is_clear
    clock.now += PATIENCE_SECONDS + 1
    assert line.is_clear


@given(st.lists(st.booleans(), max_size=60))
def test_answers_that_nobody_asked_for_do_no_harm(asks: list[bool]) -> None:
    line = Backpressure(Clock())
    for ask in asks:
        if not ask:
            line.answered()
        elif line.is_clear:
            line.asked()
    while not line.is_settled:
        line.answered()
    assert line.is_clear
