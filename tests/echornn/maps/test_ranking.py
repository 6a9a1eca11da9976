"""The best cell of a table, cells that may be equally good, and the text about them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from echornn.maps.cell_words import compared
from echornn.maps.kept_values import kept_values
from echornn.maps.overview import overview_of
from echornn.maps.ranking import ranking_of
from echornn.maps.ranking_words import beside_the_best, ranking_told
from echornn.maps.seed_counts import SeedCounts, SeedResult
from echornn.maps.table import Choice, Overview, Table, table_of
from tests.swept import CLIFF, results_of


def seeds(solved: int, count: int, window: int = 100) -> SeedCounts:
    return SeedCounts(tuple(SeedResult(seed, window if seed < solved else None, 0.1) for seed in range(count)))


def row(*all_counts: SeedCounts) -> dict[tuple[int, int], SeedCounts]:
    return {(0, column): counts for column, counts in enumerate(all_counts)}


@cache
def cliff(seeds_of_each: int) -> Overview:
    return overview_of(results_of(replace(CLIFF, seeds=seeds_of_each)))


def table_with(seeds_of_each: int = 16, words: str = "") -> Table:
    everything = cliff(seeds_of_each)
    return table_of(everything, Choice("echo_step", "cell", {}, kept_values(words, everything.axes)))


def test_ties_are_broken_by_windows_to_solve() -> None:
    ranking = ranking_of(row(seeds(8, 8, 300), seeds(8, 8, 60), seeds(7, 8, 10), seeds(0, 8)))
    assert ranking is not None
    assert ranking.best == (0, 1)
    assert [*map(list, (ranking.tied, ranking.close, ranking.below))] == [[(0, 0)], [(0, 2)], [(0, 3)]]


def test_8_of_8_rules_0_of_8_out_on_a_map_of_112_cells() -> None:
    ranking = ranking_of(row(*[seeds(8, 8)] * 56, *[seeds(0, 8)] * 56))
    assert ranking is not None
    assert (len(ranking.tied), len(ranking.close), len(ranking.below), ranking.comparisons) == (55, 0, 56, 111)


def test_cells_of_which_seeds_are_unknown_or_few_are_not_ranked() -> None:
    assert ranking_of(row(seeds(8, 8), SeedCounts(seeds(8, 8).trained, missing=1), seeds(3, 3))) is None


def test_cells_of_another_version_are_not_ranked() -> None:
    older, newer = seeds(8, 8), replace(seeds(5, 8), version=1)
    ranking = ranking_of(row(older, newer, replace(seeds(0, 8), version=1)))
    assert ranking is not None
    assert (ranking.best, ranking.comparisons, ranking.of_others) == ((0, 1), 1, frozenset({(0, 0)}))
    assert compared(older, newer, "there") == "beside there: trained by another version of the program: not compared"


def test_a_map_with_many_ties_in_words() -> None:
    table = table_with()
    assert ranking_told(table) == [
        "solved most often: 16 squares tie at 16 of 16; soonest among them: cell rnn, echo_step 1, half by window 52",
        "with 95 % confidence the best is one of 30 squares; the other 30 are ruled out (each against the "
        "best: Fisher's exact test, one-sided; Bonferroni over 59)",
    ]
    assert beside_the_best(table, (0, 0)) == "one of 16 squares that tie as the best of 60; soonest of these"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "echo=1,15 cell=rnn",
            [
                "solved most often: cell rnn, echo_step 1, 16 of 16",
                "with 95 % confidence it is the best; the other 1 is ruled out (Fisher's exact test, one-sided)",
            ],
        ),
        ("echo=1 cell=rnn", []),
        ("echo=18,19 cell=rnn", ["no seed of any square solved it"]),
    ],
)
def test_some_cells_in_words(words: str, expected: list[str]) -> None:
    assert ranking_told(table_with(words=words)) == expected


def test_few_seeds_rank_nothing() -> None:
    assert ranking_told(table_with(1)) == ["too few seeds to rank squares: 4 or more in each are needed"]
    five = ranking_told(table_with(5))
    assert "none is ruled out" in five[1]
    assert five[1].endswith("; to rule out any of 60 squares takes 7 seeds or more in each")


def test_every_cell_beside_the_best_fits_a_line_but_for_a_name_at_its_end() -> None:
    table = table_with()
    texts = [beside_the_best(table, (line, column)) for line in range(3) for column in range(20)]
    assert [text for text in texts if not 0 < len(text.removesuffix("cell rnn, echo_step 1")) <= 72] == []
    assert len(set(texts)) >= 4
    assert texts[8] == "not ruled out as the best of 60 squares (95 %); most solved: cell rnn, echo_step 1"
    assert texts[-1] == "ruled out as the best of 60 (p < 0.001 over 59 comparisons) beside cell rnn, echo_step 1"
