"""What a network writes: each symbol is drawn by the probabilities that it predicts, and is its
next input."""

from __future__ import annotations

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
    unknown = {*prime} - {*characters}
    if unknown:
        raise ConfigError("prime", prime, f"characters of the task, so not {min(unknown)!r}")
    missing = length - len(prime)
    if missing <= 0:
        return prime[:length]

    inputs = [characters.index(character) for character in prime]
    if not prime:
        inputs = [characters.index("\n") if "\n" in characters else 0]
    steps = len(inputs) + missing - 1
    forced = np.full(steps, -1, np.int32)
    forced[: len(inputs)] = inputs
    rng = seeding.stream(config.seed, seeding.PROBES)
    gumbel = rng.gumbel(size=(steps, 1, len(characters))).astype(np.float32)
    zero = np.zeros((1, carried_size(config) + 1), np.float32)
    network = FrozenNetwork(config, snapshot.state.weights)
    (symbols,) = network.compute(_writing, forced, temperature * gumbel, zero, free_axes=[1, 1])
    written = [characters[symbol] for symbol in symbols[-missing:, 0]]
    return prime + "".join(written)


def _writing(
    config: EchoConfig, weights: Weights, forced: Tensor, noise: Tensor, first: Tensor
) -> Tensors:
    """The symbol that follows each step, int32 [steps, 1]; inputs are those ``forced``, or where
    negative, these. The newest symbol is carried behind the state.

    Where logits plus Gumbel noise are largest, a symbol is drawn by its probability; noise times
    the temperature does as logits divided by it.
    """

    def write(t: Tensor, carried: Tensor) -> tuple[Tensor, Tensors]:
        state, newest = carried[:, :-1], tf.cast(carried[:, -1], tf.int32)
        symbol = tf.where(forced[t] < 0, newest, forced[t])
        x = embed(symbol[tf.newaxis], config.the_task.inputs)[0]
        after = step(config, weights, x, state).state
        scores = logits_of(config, weights, after) + noise[t]
        following = tf.argmax(scores, axis=1, output_type=tf.int32)
        newest = tf.cast(following, tf.float32)[:, tf.newaxis]
        return tf.concat([after, newest], axis=1), (following,)

    return loop(tf.shape(forced)[0], write, first, tf.TensorSpec([1], tf.int32))
