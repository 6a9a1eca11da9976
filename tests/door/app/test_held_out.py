"""The loss on held-out data: key h, and where it stands on the paths of a run."""

from __future__ import annotations

import numpy as np

from echornn import Question, Readings, Snapshot
from echornn.session.commands import Ask, Edit, Go, Step
from tests.door.app.stage import opened
from tests.door.library.sessions import Query, Stage, on_stage
from tests.patience import wait_for
from tests.readings_by_hand import HeldOut

NONE = np.zeros(1, np.float32)


def measured(snapshot: Snapshot, question: Question) -> Readings:
    found = HeldOut(0.25 + snapshot.window, 0.0, 0.0, 0.0, 1, 1, NONE, NONE) if "held_out" in question.kinds else None
    return Readings(snapshot.state.config, snapshot.branch, snapshot.window, held_out=found)


async def test_key_h_draws_it_and_takes_it_away() -> None:
    async with opened(readings=measured) as stage:
        await stage.press("full_stop")
        assert "held out" not in stage.text
        await stage.press("h")
        await stage.until(lambda text: "held out 1.250" in text)
        await stage.press("h")
        assert "held out" not in stage.text


def test_it_stands_where_it_was_measured_on_each_path() -> None:
    def are(stage: Stage, *windows: int) -> bool:
        curve = stage.session.look(Query(columns=100, held_out=True)).held_out
        assert curve.mean.tolist() == [0.25 + end for end in curve.ends.tolist()]
        return bool(curve.ends.tolist() == [*windows])

    with on_stage(examine=measured) as stage:
        stage.do(Step(5), Ask(Question(frozenset({"held_out"}))))
        wait_for(lambda: are(stage, 5))
        stage.do(Step(5))
        wait_for(lambda: are(stage, 5, 10))
        stage.do(Go(0, 7))
        wait_for(lambda: are(stage, 5, 7, 10))
        stage.do(Edit({"learning_rate": 0.1}), Step(1))
        wait_for(lambda: are(stage, 5, 7, 8))
        assert stage.frame.readings is None
