"""The functions of the program that fail in a test of what it does then."""

READS_KEPT_RUNS = "tui.app.session_app:kept_runs_beside"
"""Runs on a thread when the list of runs is opened."""

ENDS_A_RUN = "tui.cli.train:end"
"""Runs when the program leaves."""
