"""Checkpoints are restored bit for bit, or refused."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from echornn.config import EchoConfig
from echornn.files.append_log import LogEnd
from echornn.files.recorded_values import config_from
from echornn.population_state import PopulationState
from echornn.runs.states import checkpoint
from echornn.runs.states.checkpoint import Checkpoint, CheckpointError
from echornn.trainer_state import TrainerState
from echornn.training.trained_on import program_of

FLOATS = arrays.arrays(np.float32, arrays.array_shapes(max_dims=3, max_side=4), elements=st.floats(width=32))
SLOTS = FLOATS | arrays.arrays(np.int64, arrays.array_shapes(min_dims=0, max_dims=1))
STATES = st.builds(
    TrainerState,
    config=st.builds(
        EchoConfig,
        learning_rate=st.floats(1e-37, 1e38),
        seed=st.integers(0, 2**100),
        optimizer=st.sampled_from(["adagrad", "adam"]),
        stride=st.none() | st.integers(1, 15),
    ),
    epoch=st.integers(0, 10**12),
    window=st.integers(0, 10**12),
    data_version=st.integers(0, 10**6),
    init_index=st.integers(0, 10**6),
    weights=st.dictionaries(st.text(max_size=5), FLOATS, max_size=4),
    carried_state=FLOATS,
    optimizer=st.lists(SLOTS, max_size=4).map(tuple),
).map(PopulationState.of_one)
ENDS = st.builds(LogEnd, length=st.integers(0, 2**60), crc=st.integers(0, 2**32 - 1))
CHECKPOINTS = st.builds(Checkpoint, serial=st.integers(0, 2**40), state=STATES, losses=ENDS, commands=ENDS)

ONE = Checkpoint(
    3,
    PopulationState.of_one(
        TrainerState(
            EchoConfig(stride=3),
            2,
            17,
            1,
            4,
            {"W": np.arange(20, dtype=np.float32).reshape(5, 4), "b": np.zeros((1, 4), np.float32)},
            np.full((5, 4), -0.5, np.float32),
            (np.array(7), np.array(0.3, np.float32)),
        )
    ),
    LogEnd(136, 99),
    LogEnd(20, 5),
)


def assert_same(one: Checkpoint, other: Checkpoint) -> None:
    for name in ("serial", "losses", "commands"):
        assert getattr(one, name) == getattr(other, name)
    for name in ("config", "epoch", "window", "data_version", "init_index"):
        assert getattr(one.state, name) == getattr(other.state, name)
    assert list(one.state.weights) == list(other.state.weights)
    pairs = [
        *zip(one.state.weights.values(), other.state.weights.values(), strict=True),
        *zip(one.state.optimizer, other.state.optimizer, strict=True),
        (one.state.carried_state, other.state.carried_state),
    ]
    for mine, its in pairs:
        assert (mine.dtype, mine.shape, mine.tobytes()) == (its.dtype, its.shape, its.tobytes())


@given(CHECKPOINTS)
def test_every_bit_comes_back(one: Checkpoint) -> None:
    assert_same(checkpoint.decode(checkpoint.encode(one)), one)


def test_cut_short_at_any_length_it_is_refused() -> None:
    data = checkpoint.encode(ONE)
    for length in range(len(data)):
        with pytest.raises(CheckpointError):
            checkpoint.decode(data[:length])


def test_where_networks_were_trained_comes_back_and_early_versions_do_not_say() -> None:
    devices = {program_of(EchoConfig()): "cpu", program_of(EchoConfig(state_size=256, replicas=64, seed=3)): "gpu"}
    encoded = checkpoint.encode(dataclasses.replace(ONE, devices=devices))
    assert checkpoint.decode(encoded).devices == devices
    assert b"devices" not in checkpoint.encode(ONE)
    assert checkpoint.decode(checkpoint.encode(ONE)).devices == {}


@pytest.mark.parametrize("devices", [{EchoConfig(): "tpu"}, {EchoConfig(): ["cpu"]}, {EchoConfig(): None}])
def test_devices_that_are_none_are_refused(devices: dict[EchoConfig, Any]) -> None:
    with pytest.raises(CheckpointError, match="devices"):
        checkpoint.decode(checkpoint.encode(dataclasses.replace(ONE, devices=devices)))


@given(st.data())
def test_with_any_bit_flipped_it_is_refused(data: st.DataObject) -> None:
    content = bytearray(checkpoint.encode(ONE))
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    content[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CheckpointError):
        checkpoint.decode(bytes(content))


@given(st.binary(max_size=300))
def test_foreign_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(CheckpointError):
        checkpoint.decode(content)


def changed(old: bytes, new: bytes) -> bytes:
    """The checkpoint with some bytes replaced, and a correct checksum."""
    content = checkpoint.encode(ONE)[: -hashlib.sha256().digest_size]
    assert content.count(old) == 1
    assert len(old) == len(new)
    content = content.replace(old, new)
    return content + hashlib.sha256(content).digest()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"ECHORNN\0", b"ECHOTNN\0", "not a checkpoint of this program"),
        (b"ECHORNN\0\1", b"ECHORNN\0\2", "of format 2: this version reads 1"),
        (b'"stride"', b'"strode"', "field strode is not known to this version"),
        (b'"window"', b'"widnow"', "widnow"),
        (b'"adagrad"', b'"adadelt"', "optimizer = 'adadelt' cannot be used"),
    ],
)
def test_another_version_or_other_fields_are_named(old: bytes, new: bytes, words: str) -> None:
    with pytest.raises(CheckpointError, match=words):
        checkpoint.decode(changed(old, new))


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(EchoConfig)])
def test_a_field_that_a_record_lacks_has_its_default(name: str) -> None:
    """Later versions add fields; records without them continue as before."""
    other = EchoConfig(state_size=6, seed=3, cell="gru", learning_rate=0.1)
    fields = dataclasses.asdict(other)
    del fields[name]
    expected = dataclasses.replace(other, **{name: getattr(EchoConfig(), name)})
    assert config_from(fields) == expected


def test_a_configuration_with_a_field_more_is_refused() -> None:
    fields = {**dataclasses.asdict(EchoConfig()), "warp": 9}
    with pytest.raises(ValueError, match="field warp is not known to this version"):
        config_from(fields)


def test_the_last_two_are_kept_and_a_torn_one_is_told(tmp_path: Path) -> None:
    for serial in range(5):
        checkpoint.save(tmp_path, dataclasses.replace(ONE, serial=serial))
    whole, wrong = checkpoint.load(tmp_path)
    assert [one.serial for one in whole] == [4, 3]
    assert wrong == []
    newest = tmp_path / "checkpoint-0"
    newest.write_bytes(newest.read_bytes()[:-1])
    whole, wrong = checkpoint.load(tmp_path)
    assert [one.serial for one in whole] == [3]
    assert wrong == ["checkpoint-0 is damaged: its checksum is wrong"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["checkpoint-0", "checkpoint-1"]
