"""Parts with real training: the result of a network does not depend on the networks beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from echornn.config import EchoConfig
from echornn.diagnosis.loss_stats import LossStats
from echornn.sweeps.folder import Result
from echornn.sweeps.grid import Until, with_seeds_from
from echornn.sweeps.part import Began, Done, Lost, News, Part, Trained
from echornn.sweeps.part_trainer import size_of, that_fit
from echornn.sweeps.plan import structure_of
from echornn.sweeps.processes import Processes
from echornn.training.programs import structure
from echornn.training.trainer import Trainer
from tests.losses_seen import after
from tests.patience import wait_for

pytestmark = pytest.mark.slow

SHORT = EchoConfig(
    num_epochs=3,
    total_series_length=3000,
    truncated_backprop_length=2,
    state_size=3,
    echo_step=1,
    seed=0,
    init="glorot",
)
"""A configuration that compiles within a second, and that most seeds solve within a hundred windows."""


def told(engine: Processes, configs: Sequence[EchoConfig], until: Until = "solved") -> dict[EchoConfig, Result]:
    """The result of each network in a part of its own, without the seconds and the last digits of the loss."""
    wait_for(lambda: engine.news(0.1) or engine.idle())
    engine.start(Part(0, tuple(configs), until), engine.idle()[0])
    news: list[News] = []

    def is_over() -> bool:
        news.extend(one for _, one in engine.news(0.1))
        return any(isinstance(one, (Done, Lost)) for one in news)

    wait_for(is_over)
    assert isinstance(news[0], Began)
    assert news[0].where.startswith(("cpu of ", "gpu of "))
    pairs = [pair for one in news if isinstance(one, Trained) for pair in one.results]
    results = {config: replace(result, final_loss=round(result.final_loss, 4), seconds=0.0) for config, result in pairs}
    assert len(pairs) == len(results) == len(configs)
    return results


def test_a_result_depends_on_nothing_but_its_configuration() -> None:
    """Neither on the networks beside it nor on their number; and it equals the result of a run."""
    configs = [*with_seeds_from(SHORT, 9), *with_seeds_from(replace(SHORT, echo_step=4, learning_rate=0.1), 3)]
    engine = Processes(1)
    try:
        together = told(engine, configs)
        assert {config.echo_step for config, result in together.items() if result.solved_at is not None} == {1}
        assert told(engine, configs[5:]) | told(engine, configs[:5]) == together
        (whole,) = told(engine, [SHORT], "all").values()
        assert engine._server is not None
        # with a single thread, a fork cannot copy a held lock
        assert len(list(Path(f"/proc/{engine._server.pid}/task").iterdir())) == 1
    finally:
        engine.close()
    losses = Trainer(SHORT).advance(10**6).losses
    loss_stats = after(LossStats(), losses, SHORT)
    assert whole.windows == len(losses)
    assert whole.final_loss == pytest.approx(loss_stats.mean, rel=0.01)
    assert whole.solved_at == pytest.approx(loss_stats.solved_at, abs=1)
    assert together[SHORT].solved_at == together[SHORT].windows == whole.solved_at


def test_how_many_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("echornn.sweeps.part_trainer.free_bytes", lambda: 1000)
    monkeypatch.setattr("echornn.sweeps.part_trainer.population_bytes_needed", lambda config, size: 10 * size)
    configs = [SHORT] * 100
    assert that_fit(configs, 1.0) == 50
    assert that_fit(configs, 0.1) == 6
    monkeypatch.setattr("echornn.sweeps.part_trainer.population_bytes_needed", lambda config, size: 10**9)
    assert that_fit(configs, 1.0) == 1


def test_populations_have_few_sizes() -> None:
    assert [size_of(SHORT, networks) for networks in (1, 8, 9, 40, 65, 129, 300)] == [8, 8, 16, 64, 128, 256, 384]
    large = replace(SHORT, state_size=100)
    assert size_of(large, 5) == 5


def test_a_structure_is_what_programs_are_kept_by() -> None:
    one = EchoConfig(task="two_coins")
    live = [SHORT, replace(SHORT, echo_step=1, seed=3, init="glorot", row_start="zero", learning_rate=0.1)]
    assert len(set(map(structure_of, live))) == len(set(map(structure, live))) == 1
    others = [SHORT, replace(SHORT, state_size=5), replace(SHORT, num_classes=3), replace(SHORT, num_epochs=4)]
    assert len(set(map(structure_of, others))) == 4
    assert structure_of(one) == structure_of(one.with_fields({"lag": 5, "seed": 3}))
    assert structure_of(one) != structure_of(EchoConfig(task="delayed_xor"))
