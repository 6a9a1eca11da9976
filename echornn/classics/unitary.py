"""The unitary network of Arjovsky, Shah and Bengio 2016: its state turns, and does not fade."""

import numpy as np

from echornn import LINEAR, Cell, Product

NEAR_ZERO = 1e-5  # under the root, whose slope at 0 is infinite


def step(x, state, network):
    """h_t = modReLU(W h_{t-1} + V x_t) with W = D3 R2 F^-1 D2 P R1 F D1, of complex numbers."""
    import tensorflow as tf

    def turned(z, number):
        """D: each unit turned by its own angle."""
        angle = network.weights[f"angle_{number}"]
        return z * tf.complex(tf.cos(angle), tf.sin(angle))

    def reflected(z, number):
        """R: v is turned round, and what is at right angles to it stays."""
        v = tf.complex(network.weights[f"v{number}_real"], network.weights[f"v{number}_imaginary"])
        along = tf.reduce_sum(z * tf.math.conj(v), axis=1, keepdims=True)
        length = tf.reduce_sum(v * tf.math.conj(v), axis=1, keepdims=True)
        return z - 2 * along / length * v

    z = tf.complex(*state)
    order = np.random.default_rng(0).permutation(z.shape[1])  # P, the same in all networks
    z = tf.signal.fft(turned(z, 1))
    z = turned(tf.gather(reflected(z, 1), order, axis=1), 2)
    z = turned(reflected(tf.signal.ifft(z), 2), 3)
    real, imaginary = network.affine([x], "V", "b", LINEAR, LINEAR)
    real = real + tf.math.real(z)
    imaginary = imaginary + tf.math.imag(z)
    size = tf.sqrt(real * real + imaginary * imaginary + NEAR_ZERO)
    scale = tf.nn.relu(size + network.weights["threshold"]) / size
    return [scale * real, scale * imaginary]


VECTORS = "v1_real", "v1_imaginary", "v2_real", "v2_imaginary"
ANGLES = "angle_1", "angle_2", "angle_3"


def first_units(rng, units, steps):
    """Angles all around, reflections uniform in -1 to 1, thresholds 0."""
    weights = {name: rng.uniform(-np.pi, np.pi, (1, units)) for name in ANGLES}
    weights |= {name: rng.uniform(-1, 1, (1, units)) for name in VECTORS}
    weights["threshold"] = np.zeros((1, units))
    return {name: array.astype(np.float32) for name, array in weights.items()}


UNITARY = Cell(
    step,
    ("h", "imaginary"),
    (Product("V", "b", ("drive", "imaginary drive"), reads=("x",)),),
    other_weights=dict.fromkeys((*ANGLES, *VECTORS, "threshold"), (1, "units")),
    first_units=first_units,
    about="A state of complex numbers, which a unitary matrix turns at each step.",
)
