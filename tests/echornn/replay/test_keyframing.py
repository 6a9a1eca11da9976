"""States are kept while a run trains: often if they are small, seldom if they are large."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from echornn.replay.keyframing import KEYFRAME_BYTES_A_SECOND, KEYFRAME_SECONDS, Keyframing
from echornn.runs.recorder import Unrecorded
from echornn.timeline.branch import Position
from tests.scripted import SMALL, ScriptedTrainer


def test_the_seconds_between_two_states_grow_with_their_size() -> None:
    state = ScriptedTrainer(SMALL).state
    keyframing = Keyframing(Unrecorded(), lambda: 0.0)
    for numbers, apart in ((10, KEYFRAME_SECONDS), (KEYFRAME_BYTES_A_SECOND, 4.0)):
        large = dataclasses.replace(state, influence={"W": np.zeros((1, numbers), np.float32)})
        keyframing.keep(Position(0, numbers), cast(Any, SimpleNamespace(state=large)), 0)
        assert not keyframing.trained(apart - 0.01)
        assert keyframing.trained(0.02)
