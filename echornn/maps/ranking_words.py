"""Sentences about the best cell of a map, and about a cell compared with the best."""

from __future__ import annotations

from echornn.diagnosis.difference import ERROR, LEAST_SEEDS, seeds_needed
from echornn.maps.cell_words import MOST_NAMED, OF_ANOTHER_VERSION, chance_text, name_of
from echornn.maps.ranking import Place, Ranking, can_be_ranked
from echornn.maps.table import Table

SURE = f"{100 * (1 - ERROR):.0f} %"


def ranking_told(table: Table) -> list[str]:
    """Paragraphs on which cell has the highest success rate, and which others may be as good, or why this is not known
    yet; empty if there is only one cell.
    """
    all_counts = [counts for counts in table.all_counts if counts.asked]
    if len(all_counts) < 2:
        return []
    if any(counts.is_pooled for counts in all_counts):
        return ["squares of several points each are not compared: hold the other fields by --filter FIELD=VALUE"]
    ranking = table.ranking
    unknown = sum(not counts.is_whole for counts in all_counts)
    if ranking is None:
        if unknown:
            return ["squares are compared once all their seeds are known"]
        return [f"too few seeds to rank squares: {LEAST_SEEDS} or more in each are needed"]
    others = len(ranking.of_others)
    without = f"; without {unknown:,} whose seeds are not all known" if unknown else ""
    without += f"; without {others:,} trained by another version" if others else ""
    if not ranking.solved:
        return [f"no seed of any square solved it{without}"]
    return [f"{_most(table, ranking)}{without}", _sure(table, ranking)]


def _most(table: Table, ranking: Ranking) -> str:
    name, share = name_of(table, *ranking.best), f"{ranking.solved:,} of {ranking.count:,}"
    if not ranking.tied:
        return f"solved most often: {name}, {share}"
    half = table.cell(ranking.best).counts.half_solved
    least = "least median loss" if half is None else "soonest"
    window = "" if half is None else f", half by window {half:,}"
    return f"solved most often: {1 + len(ranking.tied)} squares tie at {share}; {least} among them: {name}{window}"


def _sure(table: Table, ranking: Ranking) -> str:
    """The text on which cells may be the best, and how this was found."""
    test = f"(each against the best: Fisher's exact test, one-sided; Bonferroni over {ranking.comparisons:,})"
    test = test if ranking.comparisons > 1 else "(Fisher's exact test, one-sided)"
    verb = "is" if len(ranking.below) == 1 else "are"
    below = f"the other {len(ranking.below):,} {verb} ruled out" if ranking.below else "none is ruled out"
    candidates = 1 + len(ranking.tied) + len(ranking.close)
    which = "it is the best" if candidates == 1 else f"the best is one of {candidates:,} squares{_also(table, ranking)}"
    text = f"with {SURE} confidence {which}; {below} {test}"
    needed = seeds_needed(ranking.cells)
    if ranking.below or ranking.count >= needed:
        return text
    return f"{text}; to rule out any of {ranking.cells:,} squares takes {needed} seeds or more in each"


def _also(table: Table, ranking: Ranking) -> str:
    """The text on the cells with fewer solved seeds that may be the best, if these are few."""
    if not 0 < len(ranking.close) <= MOST_NAMED:
        return ""
    return f" (also {'; '.join(name_of(table, *place) for place in sorted(ranking.close))})"


def beside_the_best(table: Table, place: Place) -> str:
    """A comparison of a cell with the best cell; empty if they cannot be compared, or not yet."""
    if not can_be_ranked(table.cell(place).counts) or not all(counts.is_whole for counts in table.all_counts):
        return ""
    ranking = table.ranking
    if ranking is None or not ranking.solved:
        return ""
    if place in ranking.of_others:
        return OF_ANOTHER_VERSION
    name, half = name_of(table, *ranking.best), table.cell(ranking.best).counts.half_solved
    if place in ranking.below:
        chance = chance_text(ranking.below[place])
        over = f" over {ranking.comparisons:,} comparisons" if ranking.comparisons > 1 else ""
        return f"ruled out as the best of {ranking.cells:,} ({chance}{over}) beside {name}"
    if place in ranking.close:
        return f"not ruled out as the best of {ranking.cells:,} squares ({SURE}); most solved: {name}"
    if not ranking.tied:
        return f"solved most often of {ranking.cells:,} squares"
    soonest = "" if half is None else "; soonest of these" if place == ranking.best else f"; soonest: {name}"
    return f"one of {1 + len(ranking.tied):,} squares that tie as the best of {ranking.cells:,}{soonest}"
