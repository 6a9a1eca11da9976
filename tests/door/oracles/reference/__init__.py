"""Slow, simple implementations that share no code with the engine; tests and the benchmark compare
the engine with them.

Both take weights and series as plain arrays, so that no code of the engine is involved.
"""
