"""Undo, rewind, resume and ``--at`` lead to the same states; nothing that was trained is lost by
it. In random stories of training, changes, kills and resumes, every window of every branch comes
back with the bits that it had.
"""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from echornn import EchoConfig, Frame, read
from tests.answered import records
from tests.door.folders import by_hand
from tests.door.folders.lab import Wild, answered, do, read_in_small_pieces, record, save, training
from tests.door.folders.model import Model
from tests.examples import examples
from tests.hashed import HashTrainer
from tests.patience import SlowClock
from tests.scripted import SMALL

ENDLESS = EchoConfig(
    num_epochs=10**6, total_series_length=100, truncated_backprop_length=10, batch_size=2
)
"""Five windows per epoch."""

EDITS = [{"learning_rate": 0.1}, {"learning_rate": 0.2}, {"echo_step": 2}, {"state_size": 6}]

STEPS = st.one_of(
    st.integers(1, 40),
    st.sampled_from(["reset", "redraw", "regenerate"]),
    st.sampled_from(EDITS),
    st.tuples(st.integers(0, 99), st.integers(0, 199)),
    st.sampled_from(["undo", "kill", "resume", "resume in the past"]),
)


@pytest.fixture(autouse=True)
def _in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    read_in_small_pieces(monkeypatch)


