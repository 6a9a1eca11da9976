"""The task text: its data, its levels beside a count of everything, and what a network writes
beside NumPy."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import echornn
from echornn import ConfigError, EchoConfig, Snapshot, Symbols
from tests.answered import answered

PROSE = (
    "The cat sat on the mat; the hat was on the cat.\n" * 3
    + "What the rat had at that, the cat had not:\n" * 6
)


@pytest.fixture
def prose(tmp_path: Path) -> Path:
    file = tmp_path / "prose.txt"
    file.write_text(PROSE)
    return file


def config_of(file: Path, **changes: object) -> EchoConfig:
    sizes = {"total_series_length": 600, "batch_size": 3, "truncated_backprop_length": 10}
    return EchoConfig.from_fields({"task": "text", "file": str(file), **sizes, **changes})


def predicted(text: str, at: int, back: int) -> float:
    """The probability of the character at a place, by what follows its context at all others: the
    formula of Witten and Bell, in which the counts of a context are followed by those of the next
    shorter one.
    """
    if back < 0:
        return 1 / len({*text})
    context = text[at - back : at]
    seen: Counter[str] = Counter()
    for place in range(2, len(text)):
        follows = text[place - back : place] == context
        if follows and place != at:
            seen[text[place]] += 1
    shorter = predicted(text, at, back - 1)
    if not seen:
        return shorter
    count = seen[text[at]] + len(seen) * shorter
    return count / (seen.total() + len(seen))


def test_the_levels_are_those_of_a_count_that_leaves_out_each_place(prose: Path) -> None:
    levels = config_of(prose).the_task.levels(3, 200)
    text = PROSE[: len(PROSE) - len(PROSE) // 10]
    assert [level.name for level in levels] == ["unigram", "bigram", "trigram"]
    for back, level in enumerate(levels):
        losses = [-math.log(predicted(text, at, back)) for at in range(2, len(text))]
        assert level.loss == pytest.approx(np.mean(losses), rel=1e-12)


def test_rows_are_parts_of_the_text_whose_last_tenth_is_held_out(prose: Path) -> None:
    task = config_of(prose).the_task
    cut = len(PROSE) - len(PROSE) // 10
    for draw, text in ((task.draw, PROSE[:cut]), (task.draw_held_out, PROSE[cut:])):
        batch = draw(np.random.default_rng(1), 4, 500)
        letters = np.array(task.characters)
        for row, targets in zip(letters[batch.x], letters[batch.y], strict=True):
            assert "".join(row) in text * 40
            assert row[1:].tolist() == targets[:-1].tolist()
        assert batch.scored.all()


def test_the_rarest_of_more_than_256_characters_are_read_as_one(tmp_path: Path) -> None:
    file = tmp_path / "many.txt"
    letters = [chr(0x4E00 + number) for number in range(300)]
    file.write_text("".join(letters + letters[100:]), encoding="utf-8")
    task = config_of(file).the_task
    assert task.inputs == Symbols(256)
    assert len({*task.inputs.names}) == len({*task.characters}) == 256
    assert "45 rare ones are read as one" in task.note


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "No such file"), (b"short", "100 characters"), (b"\xff" * 200, "UTF-8")],
)
def test_a_file_that_cannot_be_used_is_refused(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    file = tmp_path / "some.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=f"(?s)file = .*some.txt.*{why}"):
        config_of(file)


def test_a_configuration_knows_its_file_by_its_hash(
    prose: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = config_of(prose).fields()
    monkeypatch.chdir("/")
    assert EchoConfig.from_fields(fields) == config_of(prose)
    path, _, digest = fields["file"].rpartition("#")
    assert (path, len(digest)) == (str(prose), 12)
    with pytest.raises(ConfigError, match=f"has changed, and its hash is {digest}"):
        EchoConfig.from_fields(fields | {"file": f"{path}#{'0' * 12}"})


OWN = """\
from dataclasses import dataclass
import numpy as np
from echornn import Batch, Symbols, Task, array_of, setting

@dataclass(frozen=True)
class Mine(Task):
    inputs, outputs, characters = Symbols(3), Symbols(3), "abc"
    points: str = setting("x.npy", "What was recorded.", is_file=True)

    def draw(self, rng, rows, steps):
        x = np.resize(array_of(self.points), (rows, steps))
        return Batch(x, x, np.ones((rows, steps), bool))
"""


@pytest.mark.slow
@pytest.mark.usefixtures("shared_programs")
def test_an_own_task_reads_its_file_and_a_run_is_looked_at_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.compiled import plain

    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(OWN)
    np.save("x.npy", np.arange(7, dtype=np.uint8) % 3)
    sizes = "--total-series-length 100 --truncated-backprop-length 2 --num-epochs 1"
    with plain():
        done = answered("--headless", "--task", "mine.py:Mine", "--run", "one", *sizes.split())
    assert done.returncode == 0, done.stderr
    np.save("x.npy", np.zeros(7, np.uint8))
    assert answered("export", "one").returncode == 0
    flags = "--temperature 0.5 --prime ab --length 9 --json"
    sampled = answered("sample", "one", *flags.split())
    text = json.loads(sampled.stdout)["text"]
    assert len(text) == 9
    assert text[:2] == "ab"
    assert {*text} <= {*"abc"}
    with plain():
        done = answered("--headless", "--resume", "one", "--num-epochs", "2")
        assert done.returncode == 0, done.stderr
        assert "has changed: this run was trained with its former text" in done.stderr
        Path("x.npy").unlink()
        assert answered("--headless", "--resume", "one", "--num-epochs", "3").returncode == 0


@pytest.mark.slow
def test_a_network_writes_what_numpy_does(prose: Path) -> None:
    config = config_of(prose, init="glorot", state_size=8)
    trainer = echornn.Trainer(config)
    trainer.load_weights({name: 5 * weight for name, weight in trainer.weights.items()})
    letters, weights = config.the_task.characters, trainer.weights
    one_hot = np.eye(len(letters))
    state, text = np.zeros(8), "T"
    while len(text) < 60:
        x = one_hot[letters.index(text[-1])]
        state = np.tanh(np.hstack([x, state]) @ weights["W"] + weights["b"][0])
        logits = state @ weights["W2"] + weights["b2"][0]
        text += letters[int(np.argmax(logits))]
    snapshot = Snapshot(trainer.state)
    assert echornn.sample(snapshot, 60, temperature=0, prime="T") == text
    warm = echornn.sample(snapshot, 60, prime="The")
    assert warm == echornn.sample(snapshot, 60, prime="The")
    assert warm != text
