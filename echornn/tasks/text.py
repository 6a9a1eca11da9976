"""Text: predict the next character of a text of one's own."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.tasks.data_file import DataError, contents
from echornn.tasks.task import Batch, Level, Symbols, Task, setting

MOST_CHARACTERS, LEAST_LENGTH = 256, 100
HELD_OUT = 10  # the last of so many parts of the text
COUNTED = 1 << 21  # characters for the levels, from the start
OTHER = "\ufffd"  # stands for all rarer characters
SHOWN = {" ": "␣", "\n": "↵", "\t": "→", OTHER: "?"}

Codes = npt.NDArray[np.uint8]


class Corpus(NamedTuple):
    characters: tuple[str, ...]  # that of each symbol
    names: tuple[str, ...]  # of the symbols, on the screen
    others: int  # different characters that are read as `OTHER`
    trained: Codes
    held_out: Codes


@dataclass(frozen=True)
class Text(Task):
    """Predict the next character of a text.

    A row is a part of the text; rows begin evenly apart, from a place that is drawn for each epoch,
    and after the end follows the beginning. The last tenth is held out. Of more than 256 different
    characters, the rarest are read as one. The levels are losses of counted characters, pairs and
    triples, each place predicted from all others.
    """

    scores_every_step = True

    file: str = setting(
        "", "Text in UTF-8: the path of a file; without, the numbers to 999 in words.", is_file=True
    )

    @property
    def inputs(self) -> Symbols:
        corpus = corpus_of(self.file)
        return Symbols(len(corpus.characters), corpus.names)

    outputs = inputs

    @property
    def characters(self) -> tuple[str, ...]:
        return corpus_of(self.file).characters

    @property
    def note(self) -> str:
        corpus = corpus_of(self.file)
        others = f"; {corpus.others:,} rare ones are read as one" if corpus.others else ""
        kept = f"{len(corpus.trained):,} characters, {len(corpus.characters)} different{others}"
        return f"{kept}; {len(corpus.held_out):,} more are held out"

    def draw(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        return _rows(corpus_of(self.file).trained, rng, rows, steps)

    def draw_held_out(self, rng: np.random.Generator, rows: int, steps: int) -> Batch:
        """Rows of the last tenth of the text, which `draw` leaves out."""
        return _rows(corpus_of(self.file).held_out, rng, rows, steps)

    def levels(self, rows: int, steps: int) -> tuple[Level, ...]:
        return _levels(self.file)

    def solved(self, rows: int, steps: int) -> None:
        """None: nobody knows the entropy of a text."""

    def more_at_start(self, rows: int, first: int, steps: int) -> float:
        return 0.0


def _rows(text: Codes, rng: np.random.Generator, rows: int, steps: int) -> Batch:
    begins = rng.integers(len(text)) + np.arange(rows) * len(text) // rows
    drawn = np.stack(
        [text.take(np.arange(begin, begin + steps + 1), mode="wrap") for begin in begins]
    )
    return Batch(drawn[:, :-1], drawn[:, 1:], np.ones((rows, steps), np.bool_))


@lru_cache(maxsize=16)
def corpus_of(file: str) -> Corpus:
    """The text of a `pinned` file, or without one the numbers in words; a DataError if it cannot be
    used."""
    try:
        text = (
            contents(file).decode("utf-8-sig").replace("\r\n", "\n") if file else numbers_in_words()
        )
    except UnicodeDecodeError as error:
        raise DataError(
            f"file = {file!r} cannot be used: text in UTF-8 ({error})", is_placed=True
        ) from error
    if len(text) < LEAST_LENGTH or len({*text}) < 2:
        allowed = f"at least {LEAST_LENGTH} characters, and 2 different ones"
        raise DataError(f"file = {file!r} cannot be used: {allowed}", is_placed=True)
    points = np.frombuffer(text.encode("utf-32-le"), "<u4")
    known, codes, counts = np.unique(points, return_inverse=True, return_counts=True)
    rare = (
        np.argsort(-counts, kind="stable")[MOST_CHARACTERS - 1 :]
        if len(known) > MOST_CHARACTERS
        else known[:0]
    )
    if len(rare):
        known, codes = np.unique(
            np.where(np.isin(codes, rare), ord(OTHER), points), return_inverse=True
        )
    characters = tuple(map(chr, known.tolist()))
    names = tuple(_name(number, one, characters) for number, one in enumerate(characters))
    cut = len(text) - len(text) // HELD_OUT
    symbols = codes.astype(np.uint8)
    return Corpus(characters, names, len(rare), symbols[:cut], symbols[cut:])


def _name(number: int, character: str, characters: tuple[str, ...]) -> str:
    """The character as it is shown; two digits if it takes no single column, or if it could be
    mistaken."""
    name = SHOWN.get(character, character)
    is_narrow = name.isprintable() and unicodedata.east_asian_width(name) not in "WF"
    is_clear = name == character or name not in characters
    return name if is_narrow and is_clear and not unicodedata.combining(name) else f"{number:02x}"


@lru_cache(maxsize=16)
def _levels(file: str) -> tuple[Level, ...]:
    codes = corpus_of(file).trained[:COUNTED]
    most = float(np.bincount(codes).max()) / len(codes)
    unigram, bigram, trigram = np.minimum.accumulate(counted_losses(codes)).tolist()
    return (
        Level("unigram", unigram, "how often each character occurs", (), 1 - most),
        Level("bigram", bigram, "the character before, by counts", (0,)),
        Level("trigram", trigram, "the two characters before, by counts", (0, 1)),
    )


def counted_losses(codes: Codes) -> list[float]:
    """The mean loss in nats at which counts predict a character of a text from none, one, and two
    before it.

    Each place is predicted from the counts of all others: otherwise rare triples would predict
    themselves. Counts are interpolated with those of the shorter context (Witten and Bell 1991,
    method C): a context that was seen n times, with t different next characters, counts n / (n +
    t).
    """
    numbers, classes = codes.astype(np.int64), int(codes.max()) + 1
    following, context = numbers[2:], np.zeros(len(codes) - 2, np.int64)
    p, losses = np.full(len(following), 1 / len(np.unique(codes))), []
    for back in range(3):
        context = context * classes + numbers[2 - back : len(numbers) - back] if back else context
        pairs, of, count = np.unique(
            context * classes + following, return_inverse=True, return_counts=True
        )
        each = np.unique(pairs // classes, return_inverse=True)[1]
        seen, different = (
            np.bincount(each, count)[each][of] - 1,
            np.bincount(each)[each][of] - (count[of] == 1),
        )
        p = np.where(seen > 0, (count[of] - 1 + different * p) / np.maximum(seen + different, 1), p)
        losses.append(float(-np.log(p).mean()))
    return losses


BELOW_20 = """
one two three four five six seven eight nine ten
eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
"""
ONES = ("", *BELOW_20.split())
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def numbers_in_words() -> str:
    def words(number: int) -> str:
        if number < 20:
            return ONES[number]
        if number < 100:
            return f"{TENS[number // 10 - 2]}-{ONES[number % 10]}".strip("-")
        return f"{ONES[number // 100]} hundred" + (
            f" and {words(number % 100)}" if number % 100 else ""
        )

    return "".join(f"{words(number)}\n" for number in range(1, 1000))
