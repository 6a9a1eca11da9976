"""Files of the user's own: what they define, whether they may run, and their first run."""
