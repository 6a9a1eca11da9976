"""Probes: measure what a network remembers, and how far back its gradient reaches.

All share ``prepared``, the network run over their own data (``series``) and over the newest window.
To add a probe, add a file, a kind and a field in `echornn.readings`, and a line in ``examine``.
"""
