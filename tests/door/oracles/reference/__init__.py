"""Slow, simple implementations that share no code with the engine: they take weights and series as
plain arrays. Tests and the benchmark compare the engine with them."""
