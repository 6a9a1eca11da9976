"""Bad input: one line that names the field, the value and what is allowed, exit code 2, and nothing
is written."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.answered import Answer, trained
from tests.recorded import contents, record_branches
from tests.scripted import SMALL_POPULATION
from tests.swept import SMALL as SMALL_SWEEP
from tests.swept import keep

BAD: dict[str, dict[str, str]] = {
    "": {
        "--seed -1": "seed -1 0",
        "--echo-step 10000": "echo_step 10000 0 9999",
        "--batch-size x": "batch-size x",
        "--cell tcn": "cell tcn rnn gru lstm indrnn irnn mingru lru cornn",
        "--rule rtrl --state-size 100000": "state_size 100000 GB",
        "--replicas 4096 --state-size 3000": "replicas 4096 GB",
        "--task nothing": "task nothing echo two_coins delayed_xor flip_flop temporal_order "
        "copy_memory reber dyck_1",
        "--task two_coins --echo-step 3": "echo_step 3 two_coins lag far_lag",
        "--far-lag 3": "--far-lag two_coins delayed_xor",
        "--speed 0": "speed 0 0.01 1,000,000 max",
        "--fps nan": "fps nan 0.1 60",
        "--theme blue": "theme blue dark light",
        "--run /proc/run": "/proc/run",
        f"--run {'x' * 5000}": "File name too long",
        "--run RUN": "run",
        "--resume /nowhere": "/nowhere",
        "--resume newest": "state/echornn-tui/runs",
        "--resume RUN --run else": "resume --run",
        "--at 3": "at 3 --resume",
        "--resume RUN --at 21": "at 21 0 20",
        "--resume RUN --num-epochs 1": "num_epochs 1 2",
        "--resume RUN --echo-step 100": "echo_step 100 0 99",
        "--compare RUN": "compare",
        "--headless --paused": "--paused --headless --detach",
        "--sede 3": "--sede --seed",
        "tuor": "tuor tour",
        "--ascii tour": "tour",
    },
    "export": {
        "": "RUN",
        "/nowhere": "/nowhere",
        "RUN ''": "empty",
        "RUN --branch d": "branch d a c 0 2",
        "RUN --branch a --path": "branch a --path",
        "RUN --replica 1": "replica 1 0",
        "SEEDS --replica 6": "replica 6 0 5",
        "RUN --weights w.txt": "weights w.txt npz",
        "RUN --weights no/w.npz": "no/w.npz",
        "RUN --weights w.npz --at 21": "at 21 0 20",
        "RUN --weights w.npz --branch a --at 15": "at 15 0 14 a",
        "RUN --at 5": "at 5 --weights --keras --states",
        "RUN --weights w.npz --at sloved": "--at sloved solved",
        "RUN --weights w.npz --at solved": "at solved replica 0",
        "RUN --states s.npz --replica both": "--replica both all",
        "RUN --data-seed 3": "data_seed 3 --states",
        "RUN --states s.npz --data-seed -3": "--data-seed -3 0",
        "RUN --keras m.h5": "keras m.h5 keras",
        "SEEDS --keras m.keras": "keras m.keras --replica 0 5",
        "RUN --summary --path": "--summary --path",
        "RUN --parquet a.csv": "parquet a.csv parquet",
        "RUN --parquet a.parquet --json": "--parquet --json",
        "RUN --tensorboard a --summary": "--tensorboard --summary",
    },
    "branches": {"": "RUN", "/nowhere": "/nowhere"},
    "list": {"/nowhere": "/nowhere", "RUN/run.json": "run.json"},
    "prune": {
        "": "--keep",
        "--keep -1": "keep -1 0",
        "--keep many": "--keep many",
    },
    "probe": {
        "/nowhere": "/nowhere",
        "RUN --at 21": "at 21 0 20",
        "RUN --input 1": "input 1 --fixed-points",
        "RUN --csv": "--csv --along",
        "RUN --dot": "--dot --automaton --json",
        "RUN --automaton --dot --json": "--dot --json",
        "RUN --solutions": "replicas 1",
        "SEEDS --solutions --replica 1": "--solutions --replica",
        "SEEDS --solutions --distance x": "distance x procrustes cka",
        "SEEDS --solutions --npz a.txt": "npz a.txt npz",
        "SEEDS --solutions --npz a.npz --along 2": "--npz --along",
        "SEEDS --distance cka": "--distance --solutions",
        "RUN --fixed-points --input 2": "input 2 0 1 zeros",
    },
    "evaluate": {
        "RUN --num-classes 3": "num_classes 3 Symbols(2)",
        "RUN --sizes length": "sizes length echo_step num_classes",
        "RUN --sizes echo_step=0.5": "echo_step 0.5 whole",
    },
    "figure": {
        "RUN curve": "--out",
        "RUN pie -o a.svg": "pie curve memory gradient weights seeds branches runs map",
        "RUN curve -o a.jpg": "out a.jpg .svg .pdf .png",
        "RUN curve -o a.svg --width 0.5": "width 0.5 1",
        "RUN curve -o a.svg --style foo": "style foo paper",
        "RUN curve -o a.svg --components 1,2": "--components plane",
        "RUN plane -o a.svg --components 1,1": "components 1,1 two",
        "RUN lengths -o a.svg": "--sizes",
        "RUN curve -o a.svg --across cell": "--across curve map",
        "RUN curve SEEDS -o a.svg": "curve runs",
        "RUN runs -o a.svg": "runs",
        "RUN solutions -o a.svg": "replicas 1",
        "RUN curve -o no/a.svg": "no/a.svg",
        "SWEEP map -o a.svg --across foo": "across foo echo_step cell",
    },
    "sweep": {
        "--out new": "--grid",
        "--out new --grid echo=3": "grid echo echo_step",
        "--out new --grid echo_step": "grid echo_step",
        "--out new --grid echo_step=3 --echo-step 4": "echo_step 4",
        "--out new --grid echo_step=3 --seeds 0": "seeds 0 1",
        "--out new --grid echo_step=3 --workers 0": "workers 0 1 1024",
        "--out new --grid echo_step=3 --workers 2 --scheduler x": "--workers --scheduler",
        "--out new --grid echo_step=20000": "echo_step 20000 0 9999",
        "--out new --grid seed=1..3": "grid seed --seeds",
        "--out new --grid num_epochs=1,2": "grid num_epochs",
        "--out new --grid echo_step=1.5": "echo_step 1.5 whole",
        "--out new --grid echo_step=5..1": "echo_step 5..1",
        "--out new --grid cell=rnn,foo": "cell foo rnn gru lstm",
        "--out new --grid echo_step=1..1000000000000": "grid echo_step 1 1000",
        "--out new --grid cell=gru cell=rnn": "grid cell once",
        "--out new --grid echo_step=3 --seeds 1000000000": "grid 100,000",
        "--out new --grid echo_step=3 --scheduler-file none.json": "none.json",
        "--out new --grid echo_step=3 --until never": "until never solved all automaton",
        "--out new --grid task=adding --until automaton": "until automaton solved all",
    },
    "map": {
        "": "SWEEP",
        "/nowhere": "/nowhere",
        "SWEEP --across foo": "across foo echo_step cell",
        "SWEEP --show colour": "show colour success windows loss",
        "SWEEP --filter cell=tcn": "filter cell=tcn rnn gru",
        "SWEEP --csv --once": "--csv --once",
    },
    "attach": {
        "--once --stop RUN": "--once --stop",
        "RUN --fps 0": "fps 0.0 0.1 60",
        "RUN": "terminal --once",
        "--once": "--detach",
        "--once /nowhere": "/nowhere",
        "--stop /nowhere": "/nowhere",
    },
    "serve": {
        "/nowhere": "/nowhere",
        "": "--detach",
        "RUN": "run",
        "--port 70000 RUN": "port 70000 0 65535",
    },
    "do": {
        "RUN": "--file",
        "RUN ''": "script",
        "/nowhere step": "/nowhere",
        "RUN 'step 3; stpe'": "stpe step",
        "RUN 'step; edit learning_rate=-1'": "learning_rate -1.0 0",
        "RUN 'step; help'": "help",
        "RUN step --file x": "--file",
        "RUN --file LESSON": "line 4 stpe step",
        "RUN step --size 1x1": "size 1x1 20x5 1000x1000",
    },
    "tasks": {"nothing": "task nothing echo two_coins", "--template --json": "--template"},
    "cells": {"tcn": "cell tcn rnn gru", "--template rnn": "--template"},
    "tour": {"--fps 0": "fps 0.0 0.1 60", "3": "3", "LESSON": "line 4 stpe step"},
}
"""For each subcommand, arguments that are refused, and the words of the line that says so."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, a sweep and a lesson, and an empty folder."""
    folder = tmp_path_factory.mktemp("bad")
    steps = (14, {"learning_rate": 0.1}, 6, (1, 17), "regenerate", 9, (1, 20))
    record_branches(folder / "run", *steps)
    record_branches(folder / "seeds", 20, config=SMALL_POPULATION)
    keep(folder / "sweep", [SMALL_SWEEP])
    (folder / "lesson.md").write_text("# Steps\n\n: step 3\n: stpe 3\n")
    (folder / "here").mkdir()
    return folder


