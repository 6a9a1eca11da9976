"""Measures the speed of this project, of the same training in other libraries, and of the previous
version, as tables.

See `python -m tests.benchmarks.speed --help`. `rows` says what is measured and by which of
`programs/`, `problem` has the data and weights, which are the same for all, `program` is the
process of one of them, `measure` runs them in turn, `record` keeps the results and makes the
tables.
"""