class Story:
    """A session that records a run, and the model of it. By its clock everything takes long, so
    that states are kept often, also on the way back."""

    def __init__(self, place: Path, config: EchoConfig) -> None:
        self.folder = place / "run"
        self.model = Model(config)
        self.exactness = 2.0**-17 if config.replicas > 1 else 0
        """Losses of several networks have 16 bits of mantissa."""
        self._open = ExitStack()
        self.session = self._open.enter_context(training(self.folder, config, clock=SlowClock()))

    def take(self, step: Any) -> None:
        model = self.model
        match step:
            case "undo":
                if self.session.frame.undoable:
                    self.undo()
            case "kill":
                save(self.session)
                copy = shutil.copytree(self.folder, f"{self.folder}+")
                do(self.session, 3)
                self.reopen(Path(copy))
            case "resume":
                self.reopen(self.folder)
            case "resume in the past":
                model.window //= 2
                self.reopen(self.folder, at=model.window)
            case (branch, window):
                branch %= len(model.lines)
                step = branch, window % len(model.lines[branch].states)
                do(self.session, step)
                model.take(step)
            case dict() if model.state.config.with_fields(step) == model.state.config:
                return  # nothing to do
            case "reset" if not model.window:
                return
            case _:
                do(self.session, step)
                model.take(step)
        self.check(self.session.frame)

    def undo(self) -> None:
        """Undo leads to a place whose state is known, and redo back."""
        line, window = self.model.line, self.model.window
        frame = do(self.session, "undo")
        self.model.take((frame.path_branch, frame.trained))
        self.check(frame)
        frame = do(self.session, "redo")
        self.model.take((line, window))
        self.check(frame)

    def close(self) -> None:
        self._open.close()

    def reopen(self, folder: Path, at: int | None = None) -> None:
        self.close()
        self.folder = folder
        self.session = self._open.enter_context(training(folder, at=at, clock=SlowClock()))

    def check(self, frame: Frame) -> None:
        model = self.model
        state = model.state
        assert (frame.branch, frame.trained) == model.here
        assert frame.trained_in_all == len(model.log)
        assert frame.config == state.config
        assert (frame.data_version, frame.init_index) == (state.data_version, state.init_index)
        if frame.progress is not None:
            loss = model.losses[-1][frame.replica]
            np.testing.assert_allclose(frame.loss, loss, rtol=self.exactness)

    def end(self) -> None:
        """Every place of a branch's second half is trained on from, and the folder has all."""
        for branch, line in enumerate([*self.model.lines]):
            self.take((branch, len(line.losses) * 3 // 4))
            self.take(2)
        self.close()
        for (branch, window), kept in by_hand.keyframes(self.folder).items():
            state = self.model.lines[branch].states[window]
            np.testing.assert_array_equal(kept.optimizer[1], state.optimizer[1])
        run = read(self.folder)
        assert run.notes == ()
        assert (run.position.branch, run.position.window) == self.model.here
        for fact, line in zip(run.branches, self.model.lines, strict=True):
            length = len(line.losses)
            assert (fact.parent, fact.at, fact.path) == (line.parent, line.start, length)
            path = run.path(fact.number)
            np.testing.assert_array_equal(path.window, np.arange(length) + 1)
            losses = np.reshape(line.losses, path.loss.shape)
            np.testing.assert_allclose(path.loss, losses, rtol=self.exactness)
            np.testing.assert_allclose(path.grad_norm, 2 * path.loss, rtol=self.exactness)
        if not self.exactness:
            assert by_hand.losses(self.folder)["loss"].tolist() == self.model.lone_log


def told(count: int) -> settings:
    """So many stories; one that fails is not made shorter, which takes minutes."""
    return settings(examples(count), phases=(Phase.explicit, Phase.generate))


@told(12)
@given(st.lists(STEPS, min_size=5, max_size=20))
def test_of_one_network(steps: list[Any]) -> None:
    tell(ENDLESS, steps)


@told(6)
@given(st.lists(STEPS, min_size=5, max_size=12))
def test_of_several(steps: list[Any]) -> None:
    tell(ENDLESS.with_fields({"replicas": 3}), steps)


def tell(config: EchoConfig, steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as place, closing(Story(Path(place), config)) as story:
        for step in steps:
            story.take(step)
        story.end()


LONG = SMALL.with_fields({"num_epochs": 1000})


def test_resumed_from_the_command_line_at_a_window_it_is_a_branch(tmp_path: Path) -> None:
    folder = record(tmp_path / "run", SMALL, 12, {"learning_rate": 0.1}, 9)
    words = ("--resume", folder, "--at", "5", "--learning-rate", "0.2", "--headless", "--json")
    *_, finished = records(answered(*words, make_trainer=HashTrainer))
    assert finished["event"] == "finished"
    model = Model(SMALL, 5, {"learning_rate": 0.2}, 25)
    newest = read(folder).branches[-1]
    assert (newest.parent, newest.at, newest.windows) == (0, 5, 25)
    np.testing.assert_array_equal(read(folder).path().loss, np.array(model.losses, np.float32))
    assert read(folder).config_at().learning_rate == 0.2


# ---- a loss that is not finite


def test_a_divergence_is_kept_and_undo_leads_to_before_the_edit_that_did_it(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with training(folder, LONG, make_trainer=Wild) as session:
        frame = do(session, 60, {"learning_rate": Wild.RATE}, 9)
        assert frame.trained == 64, "it is paused at the first loss that is none"
        do(session, 4)
    assert math.isnan(read(folder).weights()["W"][0])
    (line,) = records(answered("list", folder, "--json"))
    assert (line["windows"], line["loss"], line["diverged"]) == (68, None, True)
    losses = read(folder).path().loss[:, 0]
    assert np.isfinite(losses[:63]).all()
    assert np.isnan(losses[63:]).all()
    with training(folder, make_trainer=Wild) as session:
        assert session.frame.warning
        frame = do(session, (1, 63))
        assert (frame.trained, frame.config.learning_rate) == (63, Wild.RATE)
        assert math.isfinite(frame.loss)
        frame = do(session, (1, 68), "undo")
        assert (frame.branch, frame.trained, frame.config) == (0, 60, LONG)
        assert frame.warning == ""
        assert frame.undoable == 0
    (line,) = records(answered("list", folder, "--json"))
    assert (line["windows"], line["diverged"]) == (68, False)


def test_a_diverged_run_says_at_the_command_line_where_it_goes_on(tmp_path: Path) -> None:
    folder = record(tmp_path / "run", LONG, 5, {"learning_rate": Wild.RATE}, 9, make_trainer=Wild)
    done = answered("--resume", folder, "--headless", "--json", make_trainer=Wild)
    diverged = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 1
    assert diverged == {"event": "diverged", "epoch": 1, "window": 9, "loss": None}
    assert done.stderr.splitlines()[-1].endswith(f"--resume {folder} --at 4")
    words = ("--resume", folder, "--learning-rate", "0.1", "--num-epochs", "2", "--headless")
    assert answered(*words, make_trainer=Wild).returncode == 0
    newest = read(folder).branches[-1]
    assert (newest.parent, newest.at, newest.path) == (0, 4, 20), "the edit comes before that"
