"""Context-dependent integration (Mante, Sussillo, Shenoy and Newsome 2013): eight noisy leaky
networks, three figures.

``python mante.py`` trains the networks, asks them by `Population.run`, and writes three figures,
mante_*.svg.
"""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np

from echornn import (
    TANH,
    Batch,
    Cell,
    EchoConfig,
    Numbers,
    Population,
    Product,
    Question,
    Snapshot,
    Task,
    examine,
    setting,
)

# Mean evidence in a step, whose spread is 1
STRENGTHS = np.array([-0.5, -0.25, -0.12, -0.06, 0.06, 0.12, 0.25, 0.5])


def step(x, state, network):
    """A leaky unit with noise: a step lasts a fifth of its time constant."""
    (h,) = state
    (rate,) = network.affine([x, h], "W", "b", TANH)
    return [h + 0.2 * (rate - h) + 0.05 * network.noise]


LEAKY = Cell(step, ("h",), (Product("W", "b", ("rate",)),), noise=True)


@dataclass(frozen=True)
class Context(Task):
    """Say the sign of one of two noisy streams of evidence, which the context names."""

    inputs, outputs = Numbers(4, names=("motion", "colour", "by motion", "by colour")), Numbers(1)
    stimulus: int = setting(20, "Steps of evidence.", 1, 1000)

    @property
    def length(self):
        return self.stimulus + 5

    def draw(self, rng, rows, steps):
        return self.trials(rng, rng.choice(STRENGTHS, (rows, 2)), rng.integers(0, 2, rows))

    def trials(self, rng, strengths, context):
        """Trials with these strengths [trials, 2] and contexts [trials], 0 (motion) or 1
        (colour)."""
        rows, steps = len(context), self.length
        x = np.zeros((rows, steps, 4), np.float32)
        x[:, : self.stimulus, :2] = strengths[:, None] + rng.normal(size=(rows, self.stimulus, 2))
        x[:, :, 2:] = np.eye(2)[context][:, None]
        y = np.sign(strengths[np.arange(rows), context])[:, None, None] * np.ones((rows, steps, 1))
        scored = np.arange(steps) >= self.stimulus
        return Batch(0.5 * x, y * scored[:, None], np.broadcast_to(scored, (rows, steps)))


def main():
    config = EchoConfig(
        task=Context(),
        cell=LEAKY,
        state_size=32,
        batch_size=64,
        total_series_length=64 * 25 * 100,
        init="glorot",
        optimizer="adam",
        learning_rate=0.003,
        clip_norm=1.0,
        num_epochs=20,
        seed=1,
    )
    population = Population(config, replicas=8)
    losses = population.advance(2000).losses

    # psychometric curves: the share of answers above 0, by the strength of each stream in each
    # context
    rng, each = np.random.default_rng(0), 200
    grid = [
        (m, c, k)
        for m in STRENGTHS
        for c in STRENGTHS
        for k in (0, 1)
        for _ in range(each // len(STRENGTHS))
    ]
    motion, colour, context = np.array(grid).T
    asked = config.task.trials(rng, np.stack([motion, colour], axis=1), context.astype(int))
    answers = population.run(asked.x)
    said = answers.outputs[:, :, -1, 0] > 0  # [networks, trials]
    right = said == (np.where(context == 0, motion, colour) > 0)
    print("mean loss of the last 50 windows:", losses[-50:].mean(axis=0).round(3))
    print("right:", right.mean(axis=1).round(3))
    shares = {}
    for k, name in enumerate(("motion", "colour")):
        for stream, values in (("motion", motion), ("colour", colour)):
            shares[name, stream] = np.array(
                [said[:, (context == k) & (values == s)].mean(axis=1) for s in STRENGTHS]
            )
            print(f"context {name}, by {stream}:", shares[name, stream].mean(axis=1).round(2))

    # fixed points of each network in each context, without evidence
    points = []
    for k, held in enumerate(((0, 0, 0.5, 0), (0, 0, 0, 0.5))):
        question = Question(frozenset({"fixed_points"}), held=held)
        each = [
            examine(Snapshot(population.state.of(one)), question).fixed_points for one in range(8)
        ]
        points.append(each[0])
        for number, found in enumerate(each):
            print(
                ("motion", "colour")[k],
                number,
                *found.kinds,
                "outputs",
                *found.outputs[:, 0].round(2),
            )

    # the figures
    figure, axes = plt.subplots()
    axes.plot(np.apply_along_axis(np.convolve, 0, losses, np.ones(20) / 20, "valid"))
    axes.set(xlabel="window", ylabel="mean squared error", ylim=(0, 1.1))
    figure.savefig("mante_losses.svg")
    figure, panels = plt.subplots(1, 2, sharey=True)
    for axes, name in zip(panels, ("motion", "colour")):
        for stream in ("motion", "colour"):
            share = shares[name, stream]
            axes.errorbar(STRENGTHS, share.mean(axis=1), share.std(axis=1), label=f"by {stream}")
        axes.set(title=f"context: {name}", xlabel="strength", ylabel="share of answers above 0")
        axes.legend()
    figure.savefig("mante_choices.svg")
    figure, panels = plt.subplots(1, 2, sharex=True, sharey=True)
    states = answers.states[0]
    plane = np.linalg.svd(
        states.reshape(-1, config.state_size) - states.mean(axis=(0, 1)), full_matrices=False
    )[2][:2]
    for k, (axes, found) in enumerate(zip(panels, points)):
        for strong in (-0.5, 0.5):
            relevant = np.where(k == 0, motion, colour)
            path = (
                states[(context == k) & (relevant == strong)].mean(axis=0)
                - states.mean(axis=(0, 1))
            ) @ plane.T
            axes.plot(*path.T, label=f"strength {strong}")
        for kind in dict.fromkeys(found.kinds):
            there = found.states[[one == kind for one in found.kinds]] - states.mean(axis=(0, 1))
            axes.scatter(*(there @ plane.T).T, label=kind, zorder=3)
        axes.set(title=f"context: {('motion', 'colour')[k]}")
        axes.legend()
    figure.savefig("mante_points.svg")


if __name__ == "__main__":
    main()
