"""Distances of networks by their states, places in a plane, and clusters, by hand and by other
formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from echornn.solutions import (
    DISTANCES,
    Distance,
    clustered,
    distances_between,
    has_distances,
    scaled,
    turned_onto,
)

Array = np.ndarray


def clouds(networks: int, units: int, samples: int = 60) -> list[Array]:
    """States of networks that share something."""
    rng = np.random.default_rng(networks)
    common = rng.normal(size=(samples, units))
    own = rng.normal(size=(networks, samples, units))
    return [*(common + own)]


def rotation(units: int) -> Array:
    rng = np.random.default_rng(units)
    return np.asarray(np.linalg.qr(rng.normal(size=(units, units)))[0])


def angle(x: Array, y: Array) -> float:
    """Between two clouds, of which one is turned onto the other; by the chord of their circle."""
    x = x - x.mean(axis=0)
    y = y - y.mean(axis=0)
    x = x / math.sqrt((x**2).sum())
    y = y / math.sqrt((y**2).sum())
    left, _, right = np.linalg.svd(y.T @ x)
    chord = math.sqrt(((x - y @ left @ right) ** 2).sum())
    return 2 * math.asin(chord / 2)


def unlike_by_kernels(x: Array, y: Array) -> float:
    """1 - linear CKA by the products of samples with each other."""
    middle = np.eye(len(x)) - 1 / len(x)
    k, m = middle @ x @ x.T @ middle, middle @ y @ y.T @ middle
    return float(1 - np.trace(k @ m) / math.sqrt(np.trace(k @ k) * np.trace(m @ m)))


def between_places(places: Array) -> Array:
    steps = places[:, np.newaxis] - places
    return np.asarray(np.sqrt((steps**2).sum(axis=2)))


# ---- distances


def test_distances_are_those_of_other_formulas() -> None:
    states = clouds(45, 15)  # of more columns than a product has at once
    angles = distances_between(states, "procrustes")
    unlike = distances_between(states, "cka")
    for first, second in [(0, 1), (3, 40), (44, 20), (43, 44)]:
        x, y = states[first], states[second]
        assert angles[first, second] == pytest.approx(angle(x, y), abs=1e-9)
        assert unlike[first, second] == pytest.approx(unlike_by_kernels(x, y), abs=1e-9)
    np.testing.assert_array_equal(angles, angles.T)
    np.testing.assert_array_equal(unlike, unlike.T)


@pytest.mark.parametrize("distance", DISTANCES)
def test_order_turn_scale_and_place_of_units_make_no_difference(distance: Distance) -> None:
    states, *others = clouds(3, 6)
    permuted = states[:, [3, 1, 0, 5, 4, 2]]
    turned = states @ rotation(6)
    moved = 7 * states + 100
    wider = np.column_stack([turned, np.zeros((60, 3))]) @ rotation(9)
    distances = distances_between([states, permuted, turned, moved, wider, *others], distance)
    assert distances[:5, :5].max() < 1e-6
    assert np.ptp(distances[:5, 5:], axis=0).max() < 1e-6
    assert distances[:5, 5:].min() > 0.1


@pytest.mark.parametrize("distance", DISTANCES)
def test_states_that_stay_or_are_infinite_have_no_distance(distance: Distance) -> None:
    states = clouds(5, 4)
    usual = distances_between([states[0], states[2], states[4]], distance)
    states[1] = np.full_like(states[1], 0.3)
    states[3][7, 2] = np.inf
    distances = distances_between(states, distance)
    np.testing.assert_array_equal(has_distances(distances), [True, False, True, False, True])
    assert np.isnan(distances[[1, 3]]).all()
    np.testing.assert_allclose(distances[::2, ::2], usual, atol=1e-12)
    places = scaled(distances).coordinates
    np.testing.assert_array_equal(np.isnan(places[:, 0]), [False, True, False, True, False])


# ---- places


def test_a_plane_shows_a_share_of_the_squared_distances() -> None:
    points = np.random.default_rng(2).normal(size=(15, 4)) * [4, 3, 2, 1]
    distances = between_places(points)
    scaling = scaled(distances)
    shown = (between_places(scaling.coordinates[:, :2]) ** 2).sum() / (distances**2).sum()
    assert scaling.shown == pytest.approx(shown)
    assert 0.5 < shown < 0.95


def test_distances_that_no_places_have_are_not_shown_wholly() -> None:
    """A middle that is nearer to three corners than to their triangle's centre."""
    distances = np.array([[0, 2, 2, 1], [2, 0, 2, 1], [2, 2, 0, 1], [1, 1, 1, 0]], float)
    scaling = scaled(distances)
    middle = np.eye(4) - 1 / 4
    *_, second, first = values = np.linalg.eigvalsh(-middle @ distances**2 @ middle / 2)
    assert min(values) < -0.1
    assert scaling.shown == pytest.approx((first + second) / np.abs(values).sum())


