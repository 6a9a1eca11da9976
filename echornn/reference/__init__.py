"""Slow, simple programs that share no code with the engine; tests and the benchmark compare it with them.

Both take weights and series as plain arrays, so that nothing of the engine stands between them and the tutorial.
"""
