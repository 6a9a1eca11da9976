"""A configuration and its task: one flat set of names for all values, and what follows from the task."""

from __future__ import annotations

import json
import pickle
from itertools import product
from typing import Any

import pytest

from echornn import ConfigError, EchoConfig, TaskError
from echornn.config_fields import LIVE_FIELDS
from echornn.files.recorded_values import config_from, record_of, recorded
from echornn.session import wire
from echornn.tasks.adding import Adding
from echornn.tasks.echo import Echo
from echornn.tasks.own.own_task import OwnTask
from echornn.tasks.table import TASKS
from echornn.tasks.two_coins import TwoCoins
from tests.echornn.tasks.bad_files import GOOD

OWN = OwnTask("mine.py", "Mine", GOOD)

CONFIGS = [
    EchoConfig(),
    EchoConfig(echo_step=5, truncated_backprop_length=7, stride=3),
    *(EchoConfig(task=name) for name in TASKS),
    EchoConfig(task=TwoCoins(lag=5), state_size=8),
    EchoConfig(task=Adding(length=30), truncated_backprop_length=10),
    EchoConfig(task=OWN),
    EchoConfig(task=OWN.task({"lag": 7})),
]


def test_the_echo_is_a_task_whose_settings_are_fields() -> None:
    assert EchoConfig(task="echo") == EchoConfig(task=Echo()) == EchoConfig()
    config = EchoConfig(task=Echo(echo_step=5, num_classes=4))
    assert config == EchoConfig(echo_step=5, num_classes=4)
    assert config.the_task == Echo(echo_step=5, num_classes=4)
    assert config.fields() == {**vars(config), "task": "echo"}


def test_another_task_has_its_settings_in_place_of_the_echos() -> None:
    config = EchoConfig(task="two_coins", state_size=8)
    assert config.the_task == TwoCoins()
    assert list(config.fields())[-6:] == ["task", "lag", "far_lag", "base", "weight", "far_weight"]
    assert not {"echo_step", "num_classes", "row_start"} & config.fields().keys()
    assert (config.value("task"), config.value("lag"), config.value("state_size")) == ("two_coins", 3, 8)
    assert EchoConfig(task="copy_memory").input_size == 10
    assert EchoConfig(task="copy_memory").output_size == 9


@pytest.mark.parametrize(("one", "other"), list(product(CONFIGS, CONFIGS)))
def test_changes_lead_from_each_configuration_to_each(one: EchoConfig, other: EchoConfig) -> None:
    changes = one.changes_to(other)
    assert one.with_fields(changes) == other
    assert bool(changes) == (one != other)


@pytest.mark.parametrize("config", CONFIGS)
def test_it_comes_back_from_all_that_it_is_written_as(config: EchoConfig) -> None:
    for again in (
        EchoConfig.from_fields(config.fields()),
        config_from(json.loads(json.dumps(record_of(config)))),
        config_from(json.loads(json.dumps(recorded(EchoConfig().changes_to(config))))),
        pickle.loads(pickle.dumps(config)),
        wire.decode(wire.encode(config), EchoConfig),
    ):
        assert again == config
        assert hash(again) == hash(config)
        assert again.the_task == config.the_task


def test_a_record_of_the_echo_is_as_before_there_were_tasks() -> None:
    config = EchoConfig(echo_step=4)
    assert record_of(config) == {name: getattr(config, name) for name in EchoConfig.names() if name != "rule"}


def test_a_change_names_no_more_than_differs() -> None:
    tutorial = EchoConfig()
    assert tutorial.changes_to(EchoConfig(task=TwoCoins(lag=5), state_size=8)) == {
        "state_size": 8,
        "task": "two_coins",
        "lag": 5,
    }
    assert EchoConfig(task="two_coins").changes_to(tutorial) == {"task": "echo"}
    assert tutorial.changes_to(EchoConfig(task="copy_memory")) == {"task": "copy_memory"}


