"""`serve --each`: a lesson for a class, in which each tab has a network of its own, and none the
user's files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.answered import answered
from tests.door.app.stage import Stage, opened, screen_with
from tests.scripted import SMALL
from tests.served_page import drawn, served
from tests.served_page import opened as opened_tab

LESSON = "# Guess\n? What will it do\n: step # see\n? Were you right?\n# The end\nThanks.\n"

CELL = """
from pathlib import Path
Path("ran").touch()
"""


@pytest.fixture
def visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process is a visitor's, with a gigabyte for networks."""
    monkeypatch.setenv("ECHORNN_VISITOR", str(10**9))


async def answer(stage: Stage, text: str) -> str:
    await stage.press("t")
    await stage.type(text)
    return await stage.after("enter")


async def test_answers_of_all_visitors_are_rows_of_one_table(tmp_path: Path) -> None:
    for name, guess in (("browser-1", "don't know; #1"), ("browser-2", "=1+1")):
        lesson = screen_with(LESSON)
        async with opened(SMALL, training=lesson, folder=tmp_path / name) as stage:
            assert "answer: What will it do?" in await stage.shown()
            assert "What will it do?" in await stage.after("t")
            await stage.press("escape")
            assert "see" in await answer(stage, guess)
            await stage.press(".")
            stage.stands(trained=1)
            assert "the end" in (await answer(stage, "yes")).lower()
    with open(tmp_path / "answers.csv", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["time", "run", "step", "question", "answer"]
    assert [row[1:] for row in rows] == [
        ["browser-1", "Guess", "What will it do?", "don't know; #1"],
        ["browser-1", "Guess", "Were you right?", "yes"],
        ["browser-2", "Guess", "What will it do?", "'=1+1"],  # a spreadsheet computes nothing
        ["browser-2", "Guess", "Were you right?", "yes"],
    ]


@pytest.mark.usefixtures("visitor")
async def test_a_visitor_can_neither_read_nor_write_nor_run_a_file_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    secret, own = tmp_path / "secret.txt", tmp_path / "own.py"
    secret.write_text("the password is 12345 " * 10)
    own.write_text(CELL)
    lesson = screen_with(LESSON)
    async with opened(SMALL, training=lesson, size=(120, 40), folder=tmp_path / "run") as stage:
        before = sorted(tmp_path.iterdir())
        await stage.press(".")
        for line in (
            "edit task=text file=secret.txt",
            "restart task=npz file=secret.txt",
            "edit task=text file=secret.txt#123456789abc",
            "edit weights=secret.txt",
            "edit task=own.py:Own",
            "edit cell=own.py:own",
            "save screen.svg",
            "save secret.txt",
            "figure curve figure.svg",
            "compare .",
            "runs",
            "along",
        ):
            assert "a visitor reads and writes no file" in await stage.enter(line), line
        stage.stands(config=SMALL, trained=1)
        await stage.enter("edit task=text")
        assert "a visitor reads" in await stage.enter("evaluate file=secret.txt")
        assert sorted(tmp_path.iterdir()) == before
    assert "password" in secret.read_text()


@pytest.mark.usefixtures("visitor")
def test_a_network_beyond_a_visitors_share_of_memory_is_refused() -> None:
    done = answered("--headless", "--state-size", 20_000)
    assert done.returncode == 2
    assert "1.0 GB are free" in done.stderr


async def test_who_comes_when_it_is_full_is_told_so() -> None:
    async with served(most_tabs=1) as (site, client):
        first = await opened_tab(site, client)
        await drawn(first, r"\d+ 20 90\r\n")
        second = await opened_tab(site, client)
        kind, words = await second.receive_json()
        assert kind == "end"
        assert "room for 1" in words
        await second.receive()
        assert second.closed


def test_a_lesson_with_an_error_is_refused_before_anything_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECHORNN_VISITOR", "1")  # which it sets, and is restored
    lesson = tmp_path / "lesson.md"
    lesson.write_text("# A lesson\n: jump\n")
    done = answered("serve", "--each", lesson, "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'jump' is no command" in done.stderr.splitlines()[0]
    lesson.write_text(f"# A lesson\n: edit cell={tmp_path}/own.py:own\n")
    done = answered("serve", "--each", lesson)
    assert "a visitor reads" in done.stderr.splitlines()[0]
    assert not (tmp_path / "out").exists()
