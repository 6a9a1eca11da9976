"""Runs a command line in this process.

A separate process would take a second to start, and few tests need one.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from echornn.arrays import retraining
from echornn.runtime import quiet
from echornn.session import session as loop
from echornn.training.structure import MakeTrainer
from tests.scripted import ScriptedTrainer
from tui.cli import headless
from tui.cli.program import exit_code_of

Answer = subprocess.CompletedProcess[str]


def answered(*arguments: object, stdin: str = "") -> Answer:
    """The printed output of the program, and its exit code."""
    words = list(map(str, arguments))
    typed = io.TextIOWrapper(io.BytesIO(stdin.encode()))
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
        err = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            patch("sys.stdin", typed),
        ):
            code = exit_code_of(words)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(words, code, out.read(), err.read())


def trained(*arguments: object, trainers: MakeTrainer = ScriptedTrainer) -> Answer:
    """The same for a command that trains, or trains again, without TensorFlow."""
    with training_by(trainers):
        return answered(*arguments)


@contextlib.contextmanager
def training_by(trainers: MakeTrainer) -> Iterator[None]:
    """Meanwhile these train, and train again, in place of TensorFlow."""
    with pytest.MonkeyPatch.context() as patched:
        for module in (loop, retraining):
            patched.setattr(module, "tensorflow_trainers", lambda *_: trainers)
        patched.setattr(quiet, "import_tensorflow", lambda *_: None)
        patched.setattr(headless, "LOOK_SECONDS", 0.01)  # its end is seen sooner
        yield


def records(answer: Answer) -> list[dict[str, Any]]:
    """The JSON lines that a command has printed, once it has succeeded."""
    assert answer.returncode == 0, answer.stderr
    return [json.loads(line) for line in answer.stdout.splitlines()]


def json_rows(command: str) -> list[dict[str, Any]]:
    """The JSON lines that a command prints, such as ``list run``."""
    return records(answered(*command.split(), "--json"))
