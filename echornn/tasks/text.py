"""Text: predict the next character of a text of one's own."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from echornn.tasks.data_file import contents, refused
from echornn.tasks.task import Batch, Level, Symbols, Task, setting

MOST_CHARACTERS = 256  # symbols are stored as uint8
# Chosen by eye:
LEAST_LENGTH = 100
HELD_OUT = 10  # the last of so many parts of the text
COUNTED = 1 << 21  # characters for the levels, from the start
OTHER = "\ufffd"  # stands for all rarer characters
SHOWN = {" ": "␣", "\n": "↵", "\t": "→", OTHER: "?"}

Codes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]  # a number at each place of a text
Shares = npt.NDArray[np.float64]


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
        text = f"{len(corpus.trained):,} characters, {len(corpus.characters)} different"
        if corpus.others:
            text += f"; {corpus.others:,} rare ones are read as one"
        return f"{text}; {len(corpus.held_out):,} more are held out"

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
    # row by row: the places of all characters would take eight times as much memory as the rows
    drawn = [text.take(np.arange(begin, begin + steps + 1), mode="wrap") for begin in begins]
    characters = np.stack(drawn)
    return Batch(characters[:, :-1], characters[:, 1:])


@lru_cache(maxsize=16)
def corpus_of(file: str) -> Corpus:
    """The text of a `pinned` file, or without one the numbers in words; a DataError if it cannot be
    used."""
    text = _text_of(file) if file else numbers_in_words()
    if len(text) < LEAST_LENGTH or len({*text}) < 2:
        raise refused(file, f"at least {LEAST_LENGTH} characters, and 2 different ones")
    points = np.frombuffer(text.encode("utf-32-le"), "<u4")
    alphabet, codes, counts = np.unique(points, return_inverse=True, return_counts=True)
    rare = 0
    if len(alphabet) > MOST_CHARACTERS:
        rarest = np.argsort(-counts, kind="stable")[MOST_CHARACTERS - 1 :]
        rare = len(rarest)
        joined = np.where(np.isin(codes, rarest), ord(OTHER), points)
        alphabet, codes = np.unique(joined, return_inverse=True)
    characters = tuple(map(chr, alphabet.tolist()))
    names = [_name(number, characters) for number in range(len(characters))]
    symbols = codes.astype(np.uint8)
    cut = len(text) - len(text) // HELD_OUT
    return Corpus(characters, tuple(names), rare, symbols[:cut], symbols[cut:])


def _text_of(file: str) -> str:
    try:
        text = contents(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refused(file, f"text in UTF-8 ({error})") from error
    return text.replace("\r\n", "\n")


def _name(number: int, characters: tuple[str, ...]) -> str:
    """The character as it is shown; two digits if it takes no single column, or if it could be
    mistaken."""
    character = characters[number]
    name = SHOWN.get(character, character)
    takes_no_column = not name.isprintable() or unicodedata.combining(name)
    takes_two = unicodedata.east_asian_width(name) in "WF"
    is_another = name != character and name in characters
    if takes_no_column or takes_two or is_another:
        return f"{number:02x}"
    return name


@lru_cache(maxsize=16)
def _levels(file: str) -> tuple[Level, ...]:
    codes = corpus_of(file).trained[:COUNTED]
    commonest = float(np.bincount(codes).max()) / len(codes)
    unigram, bigram, trigram = np.minimum.accumulate(counted_losses(codes)).tolist()
    return (
        Level("unigram", unigram, "how often each character occurs", (), 1 - commonest),
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
    numbers = codes.astype(np.int64)
    classes = int(numbers.max()) + 1
    following = numbers[2:]
    context = np.zeros(len(following), np.int64)  # the characters before, as one number
    p = np.full(len(following), 1 / len(np.unique(codes)))
    losses = []
    for back in range(3):
        if back > 0:
            context = context * classes + numbers[2 - back : len(numbers) - back]
        p = _by_counts(context * classes + following, classes, p)
        losses.append(float(-np.log(p).mean()))
    return losses


def _by_counts(word: Places, classes: int, shorter: Shares) -> Shares:
    """The probability of the last character of each word after those before it: from the counts of
    all other places, and its probability after a ``shorter`` context."""
    words, word_of_place, counts = np.unique(word, return_inverse=True, return_counts=True)
    _, context_of_word = np.unique(words // classes, return_inverse=True)
    context = context_of_word[word_of_place]  # [places], as all below

    count = counts[word_of_place] - 1  # of this word, at the other places
    n = np.bincount(context_of_word, counts)[context] - 1  # of its context, there
    kinds = np.bincount(context_of_word)[context]  # the words with this context ...
    t = kinds - (count == 0)  # ... that come at other places
    return np.where(n > 0, (count + t * shorter) / np.maximum(n + t, 1), shorter)


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
        hundreds = f"{ONES[number // 100]} hundred"
        if number % 100 == 0:
            return hundreds
        return f"{hundreds} and {words(number % 100)}"

    return "".join(f"{words(number)}\n" for number in range(1, 1000))