def test_windows_of_trials_are_trials() -> None:
    config = EchoConfig(task="copy_memory")
    assert (config.window_steps, config.window_stride, config.truncated_backprop_length) == (120, 120, 120)
    assert (config.windows_per_epoch, config.unused_steps) == (83, 50_000 - 5 * 83 * 120)
    longer = config.with_fields({"blank": 200})
    assert (longer.window_steps, longer.truncated_backprop_length) == (220, 220)
    cut = EchoConfig(task="copy_memory", truncated_backprop_length=15)
    assert (cut.window_steps, cut.truncated_backprop_length, cut.windows_per_epoch) == (120, 15, 83)
    assert cut.with_fields({"seed": 3}).truncated_backprop_length == 15
    stream = EchoConfig(task="two_coins", truncated_backprop_length=5, stride=2)
    assert (stream.window_steps, stream.window_stride) == (5, 2)


def test_what_is_live_changes_no_shape() -> None:
    coins, flips = EchoConfig(task="two_coins"), EchoConfig(task="flip_flop")
    assert coins.live_fields == {
        "num_epochs",
        "learning_rate",
        "rule",
        "lag",
        "far_lag",
        "base",
        "weight",
        "far_weight",
    }
    assert EchoConfig().live_fields == LIVE_FIELDS
    assert coins.differs_only_live(coins.with_fields({"lag": 5, "learning_rate": 1.0}))
    assert coins.same_program(coins.with_fields({"lag": 5, "seed": 1}))
    assert not coins.differs_only_live(coins.with_fields({"lag": 5, "seed": 1}))
    assert not coins.differs_only_live(EchoConfig())
    assert not flips.differs_only_live(flips.with_fields({"bits": 2}))
    assert not coins.same_data(coins.with_fields({"lag": 5}))
    assert coins.same_data(coins.with_fields({"learning_rate": 1.0}))
    trials = EchoConfig(task="copy_memory")
    assert not trials.same_program(trials.with_fields({"blank": 50}))
    assert "blank" not in trials.live_fields


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"task": "nothing"}, "task", "task = 'nothing' cannot be used: one of echo, two_coins, "),
        ({"task": "two_coins", "echo_step": 4}, "echo_step", "the settings of the task two_coins are lag, far_lag, "),
        ({"lag": 4}, "lag", "lag = 4 cannot be used: the settings of the task echo are echo_step, num_classes, row_st"),
        ({"task": "two_coins", "lag": -4}, "lag", "lag = -4 cannot be used: 0 to 1,000,000"),
        ({"task": "two_coins", "lag": 9}, "far_lag", "far_lag = 8 cannot be used: more than lag = 9"),
        ({"task": "copy_memory", "stride": 5}, "stride", "stride = 5 cannot be used: unset, since each window is a tr"),
        (
            {"task": "copy_memory", "batch_size": 500},
            "total_series_length",
            "at least batch_size * steps of a trial =",
        ),
        ({"task": "copy_memory", "batch_size": 10**8}, "batch_size", "at most 17895697, so that the series can hold"),
        ({"task": "no.py:Mine"}, "task", "no.py cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_work_is_refused_by_name(values: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        EchoConfig.from_fields(values)
    assert caught.value.field == field
    assert says in str(caught.value)


def test_a_setting_is_given_once() -> None:
    with pytest.raises(ConfigError, match=r"^echo_step = 4 cannot be used: 5, as the task says$"):
        EchoConfig(task=Echo(echo_step=5), echo_step=4)


def test_a_users_setting_that_the_network_has_too_is_refused() -> None:
    text = GOOD.replace("    lag: int", "    state_size: int = 3\n    lag: int")
    with pytest.raises(
        TaskError, match=r"^mine.py:6: the setting state_size needs another name: the network has this setting"
    ):
        EchoConfig(task=OwnTask("mine.py", "Mine", text))


def test_a_class_that_nobody_could_find_again_is_refused() -> None:
    class Hidden(TwoCoins):
        pass

    with pytest.raises(ConfigError, match="a task of the table, or of a file"):
        EchoConfig(task=Hidden())


def test_another_text_is_another_task_and_another_place_is_not() -> None:
    assert EchoConfig(task=OWN) == EchoConfig(task=OwnTask("elsewhere.py", "Mine", GOOD))
    assert EchoConfig(task=OWN) != EchoConfig(task=OwnTask("mine.py", "Mine", GOOD + "\n"))


def test_a_record_reads_no_file() -> None:
    with pytest.raises(ValueError, match=r"the task elsewhere/x.py:Mine is not known to this version"):
        config_from({"task": "elsewhere/x.py:Mine"})
