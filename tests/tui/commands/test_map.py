"""`echornn-tui map` without a terminal, as scripts see it."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.swept import OF_TASKS, SMALL, keep, on_a_rung
from tui.cli.program import exit_code_of
from tui.term.exit_code import ExitCode


@pytest.fixture(scope="module")
def cliff(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keep(tmp_path_factory.mktemp("cliff"), [SMALL])


def test_without_a_terminal_it_is_printed_once(cliff: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        exit_code_of(["map", str(cliff), "--show", "loss", "--down", "echo", "--filter", "cell=gru"]) == ExitCode.DONE
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "median final loss, nats, across cell, down echo_step"
    assert exit_code_of(["map", str(cliff), "--csv"]) == ExitCode.DONE
    assert len(capsys.readouterr().out.splitlines()) == 11


def test_a_field_and_a_filter_name_no_task_to_be_trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = keep(tmp_path, [OF_TASKS], on_a_rung)
    words = ["--across", "task", "--filter", "task=two_coins,flip_flop", "--show", "loss", "--once"]
    assert exit_code_of(["map", str(folder), *words]) == ExitCode.DONE
    assert capsys.readouterr().out.splitlines()[4:6] == ["      two_coins   flip_flop", "rnn        0.45 ┊        0⊘"]


def test_an_output_that_has_ascii_only_gets_no_other(cliff: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    assert exit_code_of(["map", str(cliff), "--once"]) == ExitCode.DONE
    assert b"| lag = T" in out.buffer.getvalue()


def test_a_picture_is_written_in_place_of_what_is_there(cliff: Path, tmp_path: Path) -> None:
    file = tmp_path / "map.svg"
    for _ in range(2):
        assert exit_code_of(["map", str(cliff), "--svg", str(file)]) == ExitCode.DONE
    assert file.read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "there is no sweep in nowhere"),
        (["CLIFF", "--across", "foo"], "across = 'foo' cannot be used: one of echo_step, cell, the sweep's fields"),
        (["CLIFF", "--show", "colour"], "colour"),
        (["CLIFF", "--filter", "cell=tcn"], "filter = 'cell=tcn' cannot be used: cell has rnn, gru"),
        (["CLIFF", "--csv", "--once"], "--csv cannot be used with --once"),
        (["CLIFF", "--csv", "--svg", "x"], "--csv cannot be used with --svg"),
        (["CLIFF", "--svg", "x.pdf"], "svg = 'x.pdf' cannot be written: the name must end in .svg"),
        (["CLIFF", "--svg", "svg"], "svg = 'svg' cannot be written: the name must end in .svg"),
        (["CLIFF", "--once", "--svg", "x.svg"], "svg = 'x.svg' cannot be used with --once"),
        ([], "SWEEP"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    words: list[str], message: str, cliff: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(["map", *(str(cliff) if word == "CLIFF" else word for word in words)]) == ExitCode.USAGE
    told = capsys.readouterr()
    assert message in told.err
    assert (told.out, told.err.count("\n")) == ("", 2)


def test_a_picture_that_cannot_be_written_fails(cliff: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["map", str(cliff), "--svg", "/proc/map.svg"]) == ExitCode.FAILED
    assert "/proc/map.svg" in capsys.readouterr().err
