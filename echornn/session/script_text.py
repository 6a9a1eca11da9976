"""Splits a line or a script into commands, and each command into words."""

from __future__ import annotations

from echornn.session.command_words import WordError

QUOTES = "'\""


def commands_in(text: str) -> list[list[str]]:
    """The words of each command of a script. A semicolon or the end of a line ends a command; ``#`` begins a comment;
    quotes hold a word with spaces together.

    Raises:
        WordError: a quote is not closed.
    """
    found: list[list[str]] = []
    for line in text.splitlines():
        found += _of_a_line(line)
    return [words for words in found if words]


def _of_a_line(line: str) -> list[list[str]]:
    words: list[list[str]] = [[]]
    word: str | None = None
    quote = ""
    for character in line:
        if quote:
            assert word is not None
            quote, word = ("", word) if character == quote else (quote, word + character)
        elif character in QUOTES:
            quote, word = character, word or ""
        elif character == "#" and word is None:
            break
        elif character.isspace() or character == ";":
            if word is not None:
                words[-1].append(word)
            word = None
            if character == ";":
                words.append([])
        else:
            word = (word or "") + character
    if quote:
        raise WordError(f"a quote {quote} is not closed")
    if word is not None:
        words[-1].append(word)
    return words


def joined(words: list[str]) -> str:
    """The words as a line, from which `commands_in` makes the same words."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    if word and not any(character.isspace() or character in ";'\"" for character in word) and word[0] != "#":
        return word
    quote = "'" if "'" not in word else '"'
    return f"{quote}{word}{quote}"
