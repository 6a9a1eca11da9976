"""The entry point of the probes: takes a snapshot and a question, and returns readings."""

from __future__ import annotations

from echornn.probes.connectivity import connectivity
from echornn.probes.effects import effects
from echornn.probes.fixed_points import fixed_points
from echornn.probes.flip import flip
from echornn.probes.gradient import gradient
from echornn.probes.lyapunov import SAMPLES, lyapunov
from echornn.probes.matrices import matrices
from echornn.probes.memory import memory
from echornn.probes.parts import parts_of
from echornn.probes.prepared import Prepared
from echornn.probes.reliance import reliance
from echornn.probes.state_plane import state_plane
from echornn.probes.units import units
from echornn.readings import Question, Readings
from echornn.snapshot import Snapshot


def examine(snapshot: Snapshot, question: Question) -> Readings:
    """The requested readings of a snapshot; a pure function.

    If the network lacks the requested part, the top layer's h is read. If weights are NaN or infinite, there are no
    readings. Any thread may call this during training: it does not access any trainer.
    """
    state = snapshot.state
    parts = parts_of(state.config)
    part = parts.get(question.part) or next(iter(parts.values()))
    kinds = question.kinds if state.is_finite else frozenset()
    prepared = Prepared(snapshot)
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
