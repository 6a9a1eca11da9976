"""The help of the program and of each subcommand: no flag without a sentence of what it does."""

from __future__ import annotations

import re

import pytest

from tests.answered import answered

SUBCOMMANDS = """
attach serve list branches export probe evaluate sample figure
sweep map do tasks cells tour prune
"""

FLAG = re.compile(r"│ [* ]*--[a-z][\w-]*(?: \(?-\w\)?)?(?: [A-Z|]+(?:\.\.\.)?)? *(?P<text>.*?) *│")


@pytest.mark.parametrize("command", ["", *SUBCOMMANDS.split()])
def test_help_says_what_each_flag_does(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    done = answered(*command.split(), "--help")
    assert done.returncode == 0, done.stderr
    for flag in FLAG.finditer(done.stdout):
        assert re.match(r"\w", flag["text"]), flag[0]
    if not command:
        assert set(SUBCOMMANDS.split()) <= {*re.findall(r"│ (\w+) ", done.stdout)}
