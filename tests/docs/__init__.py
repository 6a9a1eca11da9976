"""Checks of README.md, CONTRIBUTING.md and docs/: what they show runs, and what they name exists."""
