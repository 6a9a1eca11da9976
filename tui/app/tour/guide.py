"""What the tour says now: the words of a step, or the key that leads back to it, whatever keys were pressed before."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass

from echornn.config import EchoConfig
from echornn.session.pictures.frame import Frame, State
from tui.app.tour import words
from tui.app.tour.steps import ALL, Needs, TourStep

LEAVE = (("leave_tour",), "leave the tour")
UNDO = (("send('undo')",), "undo")

MOST_NAMED = 2
"""The most changed settings that are named."""


@dataclass(frozen=True)
class Told:
    """What the tour says.

    Attributes:
        words: the sentences.
        actions: the actions of the app of which one is to be taken now; none while there is only to wait.
        does: what they do.
        leads: whether they lead on to the next step.
    """

    words: str
    actions: tuple[str, ...] = ()
    does: str = ""
    leads: bool = False


def told(place: int, frame: Frame, first: EchoConfig, views: Collection[str]) -> Told:
    """What is said at a step of `ALL`.

    Args:
        first: the configuration at the tour's beginning.
        views: the keys of the views on the screen; a screen that is too small has none.
    """
    step = ALL[place]
    if frame.state is State.FAILED:
        return Told("Training has failed; the lines above say why.", *LEAVE)
    if frame.state is State.LOADING:
        return Told(words.loading(frame))
    wanted = step.settings(first)
    if frame.config != wanted:
        return _back(place, frame, first, wanted)
    if step.looks and views and step.view not in views:  # which alone is measured
        return Told("This step is about another view.", (f"view('{step.view}')",), "show it")
    if step.ready(frame):
        return Told(step.words(frame), step.actions, step.does, leads=True)
    if step.looks and not views and step.needs is Needs.NOTHING:
        return Told("This step is about a view, for which there is no room now.", step.actions, step.does, leads=True)
    return Told(step.waits(frame), *_helps(step, frame))


def _back(place: int, frame: Frame, first: EchoConfig, wanted: EchoConfig) -> Told:
    """What leads to the settings of a step: the key of the step before, or undo."""
    before = ALL[place - 1] if place else None
    if before is not None and before.settings(first) == frame.config:
        return Told(f"The settings are still those of the step before, {before.title}.", before.actions, before.does)
    changed = f"The settings are no longer those of the tour: {_differences(frame.config, wanted)}."
    return Told(changed, *UNDO) if frame.undoable else Told(changed, *LEAVE)


def _differences(config: EchoConfig, wanted: EchoConfig) -> str:
    """The settings that differ, as text."""
    pairs = [(one.name, getattr(config, one.name), getattr(wanted, one.name)) for one in dataclasses.fields(config)]
    changed = [f"{name} is {now}, not {then}" for name, now, then in pairs if now != then]
    named = ", ".join(changed[:MOST_NAMED])
    return named + (f", and {len(changed) - MOST_NAMED} more" if len(changed) > MOST_NAMED else "")


def _helps(step: TourStep, frame: Frame) -> tuple[tuple[str, ...], str]:
    """The actions that make a step ready, and what they do; none if it only takes time."""
    if frame.state is State.FINISHED and step.needs is not Needs.NOTHING:
        return LEAVE
    if step.needs is Needs.PAUSED:
        running = frame.state is State.RUNNING
        return (("send('pause')",), "pause") if running else (("send('step')",), "train one window")
    if step.needs is Needs.TRAINING and frame.state is State.PAUSED:
        return ("send('resume')",), "train on"
    return (), ""
