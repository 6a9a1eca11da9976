"""`figure`: the numbers beside a picture are those of exports, of `probe` and of `map`; and what
the files hold."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from tests.answered import answered, trained
from tests.compiled import plain
from tests.recorded import record_branches
from tests.scripted import SMALL_POPULATION
from tests.swept import SMALL as SWEPT
from tests.swept import keep

RUNS = Path("tests/data/docs").resolve()
ECHO = RUNS / "echo-run"
LEARNED = ECHO, "plane", "--branch", "a"
SVG = "{http://www.w3.org/2000/svg}"

pytestmark = pytest.mark.slow

Columns = dict[str, list[str]]


@pytest.fixture(autouse=True, scope="module")
def _nothing_is_compiled() -> Iterator[None]:
    with plain():
        yield


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def figure(*words: object) -> Columns:
    """The columns beside the figure ``a.svg`` that the command makes."""
    done("figure", *words, "-o", "a.svg")
    assert Path("a.svg").read_text().startswith("<?xml")
    return columns_of(Path("a.svg.csv").read_text())


def exported(*words: object) -> Columns:
    return columns_of(done("export", *words))


def done(*words: object) -> str:
    """What a command prints that succeeds."""
    answer = answered(*words)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def columns_of(text: str) -> Columns:
    head, *rows = csv.reader(text.splitlines())
    return dict(zip(head, map(list, zip(*rows, strict=True)), strict=True))


def floats(cells: Sequence[str]) -> list[float]:
    return [*map(float, cells)]


def where(columns: Columns, name: str, value: str, wanted: str) -> list[float]:
    """The numbers of a column in the rows that have this value in another."""
    rows = zip(columns[name], columns[wanted], strict=True)
    return [float(number) for cell, number in rows if cell == value]


# ---- losses


def test_a_curve_has_mean_and_extremes_of_the_exported_losses() -> None:
    curve = figure(ECHO, "curve")
    losses = floats(exported(ECHO, "--path")["loss"])
    first = [*map(int, curve["first_window"])]
    last = [*map(int, curve["last_window"])]
    assert (first[0], last[-1]) == (1, len(losses))
    assert first[1:] == [window + 1 for window in last[:-1]]
    parts = [losses[a - 1 : b] for a, b in zip(first, last, strict=True)]
    means = [math.fsum(part) / len(part) for part in parts]
    assert floats(curve["mean"]) == pytest.approx(means, rel=1e-6)
    assert floats(curve["low"]) == pytest.approx([*map(min, parts)], rel=1e-6)
    assert floats(curve["high"]) == pytest.approx([*map(max, parts)], rel=1e-6)
    assert float(curve["level chance"][0]) == pytest.approx(math.log(2))
    least = 0.2 * 0.8 * math.log(2)
    assert float(curve["level least at epoch starts"][0]) == pytest.approx(least)
    begin = figure(ECHO, "curve", "--at", 35)
    assert floats(begin["mean"]) == pytest.approx(losses[:35], rel=1e-6)


def test_norms_are_those_of_the_export() -> None:
    record_branches(Path("run"), 40, config=SMALL_POPULATION.with_fields({"clip_norm": 1.0}))
    columns = figure("run", "norms", "--replica", 1)
    norms = floats(exported("run", "--replica", 1)["grad_norm"])
    assert floats(columns["mean"]) == pytest.approx(norms, rel=1e-6)
    assert columns["high"] == columns["mean"]
    clipped = floats(columns["clipped"])
    assert clipped == [float(norm > 1) for norm in norms]
    assert {*clipped} == {0, 1}


def test_a_band_has_the_quantiles_of_the_exported_losses_and_a_line_of_the_chosen() -> None:
    record_branches(Path("run"), 40, config=SMALL_POPULATION)
    band = figure("run", "curve")
    losses = np.array(floats(exported("run")["loss"])).reshape(40, 6)
    medians = np.sort(losses)[:, 2:4].mean(axis=1)
    expected = {"median": medians, "high": losses.max(axis=1), "low": losses.min(axis=1)}
    for name, values in expected.items():
        quantile = where(band, "line", "all networks", name)
        assert quantile == pytest.approx(values, rel=0.02), name
    for seed in range(7, 13):
        mean = where(band, "line", f"seed {seed}", "mean")
        assert mean == pytest.approx(losses[:, seed - 7], rel=1e-6), "a line for each of a few"
    with_one = figure("run", "curve", "--replica", 2)
    assert where(with_one, "line", "seed 9", "mean") == pytest.approx(losses[:, 2], rel=1e-6)
    from_the_screen = trained("do", "run", "seed 9; figure curve b.svg")
    assert from_the_screen.returncode == 0, from_the_screen.stderr
    assert columns_of(Path("b.svg.csv").read_text()) == with_one


def test_branches_are_told_apart_by_letter() -> None:
    edits = {"learning_rate": 0.1}, 10, (0, 5), {"learning_rate": 0.5}, 8
    record_branches(Path("run"), 15, *edits)
    columns = figure("run", "branches")
    assert list(dict.fromkeys(columns["branch"])) == ["b", "c"]
    firsts = [columns["first_window"][columns["branch"].index(letter)] for letter in "bc"]
    assert firsts == ["6", "1"], "from where they part"
    losses = floats(exported("run", "--branch", "c")["loss"])
    assert where(columns, "branch", "c", "loss") == pytest.approx(losses, rel=1e-6)


# ---- what counts networks


def test_seeds_are_those_of_the_summary() -> None:
    summary = exported(RUNS / "seeds-run", "--summary")
    seeds = figure(RUNS / "seeds-run", "seeds")
    assert {name: summary[name] for name in seeds} == seeds
    assert (seeds["seed"][0], seeds["solved_at"][0]) == ("7", "369")


def test_a_map_has_the_squares_of_the_map() -> None:
    keep(Path("sweep"), [SWEPT])
    columns = figure("sweep", "map", "--show", "windows")
    squares = columns_of(done("map", "sweep", "--csv"))
    texts = ("echo_step", "cell", "points", "trained", "solved", "half_solved", "failed", "missing")
    for name in texts:
        assert columns[name] == squares[name], name
    for name in ("success", "low", "high", "median_loss"):
        assert floats(columns[name]) == pytest.approx(floats(squares[name]), rel=1e-3, abs=1e-4)


# ---- what probes measure


@pytest.mark.usefixtures("shared_programs")
def test_figures_along_a_run_have_the_numbers_of_probe() -> None:
    place = (ECHO, "--branch", "a", "--at", 20, "--along", 2)
    probed = columns_of(done("probe", *place, "--csv"))
    kinds = {
        "along": ("loss", "spectral_radii W", "saturation h"),
        "gradient": ("gradient_by_lag 3",),
    }
    for kind, names in kinds.items():
        columns = figure(ECHO, kind, *place[1:])
        assert columns["window"] == ["0", "20"]
        for name in names:
            drawn = floats([cell for cell in columns[name] if cell != "nan"])
            printed = floats([cell for cell in probed[name] if cell])
            assert drawn == pytest.approx(printed, rel=1e-6), name


def test_memory_and_gradient_have_the_numbers_of_probe() -> None:
    printed = json.loads(done("probe", ECHO, "--json"))
    memory, gradient = figure(ECHO, "memory"), figure(ECHO, "gradient")
    assert floats(memory["r2"]) == pytest.approx(printed["memory"], rel=1e-6)
    assert [lag for lag, source in enumerate(memory["source"]) if source == "1"] == [3]
    assert floats(gradient["gradient"]) == pytest.approx(printed["gradient_by_lag"], rel=1e-6)
    assert floats(gradient["bias"]) == pytest.approx(printed["truncation_bias_by_steps"], rel=1e-6)


def test_an_evaluation_by_length_has_the_numbers_of_evaluate() -> None:
    words = ECHO, "--branch", "a", "--sizes", "echo_step=2,3"
    rows = [json.loads(line) for line in done("evaluate", *words, "--json").splitlines()]
    columns = figure(ECHO, "lengths", *words[1:])
    assert columns["echo_step"] == ["2", "3"]
    for name in ("accuracy", "accuracy_spread", "loss", "loss_spread"):
        assert floats(columns[name]) == pytest.approx([row[name] for row in rows]), name
    assert columns["chance"] == ["0.5", "0.5"]


REFUSED = {
    "norms": "no norms",
    "plane --components 1,5": "components = 1,5 cannot be used: two different ones of 1 to 4",
}


@pytest.mark.parametrize("words", REFUSED)
def test_a_figure_that_this_run_cannot_have_is_refused(words: str) -> None:
    answer = answered("figure", ECHO, *words.split(), "-o", "a.svg")
    assert answer.returncode == 2
    assert REFUSED[words] in answer.stderr  # behind what is said while it measures
    assert not Path("a.svg").exists()


def test_weights_are_the_exported_ones_with_their_eigenvalues() -> None:
    done("export", ECHO, "--weights", "w.npz")
    columns = figure(ECHO, "weights")
    eigenvalues, count = [], 0
    with np.load("w.npz") as weights:
        expected = abs(np.linalg.eigvals(weights["W"][1:]))
        size = sum(matrix.size for matrix in weights.values())
        rows = zip(*columns.values(), strict=True)
        for part, matrix, row, column, _, _, value, imaginary in rows:
            if part == "weight":
                count += 1
                weight = weights[matrix][int(row), int(column)]
                assert float(value) == pytest.approx(weight, rel=1e-6)
            else:
                eigenvalues.append(abs(complex(float(value), float(imaginary))))
    assert count == size
    assert sorted(eigenvalues) == pytest.approx(sorted(expected), rel=1e-5)


def test_a_plane_has_states_by_their_targets_and_any_two_components() -> None:
    first, last = figure(*LEARNED), figure(*LEARNED, "--components", "3,4")
    columns = {**first, **last}
    assert [*last] == ["part", "group", "z3", "z4", "at_mean"]
    components = [f"z{number}" for number in range(1, 5)]  # all, of four units
    states = np.array([where(columns, "part", "state", name) for name in components])
    slopes = np.array([where(columns, "part", "read-out", name) for name in components])
    done("export", ECHO, "--branch", "a", "--weights", "w.npz")
    with np.load("w.npz") as weights:
        # Orthonormal components keep lengths
        lengths = np.linalg.norm(weights["W2"], axis=0)
    assert np.linalg.norm(slopes, axis=0) == pytest.approx(lengths, rel=1e-5)
    logits = states.T @ slopes + where(columns, "part", "read-out", "at_mean")
    said = logits.argmax(axis=1)
    rows = zip(columns["part"], columns["group"], strict=True)
    targets = np.array([int(group) for part, group in rows if part == "state"])
    assert (said == targets).mean() > 0.99, "the network has learned the echo"


def test_each_of_eight_groups_has_a_colour_of_its_own() -> None:
    size = "--state-size 4 --total-series-length 2000 --num-epochs 1 --headless --run run"
    done(*f"--task flip_flop {size}".split())
    groups = {*figure("run", "plane")["group"]}
    assert len([group for group in groups if {*group} <= {*"+-"}]) == 8
    marks = re.findall(r'<use [^>]*style="fill: (#\w+); fill-opacity', Path("a.svg").read_text())
    assert len({*marks}) == 8


# ---- files


def curve_file(name: str) -> bytes:
    done("figure", ECHO, "curve", "--log", "-o", name, "--at", 40)
    return Path(name).read_bytes()


def test_a_file_names_its_command_and_the_same_command_writes_the_same_bytes() -> None:
    command = f"echornn-tui figure {ECHO} curve --out {{}} --at 40 --log"
    svg, pdf = curve_file("a.svg"), curve_file("a.pdf")
    assert command.format("a.svg").encode() in svg
    Path("a.svg").unlink()
    assert curve_file("a.svg") == svg
    assert command.format("a.pdf").encode() in pdf
    assert b"/FontFile2" in pdf, "letters that can be searched for and copied"
    curve_file("a.png")
    with Image.open("a.png") as picture:
        description = picture.text["Description"]  # type: ignore[attr-defined]
    first, alt = description.splitlines()
    assert first == command.format("a.png")
    assert alt.startswith("The loss over windows 1 to 40: the mean falls from")


def test_who_does_not_see_how_runs_differ_reads_the_numbers_of_the_table() -> None:
    run = f"a<b&c{'d' * 99}/run"  # too long for the picture
    record_branches(Path(run), 15)
    record_branches(Path("seeds/run"), 25, config=SMALL_POPULATION)
    columns = figure(run, "runs", "seeds/run")
    is_of_seeds = [name == "seeds/run" for name in columns["run"]]
    assert is_of_seeds.count(True) == 25
    assert [bool(cell) for cell in columns["q10"]] == is_of_seeds
    picture = ElementTree.parse("a.svg").getroot()
    title, alt, *_ = picture
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == f"{title.get('id')} {alt.get('id')}"
    assert (title.tag, title.text) == (f"{SVG}title", "runs")
    assert alt.tag == f"{SVG}desc"
    for name in dict.fromkeys(columns["run"]):
        losses = where(columns, "run", name, "loss")
        words = f"from {losses[0]:.3g} to {losses[-1]:.3g} over windows 1 to "
        assert re.search(f"{re.escape(name)} (falls|rises) {words}", alt.text or ""), alt.text


@pytest.mark.parametrize(
    ("flags", "size"), [("--width 2 --height 1.5", (600, 450)), ("--style talk", (1980, 1452))]
)
def test_a_picture_has_its_size_and_nothing_is_cut_off_at_the_sides(
    flags: str, size: tuple[int, int]
) -> None:
    names = "a-run-with-quite-a-long-name", "another-one"
    for name in names:
        record_branches(Path(name), 40, config=SMALL_POPULATION)
    done("figure", names[0], "runs", names[1], "-o", "a.png", *flags.split())
    with Image.open("a.png") as picture:
        assert picture.size == size
        pixels = np.asarray(picture.convert("L"))
    assert (pixels[:, [0, -1]] == 255).all()
    assert (pixels < 128).any()
