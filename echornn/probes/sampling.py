"""What a network writes: each symbol is drawn by the probabilities that it predicts, and is its
next input."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from echornn import seeding
from echornn.config import EchoConfig
from echornn.errors import ConfigError
from echornn.network.frozen import FrozenNetwork, Tensor, Tensors, Weights, logits_of, loop
from echornn.network.model import embed
from echornn.network.shapes import carried_size
from echornn.network.step import step
from echornn.readings import SAMPLE_LENGTH
from echornn.state import Snapshot

CAN_WRITE = "a task whose targets are the inputs that follow, such as text"


def sample(
    snapshot: Snapshot, length: int = SAMPLE_LENGTH, temperature: float = 1.0, prime: str = ""
) -> str:
    """A text of ``length`` characters that the network writes from a zero state after ``prime``,
    which it begins with.

    Logits are divided by ``temperature``: below 1 the likely is likelier, and 0 takes the
    likeliest. The random numbers depend only on the seed of the configuration, so that texts of two
    windows can be compared.

    Raises:
        ConfigError: the task's symbols are no text, or a character of ``prime`` is none of them.
    """
    config = snapshot.state.config
    characters = config.the_task.characters
    if not characters:
        raise ConfigError("task", config.value("task"), CAN_WRITE)
    if unknown := {*prime} - {*characters}:
        raise ConfigError("prime", prime, f"characters of the task, so not {min(unknown)!r}")
    begin = prime or ("\n" if "\n" in characters else characters[0])
    given = np.full(len(begin) + max(0, length - len(prime)) - 1, -1, np.int32)
    given[: len(begin)] = [characters.index(one) for one in begin][: len(given)]
    rng = seeding.stream(config.seed, seeding.PROBES)
    noise = temperature * rng.gumbel(size=(len(given), 1, len(characters))).astype(np.float32)
    first = np.zeros((1, carried_size(config) + 1), np.float32)
    (written,) = FrozenNetwork(config, snapshot.state.weights).compute(
        _writing, given, noise, first, any_steps=2
    )
    return (prime + "".join(characters[one] for one in written[len(begin) - 1 :, 0]))[:length]


def _writing(
    config: EchoConfig, weights: Weights, given: Tensor, noise: Tensor, first: Tensor
) -> Tensors:
    """The symbol that follows each step, int32 [steps, 1]; inputs are those ``given``, or where
    negative, these."""

    def one(t: Tensor, carried: Tensor) -> tuple[Tensor, Tensors]:
        state, written = carried[:, :-1], tf.cast(carried[:, -1], tf.int32)
        symbol = tf.where(given[t] < 0, written, given[t])
        after = step(
            config, weights, embed(symbol[tf.newaxis], config.the_task.inputs)[0], state
        ).state
        chosen = tf.argmax(
            logits_of(config, weights, after) + noise[t], axis=1, output_type=tf.int32
        )
        return tf.concat([after, tf.cast(chosen, tf.float32)[:, tf.newaxis]], axis=1), (chosen,)

    kept: Any = tf.TensorSpec([1], tf.int32)
    return loop(tf.shape(given)[0], one, first, kept)
