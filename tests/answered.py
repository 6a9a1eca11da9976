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

from echornn.arrays import retraining
from echornn.runtime import quiet
from echornn.session import session as loop
from echornn.training.structure import MakeTrainer
from tests.scripted import ScriptedTrainer
from tui.cli.program import exit_code_of

Answer = subprocess.CompletedProcess[str]


def answered(*arguments: object, stdin: str = "") -> Answer:
    """The printed output of the program, and its exit code."""
    words = list(map(str, arguments))
    given = io.TextIOWrapper(io.BytesIO(stdin.encode()))
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8") as err,
    ):
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            patch("sys.stdin", given),
        ):
            code = exit_code_of(words)
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(words, code, out.read(), err.read())


def trained(*arguments: object, trainers: MakeTrainer = ScriptedTrainer) -> Answer:
    """The same for a command that trains, or trains again, without TensorFlow."""
    with training_by(trainers):
        return answered(*arguments)


@contextlib.contextmanager
def training_by(trainers: MakeTrainer) -> Iterator[None]:
    """Meanwhile these train, and train again, in place of TensorFlow."""
    with (
        patch.object(loop, "tensorflow_trainers", lambda *_: trainers),
        patch.object(retraining, "tensorflow_trainers", lambda *_: trainers),
        patch.object(quiet, "import_tensorflow", lambda *_: None),
    ):
        yield


def records(answer: Answer) -> list[dict[str, Any]]:
    """The JSON lines that a command has printed, once it has succeeded."""
    assert answer.returncode == 0, answer.stderr
    return [json.loads(line) for line in answer.stdout.splitlines()]


def json_rows(command: str) -> list[dict[str, Any]]:
    """The JSON lines that a command prints, such as ``list run``."""
    return records(answered(*command.split(), "--json"))
