"""What is sent to the terminal: fewer bytes for the same screen, and no more frames than a slow
connection takes."""

from __future__ import annotations

from collections.abc import Collection
from io import StringIO
from typing import Any

import pyte
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
Update = LayoutUpdate | ChopsUpdate


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
    strip = Strip([Segment(text, fresh[style]) for text, style in pieces])
    return strip.adjust_cell_length(WIDTH, fresh[2])


texts = st.text("ab▁█░ ⣿日", min_size=1, max_size=6)
lines = st.lists(st.tuples(texts, st.integers(0, 6)), max_size=4)
screens = st.lists(lines, min_size=HEIGHT, max_size=HEIGHT)
changes = st.tuples(screens, st.sets(st.integers(0, HEIGHT - 1), min_size=1))


def whole(screen: list[Pieces]) -> LayoutUpdate:
    return LayoutUpdate([[line_of(pieces)] for pieces in screen], Region(0, 0, WIDTH, HEIGHT))


def part(screen: list[Pieces], dirty: Collection[int]) -> ChopsUpdate:
    chops: list[dict[int, Strip | None]] = [{0: None} for _ in screen]
    for y in dirty:
        chops[y] = {0: line_of(screen[y])}
    return ChopsUpdate(chops, [(y, 0, WIDTH) for y in sorted(dirty)], [[WIDTH]] * HEIGHT)


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
    terminal.feed(diff.send(whole(before), console()))
    first, middle, last = terminal.shown
    left, right = line_of(behind[1]).divide([cut, WIDTH])
    chops: list[dict[int, Strip | None]] = [{0: None}, {0: left, cut: right}, {0: None}]
    update = ChopsUpdate(chops, [(1, begin, end)], [[WIDTH], [cut, WIDTH], [WIDTH]])
    terminal.feed(diff.send(update, console()))
    assert terminal.shown[0] == first
    assert terminal.shown[2] == last
    # changing half of a wide character changes the other half too
    if "日" not in str([before[1], behind[1]]):
        expected = Terminal()
        expected.feed(whole(behind).render_segments(console()))
        inside = expected.shown[1][begin:end]
        assert terminal.shown[1] == middle[:begin] + inside + middle[end:]


def console(colours: Any = "truecolor") -> Console:
    return Console(file=StringIO(), force_terminal=True, color_system=colours)


class Terminal:
    def __init__(self) -> None:
        self._screen = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.Stream(self._screen)

    def feed(self, text: str) -> None:
        # Textual's own updates go to the next line with a plain line feed, in a terminal that
        # scrolls at the bottom.
        self._stream.feed(text.replace("\n", ""))

    @property
    def shown(self) -> list[list[object]]:
        """The cells of each line."""
        lines = [self._screen.buffer[y] for y in range(HEIGHT)]
        return [[line[x] for x in range(WIDTH)] for line in lines]


@given(
    colours=st.sampled_from(["truecolor", "256", "standard"]),
    first=screens,
    others=st.lists(changes, max_size=4),
)
def test_the_terminal_shows_the_same_as_if_whole_lines_had_been_sent(
    colours: str, first: list[Pieces], others: list[tuple[list[Pieces], set[int]]]
) -> None:
    expected, actual, diff = Terminal(), Terminal(), ScreenDiff()

    def draw(update: Update, same: Update) -> None:
        """Draw an update as Textual sends it, and another with the same text as it is sent here:
        its styles cache the codes of their first drawing."""
        expected.feed(update.render_segments(console(colours)))
        saving: Any = diff.saving(same)
        actual.feed(saving.render_segments(console(colours)))
        assert actual.shown == expected.shown

    draw(whole(first), whole(first))
    for screen, dirty in others:
        draw(part(screen, dirty), part(screen, dirty))


def test_a_change_is_a_move_a_pen_and_a_character() -> None:
    diff = ScreenDiff()
    diff.send(whole([[("a" * WIDTH, 1)]] * HEIGHT), console())
    after: list[Pieces] = [[("aabaaaaabaaa", 1)]] * HEIGHT
    assert diff.send(part(after, [1]), console()) == "\x1b[2;3H\x1b[0mb\x1b[5Cb\x1b[0m"


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
    assert line.is_clear
    assert not line.is_settled
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
