"""Slow, obvious twins of the engine that share no code with it: oracles for the tests, baselines for the benchmark.

Both take weights and series as plain arrays, so that nothing of the engine stands between them and the tutorial.
"""
