"""Training still reproduces the recorded runs, and the probes still read the recorded values."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.what_is_the_case import trained
from tests.compiled import PROGRAMS
from tests.echornn.diagnosis.recorded import Run, past, read

pytestmark = pytest.mark.slow


def test_the_tutorials_run_is_judged_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    name, says = (
        "the tutorial",
        {window: kind for window, kind in past("the tutorial").run.says.items() if window < 400},
    )
    kept = trained(name, Run({}, says), PROGRAMS)
    said = capsys.readouterr().out
    assert "expected" not in said, said
    losses = np.repeat(kept[f"{name}/losses"].astype(np.float32), 64)
    np.testing.assert_allclose(losses, past(name).losses[: len(losses)], atol=0.02)
    for window in says:
        now, then = kept[f"{name}@{window}"], read(name, window)
        np.testing.assert_allclose(now, [then.spread, then.saturated, then.held, then.update], rtol=0.2, atol=0.05)
