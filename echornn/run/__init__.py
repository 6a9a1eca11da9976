"""A run: its tree of branches, its losses and its states, in memory and in its folder."""
