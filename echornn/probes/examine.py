"""The runner of the probes: takes a snapshot and a question, and returns readings."""

from __future__ import annotations

import numpy as np

from echornn.probes.changed_inputs import effects, flip, reliance
from echornn.probes.fixed_points import fixed_points
from echornn.probes.gradients import (
    SAMPLES,
    connectivity,
    gradient,
    gradient_sizes,
    lyapunov,
)
from echornn.probes.held_out import held_out
from echornn.probes.matrices import matrices
from echornn.probes.memory import memory
from echornn.probes.prepared import Prepared
from echornn.probes.sampling import sample
from echornn.probes.units import saturation, state_plane, units
from echornn.readings import Question, Readings, parts_of
from echornn.state import Snapshot


def examine(snapshot: Snapshot, question: Question) -> Readings:
    """The requested readings of a snapshot; a pure function, which any thread may call during
    training.

    If the network lacks the requested part, the top layer's h is read. If weights are NaN or
    infinite, there are no readings; if only states are, those of the weights are left.
    """
    state, kinds = snapshot.state, question.kinds
    parts = parts_of(state.config)
    part = parts.get(question.part) or next(iter(parts.values()))
    prepared = Prepared(snapshot)
    if not state.is_finite:
        kinds = frozenset()
    runs = [prepared.on_series] if kinds & {"memory", "units", "plane", "saturation"} else []
    runs += [prepared.on_targets] if "gradient" in kinds else []
    if not all(np.isfinite(ran.states).all() for ran in runs):
        kinds &= {"weights"}
    exponents, spreads = None, None
    if "lyapunov" in kinds:
        exponents, spreads = lyapunov(prepared)
    return Readings(
        config=state.config,
        branch=snapshot.branch,
        window=snapshot.window,
        parts=tuple(parts),
        memory=memory(prepared, part) if "memory" in kinds else None,
        units=units(prepared, part) if "units" in kinds else None,
        gradient=gradient(prepared) if "gradient" in kinds else None,
        connectivity=connectivity(prepared, question.row) if "connectivity" in kinds else None,
        flip=flip(prepared, *question.flip)
        if "flip" in kinds and question.flip is not None
        else None,
        weights=matrices(snapshot) if "weights" in kinds else None,
        lyapunov=exponents,
        progress=snapshot.progress,
        effects=effects(prepared, question.row) if "effects" in kinds else None,
        reliance=reliance(prepared) if "reliance" in kinds else None,
        fixed_points=fixed_points(prepared, question.held) if "fixed_points" in kinds else None,
        lyapunov_samples=SAMPLES if "lyapunov" in kinds else 0,
        plane=state_plane(prepared, part) if "plane" in kinds else None,
        held_out=held_out(prepared, dict(question.settings), question.trials, question.data_seed)
        if "held_out" in kinds
        else None,
        saturation=saturation(prepared, parts.values()) if "saturation" in kinds else None,
        sample=sample(snapshot) if "sample" in kinds and state.config.the_task.characters else None,
        lyapunov_spread=spreads,
        gradient_sizes=gradient_sizes(prepared) if "gradient_sizes" in kinds else None,
    )
