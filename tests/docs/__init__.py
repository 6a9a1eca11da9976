"""Tests of README.md, CONTRIBUTING.md and docs/: the examples run, and the names exist."""
