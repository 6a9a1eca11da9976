"""The runner of the probes: takes a snapshot and a question, and returns readings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np

from echornn.probes.automaton import automata, automaton
from echornn.probes.changed_inputs import effects, flip, reliance
from echornn.probes.connectivity import connectivity
from echornn.probes.fixed_points import fixed_points
from echornn.probes.gradient_sizes import gradient_sizes
from echornn.probes.gradients import gradient
from echornn.probes.held_out import evaluation, held_out
from echornn.probes.lyapunov import SAMPLES, lyapunov
from echornn.probes.matrices import matrices
from echornn.probes.memory import memory
from echornn.probes.prepared import Prepared
from echornn.probes.sampling import sample
from echornn.probes.solutions import solutions
from echornn.probes.state_plane import state_plane
from echornn.probes.units import saturation, units
from echornn.readings import KINDS, Kind, Question, Readings, parts_of
from echornn.runtime.waiting import Say, silent
from echornn.solutions import DISTANCES
from echornn.state import Snapshot

OF_ALL = frozenset[Kind]({"solutions", "automata"})  # networks of a population
OF_ONE = KINDS - OF_ALL  # network, so that they are read also of that beside it


def examine(snapshot: Snapshot, question: Question, say: Say = silent) -> Readings:
    """The requested readings of a snapshot; a pure function, which any thread may call during
    training.

    If the network lacks the requested part, the top layer's h is read. If its weights are NaN or
    infinite, there are no readings of it; if only states are, those of the weights are left. Before
    each it says which.
    """
    state, kinds = snapshot.state, question.kinds
    parts = parts_of(state.config)
    part = parts.get(question.part) or next(iter(parts.values()))
    prepared = Prepared(snapshot)
    if not state.is_finite:
        kinds &= OF_ALL
    if not _has_finite_states(prepared, kinds):
        kinds &= {"weights"} | OF_ALL

    begun: list[Kind] = []

    def wants(kind: Kind) -> bool:
        if kind not in kinds:
            return False
        begun.append(kind)
        say(f"measuring {kind.replace('_', ' ')}, {len(begun)} of {len(kinds)}")
        return True

    measured: dict[str, Any] = {}  # by the fields of `Readings`
    if wants("lyapunov"):
        measured["lyapunov"], measured["lyapunov_spread"] = lyapunov(prepared)
        measured["lyapunov_samples"] = SAMPLES
    if wants("memory"):
        measured["memory"] = memory(prepared, part)
    if wants("units"):
        measured["units"] = units(prepared, part)
    if wants("gradient"):
        measured["gradient"] = gradient(prepared)
    if wants("connectivity"):
        measured["connectivity"] = connectivity(prepared, question.row)
    if wants("flip") and question.flip is not None:
        measured["flip"] = flip(prepared, *question.flip)
    if wants("weights"):
        measured["weights"] = matrices(snapshot)
    if wants("effects"):
        measured["effects"] = effects(prepared, question.row)
    if wants("reliance"):
        measured["reliance"] = reliance(prepared)
    if wants("fixed_points"):
        measured["fixed_points"] = fixed_points(prepared, question.held)
    if wants("plane"):
        measured["plane"] = state_plane(prepared, part)
    if wants("solutions") and snapshot.population is not None:
        distance = question.distance or DISTANCES[0]
        measured["solutions"] = solutions(snapshot.population, distance, question.data_seed)
    if wants("automaton"):
        measured["automaton"] = automaton(prepared, question.data_seed)
    if wants("automata") and snapshot.population is not None:
        measured["automata"] = automata(snapshot.population, question.data_seed)
    if wants("held_out"):
        settings = dict(question.settings)
        measured["held_out"] = held_out(prepared, settings, question.trials, question.data_seed)
    if wants("evaluation"):
        measured["evaluation"] = evaluation(prepared, question.sizes, question.data_seed)
    if wants("saturation"):
        measured["saturation"] = saturation(prepared, parts.values())
    if wants("sample") and state.config.the_task.characters:
        measured["sample"] = sample(snapshot)
    if wants("gradient_sizes"):
        measured["gradient_sizes"] = gradient_sizes(prepared)
    if question.beside is not None and snapshot.beside is not None:
        measured["beside"] = examine(snapshot.beside, replace(question, kinds=kinds & OF_ONE), say)
    return Readings(
        config=state.config,
        branch=snapshot.branch,
        window=snapshot.window,
        parts=tuple(parts),
        progress=snapshot.progress,
        **measured,
    )


def _has_finite_states(prepared: Prepared, kinds: Collection[Kind]) -> bool:
    """Whether the states that these kinds read are finite; those of other kinds are not run."""
    runs = []
    if not {"memory", "units", "plane", "saturation"}.isdisjoint(kinds):
        runs.append(prepared.on_series)
    if "gradient" in kinds:
        runs.append(prepared.on_targets)
    return all(np.isfinite(forward.states).all() for forward in runs)
