"""The loss curve: its line, axes, marks, other branches under it, and the strips below it."""
