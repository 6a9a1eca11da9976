"""Train the Echo-RNN by truncated back-propagation through time.

The names below are imported when first used, so that ``import echornn`` does not wait for TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from echornn.config import ConfigError as ConfigError
    from echornn.config import EchoConfig as EchoConfig
    from echornn.frame import Frame as Frame
    from echornn.history import LossHistory as LossHistory
    from echornn.progress import Progress as Progress
    from echornn.recorder import RunRecorder as RunRecorder
    from echornn.run_error import RunError as RunError
    from echornn.series import EchoSeries as EchoSeries
    from echornn.session import Session as Session
    from echornn.trainer import Trainer as Trainer
    from echornn.trainer_state import TrainerState as TrainerState

_HOME = {
    "ConfigError": "config",
    "EchoConfig": "config",
    "EchoSeries": "series",
    "Frame": "frame",
    "LossHistory": "history",
    "Progress": "progress",
    "RunError": "run_error",
    "RunRecorder": "recorder",
    "Session": "session",
    "Trainer": "trainer",
    "TrainerState": "trainer_state",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