PLACES = {"RUN": "run", "SEEDS": "seeds", "SWEEP": "sweep", "LESSON": "lesson.md"}
"""By the words of the table, what is in that folder."""


@pytest.mark.parametrize("command", BAD)
def test_is_refused_in_a_line_and_nothing_is_written(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / "here")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    before = contents(folder)
    wrong: list[str] = []
    for arguments, words in BAD[command].items():
        pattern = rf"\b({'|'.join(PLACES)})\b"
        line = re.sub(pattern, lambda match: str(folder / PLACES[match[0]]), arguments)
        done = trained(*shlex.split(f"{command} {line}"))
        for fault in faults(done, command, words):
            wrong.append(f"{arguments}: {fault}:\n{done.stderr}{done.stdout}")
        if contents(folder) != before:
            wrong.append(f"{arguments}: it has written {[*contents(folder)]}")
    assert not wrong, "\n".join(wrong)
    assert not any((folder / "here").iterdir())


def faults(done: Answer, command: str, words: str) -> Iterator[str]:
    """What is wrong with a refusal, which has to name these words."""
    if (done.returncode, done.stdout) != (2, ""):
        yield f"exit code {done.returncode}"
    line, *hint = done.stderr.splitlines() or [""]
    if len(line) > 600:
        yield "it is long"
    if hint != [f"Try '{' '.join(f'echornn-tui {command} --help'.split())}'."]:
        yield "other lines follow"
    for word in words.split():
        if not re.search(rf"(?<![\w.-])(--)?{re.escape(word)}(?![\w-])", line):
            yield f"without {word}"
