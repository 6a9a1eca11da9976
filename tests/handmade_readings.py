"""Readings of a network that was never trained, with numbers chosen by hand."""

from __future__ import annotations

import numpy as np

from echornn.config import EchoConfig
from echornn.readings import Gradient, Matrices, Memory, Readings, Recurrent, Reliance, Units

CONFIG = EchoConfig(truncated_backprop_length=4, echo_step=2)

MEMORY = np.array([1, 0.9, 0.5, 0.02, 0], np.float32)
GRADIENT = np.array([0.2, 0.02, 0.002, 0, 1e-6, 1e-9], np.float32)
TURNED = np.array([0, 0, 0.75, 0.25, 0], np.float32)
BIAS = np.array([0.8, 0.5, 0.2, 0.15, 0.05, 0], np.float32)


def readings(config: EchoConfig = CONFIG) -> Readings:
    none = np.zeros((0, 0, 4), np.float32)
    one = np.ones(4, np.float32)
    return Readings(
        config,
        0,
        1330,
        ("h",),
        memory=Memory("h", MEMORY, 4, samples=2048),
        units=Units("h", none, none.astype(bool), 0.25, one, one.astype(np.int32), one, samples=4096),
        gradient=Gradient(GRADIENT, BIAS, 0.3, samples=16_384),
        reliance=Reliance(TURNED, TURNED / np.float32(2), 512),
        weights=Matrices({}, {}, {}, {}, (Recurrent("W", np.array([-1.25, 0.5], np.complex64)),)),
        lyapunov=np.array([-0.25, -1.5], np.float32),
        lyapunov_samples=1024,
    )
