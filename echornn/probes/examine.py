"""The entry point of the probes: takes a snapshot and a question, and returns readings."""

from __future__ import annotations

import numpy as np

from echornn.probes.changed_inputs import effects, flip, reliance
from echornn.probes.fixed_points import fixed_points
from echornn.probes.gradients import connectivity, gradient
from echornn.probes.lyapunov import SAMPLES, lyapunov
from echornn.probes.matrices import matrices
from echornn.probes.memory import memory
from echornn.probes.parts import parts_of
from echornn.probes.plane import state_plane
from echornn.probes.prepared import Prepared
from echornn.probes.units import units
from echornn.readings import Kind, Question, Readings
from echornn.state import Snapshot

OF_STATES: frozenset[Kind] = frozenset({"memory", "units", "plane"})
"""Readings of the states on the probes' own data."""


def examine(snapshot: Snapshot, question: Question) -> Readings:
    """The requested readings of a snapshot; a pure function.

    If the network lacks the requested part, the top layer's h is read. If weights are NaN or infinite, there are no
    readings; if only states are, those of the weights are left. Any thread may call this during training: it does not
    access any trainer.
    """
    state = snapshot.state
    parts = parts_of(state.config)
    part = parts.get(question.part) or next(iter(parts.values()))
    prepared = Prepared(snapshot)
    kinds = _readable(prepared, question.kinds) if state.is_finite else frozenset()
    return Readings(
        config=state.config,
        branch=snapshot.branch,
        window=snapshot.window,
        parts=tuple(parts),
        memory=memory(prepared, part) if "memory" in kinds else None,
        units=units(prepared, part) if "units" in kinds else None,
        gradient=gradient(prepared) if "gradient" in kinds else None,
        connectivity=connectivity(prepared, question.row) if "connectivity" in kinds else None,
        flip=flip(prepared, *question.flip) if "flip" in kinds and question.flip is not None else None,
        weights=matrices(snapshot) if "weights" in kinds else None,
        lyapunov=lyapunov(prepared) if "lyapunov" in kinds else None,
        progress=snapshot.progress,
        effects=effects(prepared, question.row) if "effects" in kinds else None,
        reliance=reliance(prepared) if "reliance" in kinds else None,
        fixed_points=fixed_points(prepared, question.held) if "fixed_points" in kinds else None,
        lyapunov_samples=SAMPLES if "lyapunov" in kinds else 0,
        plane=state_plane(prepared, part) if "plane" in kinds else None,
    )


def _readable(prepared: Prepared, kinds: frozenset[Kind]) -> frozenset[Kind]:
    """The kinds of readings that can be read from the states; finite weights can lead to infinite states."""
    runs = [prepared.on_series] if kinds & OF_STATES else []
    runs += [prepared.on_targets] if "gradient" in kinds else []
    are_finite = all(np.isfinite(ran.states).all() for ran in runs)
    return kinds if are_finite else kinds & {"weights"}
