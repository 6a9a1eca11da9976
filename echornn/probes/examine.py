"""The runner of the probes: takes a snapshot and a question, and returns readings."""

from __future__ import annotations

import numpy as np

from echornn.probes.changed_inputs import effects, flip, reliance
from echornn.probes.connectivity import connectivity
from echornn.probes.fixed_points import fixed_points
from echornn.probes.gradient_sizes import gradient_sizes
from echornn.probes.gradients import gradient
from echornn.probes.held_out import held_out
from echornn.probes.lyapunov import SAMPLES, lyapunov
from echornn.probes.matrices import matrices
from echornn.probes.memory import memory
from echornn.probes.prepared import Prepared
from echornn.probes.sampling import sample
from echornn.probes.units import saturation, state_plane, units
from echornn.readings import Kind, Question, Readings, parts_of
from echornn.runtime.waiting import Say, silent
from echornn.state import Snapshot


def examine(snapshot: Snapshot, question: Question, say: Say = silent) -> Readings:
    """The requested readings of a snapshot; a pure function, which any thread may call during
    training.

    If the network lacks the requested part, the top layer's h is read. If weights are NaN or
    infinite, there are no readings; if only states are, those of the weights are left. Before each
    it says which.
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
    begun: list[Kind] = []

    def wants(kind: Kind) -> bool:
        if kind not in kinds:
            return False
        begun.append(kind)
        say(f"measuring {kind.replace('_', ' ')}, {len(begun)} of {len(kinds)}")
        return True

    exponents, spreads = None, None
    if wants("lyapunov"):
        exponents, spreads = lyapunov(prepared)
    return Readings(
        config=state.config,
        branch=snapshot.branch,
        window=snapshot.window,
        parts=tuple(parts),
        memory=memory(prepared, part) if wants("memory") else None,
        units=units(prepared, part) if wants("units") else None,
        gradient=gradient(prepared) if wants("gradient") else None,
        connectivity=connectivity(prepared, question.row) if wants("connectivity") else None,
        flip=flip(prepared, *question.flip)
        if wants("flip") and question.flip is not None
        else None,
        weights=matrices(snapshot) if wants("weights") else None,
        lyapunov=exponents,
        progress=snapshot.progress,
        effects=effects(prepared, question.row) if wants("effects") else None,
        reliance=reliance(prepared) if wants("reliance") else None,
        fixed_points=fixed_points(prepared, question.held) if wants("fixed_points") else None,
        lyapunov_samples=SAMPLES if "lyapunov" in kinds else 0,
        plane=state_plane(prepared, part) if wants("plane") else None,
        held_out=held_out(prepared, dict(question.settings), question.trials, question.data_seed)
        if wants("held_out")
        else None,
        saturation=saturation(prepared, parts.values()) if wants("saturation") else None,
        sample=sample(snapshot) if wants("sample") and state.config.the_task.characters else None,
        lyapunov_spread=spreads,
        gradient_sizes=gradient_sizes(prepared) if "gradient_sizes" in kinds else None,
    )
