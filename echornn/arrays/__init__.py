"""A stored run as plain arrays: losses, branches, weights and readings, for scripts, exports and
figures."""