def test_a_picture_is_turned_onto_the_one_before() -> None:
    before = np.random.default_rng(3).normal(size=(9, 2)).astype(np.float32)
    before -= before[1:].mean(axis=0)
    before[0] = np.nan
    mirrored = before @ rotation(2).astype(np.float32) * np.array([1, -1], np.float32)
    mirrored[0] = 1, 2
    turned = turned_onto(mirrored, before)
    np.testing.assert_allclose(turned[1:], before[1:], atol=1e-6)
    assert np.linalg.norm(turned[0]) == pytest.approx(math.sqrt(5))
    unknown = np.full_like(before, np.nan)
    np.testing.assert_array_equal(turned_onto(mirrored, unknown), mirrored)


# ---- clusters


def silhouette_by_loops(distances: Array, clusters: Array) -> float:
    shares = []
    for network, number in enumerate(clusters):
        means = {}
        for other in set(clusters.tolist()):
            members = [n for n in np.flatnonzero(clusters == other) if n != network]
            means[other] = np.mean([distances[network, member] for member in members])
        own = means.pop(number)
        nearest = min(means.values())
        shares.append((nearest - own) / max(own, nearest))
    return float(np.mean(shares))


def test_two_clusters_are_seen_and_so_are_their_middles() -> None:
    points = np.random.default_rng(4).normal(size=(30, 3))
    points[::3] += [12, 0, 0]
    points[[0, 1]] = [12, 0, 0], [0, 0, 0]
    distances = between_places(points)
    distances[5] = distances[:, 5] = np.nan
    found = clustered(scaled(distances), distances, np.random.default_rng(0))
    expected = np.arange(30) % 3 == 0
    assert found.clusters[5] == -1
    known = np.delete(np.arange(30), 5)
    np.testing.assert_array_equal(found.clusters[known] == found.clusters[0], expected[known])
    assert sorted(found.medoids) == [0, 1]
    assert found.clusters[list(found.medoids)].tolist() == [0, 1]
    silhouette = silhouette_by_loops(distances[np.ix_(known, known)], found.clusters[known])
    assert found.silhouette == pytest.approx(silhouette)
    assert found.silhouette > found.silhouette_by_chance


def test_clusters_of_one_cloud_are_hardly_ever_seen() -> None:
    rng = np.random.default_rng(5)
    seen = 0
    for _ in range(40):
        distances = between_places(rng.normal(size=(24, 6)))
        found = clustered(scaled(distances), distances, rng)
        seen += len(found.medoids) > 1
    assert seen <= 2


def test_few_networks_and_outliers_are_no_clusters() -> None:
    points = np.random.default_rng(6).normal(size=(20, 2))
    points[0] = 100
    for count in (1, 2, 5, 20):
        distances = between_places(points[:count])
        found = clustered(scaled(distances), distances, np.random.default_rng(0))
        assert found.clusters.tolist() == [0] * count
        least = distances.sum(axis=0).argmin()
        assert found.medoids == (least,)
        assert math.isnan(found.silhouette) is (count < 6)
    nothing = np.full((3, 3), np.nan)
    found = clustered(scaled(nothing), nothing, np.random.default_rng(0))
    assert found.clusters.tolist() == [-1] * 3
    assert found.medoids == ()
